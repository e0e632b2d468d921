"""Where the key of the two files is: granted by systemd in a shop, a file of our own in development."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from config.schema import Settings
from edge.db import CREDENTIALS, load_key

_log = logging.getLogger("store_edge.daemon")
KEY_FILE = "edge.key"


def key_of(settings: Settings) -> bytes:
    """The key of the two files: a systemd credential `edge.key`, else a file in the state folder.

    Raises FileNotFoundError when there is a ledger but its key is gone, WrongKey for a key others may read.
    """
    folder = os.environ.get(CREDENTIALS)
    if folder and (Path(folder) / KEY_FILE).exists():
        return load_key(Path(folder) / KEY_FILE)
    state = Path(settings.store.state_dir)
    _log.warning("the key lies beside the data: a thief of this disk can read it", extra={"key": KEY_FILE})
    # Never a new key for old data: that could only end in a second, empty ledger.
    return load_key(state / KEY_FILE, create=not (state / "ledger.db").exists())
