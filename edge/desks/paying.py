"""The workers that call providers: each turn one step of one attempt or refund, and what came of it as rows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from edge.clock import moment_of, stamp
from edge.desks.pay_hand import PayHand
from edge.desks.pay_views import standing
from edge.desks.payment_slips import unsure_slip
from edge.desks.refunding import Refunding
from edge.desks.settling import Settling
from edge.desks.staff import StaffDesk
from edge.desks.status import Poke, StatusDesk
from edge.domain.moves import IllegalMove
from edge.domain.payment_port import Answer, Charge, NotSent, PaymentFault, PaymentProvider, Said
from edge.domain.payment_steps import Act, Step, heard, next_step, refund_pause_ms
from edge.domain.payment_terms import Terms
from edge.domain.payment_views import Paying
from edge.domain.payments import LOST, UNSETTLED, Channel, PayEvent, PayState
from edge.records.books import Books
from edge.records.payments import AttemptRow, RefundRow

_log = logging.getLogger("store_edge.payments")
_IDLE_S = 30.0
_LONGEST_MS = 172_800_000


@dataclass(frozen=True)
class PayWorkers:
    """`turn` may run in several threads: an attempt is with one of them at a time. A call is made under no lock of the
    ledger, after the row that says so and before the row that says what came of it."""

    books: Books
    staff: StaffDesk
    status: StatusDesk
    terms: Terms
    hand: PayHand
    settling: Settling
    providers: Mapping[Channel, PaymentProvider]
    poke: Poke
    back: Refunding

    def turn(self) -> float:
        """One step; gives the pause until the next one that is known to be due, seconds."""
        soonest = self._now() + int(_IDLE_S * 1000)
        for row in self.books.payments.unsettled():
            with self.hand.claimed(row.number) as mine:
                if not mine:
                    self._overdue(row)
                    continue
                due = self._work(row.number)
            if due is None:
                return 0.0
            soonest = min(soonest, due)
        for refund in self.books.payments.refunding():
            with self.hand.claimed(refund.refund) as mine:
                due = self._refund(refund.refund) if mine else soonest
            if due is None:
                return 0.0
            soonest = min(soonest, due)
        return max(0.05, (soonest - self._now()) / 1000)

    def _work(self, number: str) -> int | None:
        """The attempt's next step if it is due, and None; else when it will be."""
        row = self._rebased(number)
        rules = self.terms.rules.get(row.channel)
        if rules is None or row.channel not in self.providers:
            return self._now() + _LONGEST_MS
        self._owe_slip(row)
        step = next_step(standing(row, live=self.hand.holds(number)), rules, self.terms.pace)
        if step.act is Act.REST:
            return self._now() + _LONGEST_MS
        if step.at_ms > self._now():
            return step.at_ms
        self._do(row, step)
        return None

    def _do(self, row: AttemptRow, step: Step) -> None:
        if step.act is Act.PAY and self._now() - row.since_ms >= self.terms.pace.submit_ms:
            # It waited for a worker until nobody stands by it any more: it never left, and never will.
            self.hand.drop(row.number)
            self._keep(row.number, step.act, Answer(Said.REFUSED, code="TOO_LATE"), "TOO_LATE")
        elif step.act is Act.MOVE:
            with self.books.ledger.transaction() as tx:
                fresh = self.books.payments.attempt(row.number, tx)
                if fresh == row and step.event is not None:
                    self.settling.move(tx, row, step.event)
        else:
            self._call(row, step.act)
        self.back.hand_out(row.payment)
        self._tell(row.station)
        self._call_out(row.number)

    def _call_out(self, number: str) -> None:
        """Where the result of a payment that was set aside wants a person, everybody is called."""
        row = self.books.payments.known(number)
        payment = self.books.payments.payment(row.payment)
        if payment is None or not payment.parked or row.state in UNSETTLED:
            return
        shut = payment.state is Paying.PAID and self.books.shifts.open_at(payment.station) is None
        attempts = self.books.payments.attempts(row.payment)
        cash = [one for one in attempts if one.channel is Channel.CASH and one.state is PayState.SUCCEEDED]
        if shut or (cash and payment.state is Paying.OPEN):
            self.poke("attention")

    def _call(self, row: AttemptRow, act: Act) -> None:
        try:
            answer = self._ask(row, act)
        except NotSent as fault:
            self.hand.reached(self._now(), there=False)
            # A charge that never left us took nothing; anything else that never left is simply asked again.
            refused = Answer(Said.REFUSED, code=fault.code) if act in {Act.PAY, Act.PRECREATE} else None
            self._keep(row.number, act, refused, fault.code)
        except PaymentFault as fault:
            lost = Answer(Said.NOT_SURE, code=fault.code) if act in {Act.PAY, Act.PRECREATE} else None
            self._keep(row.number, act, lost, fault.code)
        else:
            self.hand.reached(self._now(), there=True)
            self._keep(row.number, act, answer, "")

    def _ask(self, row: AttemptRow, act: Act) -> Answer:
        provider = self.providers[row.channel]
        charge = Charge(row.channel, row.number, row.fen, self.terms.subject, row.station)
        calls: dict[Act, Callable[[], Answer]] = {
            Act.PAY: lambda: provider.pay(charge, self.hand.take(row.number)),
            Act.PRECREATE: lambda: self._show(provider, charge),
            Act.QUERY: lambda: provider.query(row.channel, row.number),
            Act.REVERSE: lambda: provider.reverse(row.channel, row.number),
            Act.CLOSE: lambda: provider.close(row.channel, row.number),
        }
        return calls[act]()

    def _show(self, provider: PaymentProvider, charge: Charge) -> Answer:
        self.hand.take(charge.number)
        return provider.precreate(charge, self.terms.rules[charge.channel].qr_ms // 1000)

    def _keep(self, number: str, act: Act, answer: Answer | None, fault: str) -> None:
        """An answer as rows: what it means in the state of now, which may not be that of before the call."""
        with self.books.ledger.transaction() as tx:
            row = self.books.payments.known(number, tx)
            now, at = self._now(), stamp(self.status.now())
            one = standing(row, live=False)
            event = None if answer is None else heard(one, act, answer, now, self.terms.pace)
            ended = row.ended or (act is Act.CLOSE and answer is not None and answer.said is Said.CLOSED)
            row = replace(
                row,
                asked_ms=now,
                seen_at=at,
                tries=row.tries + 1,
                ended=ended,
                answers=row.answers + (not fault),
                faults=row.faults + bool(fault),
            )
            self.books.payments.put_attempt(tx, row)
            said = (fault and "fault") or (answer.said.value if answer else "")
            word = (said, (answer.code if answer else fault)[:64], answer.fen if answer else None)
            self.books.payments.answered(tx, number, act.value, word, event.value if event else "", at)
            if event is not None:
                try:
                    self.settling.move(tx, row, event, answer)
                except IllegalMove:  # late word on an attempt that is settled: kept among the answers
                    _log.warning("payment: a late word", extra={"number": number, "event": event.value})

    def _overdue(self, row: AttemptRow) -> None:
        """A pay call that hangs in another thread: its result counts as unknown from now on, whatever it will be."""
        if row.state is not PayState.SUBMITTING or self._now() - row.since_ms < self.terms.pace.submit_ms:
            return
        with self.books.ledger.transaction() as tx:
            fresh = self.books.payments.attempt(row.number, tx)
            if fresh is None or fresh.state is not PayState.SUBMITTING or self.hand.holds(row.number):
                return
            self.settling.move(tx, fresh, PayEvent.LOSE)
        self._tell(row.station)

    # ---- refunds ----

    def _refund(self, name: str) -> int | None:
        refund = self.books.payments.refund(name)
        if refund is None or refund.state is not PayState.REFUNDING:
            return self._now() + _LONGEST_MS
        row = self.books.payments.known(refund.number)
        provider = self.providers.get(row.channel)
        if provider is None:
            # The wallet was dropped from the settings: it stays owed, is shown, and goes on when the wallet is back.
            return self._now() + _LONGEST_MS
        due = 0
        if refund.boot == self.books.clock.boot() and refund.tries:
            due = refund.asked_ms + refund_pause_ms(refund.tries)
        if due > self._now():
            return due
        charge = Charge(row.channel, row.number, row.fen, self.terms.subject, row.station)
        try:
            answer = provider.refund(charge, refund.refund, refund.fen)
        except PaymentFault as fault:
            self._refund_kept(refund, Answer(Said.NOT_SURE, code=fault.code))
        else:
            self._refund_kept(refund, answer)
        self._tell(refund.station)
        return None

    def _refund_kept(self, refund: RefundRow, answer: Answer) -> None:
        clock = self.books.clock
        with self.books.ledger.transaction() as tx:
            row = self.books.payments.known(refund.number, tx)
            fresh = self.books.payments.refund(refund.refund, tx) or refund
            tried = replace(fresh, tries=fresh.tries + 1, asked_ms=self._now(), boot=clock.boot())
            word = (answer.said.value, answer.code[:64], answer.fen)
            at = stamp(self.status.now())
            self.books.payments.answered(tx, row.number, "refund", word, "", at)
            if fresh.state is not PayState.REFUNDING:
                return
            if answer.said in {Said.REFUNDED, Said.REFUSED}:
                done = answer.said is Said.REFUNDED
                self.settling.refunded(tx, row, tried, done=done, code=answer.code[:64])
            else:
                self.books.payments.put_refund(tx, tried)

    # ---- beside the steps ----

    def _owe_slip(self, row: AttemptRow) -> None:
        """The slip for a shopper whose payment nobody can tell the result of, once."""
        lost = row.state in LOST and row.faults and not row.slip
        if not lost or self._now() - row.sent_ms < self.terms.pace.unsure_ms:
            return
        station = self.staff.station(row.station)
        if not station.printer:
            return
        at = self.status.local(moment_of(row.at))
        slip = unsure_slip(row, self.books.replica.shop(self.terms.store), station, at)
        with self.books.ledger.transaction() as tx:
            fresh = self.books.payments.attempt(row.number, tx)
            if fresh is None or fresh.slip or fresh.state not in LOST:
                return
            job = self.books.jobs.add(
                tx,
                key=f"unsure:{row.number}",
                printer=station.printer,
                station=row.station,
                ref=row.number,
                slip=slip,
                now=stamp(self.status.now()),
            )
            self.books.payments.put_attempt(tx, replace(fresh, slip=job))
        self.poke(f"slips:{station.printer}")

    def _rebased(self, number: str) -> AttemptRow:
        """The row with its times on this boot's clock: what passed while the box was off is taken from trusted time."""
        row, clock = self.books.payments.known(number), self.books.clock
        if row.boot == clock.boot():
            return row
        with self.books.ledger.transaction() as tx:
            # Read again: somebody may have given the attempt up between the look and the lock.
            row = self.books.payments.known(number, tx)
            if row.boot == clock.boot():
                return row
            off = int((self.status.now() - moment_of(row.seen_at)).total_seconds() * 1000)
            shift = clock.mono_ms() - min(max(off, 0), _LONGEST_MS) - max(row.asked_ms, row.since_ms)
            moved = replace(
                row,
                boot=clock.boot(),
                sent_ms=row.sent_ms + shift,
                asked_ms=row.asked_ms + shift,
                since_ms=row.since_ms + shift,
                # A time below nought would read as no wish at all.
                wish_ms=max(0, row.wish_ms + shift) if row.wish_ms >= 0 else -1,
            )
            self.books.payments.put_attempt(tx, moved)
        return moved

    def _tell(self, station: str) -> None:
        self.poke(f"station:{station}")
        self.poke("outbox")

    def _now(self) -> int:
        return self.books.clock.mono_ms()
