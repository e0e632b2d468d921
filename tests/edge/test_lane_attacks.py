"""A lane that shows the right token and means harm: what it may cost the store, and where that ends."""

from __future__ import annotations

import contextlib
import socket
import threading

import pytest

from devices import lane_link
from devices.lane_line import give, take
from devices.lane_messages import (
    FRAME_LIMIT,
    VERSION,
    Devices,
    Health,
    Heard,
    Hello,
    Parting,
    Print,
    Scanned,
    Sent,
    Welcome,
    frame,
    from_store,
)
from devices.lane_proxies import LaneScanner
from devices.ports import Reading, Unconfirmed
from devices.slip import Slip
from edge.intake import Intake
from tests.edge.lane_rig import TOKEN, Rig, until


@pytest.fixture
def store_end(tmp_path):
    """A store's door for lane K1, with no lane of ours calling."""
    rig = Rig("inside", tmp_path, Devices(), relearn_s=0.1)
    until(lambda: rig.lane.up)
    rig.cut()
    yield rig
    rig.close()


def caller(rig: Rig) -> socket.socket:
    connection = rig.connection()
    give(connection, Hello(VERSION, "K1", TOKEN), 5)
    assert isinstance(from_store(take(connection, FRAME_LIMIT, 10)), Welcome)
    return connection


def words(connection: socket.socket):
    """What the store says but its beats, until it hangs up."""
    with contextlib.suppress(ConnectionError):
        while True:
            message = from_store(take(connection, FRAME_LIMIT, 10))
            if isinstance(message, Heard | Parting):
                yield message


def scanned(number: int, text: str = "https://a", age_ms: int = 0) -> bytes:
    return frame(Scanned("scanners.s1", "stream1", number, age_ms, Reading(text, text.encode())))


def test_more_readings_than_a_lane_can_have_under_way_end_the_line(store_end):
    scanner = LaneScanner("s1", store_end.lane)
    connection = caller(store_end)
    connection.sendall(b"".join(scanned(number) for number in range(600)))
    assert list(words(connection)) == [Parting("NOT_UNDERSTOOD")]
    assert len(scanner.read(0.1)) == 512


def test_a_giant_reading_is_refused_and_the_next_one_taken(store_end):
    scanner = LaneScanner("s1", store_end.lane)
    connection = caller(store_end)
    connection.sendall(scanned(1, "x" * 400_000) + scanned(2) + frame(Health("scanners.s1", "")))
    assert next(words(connection)) == Heard("scanners.s1", "stream1", 1, good=False)
    assert [reading.text for reading in scanner.read(5)] == ["https://a"]
    connection.close()


def test_a_reading_older_than_the_calendar_holds_up_nobody(shop, store_end):
    scanner = LaneScanner("s1", store_end.lane)
    intake = Intake("s1", "T1", scanner, shop.store.scans, shop.store.status, shop.books.clock)
    connection = caller(store_end)
    connection.sendall(scanned(1, age_ms=1 << 53) + scanned(2) + frame(Health("scanners.s1", "")))
    rows = shop.books.ledger.read
    until(lambda: intake.turn() >= 0 and rows().execute("SELECT count(*) FROM scan").fetchone()[0] == 2)
    connection.close()


def test_a_lane_that_says_sent_for_ever_ends_as_unconfirmed(store_end, monkeypatch):
    monkeypatch.setattr(lane_link, "_DEED_S", 0.5)
    connection = caller(store_end)
    over = threading.Event()
    told: list[int] = []
    outcome: list[str] = []

    def flood() -> None:
        with contextlib.suppress(OSError):
            while not over.is_set():
                connection.sendall(frame(Sent("k1")) * 20)

    def print_it() -> None:
        try:
            store_end.lane.do("printers.p1", "k1", Print(Slip("x", ())), lambda: told.append(1))
        except Unconfirmed as fault:
            outcome.append(fault.code)

    threads = [threading.Thread(target=one, daemon=True) for one in (flood, print_it)]
    for thread in threads:
        thread.start()
    threads[1].join(10)
    over.set()
    threads[0].join(10)
    connection.close()
    assert (outcome, told) == (["UNCONFIRMED"], [1])


def test_a_crowd_of_addresses_gets_no_more_than_its_share(store_end, monkeypatch):
    monkeypatch.setattr("devices.lane_door._STRANGERS_IN_ALL", 6)
    ends = []
    for number in range(10):
        near, far = socket.socketpair()
        store_end.door.take_call(near, f"192.168.10.{number}")
        ends.append(far)
    for late in ends[6:]:
        late.settimeout(1)
        assert late.recv(1) == b""
    for one in ends:
        one.close()
    until(lambda: not store_end.door._strangers)
