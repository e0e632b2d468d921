"""The settings that this start runs under: the box's own file with HQ's word laid over it, on trial or proven."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from config.layers import foreign, over, settings_part
from config.loader import checked, read_toml
from config.schema import Settings, SettingsRefused
from edge.alone import alone
from edge.config_files import ConfigFiles, Kept, Trial, Unreadable
from sync.configured import Bundle

MOST_STARTS = 3
"""At the start of this number within a probation the box goes back without reading what is on trial."""
_log = logging.getLogger("store_edge.config")


class ConfigBox:
    """Made from the box's own file, which must do by itself: it is what counts when nothing else does."""

    def __init__(self, path: Path) -> None:
        """Raises SettingsRefused for the file."""
        self.local = read_toml(path)
        self.own = checked(self.local)
        self.files = ConfigFiles(Path(self.own.store.state_dir))
        self.settings = self.own
        self.good: Kept | None = None
        self.trial: Trial | None = None
        self.again = False

    def start(self) -> Settings:
        """The settings to run under from now on; counts as a start with what is on trial. Raises AlreadyRunning."""
        with alone(Path(self.own.store.state_dir)):
            self.good = self._good()
            if self.files.on_trial():
                self.trial = self._on_trial()
        if self.trial is None:
            self.settings = self._proven()
        return self.settings

    def in_force(self) -> Settings:
        """The settings as they are in force, looked up without a start; for other commands."""
        self.good = self._good()
        try:
            self.trial = self.files.trial()
        except Unreadable:
            self.trial = None
        self.settings = self.merged(self.trial.bundle.sections) if self.trial else self._proven()
        return self.settings

    def merged(self, sections: Mapping[str, Any]) -> Settings:
        """HQ's sections laid over the box's own file; raises SettingsRefused, also for what is not HQ's to say."""
        if problems := foreign(sections):
            raise SettingsRefused(problems)
        return checked(over(self.local, settings_part(sections)))

    def bundle(self) -> Bundle | None:
        """The word of HQ that is in force."""
        held = self.trial or self.good
        return held.bundle if held else None

    def renew(self) -> NoReturn:
        """This very process starts anew; everything of it must have been stopped."""
        _log.info("starting anew under other settings")
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - ourselves, as we were called

    def _good(self) -> Kept | None:
        try:
            return self.files.good()
        except Unreadable as error:
            _log.error("HQ's settings cannot be read; the box's own file counts", extra={"why": str(error)})
            return None

    def _proven(self) -> Settings:
        if self.good is None:
            return self.own
        try:
            return self.merged(self.good.bundle.sections)
        except SettingsRefused as refused:
            # Proven under another release, or before the file was edited.
            _log.error(
                "HQ's settings do not fit any more; the box's own file counts", extra={"why": str(refused)}
            )
            return self.own

    def _on_trial(self) -> Trial | None:
        """What is on trial, unless it has had its chances; then the box has gone back."""
        count = self.files.count_start()
        version = self.files.notes().seen
        if count >= MOST_STARTS:
            self.files.give_up(version, "CRASH_LOOP", "", f"start {count} within the probation")
            return None
        try:
            trial = self.files.trial()
            if trial is not None:
                version = trial.bundle.version
                if self.files.over(trial, self.good):
                    return None
                self.settings = self.merged(trial.bundle.sections)
        except Unreadable as error:
            self.files.give_up(version, "UNREADABLE", "", str(error))
            return None
        except SettingsRefused as refused:
            first = refused.problems[0]
            self.files.give_up(version, "SETTINGS", pointer(first.path), str(refused))
            return None
        return trial


def pointer(path: str) -> str:
    """A dotted path as HQ's people see it: /printers/front/host."""
    return "/" + path.replace(".", "/") if path else ""
