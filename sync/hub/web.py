"""The reference HQ on HTTP: the endpoints of the protocol, admission, and every error as JSON."""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import msgspec
from flask import Flask, Response, request
from sqlalchemy import Engine, select
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from werkzeug.exceptions import HTTPException

from edge.domain.payment_port import PaymentProvider
from sync.admission import ENROLL_PATH, TOKEN_PATH, EnrollRequest, TokenRequest
from sync.hub import admitting
from sync.hub.asking_web import serve_asks
from sync.hub.config_web import serve_config
from sync.hub.database import open_hub, snapshot, write
from sync.hub.envelope import HEADER_ROOM, Refused, read_upload, unpack
from sync.hub.fleet.seen import Seen
from sync.hub.fleet.web import serve_fleet
from sync.hub.guide_web import serve_media
from sync.hub.ingest import take
from sync.hub.media import Media, media_beside
from sync.hub.pay_web import serve_pay
from sync.hub.pull import page, read_request
from sync.hub.schema import store as store_table
from sync.hub.snapshot_web import folder_beside, serve_snapshots
from sync.hub.snapshots import Snapshots
from sync.hub.vouchers import Partner
from sync.messages import MAX_BYTES, PROTOCOL, stamp

log = logging.getLogger("sync.hub")

NEXT_S = 15.0
BUSY_RETRY_S = 5
UP_LIMIT = MAX_BYTES + HEADER_ROOM
PULL_LIMIT = 1 << 18
SMALL_LIMIT = 1 << 14
T = TypeVar("T")
_JSON = "application/json"
_NDJSON = "application/x-ndjson"


def create_hub(
    where: Engine | Path | str,
    *,
    next_s: float = NEXT_S,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    snapshots: Snapshots | None = None,
    partners: Mapping[str, Partner] | None = None,
    pays: PaymentProvider | None = None,
) -> Flask:
    """HQ as a WSGI application on this database (a path means SQLite); stores come back every `next_s` s.

    `snapshots`: without it, in a folder beside a SQLite file, and none on another database.
    `partners`: the third parties whose vouchers HQ can ask about, by issuer.
    `pays`: who moves money for the payment gateway; without it charges are refused.
    """
    engine = open_hub(where)
    folder = folder_beside(engine)
    snaps = snapshots or (Snapshots(engine, folder, now) if folder else None)
    seen = Seen(engine, now)
    app = Flask("store_edge_hub")
    app.config["MAX_CONTENT_LENGTH"] = UP_LIMIT
    _exchange(app, engine, now, next_s, snaps, seen)
    _health(app, engine, now)
    _admission(app, engine, now)
    serve_config(app, engine, now, lambda: _admitted(engine, now())[0], _asked, _sized)
    serve_asks(app, engine, now, lambda: _admitted(engine, now())[0], _asked, _sized, partners or {})
    serve_pay(app, engine, now, lambda: _admitted(engine, now())[0], _asked, _sized, pays)
    serve_snapshots(app, snaps, lambda: _admitted(engine, now())[0])
    media = media_beside(engine)
    serve_media(app, Media(media) if media else None, lambda: _admitted(engine, now())[0])
    serve_fleet(app, engine, now, seen)
    _say_errors_in_json(app)
    return app


def _exchange(
    app: Flask,
    engine: Engine,
    now: Callable[[], datetime],
    next_s: float,
    snaps: Snapshots | None,
    seen: Seen,
) -> None:
    @app.post("/sync/v1/up")
    def up() -> Response:
        store, stream = _admitted(engine, now(), late=True)
        upload = read_upload(_plain(UP_LIMIT))
        if stream and upload.header.stream != stream:
            raise Refused(403, "forbidden")
        answer = take(engine, store, upload, at=stamp(now()), next_s=next_s)
        seen.uploaded(store, upload.header, len(upload.lines))
        return _sized(msgspec.json.encode(answer), _JSON)

    @app.post("/sync/v1/pull")
    def pull() -> Response:
        store, _ = _admitted(engine, now())
        asked = read_request(_plain(PULL_LIMIT))
        lines = page(engine, store, asked, at=stamp(now()), next_s=next_s, snapshots=snaps)
        seen.pulled(store, asked)
        return _sized(b"".join(lines), _NDJSON)


def _health(app: Flask, engine: Engine, now: Callable[[], datetime]) -> None:
    @app.get("/health")
    def health() -> Response:
        with snapshot(engine) as conn:
            conn.execute(select(store_table.c.store).limit(1)).all()
        return _said(200, {"ok": True, "proto": PROTOCOL, "server_time": stamp(now())})


def _admission(app: Flask, engine: Engine, now: Callable[[], datetime]) -> None:
    @app.post(ENROLL_PATH)
    def enroll() -> Response:
        asked = _asked(EnrollRequest)
        answer = write(engine, lambda conn: admitting.enroll(conn, asked, now()))
        return _sized(msgspec.json.encode(answer), _JSON)

    @app.post(TOKEN_PATH)
    def token() -> Response:
        asked = _asked(TokenRequest)
        with snapshot(engine) as conn:
            answer = admitting.give_bearer(conn, asked, now())
        return _sized(msgspec.json.encode(answer), _JSON)


def _say_errors_in_json(app: Flask) -> None:
    @app.errorhandler(Refused)
    def refused(error: Refused) -> Response:
        return _said(error.status, error.body, error.retry_s)

    @app.errorhandler(HTTPException)
    def framework(error: HTTPException) -> Response:
        status = error.code or 500
        return _said(
            status, {"error": "too_large" if status == 413 else error.name.lower().replace(" ", "_")}
        )

    @app.errorhandler(DataError)
    @app.errorhandler(OverflowError)
    def unfit(error: DataError | OverflowError) -> Response:
        # U+0000 on PostgreSQL, a number of more than 64 bits: what was asked is wrong, HQ is not.
        log.warning("a request that no column holds", extra={"error": type(error).__name__})
        return _said(400, {"error": "envelope", "line": 1, "why": "text"})

    @app.errorhandler(OperationalError)
    @app.errorhandler(NoConnection)
    def busy(error: OperationalError | NoConnection) -> Response:
        # The second: every connection to the database is in use, and has been for half a minute.
        log.error("database refused", extra={"error": type(getattr(error, "orig", error)).__name__})
        return _said(503, {"error": "busy"}, BUSY_RETRY_S)


def _admitted(engine: Engine, now: datetime, *, late: bool = False) -> tuple[str, str]:
    """Who asks; see admitting.admitted."""
    return admitting.admitted(engine, request.headers.get("Authorization", ""), now, late=late)


def _asked(kind: type[T]) -> T:
    """The request's body as this message; raises Refused 400."""
    try:
        return msgspec.json.decode(_plain(SMALL_LIMIT), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refused(400, "envelope", line=1, why="request") from None


def _plain(limit: int) -> bytes:
    return unpack(request.get_data(cache=False), request.headers.get("Content-Encoding", ""), limit)


def _sized(body: bytes, kind: str) -> Response:
    response = Response(body, mimetype=kind)
    if len(body) > 1024 and request.accept_encodings.best_match(["gzip"]) == "gzip":
        packer = zlib.compressobj(level=5, wbits=31)
        response = Response(packer.compress(body) + packer.flush(), mimetype=kind)
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = "no-store"
    return response


def _said(status: int, body: dict[str, object], retry_s: int = 0) -> Response:
    response = Response(msgspec.json.encode(body), status=status, mimetype=_JSON)
    response.headers["Cache-Control"] = "no-store"
    if retry_s:
        response.headers["Retry-After"] = str(retry_s)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response
