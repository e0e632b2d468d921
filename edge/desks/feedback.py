"""The desk of shoppers' answers: one question, nobody's name, once a finger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

from edge.clock import moment_of, stamp
from edge.db import Connection
from edge.desks.staff import StaffDesk
from edge.desks.status import Poke, StatusDesk
from edge.desks.wishing import sound
from edge.domain.refusals import BadRequest, NonceReused
from edge.domain.ticket_refusals import AnsweredJustNow, NotOnScale
from edge.domain.tickets import ABOUT, CHIPS, FEEDBACK_PAUSE_S, MOST_CHIPS, SCORES, Scale
from edge.records.books import Books
from edge.records.journal import Author
from sync.tickets import FeedbackGiven


@dataclass(frozen=True)
class FeedbackDesk:
    """Keeps station, time, scale and score; the reasons go to HQ alone."""

    books: Books
    status: StatusDesk
    staff: StaffDesk
    poke: Poke

    def answer(
        self, station: str, scale: Scale, score: int, about: str, chips: Sequence[str], nonce: str
    ) -> bool:
        """One shopper's answer; False where this nonce was taken before.

        Raises AnsweredJustNow within five seconds of the station's last one, NotOnScale, BadRequest, NonceReused,
        UnknownThing.
        """
        self.staff.station(station)
        wrong = _wrong(scale, score, about, chips)
        if wrong == "score":
            raise NotOnScale
        if wrong or not nonce:
            raise BadRequest(why=wrong or "nonce")
        with self.books.ledger.transaction() as tx:
            before = self.books.tickets.answer_of(nonce, tx)
            if before is not None:
                if before != (station, scale.value, score):
                    raise NonceReused
                return False
            self._unless_just_now(station, tx)
            of = cast("Literal['pickup', 'checkout', 'idle']", about)
            fact = sound(FeedbackGiven(scale.value, score, of, tuple(sorted(chips))))
            seq = self.books.journal.append(tx, fact, Author(station, ""))
            at = stamp(self.status.now())
            self.books.tickets.answered(tx, seq, nonce, station, at, scale.value, score)
        self.poke("outbox")
        return True

    def _unless_just_now(self, station: str, tx: Connection) -> None:
        last = self.books.tickets.last_answer(station, tx)
        if not last:
            return
        gone = (self.status.now() - moment_of(last)).total_seconds()
        if 0 <= gone < FEEDBACK_PAUSE_S:
            raise AnsweredJustNow(seconds=max(1, round(FEEDBACK_PAUSE_S - gone)))


def _wrong(scale: Scale, score: int, about: str, chips: Sequence[str]) -> str:
    """The first field that is no answer, "" where all are."""
    least, most = SCORES[scale]
    if not least <= score <= most:
        return "score"
    if about not in ABOUT:
        return "about"
    odd = len(chips) > MOST_CHIPS or len(set(chips)) != len(chips) or set(chips) - CHIPS
    return "chips" if odd else ""
