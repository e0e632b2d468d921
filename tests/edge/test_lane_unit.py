"""The box's own devices unit: who calls at the store's socket is known by the user, and by nothing that is shown."""

from __future__ import annotations

import hashlib
import os
import socket

import pytest

from devices.lane_door import LaneDoor
from devices.lane_line import give, take
from devices.lane_link import Lane
from devices.lane_messages import FRAME_LIMIT, VERSION, Devices, Hello, Parting, Welcome, from_store
from devices.lane_wires import answering, dial, fingerprint, listen
from tests.edge.lane_rig import SHA, TOKEN


def told(connection: socket.socket) -> object:
    with connection:
        give(connection, Hello(VERSION, "box", TOKEN), 5)
        return from_store(take(connection, FRAME_LIMIT, 10))


@pytest.fixture
def call(tmp_path):
    """What a caller with the right token is told by a door at an address, where the unit is a user of this number."""
    doors = []

    def make(at: str, user: int) -> object:
        listener = listen(at)
        tls = None if at.startswith("unix:") else answering(tmp_path)
        doors.append(LaneDoor(listener, {"box": Lane("box", Devices())}, {"box": SHA}, tls, {"box": user}))
        doors[-1].start()
        if tls is None:
            return told(dial(at))
        port = listener.getsockname()[1]
        return told(dial(f"127.0.0.1:{port}", fingerprint(tmp_path)))

    yield make
    for door in doors:
        door.stop()


def test_the_unit_is_let_in_by_its_user_alone(tmp_path, call) -> None:
    assert hashlib.sha256(TOKEN.encode()).hexdigest() == SHA, "the token is right in every case"
    assert isinstance(call(f"unix:{tmp_path / 'a.sock'}", os.getuid()), Welcome)
    assert call(f"unix:{tmp_path / 'b.sock'}", os.getuid() + 1) == Parting("WRONG_TOKEN")


@pytest.mark.parametrize("user", [os.getuid(), -1, -2])
def test_over_a_network_nobody_has_a_user(call, user: int) -> None:
    assert call("127.0.0.1:0", user) == Parting("WRONG_TOKEN")
