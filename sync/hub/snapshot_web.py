"""Snapshots on HTTP: a file in any pieces, for stores whose bucket it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flask import Flask, Response, send_file
from sqlalchemy import Engine

from sync.hub.envelope import Refused
from sync.hub.rows import subscription
from sync.hub.snapshots import Snapshots
from sync.snapshot_words import SNAP_PATH, SUFFIX


def folder_beside(engine: Engine) -> Path | None:
    """Where the snapshots of a hub on a SQLite file stand; None for any other database."""
    name = engine.url.database
    return Path(f"{name}.snapshots") if engine.dialect.name == "sqlite" and name else None


def serve_snapshots(app: Flask, snapshots: Snapshots | None, who: Callable[[], str]) -> None:
    """Adds the route; `who` gives the store that asks or raises Refused 401."""

    @app.get(f"{SNAP_PATH}<sha256>{SUFFIX}")
    def snap(sha256: str) -> Response:
        store = who()
        found = snapshots.file(sha256) if snapshots is not None else None
        if found is None:
            raise Refused(404, "no_snapshot")
        manifest, path = found
        if manifest.bucket not in subscription(store):
            raise Refused(403, "forbidden")
        response = send_file(
            path.resolve(), "application/zstd", conditional=True, etag=sha256, max_age=86_400
        )
        response.headers["Cache-Control"] = "private, immutable, max-age=86400"
        return response
