"""The part of the settings about backups: the second disk, who can open them, how many are kept."""

from __future__ import annotations

from typing import Annotated

import msgspec

FOLDER = "backups"
"""Where a box keeps its backups, in the state folder."""


class BackupSettings(msgspec.Struct, frozen=True):
    """Sealed backups of the ledger; one is always put into `backups` of the state folder."""

    folder: Annotated[str, msgspec.Meta(pattern=r"^(/[^\x00]{1,200})?$")] = ""
    """Folder on a second disk that takes a copy of each backup; empty: none. It must be there: a stick that is
    not mounted is told, not made up for."""
    recovery_key: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{64})?$")] = ""
    """Public key of the chain (hex, from `backup key`) whose owner can open this store's backups; empty: this box
    alone can, and a box that is lost takes them along."""
    hourly: Annotated[int, msgspec.Meta(ge=2, le=168)] = 24
    """How many of the newest backups are kept."""
    daily: Annotated[int, msgspec.Meta(ge=0, le=60)] = 7
    """For how many days, beyond those, the last backup of each UTC day is kept."""
