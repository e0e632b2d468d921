"""What the RETURN page shows: a field to find a purchase, a purchase being counted, or a return that is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from edge.domain.refusals import Refusal
from edge.domain.return_refusals import NotReturnable, ReturnTooLate
from edge.domain.return_views import Returned
from edge.domain.return_work import Work
from edge.domain.returns import FATES, Condition, Fate, Reason, ReturnableLine, Wanted, last_day
from edge.domain.staff import Act, Operator
from edge.store import Store
from kiosk_ui import return_words
from kiosk_ui.cashier.sale_waiting import purchase as waiting_purchase
from kiosk_ui.cashier.sale_waiting import too_early
from kiosk_ui.cashier.stage import fresh_nonce
from kiosk_ui.language import told

_SHOWN = 8


@dataclass(frozen=True)
class ReturnStage:
    """A stage of this page: its template's name, facts, HTTP status; `key` changes when it would look different."""

    name: str
    key: str
    facts: Mapping[str, object] = field(default_factory=dict)
    status: int = 200

    @property
    def template(self) -> str:
        """The template's file."""
        return f"cashier/return_{self.name}.html"


@dataclass(frozen=True)
class Row:
    """A line of the purchase: what one piece brings, and what was said of those that come back."""

    line: ReturnableLine
    wanted: Wanted | None
    fates: tuple[Fate, ...]
    days_left: int

    @property
    def piece_fen(self) -> int:
        """What the next piece of it brings."""
        return self.line.pieces[0].net_fen if self.line.pieces else 0


def stage_now(store: Store, operator: Operator, refusal: Refusal | None = None) -> ReturnStage:
    """The stage that the station's state asks for."""
    work = store.return_work.at(operator.station)
    said = told(refusal) if refusal is not None else None
    status = refusal.status if refusal is not None else 200
    code = refusal.code if refusal is not None else ""
    common: dict[str, object] = {"said": said, "nonce": fresh_nonce(), "return_words": return_words}
    if work is not None:
        return _counting(store, operator, work, common, status, code)
    scanned = waiting_purchase(store, operator.station)
    if refusal is None and (early := too_early(scanned)) is not None:
        common["said"] = told(early)
    pending, recent = store.returns.pending(_SHOWN), store.returns.recent(_SHOWN)
    more = store.returns.pending_count() - len(pending) if len(pending) == _SHOWN else 0
    common |= {"scanned": scanned, "pending": pending, "more": more, "recent": recent}
    facts = {**common, "age": _ages(store, pending)}
    listed = ":".join(f"{one.ret[:8]}{one.pending}" for one in (*pending, *recent))
    waits = scanned.looks if scanned else ""
    return ReturnStage("find", f"find:{more}:{listed[:120]}:{waits}:{code}", facts, status)


def done(store: Store, made: Returned, operator: Operator, refusal: Refusal | None = None) -> ReturnStage:
    """A return that was accepted: where the money is, the slip, and what may follow."""
    job = store.returns.slip(made.ret)
    facts = {
        "done": made,
        "job": job,
        "said": told(refusal) if refusal is not None else None,
        "mine": made.station == operator.station or operator.may(Act.ANNUL),
        "return_words": return_words,
    }
    looks = ",".join(part.state for part in made.parts)
    key = f"done:{made.ret}:{job.state if job else ''}:{looks}:{made.basket}"
    return ReturnStage("done", key, facts, refusal.status if refusal is not None else 200)


def _counting(
    store: Store, operator: Operator, work: Work, common: Mapping[str, object], status: int, code: str
) -> ReturnStage:
    shown, against = store.return_work.preview(work, operator)
    today = store.status.local(store.status.now()).date()
    facts = {
        **common,
        "work": work,
        "bought": work.bought,
        "rows": [_row(store, line, work, today) for line in work.bought.lines],
        "told": shown,
        "against": told(against) if against is not None else None,
        "liftable": isinstance(against, NotReturnable | ReturnTooLate),
        "lead": operator.may(Act.FORCE),
        "conditions": Condition,
        "reasons": Reason,
        "days_left": _days(store, work, today, Reason.NO_REASON),
        "fault_days_left": _days(store, work, today, Reason.QUALITY),
        "tenders": {one.number: one for one in work.bought.paid},
    }
    return ReturnStage("work", f"work:{work.work}:{work.version}:{code}", facts, status)


def _row(store: Store, line: ReturnableLine, work: Work, today: date) -> Row:
    wanted = work.wanted.get(line.line)
    reason = wanted.reason if wanted is not None else Reason.NO_REASON
    fates = FATES[wanted.condition if wanted is not None else Condition.INTACT]
    return Row(line, wanted, fates, _days(store, work, today, reason))


def _days(store: Store, work: Work, today: date, reason: Reason) -> int:
    return (last_day(work.bought.received, reason, store.returns.terms()) - today).days


def _ages(store: Store, pending: tuple[Returned, ...]) -> dict[str, float]:
    now = store.status.now()
    return {one.ret: (now - one.at).total_seconds() for one in pending}
