"""Stores for the conformance kit: this release's own, on books in a folder, and anybody's over HTTP."""

from __future__ import annotations

import secrets
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edge.records.books import Books, open_books
from edge.records.inbox import Inbox
from edge.records.journal import Author
from sync.answers import fault_of
from sync.client import SyncClient
from sync.conformance.scripted_hq import Said, ScriptedHq
from sync.conformance.store_clauses import StoreKit
from sync.messages import DrawerOpened

_TURNS = 60
_MOMENT_S = 0.2


class _Wire:
    """The line into a scripted HQ of this process."""

    def __init__(self, hq: ScriptedHq) -> None:
        self._hq = hq

    def post(self, path: str, body: bytes) -> bytes:
        """See sync.ends.Transport."""
        said = self._hq.answer(path, body, {"Authorization": "Bearer kit"})
        fault = fault_of(said.status, {"Content-Type": said.kind, **dict(said.headers)}, said.body)
        if fault is not None:
            raise fault
        return said.body


@contextmanager
def own_store(folder: Path) -> Iterator[StoreKit]:
    """This release's store: real encrypted books, the real client, and no waiting."""
    books = open_books(folder, secrets.token_bytes(32), "Asia/Shanghai")
    hq = ScriptedHq("KIT1")
    client = SyncClient(
        _Wire(hq), books.journal, Inbox(books.hq, books.clock), store_id=hq.store, clock=books.clock
    )
    mono = 0.0

    def step(moments: int) -> bool:
        nonlocal mono
        mono += 1000.0
        client.turn(mono)
        return moments < _TURNS

    try:
        yield StoreKit(hq, lambda n: _record(books, n), step)
    finally:
        books.close()


def _record(books: Books, n: int) -> None:
    for _ in range(n):
        with books.ledger.transaction() as tx:
            fact = DrawerOpened(drawer="kit", opening=str(uuid.uuid4()), reason="change")
            books.journal.append(tx, fact, Author("T1", "kit"))


@contextmanager
def store_over_http(
    number: str, token: str, port: int, patience_s: float, ask: Callable[[int], None]
) -> Iterator[StoreKit]:
    """Anybody's store, which is to be pointed at this port; `ask(n)` has a person record facts there."""
    from waitress.server import create_server
    from werkzeug.wrappers import Request, Response

    hq = ScriptedHq(number)

    @Request.application
    def app(request: Request) -> Response:
        headers = {name.title(): value for name, value in request.headers.items()}
        known = headers.get("Authorization") == f"Bearer {token}"
        refused = Said(401, "application/json", b'{"error":"unauthorized"}')
        said = hq.answer(request.path, request.get_data(), headers) if known else refused
        return Response(said.body, said.status, dict(said.headers), mimetype=said.kind)

    server: Any = create_server(app, host="127.0.0.1", port=port, threads=2)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()

    def step(moments: int) -> bool:
        time.sleep(_MOMENT_S)
        return moments * _MOMENT_S < patience_s

    try:
        yield StoreKit(hq, ask, step)
    finally:
        server.close()
