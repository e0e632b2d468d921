"""The kit for stores: this release passes it, also over HTTP, and each planted bug breaks a named clause."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.conformance_store import own_store, store_over_http
from edge.records.inbox import Inbox
from edge.records.journal import Journal
from sync import pulling, uploading
from sync.client import SyncClient
from sync.conformance.report import Finding, tried
from sync.conformance.store_clauses import StoreKit, clause
from sync.messages import SyncFault
from sync.transport import HttpTransport


def findings(kit: StoreKit, names: set[str] | None = None) -> dict[str, Finding]:
    chosen = [one for one in clause.listed if names is None or one.name in names]
    return {finding.clause: finding for finding in tried(chosen, kit)}


def test_this_release_passes_every_clause(tmp_path: Path) -> None:
    with own_store(tmp_path) as kit:
        found = findings(kit)
    assert {name: one.detail for name, one in found.items() if one.verdict != "pass"} == {}
    assert len(found) == len(clause.listed)


def _portal_believed(read: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """Takes a page as far as it can be read, whole or not."""

    def lenient(body: bytes) -> Any:
        lines = body.splitlines()
        last = msgspec.json.decode(lines[-1])
        if last.get("t") == "complete":
            return read(body)
        first = msgspec.json.decode(lines[0])
        whole = {"t": "complete", "cp": first["cp"], "more": False, "next_s": 1.0}
        return read(b"\n".join([*lines, msgspec.json.encode(whole)]))

    return lenient


def _forgets(settle: Callable[..., Any]) -> Callable[..., Any]:
    """Marks facts as acknowledged before HQ has answered."""
    del settle

    def send(self: Any, batch: Any) -> Any:
        self._outbox.mark_acked(batch[-1].seq, 0)
        return SEND(self, batch)

    return send


SEND = uploading.Uploader._send


PLANTS: dict[str, tuple[Any, str, Callable[[Any], Any], set[str]]] = {
    "a cut page counts": (pulling, "read_page", _portal_believed, {"store.whole-pages"}),
    "acknowledged by itself": (uploading.Uploader, "_send", _forgets, {"store.lost-answer"}),
    "never halves": (uploading.Uploader, "_smaller", lambda _: lambda *_: (0, False), {"store.halves"}),
    "never rewinds": (Journal, "rewind", lambda _: lambda *_: None, {"store.restored-hq"}),
    "looks at no checksum": (pulling.Puller, "_verify", lambda _: lambda *_: False, {"store.checksum"}),
    "says nothing of bad rows": (pulling.Puller, "_nack", lambda _: lambda *_: None, {"store.nack"}),
    "goes on after a fork": (
        uploading.Uploader,
        "_stopped",
        lambda _: lambda _self, fault: fault,
        {"store.fork"},
    ),
    "keeps a void cursor": (Inbox, "reset", lambda _: lambda *_: None, {"store.checksum"}),
}


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_bug_breaks_a_named_clause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plant: str
) -> None:
    place, name, change, broken = PLANTS[plant]
    monkeypatch.setattr(place, name, change(getattr(place, name)))
    with own_store(tmp_path) as kit:
        found = findings(kit, broken)
    assert {one.clause for one in found.values() if one.verdict == "fail"} == broken, found


@contextlib.contextmanager
def turning(client: SyncClient) -> Iterator[None]:
    """A client that somebody turns, as a daemon would."""
    over = threading.Event()

    def turn() -> None:
        mono = 0.0
        while not over.wait(0.02):
            mono += 1000.0
            client.turn(mono)

    thread = threading.Thread(target=turn, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(10)


def test_over_http_with_a_store_of_somebody_else(memory_store: Any) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    shop = memory_store.Shop("KIT1", HttpTransport(f"http://127.0.0.1:{port}", "token", 5.0))

    def ask(facts: int) -> None:
        for _ in range(facts):
            shop.advance("O1")

    with store_over_http("KIT1", "token", port, 20.0, ask) as kit, turning(shop.client):
        found = findings(
            kit, {"store.sends", "store.lost-answer", "store.captive-portal", "store.whole-pages"}
        )
        assert {name: one.detail for name, one in found.items() if one.verdict != "pass"} == {}
        silent = findings(StoreKit(kit.hq, lambda _: None, lambda moments: moments < 3), {"store.sends"})
        assert silent["store.sends"].verdict == "fail"
    with pytest.raises(SyncFault):
        HttpTransport(f"http://127.0.0.1:{port}", "other", 1.0).post("/sync/v1/up", b"{}")
