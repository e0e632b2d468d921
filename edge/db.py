"""One encrypted SQLite file: a single writer, a reader a thread, and transactions that wait their turn."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlcipher3 import dbapi2

from edge.domain.refusals import ReadOnly
from edge.times import Times

if TYPE_CHECKING:
    from sqlite_utils.migrations import Migrations

Connection = Any
"""A sqlcipher3 DB-API connection (the wheel ships no types)."""
_STORAGE = re.compile(r"is full|I/O|readonly|is locked|unable to open", re.IGNORECASE)
"""What SQLite says when the disk or a lock, and not our SQL, is to blame."""
CREDENTIALS = "CREDENTIALS_DIRECTORY"
"""Where systemd puts the credentials of a service; the environment names places, never secrets."""
BUSY_S = 10.0
"""How long a transaction of this process waits for another process's."""


class WrongKey(Exception):
    """The key does not open this file, the file is no database, or a secret lies open."""


def load_secret(path: Path) -> str:
    """The text of a credential file; raises WrongKey where others may read it, FileNotFoundError if absent.

    What systemd puts into its credentials folder it grants by an access list, which shows as group-readable.
    """
    folder = os.environ.get(CREDENTIALS)
    granted = folder is not None and path.is_relative_to(folder)
    if path.stat().st_mode & (0o037 if granted else 0o077):
        raise WrongKey(f"{path} may be read by others; chmod 600 it")
    return path.read_text().strip()


def load_key(path: Path, *, create: bool = False) -> bytes:
    """The 32-byte key in a credential or key file (hex); `create` makes one, mode 0600, if none is there.

    Raises WrongKey for a file that others may read or that holds no key, FileNotFoundError if absent.
    """
    if create and not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Written aside and linked: a plug pulled here must not leave an empty key behind.
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(aside, path)
        aside.unlink()
    try:
        key = bytes.fromhex(load_secret(path))
    except ValueError as error:
        raise WrongKey(f"{path} holds no key") from error
    if len(key) != 32:
        raise WrongKey(f"{path} holds no 32-byte key")
    return key


class Database:
    """A SQLCipher file in WAL mode.

    `durable`: whether commits are synced before they return (the ledger) or may be lost in a power cut
    (the replica, which HQ can send again). `beside`: another file to read joined, attached as `hq`.
    """

    def __init__(self, path: Path, key: bytes, *, durable: bool, beside: Path | None = None) -> None:
        self.path = path
        self._key = key
        self._beside = beside
        self._durable = durable
        self._synced = durable
        self.doubted = False
        """Whether an I/O error was seen: every transaction is refused until the file is opened anew."""
        self.commits = Times()
        """How long transactions took, with their wait for a turn: `synced` to the disk, or `left` to a later one."""
        self._lock = threading.RLock()
        self._local = threading.local()
        self._readers: list[Connection] = []
        self._writer = self._connect()
        self._writer.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
        # Twice SQLite's default: a hand-over writes some twenty pages, and a checkpoint costs two more syncs.
        self._writer.execute("PRAGMA wal_autocheckpoint=2000")

    def migrate(self, migrations: Callable[[], Migrations], names: list[str]) -> None:
        """Applies what is missing of `names`, all or nothing; sqlite-utils is imported only when something is."""
        known = self._writer.execute(
            "SELECT count(*) FROM sqlite_master WHERE name = '_sqlite_migrations'"
        ).fetchone()[0]
        if known:
            done = {row[0] for row in self._writer.execute("SELECT name FROM _sqlite_migrations")}
            if set(names) <= done:
                return
        from sqlite_utils import Database as Tool

        # One transaction around all steps: a release's file is the old one or the new one, and another process that
        # founds the same file waits here and finds nothing left to do.
        with self.transaction():
            migrations().apply(Tool(self._writer))

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[Connection]:
        """BEGIN IMMEDIATE … COMMIT. `durable=False` leaves the sync to the next durable commit.

        A full or failing disk becomes the refusal ReadOnly; nothing of the transaction remains then. After an I/O error
        every further one is refused, too, until the file is opened anew: who fails to sync may have dropped the pages,
        and a later sync that succeeds says nothing about them (Rebello et al., USENIX ATC 2020).
        """
        began = time.perf_counter()
        with self._lock:
            if self.doubted:
                raise ReadOnly
            try:
                self._set_sync(durable=durable and self._durable)
                self._writer.execute("BEGIN IMMEDIATE")
                yield self._writer
                self._writer.execute("COMMIT")
                self.commits.took(time.perf_counter() - began, "synced" if self._synced else "left")
            except BaseException as error:
                if isinstance(error, dbapi2.Error):
                    code = getattr(error, "sqlite_errorcode", 0)  # raised by the wrapper itself, it has none
                    self.doubted = code & 0xFF == dbapi2.SQLITE_IOERR
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                if isinstance(error, dbapi2.OperationalError) and _STORAGE.search(str(error)):
                    raise ReadOnly from error
                raise

    def read(self) -> Connection:
        """This thread's reader; rows are tuples. Never write through it (it refuses)."""
        reader = getattr(self._local, "reader", None)
        if reader is None:
            reader = self._connect()
            reader.execute("PRAGMA wal_autocheckpoint=0")
            if self._beside is not None:
                reader.execute(f"ATTACH ? AS hq KEY \"x'{self._key.hex()}'\"", (str(self._beside),))
            reader.execute("PRAGMA query_only=ON")
            self._local.reader = reader
            with self._lock:
                self._readers.append(reader)
        return reader

    def close(self) -> None:
        """Closes every connection; the writer last, so that it takes the WAL file along."""
        # Under the lock: a connection closed under somebody's transaction takes the process down.
        with self._lock:
            for reader in self._readers:
                reader.close()
            self._readers.clear()
            self._local = threading.local()
            self._writer.close()

    def _set_sync(self, *, durable: bool) -> None:
        if durable != self._synced:
            self._writer.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            self._synced = durable

    @property
    def key(self) -> bytes:
        """For a process of ours that opens the same file; goes to it through a pipe."""
        return self._key

    def _connect(self) -> Connection:
        return connect(self.path, self._key)


def connect(path: Path, key: bytes) -> Connection:
    """A connection of its own to such a file; raises WrongKey."""
    connection = dbapi2.connect(str(path), timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    # A raw key: deriving one from a passphrase would cost 256,000 rounds at every connection.
    connection.execute(f"PRAGMA key=\"x'{key.hex()}'\"")
    try:
        connection.execute("PRAGMA journal_mode=WAL")
    except dbapi2.DatabaseError as error:
        connection.close()
        raise WrongKey(f"{path} cannot be opened with this key") from error
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA cache_size=-1000")
    return connection
