"""What a power cut must not take back: the names in a folder."""

from __future__ import annotations

import os
from pathlib import Path


def settled(folder: Path) -> None:
    """Waits until the disk has the names in a folder (fsync(2): a file's own sync does not cover its name)."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
