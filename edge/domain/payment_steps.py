"""What to do next about an attempt, and what an answer means: pure decisions over milliseconds and words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from edge.domain.orders import Fen
from edge.domain.payment_port import Answer, Said
from edge.domain.payments import Channel, Manner, PayEvent, PayState

_S, _E = PayState, PayEvent


@dataclass(frozen=True)
class ChannelRules:
    """How a wallet wants to be asked (its own documents). `wait_ms`: how long a shopper may take over the password;
    `poll_ms` between queries; `calm_ms`: no reversal sooner after the pay call; `qr_ms`: how long a code is shown."""

    wait_ms: int
    poll_ms: int
    calm_ms: int
    qr_ms: int = 120_000


@dataclass(frozen=True)
class Pace:
    """What all wallets have in common, milliseconds. `submit_ms`: when a call without an answer counts as lost;
    `stuck_ms`: when a reversal without a result is called stuck; `patience_ms`: how long a stuck one is worked on;
    `settled_ms`: how long after the pay call a number that they do not know was certainly never charged."""

    submit_ms: int = 15_000
    stuck_ms: int = 600_000
    patience_ms: int = 86_400_000
    background_ms: int = 300_000
    unsure_ms: int = 20_000
    settled_ms: int = 120_000


_SOON_MS = (0, 1_000, 4_000, 5_000, 5_000, 10_000, 10_000, 20_000)
"""Pauses between tries to take an attempt back; the last one goes on."""


@dataclass(frozen=True)
class Standing:
    """An attempt as the decisions see it; times in milliseconds of one clock that never jumps.

    `sent_ms`: when the pay call began (or the QR code was asked for); `asked_ms`: the last call about it; `since_ms`:
    when it came into its state; `tries`: calls made in this state; `wish_ms`: when somebody cancelled, -1 nobody;
    `ended`: their word that the QR code is closed; `live`: the pay call is possible or under way right now.
    """

    state: PayState
    channel: Channel
    manner: Manner
    fen: Fen
    sent_ms: int
    asked_ms: int
    since_ms: int
    tries: int = 0
    wish_ms: int = -1
    ended: bool = False
    live: bool = False


class Act(Enum):
    """What the worker does about an attempt."""

    PAY = "pay"
    PRECREATE = "precreate"
    QUERY = "query"
    REVERSE = "reverse"
    CLOSE = "close"
    MOVE = "move"
    """No call: the event of the step happens."""
    REST = "rest"
    """Nothing, ever again."""


@dataclass(frozen=True)
class Step:
    """An act, not before `at_ms`; `event` where it is a move."""

    act: Act
    at_ms: int
    event: PayEvent | None = None


def next_step(one: Standing, rules: ChannelRules, pace: Pace) -> Step:
    """The next thing to do about an attempt and when; what is due earlier than now is due now."""
    match one.state:
        case _S.NEW | _S.SUBMITTING:
            return _beginning(one)
        case _S.UNKNOWN | _S.USERPAYING:
            return _waiting(one, rules)
        case _S.REVERSING:
            return _undoing(one, rules, pace)
        case _S.QR_SHOWN:
            return _showing(one, rules)
        case _S.CLOSING:
            return _closing(one, pace)
        case _S.STUCK:
            return _stuck(one, rules, pace)
        case _:
            return Step(Act.REST, one.since_ms)


def _beginning(one: Standing) -> Step:
    if one.live:
        return Step(Act.PAY if one.state is _S.SUBMITTING else Act.PRECREATE, one.since_ms)
    # The row was committed before the call, and nobody knows whether that left: never again, first ask. A QR code that
    # nobody has seen is ended.
    return Step(Act.MOVE, one.since_ms, _E.LOSE if one.state is _S.SUBMITTING else _E.END_QR)


def limit_ms(one: Standing, rules: ChannelRules) -> int:
    """When a shopper's time is over, and with a cancellation at once."""
    spare = rules.qr_ms if one.manner is Manner.QR else rules.wait_ms
    limit = one.sent_ms + spare
    return min(limit, one.wish_ms) if one.wish_ms >= 0 else limit


def _waiting(one: Standing, rules: ChannelRules) -> Step:
    limit = limit_ms(one, rules)
    # The last query stands right before the reversal: what was paid meanwhile is a sale.
    if one.tries and one.asked_ms >= limit:
        return Step(Act.MOVE, one.asked_ms, _E.GIVE_UP)
    return Step(Act.QUERY, max(min(one.asked_ms + rules.poll_ms, limit), one.since_ms))


def _undoing(one: Standing, rules: ChannelRules, pace: Pace) -> Step:
    if one.tries and one.asked_ms - one.since_ms >= pace.stuck_ms:
        return Step(Act.MOVE, one.asked_ms, _E.STICK)
    if one.tries == 0:
        return Step(Act.REVERSE, max(one.since_ms, one.sent_ms + rules.calm_ms))
    return Step(_turn_about(one), one.asked_ms + _pause(one.tries))


def _showing(one: Standing, rules: ChannelRules) -> Step:
    limit = limit_ms(one, rules)
    if one.asked_ms >= limit:
        return Step(Act.MOVE, one.asked_ms, _E.END_QR)
    return Step(Act.QUERY, min(one.asked_ms + rules.poll_ms, limit))


def _closing(one: Standing, pace: Pace) -> Step:
    if one.tries and one.asked_ms - one.since_ms >= pace.stuck_ms:
        return Step(Act.MOVE, one.asked_ms, _E.STICK)
    act = Act.QUERY if one.ended else _turn_about(one)
    return Step(act, one.since_ms if one.tries == 0 else one.asked_ms + _pause(one.tries))


def _stuck(one: Standing, rules: ChannelRules, pace: Pace) -> Step:
    if one.tries and one.asked_ms - one.since_ms >= pace.patience_ms:
        return Step(Act.REST, one.asked_ms)
    earliest = one.sent_ms + rules.calm_ms
    pause = min(pace.background_ms, _pause(one.tries) * 15)
    return Step(_turn_about(one), max(earliest, one.since_ms if one.tries == 0 else one.asked_ms + pause))


def _turn_about(one: Standing) -> Act:
    """End it, ask how it stands, end it ...: an answer may be lost, and the state says so."""
    if one.tries % 2:
        return Act.QUERY
    return Act.CLOSE if one.manner is Manner.QR else Act.REVERSE


def _pause(tries: int) -> int:
    return _SOON_MS[min(tries, len(_SOON_MS) - 1)]


def heard(one: Standing, act: Act, answer: Answer, now_ms: int, pace: Pace) -> PayEvent | None:
    """What an answer to this act means in this state; None: nothing is known that was not known before."""
    if answer.said is Said.PAID:
        return _paid(one, answer)
    match one.state:
        case _S.NEW:
            return _precreated(answer)
        case _S.SUBMITTING:
            return _submitted(answer)
        case _S.UNKNOWN | _S.USERPAYING | _S.QR_SHOWN:
            return _asked(one, answer)
        case _S.CLOSING:
            return _E.CLOSE if _ended(one, act, answer, now_ms, pace) else None
        case _S.REVERSING | _S.STUCK:
            return _E.REVERSE if _undone(one, act, answer, now_ms, pace) else None
        case _:
            return None


def _paid(one: Standing, answer: Answer) -> PayEvent | None:
    match one.state:
        case _S.SUBMITTING | _S.UNKNOWN | _S.USERPAYING | _S.QR_SHOWN | _S.CLOSING:
            return _E.PAY if answer.fen == one.fen else _E.STICK
        case _S.REVERSING | _S.STUCK:
            # Of how much to give back nobody may guess.
            return _E.PAY_LATE if answer.fen is not None and answer.fen > 0 else None
        case _:
            return None


def _precreated(answer: Answer) -> PayEvent:
    match answer.said:
        case Said.SHOWN:
            return _E.SHOW_QR if answer.qr else _E.END_QR
        case Said.REFUSED:
            return _E.REFUSE
        case _:
            return _E.END_QR


def _submitted(answer: Answer) -> PayEvent:
    match answer.said:
        case Said.PAYING:
            return _E.WAIT
        case Said.REFUSED:
            return _E.REFUSE
        case _:
            return _E.LOSE


def _asked(one: Standing, answer: Answer) -> PayEvent | None:
    match answer.said:
        case Said.REFUSED | Said.REVERSED | Said.CLOSED | Said.REFUNDED:
            return _E.REFUSE
        case Said.PAYING if one.state is _S.UNKNOWN:
            return _E.WAIT
        case _:
            return None


def _ended(one: Standing, act: Act, answer: Answer, now_ms: int, pace: Pace) -> bool:
    """A query's word that follows theirs that it is closed; closing alone may cross a payment."""
    if act is not Act.QUERY:
        return False
    if answer.said is Said.NOT_FOUND:
        return one.ended or _settled(one, now_ms, pace)
    return answer.said in {Said.REFUSED, Said.REVERSED, Said.CLOSED, Said.REFUNDED}


def _undone(one: Standing, act: Act, answer: Answer, now_ms: int, pace: Pace) -> bool:
    match answer.said:
        case Said.REVERSED | Said.REFUNDED:
            return True
        case Said.CLOSED | Said.REFUSED:
            # Of a reversal these mean that it cannot be done, of a query that there is nothing to do.
            return act is Act.QUERY
        case Said.NOT_FOUND:
            return act is not Act.QUERY and _settled(one, now_ms, pace)
        case _:
            return False


def _settled(one: Standing, now_ms: int, pace: Pace) -> bool:
    return now_ms - one.sent_ms >= pace.settled_ms


def refund_pause_ms(tries: int) -> int:
    """How long after the last try a refund is asked for again."""
    return (0, 5_000, 10_000, 30_000, 60_000, 300_000)[min(tries, 5)]
