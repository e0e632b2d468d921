"""A merchant's own accounts, for a shop without an HQ that holds them."""

from __future__ import annotations

from pathlib import Path

from config.payment_schema import PaymentSettings
from edge.domain.payment_port import PaymentProvider
from edge.domain.payments import Channel


def accounts(settings: PaymentSettings) -> dict[Channel, PaymentProvider]:
    """A provider for each wallet that is taken; asks nobody for anything yet. Raises NotSetUp, OSError."""
    wanted = {*settings.codes, *settings.qr}
    found: dict[Channel, PaymentProvider] = {}
    timeout = (settings.connect_s, settings.read_s)
    if "wechat" in wanted:
        from paying.wechat import WechatAccount, WechatProvider

        wechat = settings.wechat
        account = WechatAccount(
            mchid=wechat.mchid,
            appid=wechat.appid,
            serial=wechat.serial,
            private_key=Path(wechat.private_key_file).read_text(),
            apiv3_key=Path(wechat.apiv3_key_file).read_text().strip(),
            public_key=Path(wechat.public_key_file).read_text(),
            public_key_id=wechat.public_key_id,
        )
        found[Channel.WECHAT] = WechatProvider(account, timeout)
    if "alipay" in wanted:
        from paying.alipay_wallet import AlipayAccount, AlipayProvider

        alipay = settings.alipay
        keys = (Path(alipay.private_key_file).read_text(), Path(alipay.public_key_file).read_text())
        found[Channel.ALIPAY] = AlipayProvider(AlipayAccount(alipay.appid, *keys), timeout)
    return found
