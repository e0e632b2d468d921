"""What a box keeps of pushed settings in `state_dir/config/`: the last good, those on trial, words for HQ."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import TypeVar

import msgspec

from edge.durable import settled
from sync.configured import Bundle, ConfigError, ConfigStatus, Result
from sync.signed import Signed

MOST_REPORTS = 32
T = TypeVar("T")


class Unreadable(Exception):
    """A file here is not what was written."""


class Kept(msgspec.Struct, frozen=True):
    """The last good word of HQ; `at` (RFC 3339): since when it is that."""

    word: Signed
    at: str

    @property
    def bundle(self) -> Bundle:
        """What it says; it was verified before it was kept."""
        return msgspec.json.decode(self.word.body, type=Bundle)


class Trial(msgspec.Struct, frozen=True):
    """A word on trial. `watched`: devices whose settings it changes and that worked before; `restart`: whether it
    takes a start of the daemon to come into force."""

    word: Signed
    watched: tuple[str, ...]
    restart: bool

    @property
    def bundle(self) -> Bundle:
        """What it says; it was verified and probed before it was put on trial."""
        return msgspec.json.decode(self.word.body, type=Bundle)


class Notes(msgspec.Struct, frozen=True):
    """The highest version ever taken up, and what HQ was not told yet, oldest first."""

    seen: int = 0
    reports: tuple[ConfigStatus, ...] = ()


class ConfigFiles:
    """Each write is whole or not there: a power cut leaves the file before or the file after. One process writes."""

    def __init__(self, state_dir: Path) -> None:
        self._folder = state_dir / "config"

    def good(self) -> Kept | None:
        """The last good word; None before the first. Raises Unreadable."""
        return self._read("good.json", Kept)

    def trial(self) -> Trial | None:
        """The word on trial. Raises Unreadable."""
        return self._read("trying.json", Trial)

    def on_trial(self) -> bool:
        """Whether something is on trial, without reading it."""
        return (self._folder / "trying.json").exists()

    def notes(self) -> Notes:
        """The notes; empty ones where they cannot be read: HQ then offers again what it offered."""
        try:
            notes = self._read("notes.json", Notes) or Notes()
        except Unreadable:
            notes = Notes()
        return notes

    def seen(self) -> int:
        """The highest version ever taken up."""
        known = [self.notes().seen]
        for read in (self.good, self.trial):
            try:
                if (found := read()) is not None:
                    known.append(found.bundle.version)
            except Unreadable:
                continue
        return max(known)

    def count_start(self) -> int:
        """One more start with what is on trial; which one this is. Counted before anything of it is read."""
        try:
            count = int((self._folder / "attempts").read_bytes()) + 1
        except FileNotFoundError:
            count = 1
        except (OSError, ValueError):
            count = 99
        self._write("attempts", str(count).encode())
        return count

    def put_on_trial(self, trial: Trial) -> None:
        """From the next start on (or at once, where it needs none) these settings are tried."""
        (self._folder / "attempts").unlink(missing_ok=True)
        self._write("trying.json", msgspec.json.encode(trial))
        self.tell("trying", trial.bundle.version)

    def keep(self, trial: Trial, at: str) -> None:
        """The trial is over: from now on these are the good ones."""
        self._write("good.json", msgspec.json.encode(Kept(trial.word, at)))
        self.tell("applied", trial.bundle.version)
        self._clear()

    def give_up(self, version: int, code: str, path: str = "", msg: str = "") -> None:
        """The trial failed: HQ hears why, and the last good settings count again."""
        self.tell("rolled_back", version, ConfigError(code, path, msg[:500]))
        self._clear()

    def over(self, trial: Trial, good: Kept | None) -> bool:
        """Whether this trial was kept or given up before, and a power cut came before its file was cleared away; then
        that is done now. `good`: the last good word."""
        version = trial.bundle.version
        if good is not None and good.bundle.version == version:
            self.tell("applied", version)
        elif not any((r.tried, r.result) == (version, "rolled_back") for r in self.notes().reports):
            return False
        self._clear()
        return True

    def tell(self, result: Result, version: int, error: ConfigError | None = None) -> None:
        """Queues a word for HQ; a version that was once on trial is never tried again."""
        notes = self.notes()
        if any((r.tried, r.result) == (version, result) for r in notes.reports):
            return
        try:
            good = self.good()
        except Unreadable:
            good = None
        said = ConfigStatus(
            nonce=uuid.uuid4().hex,
            applied=good.bundle.version if good else 0,
            tried=version,
            result=result,
            error=error,
        )
        seen = max(notes.seen, version if result in ("trying", "rolled_back", "applied") else 0)
        self._write("notes.json", msgspec.json.encode(Notes(seen, (*notes.reports, said)[-MOST_REPORTS:])))

    def skip(self, version: int) -> None:
        """A version that was refused before it was tried is not taken up again either."""
        notes = self.notes()
        self._write("notes.json", msgspec.json.encode(Notes(max(notes.seen, version), notes.reports)))

    def told(self, nonce: str) -> None:
        """HQ has heard this."""
        notes = self.notes()
        left = tuple(report for report in notes.reports if report.nonce != nonce)
        self._write("notes.json", msgspec.json.encode(Notes(notes.seen, left)))

    def _clear(self) -> None:
        (self._folder / "trying.json").unlink(missing_ok=True)
        (self._folder / "attempts").unlink(missing_ok=True)
        self._sync_folder()

    def _read(self, name: str, kind: type[T]) -> T | None:
        try:
            found = msgspec.json.decode((self._folder / name).read_bytes(), type=kind)
            if isinstance(found, Kept | Trial):
                found.bundle  # noqa: B018 - raises where the word in it is broken
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Unreadable(f"{self._folder / name}: {error}") from error
        return found

    def _write(self, name: str, data: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self._folder / f"{name}.new"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._folder / name)
        self._sync_folder()

    def _sync_folder(self) -> None:
        if self._folder.exists():
            settled(self._folder)
