"""A lane's readings outlive full disks and long absences, and an older line can make nobody forget them."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devices import lane_book
from devices.lane_book import BookUnusable, LaneBook
from devices.lane_deeds import outcome_of
from devices.lane_host import LaneHost
from devices.lane_line import take
from devices.lane_link import Lane
from devices.lane_messages import FRAME_LIMIT, Devices, Do, Heard, Print, Pulse, Scanned, Welcome, from_store
from devices.lane_proxies import LaneScanner
from devices.ports import Fate, Reading
from devices.slip import Slip

DOOR = "scanners.door"


def reading(text: str) -> Reading:
    return Reading(text, text.encode())


@pytest.fixture
def book(tmp_path: Path) -> Iterator[LaneBook]:
    made = LaneBook(tmp_path / "lane.db", "a token of tests")
    yield made
    made.close()


@contextlib.contextmanager
def full(book: LaneBook) -> Iterator[None]:
    """Every COMMIT fails, as on a full disk: here by a promise that none can keep."""
    book._db.execute("PRAGMA foreign_keys=ON")
    book._db.execute("CREATE TABLE no (one REFERENCES reading (id) DEFERRABLE INITIALLY DEFERRED)")
    book._db.execute("CREATE TRIGGER promise AFTER INSERT ON reading BEGIN INSERT INTO no VALUES (-1); END")
    yield
    book._db.execute("DROP TABLE no")
    book._db.execute("DROP TRIGGER promise")


def test_what_a_full_disk_refused_leaves_no_gap_and_takes_no_room(book: LaneBook) -> None:
    assert book.keep(DOOR, reading("first"))
    room = book._room
    with full(book):
        for _ in range(3):
            with pytest.raises(BookUnusable):
                book.keep(DOOR, reading("refused"))
    assert book._room == room
    assert book.keep(DOOR, reading("second"))
    assert [(one.seq, one.reading.text) for one in book.after(0, 10)] == [(1, "first"), (2, "second")]


def test_readings_too_old_to_matter_do_not_hide_those_behind_them(
    book: LaneBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = lane_book._mono()
    monkeypatch.setattr(lane_book, "_mono", lambda: now - lane_book.KEPT_S - 1)
    for number in range(5):
        book.keep(DOOR, reading(f"old {number}"))
    monkeypatch.setattr(lane_book, "_mono", lambda: now)
    book.keep(DOOR, reading("young"))
    assert [one.reading.text for one in book.after(0, 2)] == ["young"]
    assert book._count() == 1


class Printer:
    """Counts what it prints, and the pulses to its drawer."""

    def __init__(self) -> None:
        self.printed = self.pulses = 0

    def pulse(self, pin: int = 2, pulse_ms: int = 100) -> None:
        self.pulses += 1

    def level(self) -> bool | None:
        return None

    def listen_level(self, told: Any) -> None:
        pass

    def print(self, slip: Slip, sent: Any) -> None:
        self.printed += 1


def hosted(book: LaneBook, printer: Printer) -> tuple[LaneHost, Any, list[Any]]:
    """A lane with a deed called one under way, the printer it is for, and what the lane says."""
    host = LaneHost("K1", "a token of tests", book, {}, lambda *_: None)  # type: ignore[arg-type]
    said: list[Any] = []
    host._say = said.append  # type: ignore[method-assign, assignment]
    host._under_way["one"] = ["one"]
    return host, type("Running", (), {"device": printer, "gone": False}), said


@pytest.mark.parametrize(("waited_s", "pulses", "fate"), [(0.0, 1, Fate.DONE), (6.0, 0, Fate.NEVER)])
def test_a_drawer_that_waited_behind_a_slip_stays_shut(
    book: LaneBook, waited_s: float, pulses: int, fate: Fate
) -> None:
    host, running, said = hosted(book, printer := Printer())
    host._do(Do("one", "printers.P1", Pulse(2, 100)), running, host._life, time.monotonic() - waited_s)
    assert (printer.pulses, said[-1].given.fate) == (pulses, fate)


def test_a_deed_that_cannot_be_noted_is_not_begun_and_may_come_again(book: LaneBook) -> None:
    host, running, said = hosted(book, printer := Printer())
    do = Do("one", "printers.P1", Print(Slip("t", ())))
    book._db.execute("CREATE TRIGGER full BEFORE INSERT ON deed BEGIN SELECT RAISE(ABORT, 'full'); END")
    with pytest.raises(BookUnusable):
        host._do(do, running, host._life, time.monotonic())
    assert (printer.printed, said[0].given.fate) == (0, Fate.NEVER)
    book._db.execute("DROP TRIGGER full")
    assert book.begin("one") is None
    assert outcome_of(do, printer, lambda: None).fate is Fate.DONE


def test_what_an_older_line_still_brings_is_not_refused_over_the_new_one() -> None:
    lane = Lane("K1", Devices())
    LaneScanner("door", lane)
    ends = []
    for count in (1, 2):
        near, far = socket.socketpair()
        threading.Thread(target=lane.talk, args=(near,), daemon=True).start()
        assert isinstance(from_store(take(far, FRAME_LIMIT, 10)), Welcome)
        with lane._lock:
            lane._lock.wait_for(lambda wanted=count: lane.lines == wanted, 10)  # type: ignore[misc]
        ends.append((far, lane._line))
    (old_end, old), (new_end, _) = ends
    assert old is not None
    lane._hear(old, Scanned(DOOR, "s", 1, 0, reading("a customer's")))
    lane.heard(Scanned(DOOR, "s", 2, 0, reading("another")), good=True)
    heard = None
    while not isinstance(heard, Heard):
        heard = from_store(take(new_end, FRAME_LIMIT, 10))
    assert (heard.seq, heard.good) == (2, True)
    for end in (old_end, new_end):
        end.close()
