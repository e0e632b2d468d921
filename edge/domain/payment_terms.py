"""What a store agreed on with those who move its money: which wallets, how long, at what pace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edge.domain.payment_steps import ChannelRules, Pace
from edge.domain.payments import Channel
from edge.domain.scanned import ScanKind, Scanned

CHANNEL_OF: Mapping[ScanKind, Channel] = {
    ScanKind.PAY_WECHAT: Channel.WECHAT,
    ScanKind.PAY_ALIPAY: Channel.ALIPAY,
    ScanKind.PAY_UNIONPAY: Channel.UNIONPAY,
}
"""The prefix of a code decides whose it is; nobody is asked."""


@dataclass(frozen=True)
class Terms:
    """`codes` and `qr`: the wallets taken each way; `provider` who is asked, by a name for people; `by_hq`: over the
    line to HQ, so that its word tells whether wallets can be offered. `lanes` numbers the stations."""

    store: str
    provider: str
    by_hq: bool
    codes: tuple[Channel, ...]
    qr: tuple[Channel, ...]
    rules: Mapping[Channel, ChannelRules]
    lanes: Mapping[str, int]
    pace: Pace
    subject: str = ""


def channel_of(scanned: Scanned) -> Channel | None:
    """The wallet whose code was scanned; None for anything else."""
    return CHANNEL_OF.get(scanned.kind)
