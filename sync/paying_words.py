"""The door's part for payments: outcomes as facts going up, and the calls of HQ's payment gateway."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from sync.figures import Count, Name, Note, Seq

PAY_PATH = "/pay/v1/"
"""Before the name of a call: pay, query, reverse, precreate, close, refund."""

Wallet = Literal["wechat", "alipay", "unionpay"]
PayChannel = Literal["cash", "wechat", "alipay", "unionpay"]
FinalState = Literal["succeeded", "failed", "reversed", "closed", "stuck", "refunding"]
OutTradeNo = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z_\-]{6,32}\Z")]
"""A number of an attempt, used once: what WeChat Pay allows for out_trade_no, and Alipay too."""
AuthCode = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{16,24}\Z")]


class PaymentFinal(msgspec.Struct, frozen=True, tag="payment.final", tag_field="k"):
    """What became of an attempt to pay. `fen` was asked for, `paid_fen` is what the provider says it took; `refunding`:
    it was paid after it had been given up and goes back; `stuck`: people must look. An attempt whose state changes
    later (a stuck one that was settled) is told again: the newest counts."""

    number: OutTradeNo
    payment: Name
    basket: Name
    channel: PayChannel
    provider: Name
    fen: Seq
    state: FinalState
    paid_fen: Count = 0
    transaction: Note = ""
    code: Note = ""


class PaymentRefunded(msgspec.Struct, frozen=True, tag="payment.refunded", tag_field="k"):
    """What became of giving `fen` of an attempt back; `ref` is the sale or the return, `reason` why."""

    refund: OutTradeNo
    number: OutTradeNo
    channel: PayChannel
    fen: Seq
    done: bool
    reason: Note
    ref: Note = ""
    code: Note = ""


PayUp = PaymentFinal | PaymentRefunded


# ---- The gateway: stores hold no merchant's key --------------------------------------------------


class PayCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Charge a wallet. `code` is a bearer token for somebody's money: passed on, and kept nowhere."""

    number: OutTradeNo
    channel: Wallet
    fen: Seq
    code: AuthCode
    subject: Note = ""
    station: Note = ""

    def __repr__(self) -> str:
        """Without the code: a repr ends in logs."""
        return f"PayCall({self.number})"


class NumberCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Query, reverse or close a number."""

    number: OutTradeNo
    channel: Wallet


class ShowCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A code to show for `seconds`."""

    number: OutTradeNo
    channel: Wallet
    fen: Seq
    seconds: Annotated[int, msgspec.Meta(ge=30, le=7200)]
    subject: Note = ""
    station: Note = ""


class RefundCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Give `fen` of a number back, under the refund's own number."""

    refund: OutTradeNo
    number: OutTradeNo
    channel: Wallet
    total_fen: Seq
    fen: Seq


class PayAnswer(msgspec.Struct, frozen=True):
    """What the provider said, word by word as in edge.domain.payment_port.Said."""

    said: str
    fen: Count | None = None
    transaction: Note = ""
    code: Note = ""
    qr: Annotated[str, msgspec.Meta(max_length=1024)] = ""
