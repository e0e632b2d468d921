"""HQ's payment gateway as a provider: the store shows its own credential, HQ holds the merchant's keys."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from edge.domain.orders import Fen
from edge.domain.payment_port import Answer, Charge, NoAnswer, NotSent, Said
from edge.domain.payments import Channel
from sync.messages import NotAdmitted, SyncFault
from sync.paying_words import PAY_PATH, NumberCall, PayAnswer, PayCall, RefundCall, ShowCall, Wallet

Post = Callable[[str, bytes], bytes]
"""One request to HQ under the store's credential (see sync.ends.Transport); raises SyncFault."""


class GatewayProvider:
    """See edge.domain.payment_port.PaymentProvider. `post` makes a request of its own for each call: calls run in
    several threads."""

    def __init__(self, post: Post) -> None:
        self._post = post

    def pay(self, charge: Charge, auth_code: str) -> Answer:
        """See PaymentProvider."""
        call = PayCall(
            charge.number, _wallet(charge.channel), charge.fen, auth_code, charge.subject, charge.station
        )
        return self._ask("pay", call)

    def query(self, channel: Channel, number: str) -> Answer:
        """See PaymentProvider."""
        return self._ask("query", _named(channel, number))

    def reverse(self, channel: Channel, number: str) -> Answer:
        """See PaymentProvider."""
        return self._ask("reverse", _named(channel, number))

    def precreate(self, charge: Charge, seconds: int) -> Answer:
        """See PaymentProvider."""
        return self._ask(
            "precreate",
            ShowCall(
                charge.number, _wallet(charge.channel), charge.fen, seconds, charge.subject, charge.station
            ),
        )

    def close(self, channel: Channel, number: str) -> Answer:
        """See PaymentProvider."""
        return self._ask("close", _named(channel, number))

    def refund(self, charge: Charge, refund: str, fen: Fen) -> Answer:
        """See PaymentProvider."""
        return self._ask(
            "refund", RefundCall(refund, charge.number, _wallet(charge.channel), charge.fen, fen)
        )

    def _ask(self, verb: str, call: msgspec.Struct) -> Answer:
        try:
            said = msgspec.json.decode(self._post(PAY_PATH + verb, msgspec.json.encode(call)), type=PayAnswer)
            fen = None if said.fen is None else Fen(said.fen)
            return Answer(Said(said.said), fen, said.transaction, said.code, said.qr)
        except NotAdmitted as fault:
            # HQ looks at the credential before all else: it did nothing. `from None`: the call holds the code.
            raise NotSent(fault.code) from None
        except SyncFault as fault:
            raise NoAnswer(fault.code) from None
        except (msgspec.DecodeError, ValueError):
            raise NoAnswer("GARBAGE") from None


def _named(channel: Channel, number: str) -> NumberCall:
    return NumberCall(number, _wallet(channel))


def _wallet(channel: Channel) -> Wallet:
    """The channel as it stands on the wire; raises NotSent for cash, which no gateway takes."""
    match channel:
        case Channel.WECHAT:
            return "wechat"
        case Channel.ALIPAY:
            return "alipay"
        case Channel.UNIONPAY:
            return "unionpay"
        case Channel.CASH:
            raise NotSent("CASH")
