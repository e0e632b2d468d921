"""The wallets' stand-ins as fixtures: one server each for a file of tests, fresh words for each test."""

from __future__ import annotations

import pytest

from paying.alipay_wallet import AlipayProvider
from paying.wechat import WechatProvider
from tests.paying.accounts import TIMEOUT, alipay_account, wechat_account
from tests.paying.wallet_stand_in import THEIRS, standing


@pytest.fixture(scope="module")
def wechat_server():
    with standing("wechat") as server:
        yield server


@pytest.fixture(scope="module")
def alipay_server():
    with standing("alipay") as server:
        yield server


@pytest.fixture
def wechat(wechat_server):
    wechat_server.answers.clear(), wechat_server.asked.clear(), wechat_server.refused.clear()
    wechat_server.signer, wechat_server.drop = THEIRS, False
    return wechat_server, WechatProvider(wechat_account(), TIMEOUT, wechat_server.url)


@pytest.fixture
def alipay(alipay_server):
    alipay_server.answers.clear(), alipay_server.asked.clear(), alipay_server.refused.clear()
    alipay_server.signer, alipay_server.drop = THEIRS, False
    return alipay_server, AlipayProvider(alipay_account(), TIMEOUT, alipay_server.url + "/gateway.do")
