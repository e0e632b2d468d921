"""A merchant's accounts at the wallets' stand-ins, and what is charged there."""

from __future__ import annotations

from edge.domain.orders import Fen
from edge.domain.payment_port import Charge
from edge.domain.payments import Channel
from paying.alipay_wallet import AlipayAccount
from paying.wechat import WechatAccount
from tests.paying.wallet_stand_in import MERCHANT, PUBLIC_ID, THEIRS, private_pem, public_pem

NUMBER, CODE = "S004212611220100001ab", "134444444444444444"
CHARGE = Charge(Channel.WECHAT, NUMBER, Fen(5990), "门店消费", "T1")
ALI = Charge(Channel.ALIPAY, NUMBER, Fen(5990), "门店消费", "T1")
TIMEOUT = (2.0, 3.0)


def wechat_account(**more: str) -> WechatAccount:
    words = {
        "mchid": "1900000109",
        "appid": "wx8888888888888888",
        "serial": "444F4864EA9B34415",
        "private_key": private_pem(MERCHANT),
        "apiv3_key": "0123456789abcdef0123456789abcdef",
        "public_key": public_pem(THEIRS),
        "public_key_id": PUBLIC_ID,
    }
    return WechatAccount(**(words | more))


def alipay_account(**more: str) -> AlipayAccount:
    words = {"appid": "2021000100", "private_key": private_pem(MERCHANT), "public_key": public_pem(THEIRS)}
    return AlipayAccount(**(words | more))
