"""The figures desk: how the store stands in numbers, with nothing about people and few labels."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from config.backup_schema import FOLDER
from config.schema import Settings
from devices.ports import State
from edge.clock import moment_of
from edge.desks.status import StatusDesk
from edge.domain.figures import Figure, Spread
from edge.domain.views import LineWord
from edge.records.books import Books
from edge.records.tallies import Tallies
from edge.times import Times

_FACTS_AT_ONCE = 50_000
"""So many facts at most are counted at one look; the rest at the next."""
_WORKS = frozenset({State.IDLE, State.BUSY})
Values = dict[tuple[str, ...], float]


@dataclass(frozen=True)
class FiguresDesk:
    """Read-only; what it says costs a few queries by index and holds up no till."""

    books: Books
    status: StatusDesk
    tallies: Tallies
    backups: tuple[Path, ...]
    """Folders where sealed backups lie."""
    requests: Times = field(default_factory=Times)
    """How long requests took, by endpoint, method and hundred of the status; the pages put them in."""
    _facts: Counter[str] = field(default_factory=Counter)
    _seen: list[int] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def now(self) -> tuple[Figure, ...]:
        """Every figure as it is at this moment."""
        return (*self._line(), *self._devices(), *self._work(), *self._disk())

    def commits(self) -> dict[tuple[str, ...], Spread]:
        """How long transactions of the ledger waited and took: `synced` to the disk, or `left` to a later sync."""
        return self.books.ledger.commits.spreads()

    def _line(self) -> Iterator[Figure]:
        line, since = self.status.line(), self.tallies.waits_since()
        waits = max(0.0, (self.status.now() - moment_of(since)).total_seconds()) if since else 0.0
        if line.word is not LineWord.ALONE:
            yield Figure("line_up", "1 while HQ is reached.", {(): float(line.word is LineWord.UP)})
        yield Figure("outbox_facts", "Facts that HQ has not acknowledged.", {(): line.outbox})
        yield Figure("outbox_oldest_seconds", "Age of the oldest of them.", {(): waits})
        ages: Values = {(one.name,): one.age_s for one in self.status.ages() if one.age_s is not None}
        yield Figure("data_age_seconds", "Since HQ's word on a class of data was complete.", ages, ("class",))

    def _devices(self) -> Iterator[Figure]:
        up: Values = {
            (one.name, one.kind, one.station): float(self.status.state(one.name) in _WORKS)
            for one in self.status.devices()
        }
        yield Figure("device_up", "1 while a device works.", up, ("device", "kind", "station"))

    def _work(self) -> Iterator[Figure]:
        yield _states("print_jobs", "Slips that are not out yet.", self.tallies.jobs())
        yield _states("payments_open", "Payments whose answer is not final.", self.tallies.payments())
        facts: Values = {(kind,): float(count) for kind, count in self._facts_now().items()}
        yield Figure("facts", "Facts since this process was first asked.", facts, ("kind",), counts=True)

    def _facts_now(self) -> Counter[str]:
        with self._lock:
            if not self._seen:
                self._seen.append(self.books.journal.last_seq())
            found = self.tallies.facts(self._seen[0], _FACTS_AT_ONCE)
            if found:
                self._seen[0] = found[-1][0]
                self._facts.update(kind for _, kind in found)
            return self._facts.copy()

    def _disk(self) -> Iterator[Figure]:
        ledger, folder = self.books.ledger, self.books.ledger.path.parent
        seen = os.statvfs(folder)
        yield Figure("disk_free_bytes", "Room for the store.", {(): seen.f_bavail * seen.f_frsize})
        yield Figure("disk_size_bytes", "Of the disk with the books.", {(): seen.f_blocks * seen.f_frsize})
        sizes: Values = {(path.name,): float(size) for path, size, _ in _files(folder) if ".db" in path.name}
        yield Figure("file_bytes", "Size of the books' files.", sizes, ("file",))
        yield Figure("read_only", "1 after an I/O error: nothing is written.", {(): float(ledger.doubted)})
        newest = max((at for place in self.backups for _, _, at in _files(place)), default=None)
        if newest is not None:
            age = max(0.0, self.books.clock.wall().timestamp() - newest)
            yield Figure("backup_age_seconds", "Since the newest backup was made.", {(): age})


def _states(name: str, about: str, counts: Mapping[str, int]) -> Figure:
    return Figure(name, about, {(state,): float(count) for state, count in counts.items()}, ("state",))


def _files(folder: Path) -> Iterator[tuple[Path, int, float]]:
    """Path, bytes and moment of writing of the files there; none where the folder is not there, or not ours to see."""
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            with contextlib.suppress(OSError):
                if path.is_file():
                    seen = path.stat()
                    yield path, seen.st_size, seen.st_mtime


def figures_desk(settings: Settings, books: Books, status: StatusDesk) -> FiguresDesk:
    """The desk of this store."""
    folder = settings.backup.folder
    places = (books.ledger.path.parent / FOLDER, *((Path(folder),) if folder else ()))
    return FiguresDesk(books, status, Tallies(books.ledger), places)
