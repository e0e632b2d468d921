"""HQ's payment gateway: it holds the merchant's keys, stores hold numbers, and one number is charged once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from edge.domain.orders import Fen
from edge.domain.payment_port import Answer, Charge, NotSent, PaymentFault, PaymentProvider, Said
from edge.domain.payments import Channel
from sync.hub.database import snapshot, write
from sync.hub.pay_tables import pay_back, pay_order
from sync.messages import moment_of, stamp
from sync.paying_words import NumberCall, PayCall, RefundCall, ShowCall

log = logging.getLogger("sync.hub")
_IN_FLIGHT = timedelta(seconds=60)
"""A charge without an answer may still be on its way for so long: longer than any provider's time-out."""
_ENDED = {"refused": Said.REFUSED, "reversed": Said.REVERSED, "closed": Said.CLOSED}
_STATE = {
    Said.PAID: "paid",
    Said.PAYING: "paying",
    Said.SHOWN: "shown",
    Said.REFUSED: "refused",
    Said.REVERSED: "reversed",
    Said.REFUNDED: "reversed",
    Said.CLOSED: "closed",
}


class PayGateway:
    """A row is committed before each call that moves money and after it; calls are made outside any transaction."""

    def __init__(self, engine: Engine, provider: PaymentProvider | None, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._provider = provider
        self._now = now

    def pay(self, store: str, call: PayCall) -> Answer:
        """Charges, or says how the number stands if it came before; REFUSED where another charge has the number."""
        charge = Charge(Channel(call.channel), call.number, Fen(call.fen), call.subject, call.station)
        return self._charge(store, charge, lambda provider: provider.pay(charge, call.code))

    def precreate(self, store: str, call: ShowCall) -> Answer:
        """The same for a code to show."""
        charge = Charge(Channel(call.channel), call.number, Fen(call.fen), call.subject, call.station)
        return self._charge(store, charge, lambda provider: provider.precreate(charge, call.seconds))

    def query(self, store: str, call: NumberCall) -> Answer:
        """How a number of this store stands."""
        row = self._row(store, call.number)
        return Answer(Said.NOT_FOUND) if row is None else self._stands(row)

    def reverse(self, store: str, call: NumberCall) -> Answer:
        """Takes it back; a number that never came is closed, so that a charge that is late finds it used."""
        row = self._row(store, call.number)
        if row is None:
            return self._never_came(store, call, Said.REVERSED)
        if row.state in {"reversed", "refused"}:
            return Answer(Said.REVERSED, code=row.state)
        if self._in_flight(row):
            return Answer(Said.NOT_YET, code="IN_FLIGHT")
        return self._end(row, lambda provider: provider.reverse(Channel(row.channel), row.number))

    def close(self, store: str, call: NumberCall) -> Answer:
        """Ends a code that was shown."""
        row = self._row(store, call.number)
        if row is None:
            return self._never_came(store, call, Said.CLOSED)
        if row.state in _ENDED:
            return Answer(Said.CLOSED, code=row.state)
        if self._in_flight(row):
            return Answer(Said.NOT_YET, code="IN_FLIGHT")
        return self._end(row, lambda provider: provider.close(Channel(row.channel), row.number))

    def refund(self, store: str, call: RefundCall) -> Answer:
        """Gives money back, once a number of a refund, never more than was paid, to the store that took it."""
        row = self._row(store, call.number)
        if row is None or row.fen != call.total_fen:
            return Answer(Said.REFUSED, code="NOT_THIS_STORES" if row is None else "AMOUNT")
        if row.state != "paid":
            self._stands(row)
        state = write(self._engine, lambda conn: self._begin_refund(conn, store, call))
        if state in {"done", "refused"}:
            return Answer(Said.REFUNDED if state == "done" else Said.REFUSED, fen=Fen(call.fen), code="AGAIN")
        if state != "asked":
            return Answer(Said.REFUSED, code=state)
        charge = Charge(Channel(row.channel), row.number, Fen(row.fen))
        answer = self._asked(lambda provider: provider.refund(charge, call.refund, Fen(call.fen)))
        if answer.said in {Said.REFUNDED, Said.REFUSED}:
            done = "done" if answer.said is Said.REFUNDED else "refused"
            same = pay_back.c.refund == call.refund
            write(self._engine, lambda conn: conn.execute(update(pay_back).where(same).values(state=done)))
        return answer

    # ---- inside ----

    def _charge(self, store: str, charge: Charge, call: Callable[[PaymentProvider], Answer]) -> Answer:
        try:
            fresh = write(self._engine, lambda conn: self._begin(conn, store, charge))
        except IntegrityError:  # twice in one instant
            fresh = False
        if not fresh:
            row = self._row(store, charge.number)
            if row is None or (row.fen, row.channel) != (charge.fen, charge.channel.value):
                # Another charge's number: this one was not made, and never will be under it.
                return Answer(Said.REFUSED, code="NUMBER_USED")
            return self._stands(row)
        answer = self._asked(call, charged=True)
        row = self._row(store, charge.number)
        if row is not None and row.state in _ENDED and answer.said is Said.PAID:
            # It had been taken back meanwhile; nobody sells for it.
            log.error("payment: paid after it was taken back", extra={"number": charge.number})
            self._asked(lambda provider: provider.reverse(charge.channel, charge.number))
            return Answer(Said.REVERSED)
        return self._noted(charge.number, answer)

    def _begin(self, conn: Connection, store: str, charge: Charge) -> bool:
        """Whether the number is new; it is this charge's from now on."""
        same = pay_order.c.number == charge.number
        if conn.scalar(select(pay_order.c.number).where(same)) is not None:
            return False
        self._add(conn, store, charge, "asked")
        return True

    def _never_came(self, store: str, call: NumberCall, said: Said) -> Answer:
        """Keeps the number of a charge that never came as used; one that comes this instant was first."""
        charge = Charge(Channel(call.channel), call.number, Fen(0))
        try:
            write(self._engine, lambda conn: self._add(conn, store, charge, "reversed"))
        except IntegrityError:
            return Answer(Said.NOT_YET, code="IN_FLIGHT")
        return Answer(said, code="NEVER_CAME")

    def _add(self, conn: Connection, store: str, charge: Charge, state: str) -> None:
        at = stamp(self._now())
        conn.execute(
            insert(pay_order).values(
                number=charge.number,
                store=store,
                channel=charge.channel.value,
                fen=charge.fen,
                state=state,
                paid_fen=0,
                txn="",
                station=charge.station,
                at=at,
                changed_at=at,
            )
        )

    def _begin_refund(self, conn: Connection, store: str, call: RefundCall) -> str:
        """The refund's state, `asked` when it is to be carried out, or why it is refused."""
        order = conn.execute(
            select(pay_order).where(pay_order.c.number == call.number).with_for_update()
        ).one()
        known = conn.execute(select(pay_back).where(pay_back.c.refund == call.refund)).one_or_none()
        if known is not None:
            return str(known.state) if (known.number, known.fen) == (call.number, call.fen) else "REFUND_USED"
        mine = (pay_back.c.number == call.number) & (pay_back.c.state != "refused")
        gone = int(conn.scalar(select(func.coalesce(func.sum(pay_back.c.fen), 0)).where(mine)) or 0)
        if order.state != "paid":
            return "NOT_PAID"
        if gone + call.fen > order.paid_fen:
            return "TOO_MUCH"
        conn.execute(
            insert(pay_back).values(
                refund=call.refund,
                number=call.number,
                store=store,
                fen=call.fen,
                state="asked",
                at=stamp(self._now()),
            )
        )
        return "asked"

    def _stands(self, row: Any) -> Answer:
        """How a number stands; what is over is not asked for again, and a charge under way is no refusal."""
        if row.state in _ENDED:
            return Answer(_ENDED[row.state], transaction=row.txn)
        answer = self._asked(lambda provider: provider.query(Channel(row.channel), row.number))
        if answer.said is Said.NOT_FOUND and self._in_flight(row):
            return Answer(Said.NOT_SURE, code="IN_FLIGHT")
        return self._noted(row.number, answer)

    def _end(self, row: Any, call: Callable[[PaymentProvider], Answer]) -> Answer:
        answer = self._asked(call)
        if answer.said is Said.NOT_FOUND:
            # The provider never heard of it and never will: nothing of it is under way any more.
            answer = Answer(Said.REVERSED, code="NEVER_CAME")
        return self._noted(row.number, answer)

    def _asked(self, call: Callable[[PaymentProvider], Answer], *, charged: bool = False) -> Answer:
        if self._provider is None:
            return Answer(Said.REFUSED, code="NO_PROVIDER")
        try:
            return call(self._provider)
        except NotSent as fault:
            return Answer(Said.REFUSED if charged else Said.NOT_SURE, code=fault.code)
        except PaymentFault as fault:
            return Answer(Said.NOT_SURE, code=fault.code)

    def _noted(self, number: str, answer: Answer) -> Answer:
        state = _STATE.get(answer.said)
        if state is not None:
            paid = {"paid_fen": answer.fen or 0, "txn": answer.transaction} if state == "paid" else {}
            values = {"state": state, "changed_at": stamp(self._now()), **paid}
            # What is over stays over.
            same = (pay_order.c.number == number) & pay_order.c.state.not_in(list(_ENDED))
            write(self._engine, lambda conn: conn.execute(update(pay_order).where(same).values(**values)))
        return answer

    def _row(self, store: str, number: str) -> Any:
        """The number's row if it is this store's; nobody learns of another's."""
        mine = (pay_order.c.number == number) & (pay_order.c.store == store)
        with snapshot(self._engine) as conn:
            return conn.execute(select(pay_order).where(mine)).one_or_none()

    def _in_flight(self, row: Any) -> bool:
        return row.state == "asked" and self._now() - moment_of(row.at) < _IN_FLIGHT
