"""The line to HQ put together: credential, transport, client, and the worker's turn round them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from config.schema import HqSettings
from edge.db import load_secret
from edge.desks.status import Poke, StatusDesk
from edge.exchange import Exchange
from edge.naming import NameKeeper
from edge.records.books import Books
from edge.records.inbox import Inbox
from edge.snapshot_line import fetcher_of

if TYPE_CHECKING:
    from sync.credentials import Credential
    from sync.hinting import HintLine

_log = logging.getLogger("store_edge.sync")


def line_to_hq(hq: HqSettings, store: str, books: Books, status: StatusDesk, poke: Poke) -> Exchange:
    """The turn of the sync worker. What a store alone never needs is imported here."""
    from sync.client import SyncClient
    from sync.transport import HttpTransport

    shown = credential(hq, books)
    transport = HttpTransport(hq.url, shown, hq.timeout_s, hq.ca_file)
    inbox = Inbox(books.hq, books.clock)
    fetcher = fetcher_of(hq, books, inbox, status, shown, transport.ask)
    client = SyncClient(transport, books.journal, inbox, store_id=store, clock=books.clock, fetcher=fetcher)
    return Exchange(client, status, poke, hq.interval_s, revoked=inbox.forget_people, keep=_upkeep(books))


def _upkeep(books: Books) -> Callable[[], None]:
    """Notes how old HQ's word is, tells the log when a class of data is too old and when it no longer is, lets old
    facts go, some in each exchange until none is due, and has new names indexed."""
    told: set[str] = set()
    names = NameKeeper(books)

    def keep() -> None:
        books.freshness.note()
        late = {age.name for age in books.freshness.now() if age.late}
        for name in sorted(late ^ told):
            level = logging.WARNING if name in late else logging.INFO
            _log.log(
                level, "HQ's word is %s", "too old" if name in late else "fresh again", extra={"data": name}
            )
        told.clear()
        told.update(late)
        books.retention.turn()
        names.turn()

    return keep


def ear_at_hq(hq: HqSettings, books: Books, wake: Callable[[], None]) -> HintLine:
    """What hears HQ's hints and wakes the exchange; a connection and bearers of its own."""
    from sync.hinting import HintLine
    from sync.transport import HttpTransport

    shown = credential(hq, books)
    ask = HttpTransport(hq.url, shown, hq.timeout_s, hq.ca_file).ask
    return HintLine(hq.url, shown, ask, wake, timeout_s=hq.timeout_s, ca_file=hq.ca_file)


def credential(hq: HqSettings, books: Books) -> Credential:
    """What this store shows HQ: the key it was enrolled with, else the token it was given, else nothing yet."""
    from sync.credentials import DeviceKey, Given, Nothing

    enrolled = books.enrolments.now()
    if enrolled is not None:
        return DeviceKey(enrolled.device, enrolled.seed, books.clock)
    return Given(load_secret(Path(hq.token_file))) if hq.token_file else Nothing()
