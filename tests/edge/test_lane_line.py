"""Whoever calls without the right to, or speaks nonsense, is told so and harms nobody."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import socket
import time

import msgspec
import pytest

from devices import lane_line
from devices.lane_line import Line, give, take
from devices.lane_messages import (
    FRAME_LIMIT,
    GREETING_LIMIT,
    VERSION,
    Answer,
    Beat,
    Devices,
    Health,
    Heard,
    Hello,
    Parting,
    Scanned,
    Welcome,
    frame,
    from_lane,
    from_store,
)
from devices.lane_proxies import LaneScanner
from devices.lane_wires import WrongFingerprint, dial, fingerprint, listen
from devices.ports import LaneAbsent, Reading
from tests.edge.lane_rig import TOKEN, Rig, until

READING = Reading("https://a", b"https://a")


@pytest.fixture(params=["inside", "unix", "tls"])
def open_door(request, tmp_path):
    """A store's door for lane K1, with no lane of ours calling."""
    rig = Rig(request.param, tmp_path, Devices())
    until(lambda: rig.lane.up)
    rig.cut()
    if rig.cable:
        rig.cable.mend()
    yield rig
    rig.close()


def said(connection: socket.socket) -> object:
    return from_store(take(connection, FRAME_LIMIT, 10))


def gone(connection: socket.socket) -> bool:
    connection.settimeout(10)
    try:
        while connection.recv(65536):
            pass
    except TimeoutError:
        return False
    except OSError:
        pass
    return True


@pytest.mark.parametrize(
    ("hello", "code"),
    [
        (Hello(VERSION, "K1", "not the token at all"), "WRONG_TOKEN"),
        (Hello(VERSION, "K9", TOKEN), "WRONG_TOKEN"),
        (Hello(VERSION + 1, "K1", TOKEN), "OTHER_VERSION"),
        (Beat(), "NO_GREETING"),
    ],
)
def test_nobody_comes_in_without_the_token_of_a_lane(open_door, hello, code):
    connection = open_door.connection()
    give(connection, hello, 5)
    assert said(connection) == Parting(code)
    assert gone(connection)
    assert not open_door.lane.up


def test_each_wrong_token_waits_longer_for_its_answer(open_door, monkeypatch):
    monkeypatch.setattr("devices.lane_door._PAUSES_S", (0.1, 0.2, 0.4))
    took = []
    for _ in range(3):
        connection, began = open_door.connection(), time.monotonic()
        give(connection, Hello(VERSION, "K1", "not the token at all"), 5)
        said(connection)
        took.append(time.monotonic() - began)
        connection.close()
    assert [seconds >= wait for seconds, wait in zip(took, (0.1, 0.2, 0.4), strict=True)] == [True] * 3


def test_an_empty_or_unset_token_is_no_token(open_door):
    assert open_door.door._tokens["K1"] == hashlib.sha256(TOKEN.encode()).hexdigest()
    open_door.door._tokens["K1"] = "0" * 64  # as the settings have it before lane-key was run
    connection = open_door.connection()
    give(connection, Hello(VERSION, "K1", TOKEN), 5)
    assert said(connection) == Parting("WRONG_TOKEN")


def test_a_stranger_may_not_send_much_nor_take_long(open_door, monkeypatch):
    monkeypatch.setattr("devices.lane_door.GREETING_S", 0.3)
    loud, slow = open_door.connection(), open_door.connection()
    loud.sendall((GREETING_LIMIT + 1).to_bytes(4, "big"))
    slow.sendall(b"\0")
    assert gone(loud)
    assert gone(slow)


def test_strangers_are_few_at_a_time(open_door):
    crowd = [open_door.connection() for _ in range(4)]
    until(lambda: sum(open_door.door._strangers.values()) == 4)
    with contextlib.suppress(OSError):  # the handshake may end it already
        assert gone(open_door.connection())
    for one in crowd:
        one.close()


def caller(open_door) -> socket.socket:
    connection: socket.socket = open_door.connection()
    give(connection, Hello(VERSION, "K1", TOKEN), 5)
    assert isinstance(said(connection), Welcome)
    return connection


FIRMWARE = msgspec.msgpack.encode({"type": "firmware", "body": "x"})
NONSENSE = {
    "oversized": ((FRAME_LIMIT + 1).to_bytes(4, "big"), "TOO_LARGE"),
    "no msgpack": (b"\0\0\0\x03\xc1\xc1\xc1", "NOT_UNDERSTOOD"),
    "unknown kind": (len(FIRMWARE).to_bytes(4, "big") + FIRMWARE, "NOT_UNDERSTOOD"),
    "the store's kind": (frame(Welcome(Devices())), "NOT_UNDERSTOOD"),
    "greets twice": (frame(Hello(VERSION, "K1", TOKEN)), "NOT_UNDERSTOOD"),
    "deep": (b"\0\0\x40\x00" + b"\x91" * 0x4000, "NOT_UNDERSTOOD"),
}


@pytest.mark.parametrize("what", NONSENSE)
def test_nonsense_ends_the_line_with_a_word(open_door, what):
    data, code = NONSENSE[what]
    connection = caller(open_door)
    connection.sendall(data)
    while isinstance(word := said(connection), Beat):
        pass
    assert word == Parting(code)
    assert gone(connection)
    until(lambda: not open_door.lane.up)


def test_any_bytes_at_all_are_survived(open_door):
    for _ in range(20):
        connection = caller(open_door)
        connection.sendall(os.urandom(300))
        connection.close()
    again = caller(open_door)
    assert open_door.lane.up
    again.close()


def test_frames_that_are_replayed_are_one_scan_and_foreign_answers_none(shop, open_door):
    from edge.intake import Intake

    scanner = LaneScanner("s1", open_door.lane)
    intake = Intake("s1", "T1", scanner, shop.store.scans, shop.store.status, shop.books.clock)
    connection = caller(open_door)
    connection.sendall(frame(Health("scanners.s1", "")))
    connection.sendall(frame(Answer("nobody-asked")))
    for _ in range(3):
        connection.sendall(frame(Scanned("scanners.s1", "stream1", 1, 0, READING)) * 3)
    rows = shop.books.ledger.read
    until(lambda: intake.turn() >= 0 and rows().execute("SELECT count(*) FROM scan").fetchone()[0])
    for _ in range(3):
        intake.turn()
    assert rows().execute("SELECT device, stream, device_seq FROM scan").fetchall() == [("s1", "stream1", 1)]
    connection.close()


def test_a_scan_of_a_device_that_is_no_more_is_refused_for_good(open_door):
    connection = caller(open_door)
    connection.sendall(frame(Scanned("scanners.old", "stream1", 7, 0, READING)))
    while isinstance(word := said(connection), Beat):
        pass
    assert word == Heard("scanners.old", "stream1", 7, good=False)
    connection.close()


def test_a_new_line_takes_the_place_of_the_old_one(open_door):
    old = caller(open_door)
    new = caller(open_door)
    assert gone(old)
    assert open_door.lane.up
    new.close()
    until(lambda: not open_door.lane.up)


def test_a_peer_that_says_nothing_is_gone_in_seconds(open_door, monkeypatch):
    monkeypatch.setattr(lane_line, "SILENCE_S", 0.4)
    connection = caller(open_door)
    until(lambda: not open_door.lane.up, 10)
    connection.close()


def test_a_peer_that_takes_nothing_is_gone_and_holds_nobody_up(open_door):
    connection = caller(open_door)
    line = open_door.lane._line
    big = Welcome(Devices())
    began = time.monotonic()
    with contextlib.suppress(lane_line.LineLost):
        while True:
            line.send(big)
    assert time.monotonic() - began < 60
    until(lambda: not open_door.lane.up)
    with pytest.raises(LaneAbsent):
        LaneScanner("s1", open_door.lane).open()
    connection.close()


def test_the_store_is_known_by_its_fingerprint_alone(open_door):
    if open_door.kind != "tls":
        pytest.skip("only TLS has one")
    at = f"127.0.0.1:{open_door.cable.port}"
    right = fingerprint(open_door.folder)
    for wrong in ("", "0" * 64, right[:-1]):
        with pytest.raises(WrongFingerprint):
            dial(at, wrong)
    loud = ":".join(right[i : i + 2] for i in range(0, 64, 2)).upper()
    dial(at, loud).close()
    mode = (open_door.folder / "lane-certificate.pem").stat().st_mode & 0o777
    assert mode == 0o600


def test_what_is_not_tls_gets_no_word_and_a_plain_door_on_the_network_is_refused(open_door):
    if open_door.kind != "tls":
        pytest.skip("only TLS")
    plain = socket.create_connection(("127.0.0.1", open_door.cable.port))
    plain.sendall(frame(Hello(VERSION, "K1", TOKEN)))
    assert gone(plain)
    from devices.lane_door import LaneDoor

    with listen("127.0.0.1:0") as listener, pytest.raises(ValueError, match="TLS"):
        LaneDoor(listener, {}, {}, None)


def test_the_socket_is_for_owner_and_group(tmp_path):
    (tmp_path / "left").touch()
    with listen(f"unix:{tmp_path / 's'}"):
        assert (tmp_path / "s").stat().st_mode & 0o777 == 0o660
    with listen(f"unix:{tmp_path / 's'}"):
        pass  # one that was left behind is replaced
    with pytest.raises(OSError, match="in use"):
        listen(f"unix:{tmp_path / 'left'}")


def test_tokens_and_codes_stay_out_of_the_log(open_door, caplog):
    caplog.set_level(logging.DEBUG)
    connection = open_door.connection()
    give(connection, Hello(VERSION, "K1", "a secret that is wrong"), 5)
    said(connection)
    connection = caller(open_door)
    connection.sendall(
        frame(Scanned("scanners.old", "stream1", 7, 0, Reading("SECRET-CODE", b"SECRET-CODE")))
    )
    connection.sendall(b"\0\0\0\x0bSECRET-CODE")
    assert gone(connection)
    everything = " ".join(repr(record.__dict__) for record in caplog.records)
    assert "SECRET-CODE" not in everything
    assert "secret that is wrong" not in everything
    assert TOKEN not in everything


def test_messages_come_back_as_they_were():
    for message in (Hello(VERSION, "K1", TOKEN), Scanned("scanners.s1", "s", 1, 5, READING), Beat()):
        assert from_lane(frame(message)[4:]) == message


def test_beats_keep_a_quiet_line_alive(monkeypatch):
    monkeypatch.setattr(lane_line, "SILENCE_S", 0.5)
    monkeypatch.setattr(lane_line, "BEAT_S", 0.1)
    import threading

    near, far = socket.socketpair()
    ends = [Line(near, from_lane, print), Line(far, from_store, print)]
    threads = [threading.Thread(target=line.run) for line in ends]
    for thread in threads:
        thread.start()
    time.sleep(1.0)  # twice the silence that would end it
    assert all(line.up for line in ends)
    ends[0].end()
    for thread in threads:
        thread.join(5)
        assert not thread.is_alive()
