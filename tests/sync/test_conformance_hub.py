"""The kit for HQs: the reference passes it on both databases, and each planted bug breaks a named clause."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from sync.conformance import ask_clauses, box_clauses, pull_clauses, up_clauses
from sync.conformance.askers import InProcess
from sync.conformance.hq_kit import HqKit, StoreAt
from sync.conformance.report import Finding, tried
from sync.hub import admitting, envelope, ingest, kept, ordering_desk, pull
from sync.hub.ordering_desk import OrderingDesk
from sync.hub.return_desk import ReturnDesk
from sync.hub.web import create_hub
from sync.messages import Event, Shop
from sync.returning import RmaSaid

PARTS = (up_clauses, pull_clauses, ask_clauses, box_clauses)
CLAUSES = [clause for part in PARTS for clause in part.clause.listed]


def findings(hub: Any, names: set[str] | None = None) -> dict[str, Finding]:
    asker = InProcess(create_hub(hub.engine))
    one, two = (StoreAt(name, hub.tokens[name], asker) for name in ("S1", "S2"))
    chosen = [clause for clause in CLAUSES if names is None or clause.name in names]
    invitations: tuple[Any, ...] = ()
    if any(clause.name.startswith("box.") for clause in chosen):
        hub.desk.found_trust([bytes(32)], {})
        hub.desk.add_store(Shop(store="S3", name_zh="三店", name_en="Three"))
        invitations = tuple(hub.desk.invite("S3", "https://hq.example") for _ in range(2))
    return {finding.clause: finding for finding in tried(chosen, HqKit(one, two, "S3", invitations))}


def test_the_reference_passes_every_clause(hub: Any) -> None:
    found = findings(hub)
    assert {name: one.detail for name, one in found.items() if one.verdict != "pass"} == {}
    assert len(found) == len(CLAUSES)


def _a_row_early(starts: Callable[..., Any]) -> Callable[..., Any]:
    """A pull that begins one row before the cursor."""

    def begun(*asked: Any) -> Any:
        resets, begins = starts(*asked)
        return resets, {name: max(0, seq - 1) for name, seq in begins.items()}

    return begun


def _blind(standing: Callable[..., Any]) -> Callable[..., Any]:
    def zeros(*asked: Any) -> Any:
        found = standing(*asked)
        heads = {b: msgspec.structs.replace(head, ck="0" * 16) for b, head in found.heads.items()}
        return found._replace(heads=heads)

    return zeros


def _never_late(admitted: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *asked, **_: admitted(*asked, late=False)


def _always_late(admitted: Callable[..., Any]) -> Callable[..., Any]:
    """A replaced box hears on as if nothing had happened."""
    return lambda *asked, **_: admitted(*asked, late=True)


def _used_again(enroll: Callable[..., Any]) -> Callable[..., Any]:
    """An invitation that was used is as new."""

    def taken(conn: Any, *asked: Any) -> Any:
        conn.exec_driver_sql("UPDATE invitation SET used_by = ''")
        return enroll(conn, *asked)

    return taken


def _any_journal(admitted: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *asked, **more: (admitted(*asked, **more)[0], "")


def _unproven(line: Callable[..., Any]) -> Callable[..., Any]:
    """Reads a fact without looking at its hash."""

    def read(row: bytes, number: int) -> Any:
        try:
            return line(row, number)
        except envelope.Refused as refused:
            if refused.body.get("why") != "sha":
                raise
            event = msgspec.json.decode(row, type=Event)
            return envelope.Line(event.seq, event.id, event.k, event.prev, event.sha, row.decode(), event)

    return read


def _anybody(*_: Any) -> ordering_desk._Whose:
    return ordering_desk._Whose("somebody", "", fresh=True)


PLANTS: dict[str, tuple[Any, str, Callable[[Any], Any], set[str]]] = {
    "the chain is not looked at": (ingest, "_check_chain", lambda _: lambda *_: None, {"up.chain"}),
    "repeats are not compared": (ingest, "_repeats", lambda _: lambda *_: [], {"up.fork", "up.unknown"}),
    "hashes are not proven": (envelope, "_line", _unproven, {"up.sha"}),
    "no breaker": (ingest, "BREAKER_EVENTS", lambda _: 10_000, {"up.poison"}),
    "an id is taken twice": (kept, "known_ids", lambda _: lambda *_: set(), {"up.id"}),
    "checksums are made up": (pull, "_standing", _blind, {"pull.checksum"}),
    "rows come again": (pull, "_starts", _a_row_early, {"pull.again"}),
    "another's journal is told of": (pull, "_acked", lambda _: lambda *_: 0, {"pull.acked", "pull.others"}),
    "a replaced box hears on": (admitting, "admitted", _always_late, {"box.replaced"}),
    "a replaced box is shut out": (admitting, "admitted", _never_late, {"box.late", "box.own"}),
    "an invitation counts twice": (admitting, "enroll", _used_again, {"box.once"}),
    "a box brings any journal": (admitting, "admitted", _any_journal, {"box.own"}),
    "anybody is a member": (OrderingDesk, "_whose", lambda _: _anybody, {"ask.order"}),
    "a purchase that nobody made is no answer": (
        ReturnDesk,
        "sold",
        lambda _: lambda *_: RmaSaid(),
        {"ask.sold"},
    ),
    "all pages are large": (pull, "MAX_ROWS", lambda _: 0, {"pull.small-pages"}),
}


@pytest.mark.parametrize("plant", PLANTS)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_planted_bug_breaks_a_named_clause(hub: Any, monkeypatch: pytest.MonkeyPatch, plant: str) -> None:
    module, name, change, broken = PLANTS[plant]
    monkeypatch.setattr(module, name, change(getattr(module, name)))
    found = findings(hub, broken)
    assert {one.clause for one in found.values() if one.verdict == "fail"} == broken, found
