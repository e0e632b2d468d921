"""The settings of payments: who moves the money, how long it may take, and the keys where a store pays by itself."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
Wallet = Literal["wechat", "alipay", "unionpay"]


class WechatSettings(msgspec.Struct, frozen=True):
    """A merchant's own account at WeChat Pay, for `provider = "direct"`. Keys are files, mode 0600."""

    mchid: str = ""
    """The merchant's number."""
    appid: str = ""
    """The app that the merchant is bound to."""
    serial: str = ""
    """Serial number of the merchant's API certificate."""
    private_key_file: str = ""
    """The merchant's API private key (PEM)."""
    apiv3_key_file: str = ""
    """The merchant's API v3 key (32 characters)."""
    public_key_file: str = ""
    """WeChat Pay's public key (PEM); without it the account is not used: the library would fetch one at start."""
    public_key_id: str = ""
    """The name of that public key, PUB_KEY_ID_..."""


class AlipaySettings(msgspec.Struct, frozen=True):
    """A merchant's own account at Alipay, for `provider = "direct"`. Keys are files, mode 0600."""

    appid: str = ""
    """The app's number."""
    private_key_file: str = ""
    """The app's private key (PEM)."""
    public_key_file: str = ""
    """Alipay's public key (PEM)."""


class PaymentSettings(msgspec.Struct, frozen=True):
    """How money is taken other than in cash."""

    provider: Literal["hq", "direct", "scripted", "none"] = "hq"
    """Who moves it: HQ's payment gateway; the merchant's own accounts; a simulator; nobody (cash only)."""
    codes: tuple[Wallet, ...] = ("wechat", "alipay")
    """Wallets whose codes are scanned at the till."""
    qr: tuple[Wallet, ...] = ("wechat", "alipay")
    """Wallets for which a code can be shown on a screen."""
    subject: Annotated[str, msgspec.Meta(max_length=64)] = "门店消费"
    """What the shopper reads in the wallet."""
    workers: Annotated[int, msgspec.Meta(ge=1, le=16)] = 3
    """How many calls to the provider run at a time."""
    connect_s: Seconds = 3.0
    """How long a connection to the provider may take."""
    read_s: Seconds = 10.0
    """How long its answer may take."""
    submit_s: Seconds = 15.0
    """When a charge without an answer counts as unknown."""
    poll_s: Seconds = 5.0
    """Between two queries."""
    wechat_wait_s: Seconds = 45.0
    """How long a shopper may take over the password, WeChat Pay and UnionPay."""
    alipay_wait_s: Seconds = 60.0
    """The same, Alipay."""
    reverse_after_s: Annotated[float, msgspec.Meta(ge=0, le=600)] = 15.0
    """A WeChat charge is not reversed sooner than this."""
    qr_s: Annotated[int, msgspec.Meta(ge=30, le=7200)] = 120
    """How long a code on a screen is good."""
    unsure_s: Seconds = 20.0
    """When a shopper whose payment nobody knows the result of gets a slip, and staff are called."""
    stuck_s: Seconds = 600.0
    """When a reversal without a result is called stuck; it goes on in the background."""
    script: tuple[str, ...] = ("success",)
    """For the simulator, one charge after the other, then from the start: success, userpaying N, system_error,
    late_success N, reversal_refused N, wrong_amount N and others (docs/payments.md)."""
    wechat: WechatSettings = WechatSettings()
    alipay: AlipaySettings = AlipaySettings()
