"""Planted faults in the payment worker: each must be seen by the runs, or the proof proves nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from edge.desks import paying as worker
from edge.desks.pay_hand import PayHand
from edge.domain import payment_steps as steps
from edge.domain.orders import Fen
from edge.domain.payment_port import Answer, Charge, NoAnswer, Said
from edge.domain.payments import Channel, PayEvent, PayState
from paying.scripted import ScriptedProvider
from tests.proof.pay_world import Wrong
from tests.proof.payments import runs

Patch = tuple[Any, str, Any]


def _forgets_the_row() -> list[Patch]:
    """I1: the call goes out before the row is committed."""
    plain_hold, plain_pay = PayHand.hold, ScriptedProvider.pay

    def hold(self: PayHand, number: str, code: str) -> None:
        plain_hold(self, number, code)
        EARLY[0](number, code)

    def pay(self: ScriptedProvider, charge: Charge, auth_code: str) -> Answer:
        # The answer of the call that was made too early, where there was one.
        return TOLD.pop(charge.number) if charge.number in TOLD else plain_pay(self, charge, auth_code)

    return [(PayHand, "hold", hold), (ScriptedProvider, "pay", pay)]


TOLD: dict[str, Answer] = {}
EARLY: list[Callable[[str, str], None]] = [lambda _number, _code: None]


def _calls_a_time_out_a_failure() -> list[Patch]:
    """I3, I4: no answer is told as a failure, so the shopper pays again under a fresh number."""
    return [(steps, "_submitted", lambda answer: _said(answer, PayEvent.REFUSE))]


def _said(answer: Answer, lost: PayEvent) -> PayEvent:
    match answer.said:
        case Said.PAYING:
            return PayEvent.WAIT
        case Said.REFUSED:
            return PayEvent.REFUSE
        case _:
            return lost


def _charges_again_instead_of_asking() -> list[Patch]:
    """I3: the same number is charged once more before anybody asked how it stands."""
    plain_next, plain_take, codes = steps.next_step, PayHand.take, dict[str, str]()

    def next_step(one: Any, rules: Any, pace: Any) -> Any:
        if one.state is PayState.UNKNOWN and one.tries == 0:
            return steps.Step(steps.Act.PAY, one.since_ms)
        return plain_next(one, rules, pace)

    def take(self: PayHand, number: str) -> str:
        codes[number] = plain_take(self, number) if self.holds(number) else codes.get(number, "none")
        return codes[number]

    return [(worker, "next_step", next_step), (PayHand, "take", take)]


def _believes_not_yet() -> list[Patch]:
    """I6: a reversal that was put off counts as done."""
    plain = steps._undone

    def undone(one: Any, act: Any, answer: Answer, now_ms: int, pace: Any) -> bool:
        return answer.said is Said.NOT_YET or plain(one, act, answer, now_ms, pace)

    return [(steps, "_undone", undone)]


def _believes_not_found_at_once() -> list[Patch]:
    """A number that is not known yet counts as never charged."""
    return [(steps, "_settled", lambda _one, _now, _pace: True)]


def _takes_any_amount() -> list[Patch]:
    """I10: what was paid need not be what was asked for."""
    plain = steps._paid

    def paid(one: Any, answer: Answer) -> Any:
        return plain(one, replace(answer, fen=one.fen))

    return [(steps, "_paid", paid)]


def _sells_a_late_success() -> list[Patch]:
    """I6: what was paid after it was given up stays with us."""
    plain = steps.heard

    def heard(one: Any, act: Any, answer: Answer, now_ms: int, pace: Any) -> Any:
        event = plain(one, act, answer, now_ms, pace)
        return PayEvent.REVERSE if event is PayEvent.PAY_LATE else event

    return [(worker, "heard", heard)]


def _rests_when_stuck() -> list[Patch]:
    """A stuck attempt is left to people."""
    return [(steps, "_stuck", lambda one, _rules, _pace: steps.Step(steps.Act.REST, one.since_ms))]


MUTANTS: dict[str, Callable[[], list[Patch]]] = {
    "calls before the row is there": _forgets_the_row,
    "calls a time-out a failure": _calls_a_time_out_a_failure,
    "charges again instead of asking": _charges_again_instead_of_asking,
    "believes a reversal that was put off": _believes_not_yet,
    "believes that a number is unknown at once": _believes_not_found_at_once,
    "takes any amount": _takes_any_amount,
    "keeps a late success": _sells_a_late_success,
    "rests when stuck": _rests_when_stuck,
}


@contextmanager
def planted(name: str) -> Iterator[None]:
    """The fault, for the time of a `with` block."""
    patches = MUTANTS[name]()
    before = [(where, what, getattr(where, what)) for where, what, _ in patches]
    for where, what, other in patches:
        setattr(where, what, other)
    try:
        yield
    finally:
        EARLY[0] = lambda _number, _code: None
        for where, what, plain in before:
            setattr(where, what, plain)


def seen(name: str, most: int, seed: int) -> str:
    """What the runs said of a planted fault; "" when they did not see it."""

    def early(world: Any) -> None:
        if name != "calls before the row is there":
            return

        def call(number: str, code: str) -> None:
            if world.fate.boundaries + 1 not in world.fate.kills:
                return  # only where the process ends between the call and the commit does it matter
            charge = Charge(Channel.WECHAT, number, Fen(world.fen))
            try:
                TOLD[number] = world.shop.scripted.pay(charge, code)
            except NoAnswer:
                TOLD[number] = Answer(Said.NOT_SURE)

        EARLY[0] = call

    with planted(name):
        try:
            runs(most, seed, early)
        except Wrong as wrong:
            return str(wrong)
    return ""


def survivors(most: int, seed: int) -> list[str]:
    """The planted faults that so many runs did not see; prints each."""
    left = []
    for name in MUTANTS:
        found = seen(name, most, seed)
        print(f"{name:44}{'seen: ' + found[:110] if found else 'NOT SEEN'}")  # noqa: T201
        if not found:
            left.append(name)
    return left
