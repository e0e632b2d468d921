"""The kiosks' sessions: one row a kiosk, moved by touches, scans, payments and time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from config.guide_schema import within
from config.kiosk_schema import KioskSettings
from edge.clock import moment_of, stamp
from edge.desks.feedback import FeedbackDesk
from edge.desks.staff import StaffDesk
from edge.desks.status import Poke, StatusDesk
from edge.domain.idle import Waits, idle_of
from edge.domain.lane_session import IDLE_NAMES, Act, Here, Place, moved
from edge.domain.refusals import Refusal, UnknownThing
from edge.domain.staff import Operator, Role
from edge.domain.ticket_refusals import AnsweredJustNow
from edge.domain.tickets import CHIPS, MOST_CHIPS, Scale
from edge.records.books import Books
from edge.records.lane_sessions import LaneSessions

SELF = "self"
"""Who sells at a kiosk, where a staff number stands elsewhere."""
KIND: Final = "kiosk"
_DONE_S = 0.5
"""How long a page waits for what a scan does that it was told of."""


def shopper_at(station: str, *, system: bool = False) -> Operator:
    """The shopper as the selling desks see one; `system`: the kiosk itself, putting away what was left behind."""
    return Operator(SELF, "", Role.LEAD if system else Role.CASHIER, station)


@dataclass(frozen=True)
class LanePlaces:
    """Every move is one transaction without a sync of its own: what a screen shows is nothing that happened."""

    books: Books
    rows: LaneSessions
    staff: StaffDesk
    status: StatusDesk
    rules: KioskSettings
    waits: Waits
    feedback: FeedbackDesk
    poke: Poke
    _busy: dict[str, Lock] = field(default_factory=dict)
    """Held from the announcement of a kiosk's scan until all is done that it means."""

    def here(self, station: str) -> Here:
        """What the kiosk shows; raises UnknownThing for a station that is none."""
        if self.staff.station(station).kind != KIND:
            raise UnknownThing
        return self.rows.here(station)

    def all(self) -> tuple[str, ...]:
        """The stations that are kiosks."""
        return tuple(one.id for one in self.staff.stations() if one.kind == KIND)

    def move(self, station: str, act: Act, facts: Mapping[str, str] | None = None) -> Here:
        """The kiosk after an act; a fact of "" is forgotten. Raises LaneMovedOn."""
        now = stamp(self.status.now())
        with self.books.ledger.transaction(durable=False) as tx:
            before = self.rows.here(station, tx)
            after = moved(before, act, now, facts)
            self.rows.save(tx, station, after)
        if before.unanswered and not after.unanswered and not after.said("answered"):
            # A face that was touched is an answer, also where nobody chose a reason.
            self.rated(station, before, (), f"left-{station}-{before.entered_at}")
        if act is not Act.TOUCH:
            self.poke(f"station:{station}")
        return after

    @contextlib.contextmanager
    def announced(self, station: str) -> Iterator[None]:
        """Tells the page of a scan before it is dealt with: its question is on the way meanwhile, and waits here."""
        with self._lock(station):
            self.poke(f"station:{station}")
            yield

    def settled(self, station: str) -> None:
        """Waits for a scan that is being dealt with; bounded, as a held-up writer must not hold up every page."""
        lock = self._lock(station)
        if lock.acquire(timeout=_DONE_S):
            lock.release()

    def _lock(self, station: str) -> Lock:
        return self._busy.setdefault(station, Lock())

    def say(self, station: str, refusal: Refusal, **facts: str) -> Here:
        """The page that is there says what stood against a wish, until something else happens."""
        said = {
            "said": refusal.code,
            "said_zh": refusal.words("zh").text,
            "said_en": refusal.words("en").text,
        }
        return self.move(station, Act.NOTE, {**said, **facts})

    def rated(self, station: str, here: Here, chips: Sequence[str], nonce: str) -> None:
        """What a shopper said of the shop goes on its way; what the same finger says again at once does not."""
        known = tuple(dict.fromkeys(chip for chip in chips if chip in CHIPS))[:MOST_CHIPS]
        about = "pickup" if here.said("order") else "checkout"
        with contextlib.suppress(AnsweredJustNow):
            self.feedback.answer(station, Scale.FACES, int(here.said("score")), about, known, nonce)

    def quiet_s(self, here: Here) -> float:
        """Seconds since anybody touched or scanned anything."""
        return (self.status.now() - moment_of(here.touched_at)).total_seconds() if here.touched_at else 0.0

    def gone(self, here: Here, slack_s: float = 1.0) -> bool:
        """Whether whoever was there is gone, by the clock of idleness; the page may be late by `slack_s`."""
        return idle_of(KIND, IDLE_NAMES[here.place], self.waits).over(self.quiet_s(here) - slack_s)

    def closed(self, station: str, *, sells: bool) -> str:
        """Why the kiosk does not sell: hours, paused, devices (not `sells`: nothing can pay or print), or ""."""
        rules = self.rules
        if rules.opens and rules.closes:
            clock = f"{self.status.local(self.status.now()):%H:%M}"
            if not within(rules.opens, rules.closes, clock):
                return "hours"
        if self.rows.paused(station):
            return "paused"
        return "" if sells else "devices"

    def pause(self, station: str, operator: Operator, *, on: bool) -> None:
        """Staff close a kiosk to the next shopper, or open it again; whoever is there goes on."""
        self.here(station)
        with self.books.ledger.transaction() as tx:
            if on:
                self.rows.pause(tx, station, stamp(self.status.now()), operator.staff)
            else:
                self.rows.resume(tx, station)
        self.poke(f"station:{station}")

    def free(self, here: Here) -> bool:
        """Whether the kiosk waits for somebody."""
        return here.place is Place.ATTRACT
