"""What a store and a lane say to each other: every message, its limits, and how it stands in bytes (msgpack)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from config.device_schema import (
    DisplaySettings,
    LightSettings,
    LockerSettings,
    PrinterSettings,
    ScaleSettings,
    ScannerSettings,
)
from devices.ports import Fate, Identity, Light, PrinterState, Reading, Showing, Weight
from devices.slip import Slip

VERSION = 1
"""Of this protocol; two sides that differ part with a word."""
FRAME_LIMIT = 1 << 20
"""Bytes of the largest message: a slip with the largest picture that may stand on one fits, two such do not."""
LONGEST_READING = 32_768
"""Bytes of the longest reading: four times what the largest code of any kind holds."""
GREETING_LIMIT = 4096
"""Bytes of a message from somebody who has not shown a token yet."""

Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
Place = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{1,12}\.[A-Za-z0-9_-]{1,32}$")]
"""A device: its table in the settings and its name there, as in scanners.front."""
Key = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.:-]{1,80}$")]
Count = Annotated[int, msgspec.Meta(ge=0, le=1 << 53)]
Words = Annotated[str, msgspec.Meta(max_length=300)]
Token = Annotated[str, msgspec.Meta(min_length=16, max_length=200)]


class Devices(msgspec.Struct, frozen=True):
    """The devices that a lane runs, with their settings."""

    scanners: dict[Name, ScannerSettings] = {}
    printers: dict[Name, PrinterSettings] = {}
    scales: dict[Name, ScaleSettings] = {}
    displays: dict[Name, DisplaySettings] = {}
    lights: dict[Name, LightSettings] = {}
    lockers: dict[Name, LockerSettings] = {}


# ---- said by either ------------------------------------------------------------------------------


class Beat(msgspec.Struct, frozen=True, tag="beat"):
    """I am there."""


class Parting(msgspec.Struct, frozen=True, tag="parting"):
    """I hang up now, and why: a code for programs, words for people."""

    code: Key
    words: Words = ""


# ---- said by the lane ----------------------------------------------------------------------------


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    """The first message on a line: who calls, and the token that proves it."""

    version: int
    lane: Name
    token: Token


class Scanned(msgspec.Struct, frozen=True, tag="scanned"):
    """A reading that the lane keeps until it hears `Heard` with the same three; its age, not its time."""

    device: Place
    stream: Key
    seq: Count
    age_ms: Count
    reading: Reading


class Health(msgspec.Struct, frozen=True, tag="health"):
    """How a scanner of the lane is: "" works, else a fault's code; `dropped` counts codes it could not take."""

    device: Place
    code: Words
    detail: Words = ""
    dropped: Count = 0


class Told(msgspec.Struct, frozen=True, tag="told"):
    """What a printer said by itself: of its own state, or of the sensor in its drawer socket."""

    device: Place
    state: PrinterState | None = None
    level: bool | None = None


class Given(msgspec.Struct, frozen=True):
    """The value in an answer: which field holds it follows from the question."""

    state: PrinterState | None = None
    flag: bool | None = None
    weight: Weight | None = None
    identity: Identity | None = None
    fate: Fate | None = None
    data: bytes = b""


class Sent(msgspec.Struct, frozen=True, tag="sent"):
    """All bytes of a deed have left the lane, and only the device's word is missing."""

    key: Key


class Answer(msgspec.Struct, frozen=True, tag="answer"):
    """What a question or a deed led to; `code` "" or a fault's."""

    key: Key
    given: Given = Given()
    code: Words = ""
    detail: Words = ""


# ---- said by the store ---------------------------------------------------------------------------


class Welcome(msgspec.Struct, frozen=True, tag="welcome"):
    """The token is right; these are your devices."""

    devices: Devices


class Heard(msgspec.Struct, frozen=True, tag="heard"):
    """The store dealt with a reading: kept it (`good`), or refused it for good."""

    device: Place
    stream: Key
    seq: Count
    good: bool


class State(msgspec.Struct, frozen=True, tag="state"):
    """Printer: how it is."""


class Level(msgspec.Struct, frozen=True, tag="level"):
    """Drawer: the level of the sensor."""


class Who(msgspec.Struct, frozen=True, tag="who"):
    """Who it is."""


class Take(msgspec.Struct, frozen=True, tag="take"):
    """Scale, display, lamp, lock board: take hold of it."""


class Leave(msgspec.Struct, frozen=True, tag="leave"):
    """Let go of it."""


class Weigh(msgspec.Struct, frozen=True, tag="weigh"):
    """Scale: a weight at rest."""

    wait_s: Annotated[float, msgspec.Meta(ge=0, le=30)]


class Show(msgspec.Struct, frozen=True, tag="show"):
    """Display: show this."""

    showing: Showing


class Shine(msgspec.Struct, frozen=True, tag="shine"):
    """Lamp: show this."""

    light: Light


class BoxOpen(msgspec.Struct, frozen=True, tag="box_open"):
    """Locker: whether the door stands open."""

    box: Annotated[int, msgspec.Meta(ge=0, le=10_000)]


class Print(msgspec.Struct, frozen=True, tag="print"):
    """Printer: a slip."""

    slip: Slip


class Pulse(msgspec.Struct, frozen=True, tag="pulse"):
    """Drawer: open."""

    pin: Annotated[int, msgspec.Meta(ge=2, le=5)] = 2
    pulse_ms: Annotated[int, msgspec.Meta(ge=20, le=500)] = 100


class Unlock(msgspec.Struct, frozen=True, tag="unlock"):
    """Locker: open a box."""

    box: Annotated[int, msgspec.Meta(ge=0, le=10_000)]


Question = State | Level | Who | Take | Leave | Weigh | Show | Shine | BoxOpen
"""What may be asked twice without harm."""
Deed = Print | Pulse | Unlock
"""What is done at most once under a key, however often it is asked for."""


class Ask(msgspec.Struct, frozen=True, tag="ask"):
    """A question to a device."""

    key: Key
    device: Place
    question: Question


class Do(msgspec.Struct, frozen=True, tag="do"):
    """A deed of a device. The same key again does nothing and gives the outcome again."""

    key: Key
    device: Place
    deed: Deed


class FateOf(msgspec.Struct, frozen=True, tag="fate_of"):
    """What became of a deed? One that the lane says was never begun, it never begins by itself."""

    key: Key
    deed: Key


FromLane = Hello | Beat | Parting | Scanned | Health | Told | Sent | Answer
FromStore = Welcome | Beat | Parting | Heard | Ask | Do | FateOf
Message = FromLane | FromStore

_ENCODER = msgspec.msgpack.Encoder()
_FROM_LANE: msgspec.msgpack.Decoder[FromLane] = msgspec.msgpack.Decoder(FromLane)
_FROM_STORE: msgspec.msgpack.Decoder[FromStore] = msgspec.msgpack.Decoder(FromStore)


class NotUnderstood(Exception):
    """These bytes are no message that this side knows; says nothing of what they hold."""


class TooLarge(Exception):
    """A message beyond the limit."""


def frame(message: Message) -> bytes:
    """A message as it goes over a line: its length in four bytes, big endian, then msgpack; raises TooLarge."""
    body = _ENCODER.encode(message)
    if len(body) > FRAME_LIMIT:
        raise TooLarge
    return len(body).to_bytes(4, "big") + body


def from_lane(body: bytes) -> FromLane:
    """A message of a lane; raises NotUnderstood."""
    try:
        return _FROM_LANE.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise NotUnderstood from None


def from_store(body: bytes) -> FromStore:
    """A message of the store; raises NotUnderstood."""
    try:
        return _FROM_STORE.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise NotUnderstood from None


def length_of(head: bytes | bytearray, limit: int = FRAME_LIMIT) -> int:
    """The length that the first four bytes of a frame announce; raises TooLarge beyond the limit."""
    length = int.from_bytes(head[:4], "big")
    if length > limit:
        raise TooLarge
    return length
