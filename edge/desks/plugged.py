"""The plug desk: what is plugged in and nobody uses, and whether behind each device is still who was there before."""

from __future__ import annotations

import logging
import threading

import msgspec

from devices.ports import Identity, Status
from edge.clock import moment_of, stamp
from edge.desks.status import Poke, StatusDesk
from edge.domain.refusals import UnknownThing
from edge.domain.views import PluggedDevice, SwappedDevice
from edge.records.books import Books
from edge.records.identities import IdentityRow

_log = logging.getLogger("store_edge.devices")
ALARM = "IDENTITY_CHANGED"
_LEAST_SERIAL = 4
_LONGEST = 120
"""Characters of what a device says of itself, a word: USB lets it say as many."""


class PlugDesk:
    """Told by the root what is there; remembers identities in the ledger, so that a swap during a night is seen.

    A swapped device goes on working: a till without a printer is worse than a till with another one.
    """

    def __init__(self, books: Books, status: StatusDesk, poke: Poke) -> None:
        self._books = books
        self._status = status
        self._poke = poke
        self._lock = threading.Lock()
        self._unknown: tuple[PluggedDevice, ...] = ()

    def recover(self) -> None:
        """At start: alarms that nobody answered yet stand again."""
        for row in self._books.identities.all():
            self._status.alarm(row.device, ALARM if row.seen else "")

    def sees(self, unknown: tuple[PluggedDevice, ...]) -> None:
        """What is plugged in and bound to no setting, as of now."""
        with self._lock:
            news, self._unknown = unknown != self._unknown, unknown
        if news:
            self._poke("plugged")

    def unknown(self) -> tuple[PluggedDevice, ...]:
        """What is plugged in and bound to no setting."""
        with self._lock:
            return self._unknown

    def met(self, device: str, kind: str, address: str, now: Identity) -> bool:
        """Somebody stands behind the device; whether that is who is known there. Two that say nothing are alike."""
        now = _plain(now)
        row = self._books.identities.of(device)
        known = None if row is None or row.address != address else row
        if known is None:  # never seen, or the settings say another address: the person who wrote them knows
            self._write(IdentityRow(device, kind, address, now, None, stamp(self._status.now())))
        elif another(known.known, now):
            if known.seen is None or another(known.seen, now):
                self._write(IdentityRow(device, kind, address, known.known, now, stamp(self._status.now())))
                _log.warning("another device at this address", extra={"device": device, "address": address})
                self._status.changed(device, Status.IDENTITY_CHANGED)
        elif known.seen is not None or merged(known.known, now) != known.known:
            back = stamp(self._status.now()) if known.seen else known.since
            self._write(IdentityRow(device, kind, address, merged(known.known, now), None, back))
        row = self._books.identities.of(device)
        swapped = row is not None and row.seen is not None
        self._status.alarm(device, ALARM if swapped else "")
        return not swapped

    def swapped(self) -> tuple[SwappedDevice, ...]:
        """Devices behind whose address another one was found and nobody said yet that this is meant."""
        return tuple(
            SwappedDevice(
                row.device, row.kind, row.address, words(row.known), words(row.seen), moment_of(row.since)
            )
            for row in self._books.identities.all()
            if row.seen is not None
        )

    def accept(self, device: str) -> None:
        """A person says that the new one is meant; raises UnknownThing where nothing was swapped."""
        with self._books.ledger.transaction() as tx:
            row = self._books.identities.of(device)
            if row is None or row.seen is None:
                raise UnknownThing
            now = stamp(self._status.now())
            self._books.identities.put(tx, IdentityRow(device, row.kind, row.address, row.seen, None, now))
        _log.info("the new device is accepted", extra={"device": device})
        self._status.alarm(device, "")

    def _write(self, row: IdentityRow) -> None:
        with self._books.ledger.transaction() as tx:
            self._books.identities.put(tx, row)


def another(known: Identity, now: Identity) -> bool:
    """Whether these are two pieces of hardware: by serial number, else by key, else by model.

    Words that one of them lacks say nothing: a printer without paper does not tell its serial number.
    """
    if _real(known.serial) and _real(now.serial):
        return known.serial != now.serial or _differ(known.model, now.model)
    if known.key.partition(":")[0] == now.key.partition(":")[0] and _differ(known.key, now.key):
        return True
    return _differ(known.model, now.model) or _differ(known.maker, now.maker)


def merged(known: Identity, now: Identity) -> Identity:
    """What is known of a device after it was met again: the newer word, where it said one."""
    said = {name: value for name, value in msgspec.structs.asdict(now).items() if value}
    return msgspec.structs.replace(known, **said)


def words(identity: Identity | None) -> str:
    """A device in words for a person: maker, model, serial number, else its key."""
    if identity is None:
        return ""
    identity = _plain(identity)
    named = " ".join(word for word in (identity.maker, identity.model, identity.serial) if word)
    return named or identity.key or "?"


def _plain(said: Identity) -> Identity:
    """A stranger's words, short and without what would command a terminal or turn a page's text round."""
    return Identity(
        *(
            "".join(char if char.isprintable() else " " for char in word[:_LONGEST]).strip()
            for word in msgspec.structs.astuple(said)
        )
    )


def _real(serial: str) -> bool:
    """Whether a serial number can tell two devices apart: clones all say 00000000 or 0123456789."""
    bare = serial.strip().upper()
    return len(bare) >= _LEAST_SERIAL and len(set(bare)) > 1 and bare not in "0123456789ABCDEF0123456789"


def _differ(one: str, other: str) -> bool:
    return bool(one and other) and one != other
