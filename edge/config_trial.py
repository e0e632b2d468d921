"""The worker of pushed settings: believes, probes, tries, watches the probation, goes back by itself, tells HQ."""

from __future__ import annotations

import contextlib
import importlib.metadata
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from config.schema import Settings, SettingsRefused
from edge.clock import stamp
from edge.config_box import ConfigBox, pointer
from edge.config_files import Trial
from edge.config_probe import TABLES, changed_devices, unbindable
from edge.desks.status import StatusDesk
from edge.hq_line import credential
from edge.records.books import Books
from edge.workers import Worker
from sync.configured import Bundle, ConfigError
from sync.configuring import Line, judge, newer_roster, report
from sync.messages import ConfigWord, SyncFault, moment_of
from sync.signed import NotTrusted, Roster

if TYPE_CHECKING:
    from edge.daemon import Daemon

STALE = "CONFIG_STALE"
LOST = frozenset({"absent", "offline", "unknown", "blocked"})
"""What the state of a device is called while nothing can be done with it."""
_GRACE_S = 60.0
_LOOK_S = 5.0
_RETRY_S = 5.0
_LONGEST_S = 300.0
_PATIENCE_S = 120.0
_log = logging.getLogger("store_edge.config")
_security = logging.getLogger("store_edge.security")


class ConfigTrial:
    """One turn looks at HQ's word, at the probation, and at what HQ has not heard. Not thread-safe."""

    def __init__(
        self,
        box: ConfigBox,
        books: Books,
        status: StatusDesk,
        healthy: Callable[[], bool],
        line: Line,
        restart: Callable[[], None],
        mono: Callable[[], float] = time.monotonic,
    ) -> None:
        """`healthy` is the daemon's self-check; `restart` asks for a start under the settings that count then."""
        self._box, self._files = box, box.files
        self._books, self._status, self._healthy = books, status, healthy
        self._line, self._restart, self._mono = line, restart, mono
        self._version = importlib.metadata.version("store-edge")
        self._judged = ""
        self._began = mono()
        self._ill = 0
        self._well_at = mono()
        self._tries = 0
        self._mute_until = 0.0
        self._stale = False

    def turn(self) -> float:
        """One step; gives the pause until the next one, seconds."""
        if self._box.again:
            return _LONGEST_S  # a start is under way
        pause = self._report()
        with contextlib.suppress(SyncFault):
            self._look()
        if self._box.trial is not None and not self._box.again:
            self._probation(self._box.trial)
            pause = min(pause, _LOOK_S, self._period() / 4)
        self._age()
        if self._files.notes().reports and self._mono() >= self._mute_until:
            return 0.0
        return pause

    # ---- HQ's word -------------------------------------------------------------------------------

    def _look(self) -> None:
        text = self._books.replica.config_word()
        if text is None or text == self._judged:
            return
        try:
            said = msgspec.convert({"tb": "config", **msgspec.json.decode(text)}, ConfigWord)
            version = msgspec.json.decode(said.word.body, type=Bundle).version
        except (msgspec.DecodeError, RecursionError):
            self._refuse(text, 0, ConfigError("BODY", "", "the word cannot be read"))
            return
        good = self._box.good
        # What was tried and sent back may stand in the feed until HQ has heard of it.
        if version == self._files.seen() or (good and good.word.body == said.word.body):
            self._judged = text
            return
        try:
            bundle = judge(
                said,
                self._roster(),
                self._box.own.store.id,
                good.bundle if good else None,
                self._files.seen(),
                self._books.clock.now(),
                self._version,
            )
        except NotTrusted as refused:
            told = {"code": refused.code, "class": "config", "version": version}
            _security.warning("security", extra=told)
            self._refuse(text, version, ConfigError(refused.code, "", refused.detail[:500]))
            return
        self._judged = text
        self._probe(said, bundle)

    def _refuse(self, text: str, version: int, error: ConfigError) -> None:
        self._judged = text
        self._files.tell("rejected", version, error)

    def _roster(self) -> Roster:
        """Whom this box believes, after it asked HQ whether that changed. Raises SyncFault, NotTrusted."""
        enrolled = self._books.enrolments.now()
        if enrolled is None:
            raise NotTrusted("NOT_ENROLLED", "this box was never enrolled: it knows nobody's keys")
        roster, word = newer_roster(self._line, enrolled.roster)
        if word is not None:
            with self._books.ledger.transaction() as tx:
                self._books.enrolments.put(tx, replace(enrolled, word=word))
            _log.info("HQ's roster of keys was renewed", extra={"version": roster.version})
        return roster

    def _probe(self, said: ConfigWord, bundle: Bundle) -> None:
        """Everything that can be found out without running under it; then it goes on trial."""
        try:
            wanted = self._box.merged(bundle.sections)
        except SettingsRefused as refused:
            path = pointer(refused.problems[0].path)
            self._reject(bundle.version, ConfigError("SETTINGS", path, str(refused)[:500]))
            return
        changed = changed_devices(self._box.settings, wanted)
        working = {one.name for one in self._status.devices() if one.state not in LOST}
        watched = tuple(name for table, name in changed if name in working)
        if found := unbindable(self._box.settings, wanted, [(t, n) for t, n in changed if n in working]):
            path, why = found[0]
            self._reject(bundle.version, ConfigError("UNBINDABLE", path, why[:500]))
            return
        trial = Trial(said.word, watched, restart=wanted != self._box.settings)
        self._files.put_on_trial(trial)
        _log.info("settings on trial", extra={"version": bundle.version, "restart": trial.restart})
        self._box.trial = trial
        self._began = self._well_at = self._mono()
        self._ill = 0
        self._tell_now()
        if trial.restart:
            self._restart()

    def _reject(self, version: int, error: ConfigError) -> None:
        _log.error(
            "HQ's settings cannot be used", extra={"version": version, "code": error.code, "path": error.path}
        )
        self._files.tell("rejected", version, error)
        self._files.skip(version)

    # ---- probation -------------------------------------------------------------------------------

    def _period(self) -> float:
        return float(self._box.own.hq.probation_s)

    def _probation(self, trial: Trial) -> None:
        now = self._mono()
        lost = self._lost(trial)
        if not lost:
            self._well_at = now
        self._ill = 0 if self._healthy() else self._ill + 1
        over = now - self._began >= self._period()
        if self._ill >= 2 or (self._ill and over):
            self._go_back(trial, "HEALTH", "", "the self-check fails: the log says what of")
        elif lost and (over or now - self._well_at >= min(_GRACE_S, self._period() / 2)):
            self._go_back(
                trial, "DEVICE_LOST", self._path_of(lost[0]), f"worked before, and now not: {', '.join(lost)}"
            )
        elif over:
            self._files.keep(trial, stamp(self._books.clock.now()))
            self._box.good, self._box.trial = self._files.good(), None
            _log.info("settings kept", extra={"version": trial.bundle.version})
            self._tell_now()

    def _lost(self, trial: Trial) -> list[str]:
        """Devices that the new settings changed, that worked before, and that do not now."""
        states = {one.name: one.state for one in self._status.devices()}
        wanted = self._box.settings
        known = [name for name in trial.watched if _table_of(wanted, name)]
        return [name for name in known if states.get(name, "absent") in LOST]

    def _path_of(self, name: str) -> str:
        return f"/{_table_of(self._box.settings, name)}/{name}"

    def _go_back(self, trial: Trial, code: str, path: str, msg: str) -> None:
        _log.error(
            "going back to the last good settings", extra={"version": trial.bundle.version, "code": code}
        )
        self._files.give_up(trial.bundle.version, code, path, msg)
        self._box.trial = None
        self._tell_now()
        if trial.restart:
            self._restart()

    # ---- HQ --------------------------------------------------------------------------------------

    def _tell_now(self) -> None:
        """Tells HQ before a restart takes the line away; what does not get there waits on the disk."""
        self._mute_until = 0.0
        while self._files.notes().reports and self._mono() >= self._mute_until:
            self._report()

    def _report(self) -> float:
        """Sends one word; gives the pause until the next look."""
        waiting = self._files.notes().reports
        if not waiting:
            return _LONGEST_S
        left = self._mute_until - self._mono()
        if left > 0:
            return left
        try:
            report(self._line, msgspec.structs.replace(waiting[0], daemon=self._version))
        except SyncFault as fault:
            self._tries += 1
            pause = min(_LONGEST_S, _RETRY_S * (1 << min(self._tries, 6)))
            self._mute_until = self._mono() + pause
            _log.info("HQ does not hear what became of its settings", extra={"trouble": fault.code})
            return pause
        self._tries = 0
        self._files.told(waiting[0].nonce)
        return 0.0

    def _age(self) -> None:
        """Says when HQ's word has run out; it goes on to count."""
        bundle = self._box.bundle()
        try:
            stale = bundle is not None and moment_of(bundle.expires) < self._books.clock.now()
        except ValueError:
            stale = True
        if stale and not self._stale:
            _log.warning("HQ's settings have run out and go on to count", extra={"code": STALE})
        if stale or self._stale:
            self._status.device("config", "config", "stale" if stale else "online", STALE if stale else "")
        self._stale = stale


def _table_of(settings: Settings, name: str) -> str:
    return next((table for table in TABLES if name in getattr(settings, table)), "")


def looking_after(
    box: ConfigBox, stopped: threading.Event
) -> Callable[[Daemon], contextlib.AbstractContextManager[None]]:
    """What runs beside a daemon so that pushed settings come into force; it sets `stopped` where that takes a start."""

    @contextlib.contextmanager
    def beside(daemon: Daemon) -> Iterator[None]:
        hq, shop = box.own.hq, daemon.shop
        if not hq.url:
            yield
            return
        from sync.transport import HttpTransport

        def again() -> None:
            box.again = True
            stopped.set()

        line = HttpTransport(hq.url, credential(hq, shop.books), hq.timeout_s, hq.ca_file)
        trial = ConfigTrial(box, shop.books, shop.store.status, daemon.healthy, line, again)
        worker = Worker("config", trial.turn, _PATIENCE_S)
        shop.wakes.wakes("inbox", worker)
        worker.start()
        try:
            yield
        finally:
            worker.stop()
            line.close()

    return beside
