"""A shop on books that were founded once and copied: their tables take longer to make than most tests take."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from config.schema import Settings
from edge.daemon import Shop, build_shop
from edge.db import Database
from edge.records import ledger_schema, replica_schema


@cache
def _model(key: bytes) -> Path:
    """Both files with today's tables and nothing in them, as open_books makes them, closed."""
    folder = Path(tempfile.mkdtemp(prefix="store-edge-founded-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name, durable, schema in (("hq.db", False, replica_schema), ("ledger.db", True, ledger_schema)):
        file = Database(folder / name, key, durable=durable)
        file.migrate(schema.migrations, schema.NAMES)
        file.close()
    return folder


def founded_shop(settings: Settings, key: bytes, printers: dict[str, Any] | None = None) -> Shop:
    """build_shop, in a state folder that may not be there yet."""
    folder = Path(settings.store.state_dir)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (folder / "ledger.db").exists():
        shutil.copytree(_model(key), folder, dirs_exist_ok=True)
    return build_shop(settings, key, printers)
