"""A backup opened again: tried against the living ledger, or laid in where the ledger broke."""

from __future__ import annotations

import os
import shutil
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from sqlcipher3 import dbapi2

from edge.backup_made import proved, workplace
from edge.backup_seal import BackupHead, BackupRefused, NewerLedger, opened
from edge.db import Connection, Database, WrongKey, connect
from edge.durable import settled
from edge.records.books import RESTORING

_FILES = ("ledger.db", "ledger.db-wal", "ledger.db-shm")
_FIGURES = {
    "facts": "SELECT count(*), coalesce(sum(seq), 0) FROM journal WHERE seq BETWEEN :first AND :last",
    "sales": "SELECT count(*), coalesce(sum(net_fen), 0) FROM sale WHERE seq BETWEEN :first AND :last",
    "returns": "SELECT count(*), coalesce(sum(refund_fen), 0) FROM goods_return"
    " WHERE seq BETWEEN :first AND :last",
    "stock movements": "SELECT count(*), coalesce(sum(delta), 0) FROM movement"
    " WHERE seq BETWEEN :first AND :last",
}
"""Number and sum (fen, pieces) of what a range of facts stands for."""


@dataclass
class Drilled:
    """What a drill found: figures as (name, in the backup, in the ledger), number and sum each; faults in words."""

    head: BackupHead
    first: int
    later: int
    figures: list[tuple[str, tuple[int, int], tuple[int, int]]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Plan:
    """What laying a backup in would mean, in facts. `lost`: known of, and neither in the backup nor at HQ; None where
    the broken ledger does not say how far it went. `unsent`: in the backup and not known to be at HQ."""

    head: BackupHead
    hq_has: int
    was_last: int | None
    lost: int | None
    unsent: int
    device: bool


def drill(file: Path, live: Database, key: bytes, private: bytes = b"") -> Drilled:
    """Opens a backup in a folder of its own and holds it against the living ledger. Raises BackupRefused, OSError.

    `private`: the recovery key; when given, it alone has to open the backup, as it would on a new box.
    """
    with workplace(live.path.parent) as place:
        body = place / "ledger.db"
        head, data_key, _ = opened(file, body, own_key=b"" if private else key, private=private)
        found, _ = proved(body, data_key)
        _same(head, found)
        with closing(Database(body, data_key, durable=True)) as copy:
            return _held_against(copy.read(), live.read(), head)


def _same(head: BackupHead, found: BackupHead) -> None:
    for what in ("stream", "last", "head", "acked", "schema"):
        if getattr(head, what) != getattr(found, what):
            raise BackupRefused(f"the header's {what} is not the ledger's in it")


def _held_against(copy: Connection, live: Connection, head: BackupHead) -> Drilled:
    live.execute("BEGIN")  # one moment of a ledger that goes on
    try:
        stream, last, kept = live.execute("SELECT stream_id, last_seq, kept_from FROM stream").fetchone()
        (copy_kept,) = copy.execute("SELECT kept_from FROM stream").fetchone()
        done = Drilled(head, max(int(kept), int(copy_kept)), int(last) - head.last)
        if stream != head.stream:
            done.faults.append(f"the backup is of stream {head.stream}, the ledger of {stream}")
            return done
        row = live.execute("SELECT sha FROM journal WHERE seq = ?", (head.last,)).fetchone()
        if row is None and head.last >= int(kept):
            done.faults.append(f"the ledger does not have fact {head.last}, the backup does")
        elif row is not None and row[0] != head.head:
            done.faults.append(f"fact {head.last} is another one in the ledger than in the backup")
        span = {"first": done.first, "last": head.last}
        for name, sql in _FIGURES.items():
            there, here = copy.execute(sql, span).fetchone(), live.execute(sql, span).fetchone()
            done.figures.append((name, there, here))
            if there != here:
                done.faults.append(f"{name}: {there} in the backup, {here} in the ledger")
    finally:
        live.execute("ROLLBACK")
    return done


def lay_in(
    file: Path, state: Path, key: bytes, store: str, *, private: bytes, hq_has: int | None, dry_run: bool
) -> tuple[Plan, Path | None]:
    """Puts the backup in the ledger's place; gives the plan and where the former ledger lies now.

    The store must not be running. Raises BackupRefused with nothing changed; OSError: run it again, no store starts
    in between.
    """
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    with workplace(state) as place:
        body = place / "ledger.db"
        head, data_key, own = opened(file, body, own_key=key, private=private)
        if head.store != store:
            raise BackupRefused(f"this is a backup of store {head.store}; the settings are {store}'s")
        found, _ = proved(body, data_key)
        _same(head, found)
        former = _former(state, place / "former", key, head)
        plan = _planned(head, former, hq_has, device=bool(own))
        if dry_run:
            return plan, None
        _made_own(body, data_key, key, own)
        proved(body, key)
        return plan, _swapped(body, state)


def _planned(head: BackupHead, former: tuple[int, int] | None, hq_has: int | None, *, device: bool) -> Plan:
    if hq_has is None:
        # The former ledger's own word is no bound: HQ may have what it never heard acknowledged.
        raise BackupRefused(
            "facts of one number must not be made twice: say --hq-has N, the last_seq of stream"
            f" {head.stream} as `hub streams` shows it at HQ"
        )
    was_last, acked = former or (None, 0)
    at_hq = max(hq_has, acked, head.acked)
    if at_hq > head.last:
        raise BackupRefused(
            f"HQ has {at_hq - head.last} facts ({head.last + 1} to {at_hq}) that this backup does not have: going"
            " on from it would make other facts of the same numbers. Take a newer backup, or enrol this box anew"
            " (docs/backup.md, A new box)"
        )
    lost = None if was_last is None else max(0, was_last - head.last)
    return Plan(head, at_hq, was_last, lost, head.last - at_hq, device)


def _former(state: Path, place: Path, key: bytes, head: BackupHead) -> tuple[int, int] | None:
    """How far the ledger in the folder went, and what HQ had acknowledged to it; None where it does not say.

    Looked at in a copy: opening a broken ledger would change it. Raises BackupRefused where there is nothing to mend.
    """
    if (state / RESTORING).exists() or not (state / "ledger.db").exists():
        return None
    place.mkdir()
    for name in _FILES[:2]:
        if (state / name).exists():
            shutil.copyfile(state / name, place / name)
    path = place / "ledger.db"
    try:
        with closing(connect(path, key)) as former:
            stream, last, acked = former.execute("SELECT stream_id, last_seq, acked FROM stream").fetchone()
    except (WrongKey, dbapi2.Error, TypeError):
        return None
    if stream != head.stream:
        raise BackupRefused(f"the ledger in {state} is of another stream, {stream}: move it away first")
    try:
        proved(path, key)
    except NewerLedger:
        raise
    except BackupRefused:
        return int(last), int(acked)
    if int(last) >= head.last:
        raise BackupRefused(
            f"the ledger in {state} is whole and has fact {last}; there is nothing to restore"
        )
    return int(last), int(acked)


def _made_own(body: Path, data_key: bytes, key: bytes, own: bytes) -> None:
    """Under this box's key; the device again where this box made the backup, else no device at all."""
    with closing(connect(body, data_key)) as made:
        made.execute("PRAGMA secure_delete=ON")
        if own:
            made.execute("UPDATE enrolment SET seed = ?", (own.hex(),))
        else:
            made.execute("DELETE FROM enrolment")
        made.execute("PRAGMA journal_mode=DELETE")
        made.execute(f"PRAGMA rekey=\"x'{key.hex()}'\"")


def _swapped(body: Path, state: Path) -> Path | None:
    """The new ledger in the old one's place, the old one kept aside; a mark keeps every store out meanwhile."""
    mark = state / RESTORING
    mark.touch(mode=0o600)
    settled(state)
    kept = _set_aside(state) if any((state / name).exists() for name in _FILES) else None
    with body.open("rb") as file:
        os.fsync(file.fileno())
    body.rename(state / "ledger.db")
    settled(state)
    mark.unlink()
    settled(state)
    return kept


def _set_aside(state: Path) -> Path:
    number = 1
    while (kept := state / f"broken-{number}").exists():
        number += 1
    kept.mkdir(mode=0o700)
    # The log first: beside another ledger SQLite would play it into that one.
    for name in reversed(_FILES):
        if (state / name).exists():
            (state / name).rename(kept / name)
    settled(kept)
    return kept
