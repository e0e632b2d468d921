"""Acts done by root on a service's files: done as the user whom they belong to, so that the service can open them."""

from __future__ import annotations

import os
from pathlib import Path

from config.schema import Settings
from edge.db import CREDENTIALS
from edge.file_key import key_of
from edge.sealed import EDGE_KEY, SealBroken, place_of, unsealed


class KeyElsewhere(Exception):
    """The store's key is a systemd credential here, and this command was not told where."""


def serves_another(folder: Path) -> bool:
    """Whether root runs this for a service: the state folder is there and belongs to somebody else."""
    return os.geteuid() == 0 and folder.is_dir() and folder.stat().st_uid != 0


def key_as_owner(settings: Settings) -> bytes:
    """The key of the store's files; from here on this process is the user whom they belong to.

    Raises KeyElsewhere where root would make a new key that the service never sees, else as `key_of`.
    """
    folder = Path(settings.store.state_dir)
    sealed = serves_another(folder) and not os.environ.get(CREDENTIALS)
    key = _sealed_key(folder) if sealed else key_of(settings)
    become_owner(folder)
    return key


def _sealed_key(folder: Path) -> bytes:
    """The key as the box keeps it for its units, opened as only root can."""
    try:
        found = unsealed(EDGE_KEY)
        key = bytes.fromhex(found or "")
    except (SealBroken, ValueError) as error:
        raise KeyElsewhere(f"{place_of(EDGE_KEY)} cannot be opened on this machine: {error}") from error
    if len(key) != 32:
        raise KeyElsewhere(
            f"{folder} belongs to a service, whose key is a systemd credential and not in {place_of(EDGE_KEY)}: "
            f"run this with {CREDENTIALS}=FOLDER"
        )
    return key


def become_owner(folder: Path) -> None:
    """Root becomes the folder's owner, for good, in this process; everybody else stays who they are."""
    if not serves_another(folder):
        return
    owner = folder.stat()
    os.setgroups([])
    os.setgid(owner.st_gid)
    os.setuid(owner.st_uid)
