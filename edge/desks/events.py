"""What happened in the store, in order, for other programs in the shop: the journal from any number on."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from edge.desks.staff import StaffDesk
from edge.domain.refusals import Refusal
from edge.records.books import Books

_MOST_BYTES = 64 * 1024


@dataclass(frozen=True)
class EventDesk:
    """Facts as they stand in the journal. They name orders, goods and members by number, never a person."""

    books: Books
    staff: StaffDesk

    def admits(self, token: str) -> bool:
        """Whether a program with this token may follow the events (scope `events`)."""
        try:
            self.staff.api_scope(token, "events")
        except Refusal:
            return False
        return True

    def newest(self) -> int:
        """The number of the newest event; 0 before the first."""
        return self.books.journal.last_seq()

    def oldest(self) -> int:
        """The first number that is still kept: journals forget after 30 days what HQ has backed up."""
        return self.books.journal.kept_from()

    def after(self, number: int, limit: int) -> list[tuple[int, str, bytes]]:
        """The next events beyond `number`: number, kind, and JSON with `at`, `station`, `staff` and the fact `d`."""
        pending = self.books.journal.pending(number, limit, _MOST_BYTES)
        return [
            (
                event.seq,
                event.k,
                msgspec.json.encode(
                    {
                        "n": event.seq,
                        "kind": event.k,
                        "at": event.at,
                        "station": event.actor.station,
                        "staff": event.actor.op,
                        "d": event.d,
                    }
                ),
            )
            for event in pending
        ]
