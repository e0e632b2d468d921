"""Backups made, proved and kept: a consistent copy of the ledger while the store goes on working."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlcipher3 import dbapi2

from config.backup_schema import FOLDER, BackupSettings
from edge.backup_seal import BackupHead, BackupRefused, NewerLedger, digest, head_of, opened, whole, write
from edge.clock import Clock, stamp
from edge.db import Database, WrongKey, connect
from edge.records import ledger_schema
from edge.records.chain import checked

SUFFIX = ".sebackup"
_NAMED = 3


def backups_in(folder: Path, store: str) -> list[Path]:
    """This store's backups, oldest first: their names begin with store and time."""
    return sorted(folder.glob(f"{store}-*{SUFFIX}")) if folder.is_dir() else []


def own_folder(state: Path) -> Path:
    """Where a box keeps its backups beside its books."""
    return state / FOLDER


def proved(file: Path, key: bytes) -> tuple[BackupHead, str]:
    """An opened ledger read from end to end: pages, seals, chain; a head with what it says, and its device's seed.

    Store, release, time, size and hash of the head are for the caller to fill in. Raises BackupRefused.
    """
    try:
        with closing(Database(file, key, durable=True)) as ledger:
            read = ledger.read()
            for check in ("quick_check", "cipher_integrity_check"):
                rows = [str(row[0]) for row in read.execute(f"PRAGMA {check}") if row[0] != "ok"]
                if rows:
                    raise BackupRefused(f"the ledger is damaged: {'; '.join(rows[:_NAMED])}")
            found = checked(ledger)
            steps = {row[0] for row in read.execute("SELECT name FROM _sqlite_migrations")}
            seed = read.execute("SELECT seed FROM enrolment").fetchone()
    except (WrongKey, dbapi2.Error) as error:
        raise BackupRefused(f"the ledger is damaged: {error}") from error
    if found.faults:
        raise BackupRefused(f"the journal does not hold: {'; '.join(found.faults[:_NAMED])}")
    newer = steps - set(ledger_schema.NAMES)
    if newer:
        raise NewerLedger(f"made by a newer release, which this one cannot read: step {min(newer)}")
    schema = [name for name in ledger_schema.NAMES if name in steps][-1]
    head = BackupHead("", found.stream, found.last, found.head, found.acked, schema, "", "", 0, "")
    return head, str(seed[0]) if seed else ""


@contextmanager
def workplace(folder: Path) -> Iterator[Path]:
    """A folder of its own below `folder`, gone afterwards, and so are those of runs that were cut off."""
    for left in folder.glob(".work-*"):
        pid = left.name.split("-")[1]
        if not (pid.isdigit() and Path(f"/proc/{pid}").exists()):
            shutil.rmtree(left, ignore_errors=True)
    place = Path(tempfile.mkdtemp(prefix=f".work-{os.getpid()}-", dir=folder))
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def make(ledger: Database, clock: Clock, store: str, settings: BackupSettings) -> tuple[Path, BackupHead]:
    """A new backup in the box's own folder, proved; the store may go on working. Raises BackupRefused, OSError."""
    folder = own_folder(ledger.path.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    with workplace(folder) as place:
        body, data_key = place / "ledger.db", secrets.token_bytes(32)
        seed = _copied(ledger, body, data_key)
        found, _ = proved(body, data_key)
        at = stamp(clock.now())
        head = BackupHead(
            store,
            found.stream,
            found.last,
            found.head,
            found.acked,
            found.schema,
            importlib.metadata.version("store-edge"),
            at,
            body.stat().st_size,
            digest(body),
            settings.recovery_key,
        )
        moment = "".join(char for char in at[:19] if char.isalnum())
        target = folder / f"{store}-{moment}Z-{found.last:09}-{secrets.token_hex(2)}{SUFFIX}"
        write(target, body, head, data_key, bytes.fromhex(seed), ledger.key)
        if opened(target, place / "again.db", own_key=ledger.key) != (head, data_key, bytes.fromhex(seed)):
            raise BackupRefused(f"{target} is not what was written")
    return target, head


def _copied(ledger: Database, body: Path, data_key: bytes) -> str:
    """VACUUM INTO: one moment's state, whole, without what was deleted; under `data_key`. Gives the device's seed.

    The seed leaves the copy, so that whoever holds the chain's key is not the device; sessions are nobody's any more.
    """
    try:
        with closing(connect(ledger.path, ledger.key)) as source:
            source.execute("VACUUM INTO ?", (str(body),))
        with closing(connect(body, ledger.key)) as copy:
            row = copy.execute("SELECT seed FROM enrolment").fetchone()
            copy.execute("PRAGMA secure_delete=ON")
            copy.execute("UPDATE enrolment SET seed = ''")
            copy.execute("DELETE FROM session")
            copy.execute("PRAGMA journal_mode=DELETE")
            copy.execute(f"PRAGMA rekey=\"x'{data_key.hex()}'\"")
    except (WrongKey, dbapi2.Error) as error:
        raise BackupRefused(f"the ledger cannot be copied: {error}") from error
    return str(row[0]) if row else ""


def copied_to(file: Path, folder: Path) -> Path:
    """The same backup on another disk, read back and compared there. Raises BackupRefused, OSError."""
    if not folder.is_dir():
        raise BackupRefused(f"{folder} is not there; is the second disk mounted?")
    target = folder / file.name
    with file.open("rb") as source:
        whole(target, lambda made: shutil.copyfileobj(source, made, 1 << 20))
    if digest(target) != digest(file):
        raise BackupRefused(f"{target} is not what was written")
    return target


def too_many(names: Iterable[str], hourly: int, daily: int) -> list[str]:
    """Which of these names (`STORE-YYYYMMDDTHHMMSSZ-…`) may go: not the newest ones, nor the last of a recent day."""
    newest_first = sorted(names, reverse=True)
    kept = set(newest_first[:hourly])
    days: dict[str, str] = {}
    for name in newest_first:
        days.setdefault(name.split("-")[-3][:8], name)
    kept |= {days[day] for day in sorted(days, reverse=True)[:daily]}
    return [name for name in newest_first if name not in kept]


def thinned(folder: Path, store: str, settings: BackupSettings) -> int:
    """Removes what is too old in one folder; gives how many. Other stores' backups are not looked at."""
    gone = too_many((file.name for file in backups_in(folder, store)), settings.hourly, settings.daily)
    for name in gone:
        with contextlib.suppress(FileNotFoundError):
            (folder / name).unlink()
    return len(gone)


def heads_in(folder: Path, store: str) -> Iterator[tuple[Path, BackupHead | None]]:
    """Each backup with its header, oldest first; None where it cannot be read."""
    for file in backups_in(folder, store):
        try:
            yield file, head_of(file)
        except (BackupRefused, OSError):
            yield file, None
