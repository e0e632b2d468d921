"""What facts about payments mean at HQ: kept for the comparison with the bill, and compared with its own gateway."""

from __future__ import annotations

from typing import Any

from sync.hub.judging import Source
from sync.hub.pay_tables import pay_told
from sync.hub.working_set import WorkingSet
from sync.paying_words import PaymentFinal, PaymentRefunded, PayUp

BY_GATEWAY = "hq"
STUCK, DIFFERS = "PAYMENT_STUCK", "PAYMENT_DIFFERS"


class PayEffects:
    """Applies one fact; returns "" or the code of the contradiction. Money that moved is never refused as a fact."""

    def __init__(self, rows: WorkingSet, source: Source) -> None:
        self._rows = rows
        self._from = source

    def apply(self, fact: PayUp) -> str:
        """Takes the fact in."""
        match fact:
            case PaymentFinal():
                return self._final(fact)
            case PaymentRefunded():
                return self._refunded(fact)

    def _final(self, fact: PaymentFinal) -> str:
        self._keep(
            fact.number,
            channel=fact.channel,
            provider=fact.provider,
            state=fact.state,
            fen=fact.fen,
            paid_fen=fact.paid_fen,
            txn=fact.transaction,
        )
        if fact.state == "stuck":
            return STUCK
        if fact.provider != BY_GATEWAY:
            return ""
        return "" if _fits(fact, self._rows.charges.get(fact.number), self._from.store) else DIFFERS

    def _refunded(self, fact: PaymentRefunded) -> str:
        self._keep(
            fact.number,
            refund=fact.refund,
            channel=fact.channel,
            state="refunded" if fact.done else "refund_failed",
            fen=fact.fen,
        )
        return "" if fact.done else "REFUND_FAILED"

    def _keep(self, number: str, **facts: Any) -> None:
        source = self._from
        plain = {"refund": "", "provider": "", "paid_fen": 0, "txn": ""}
        where = {"stream": source.stream, "seq": source.seq, "store": source.store, "late": int(source.late)}
        self._rows.keep(pay_told, {**plain, **where, "number": number, **facts})


def _fits(fact: PaymentFinal, row: Any, store: str) -> bool:
    """Whether the gateway saw what the store says; a charge that never reached it took nothing."""
    if row is None:
        return fact.state in {"failed", "reversed", "closed"}
    if row.store != store or row.fen != fact.fen:
        return False
    if fact.state == "succeeded":
        return bool(row.state == "paid" and row.paid_fen == fact.fen)
    # What goes back may have gone by now; what was not paid must not stand as paid.
    return fact.state == "refunding" or row.state != "paid"
