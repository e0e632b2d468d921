"""What an HQ must do with facts: once each, in order, chained, with a verdict, and no other store's."""

from __future__ import annotations

import base64
import gzip
import uuid

import msgspec

from sync.conformance.hq_kit import UP, HqKit, Journal, refused, said
from sync.conformance.report import Clauses, expect
from sync.messages import MAX_EVENTS, canonical, is_stamp

clause: Clauses[HqKit] = Clauses()


@clause("up.taken")
def taken(kit: HqKit) -> None:
    """Facts in order are taken in, and the answer says up to where."""
    journal = kit.journal()
    journal.add(3)
    answer = journal.sent()
    expect(
        isinstance(answer.get("durable"), int) and 0 <= answer["durable"] <= 3, "`durable` is not 0 to acked"
    )
    expect(bool(answer.get("hq_epoch")), "no `hq_epoch`")
    expect(is_stamp(str(answer.get("server_time"))), f"`server_time` is {answer.get('server_time')!r}")
    expect(answer.get("results", []) == [], f"verdicts on plain facts: {answer.get('results')}")


@clause("up.repeat")
def repeat(kit: HqKit) -> None:
    """A batch that comes again, whole or in part, is taken once and acknowledged again."""
    journal = kit.journal()
    journal.add(5)
    journal.sent(1, 3)
    journal.sent(1, 3)
    journal.sent(2, 5)
    journal.sent()
    lines = kit.one.pull(stream=journal.stream).lines()
    expect(lines[0].get("up_acked") == 5, f"up_acked is {lines[0].get('up_acked')!r} after 5 facts")


@clause("up.gap")
def gap(kit: HqKit) -> None:
    """A missing fact is 409 gap with the number that is expected."""
    journal = kit.journal()
    journal.add(6)
    body = refused(kit.journal().store.ask(UP, journal.body(3)), 409, "gap")
    expect(body.get("expected") == 1, f"expected is {body.get('expected')!r} on an unknown stream")
    journal.sent(1, 2)
    body = refused(journal.send(5), 409, "gap")
    expect(body.get("expected") == 3, f"expected is {body.get('expected')!r} after 2 facts")
    journal.sent()


@clause("up.chain")
def chain(kit: HqKit) -> None:
    """A fact whose `prev` is not the last `sha` is 409 gap."""
    journal = kit.journal()
    journal.add(2)
    journal.sent()
    journal.add(1, prev="f" * 64)
    refused(journal.send(3), 409, "gap")


@clause("up.sha")
def sha(kit: HqKit) -> None:
    """A fact whose `sha` is not that of its bytes is 400, and leaves nothing behind."""
    journal = kit.journal()
    journal.add(1)
    journal.sent()
    journal.add(1, sha="0" * 64)
    refused(journal.send(2), 400, "envelope")
    journal.events.pop()
    journal.add(1)
    journal.sent()


@clause("up.fork")
def fork(kit: HqKit) -> None:
    """Another fact under a number that HQ has is 409 fork, and freezes the stream."""
    journal = kit.journal()
    journal.add(2)
    journal.sent()
    clone = Journal(kit.one, journal.stream)
    clone.add(3)
    refused(clone.send(), 409, "fork")
    journal.add(1)
    refused(journal.send(3), 409, "fork")


@clause("up.unknown")
def unknown(kit: HqKit) -> None:
    """A kind that HQ does not know is quarantined, and the rest goes on."""
    journal = kit.journal()
    journal.add(1)
    journal.add(1, k="kit.of.tomorrow")
    journal.add(1, d={"drawer": 7})
    journal.add(8)
    for _ in range(2):  # a repeated request repeats the verdicts
        found = {row["seq"]: row["verdict"] for row in journal.sent().get("results", [])}
        expect(found == {2: "quarantined", 3: "quarantined"}, f"verdicts {found}")


@clause("up.new-field")
def new_field(kit: HqKit) -> None:
    """Fields of a newer store are hashed with the fact and otherwise ignored."""
    journal = kit.journal()
    journal.add(1, later={"x": 1})
    expect(journal.sent().get("results", []) == [], "a verdict on a fact with a field more")


@clause("up.opaque")
def opaque(kit: HqKit) -> None:
    """A fact sent as bytes takes its place in the chain, quarantined."""
    journal = kit.journal()
    journal.add(3)
    fact = journal.events[1]
    raw = base64.b64encode(canonical(fact)).decode()
    journal.events[1] = {key: fact[key] for key in ("seq", "id", "prev", "sha")} | {
        "k": "opaque",
        "raw_b64": raw,
    }
    found = {row["seq"]: row["verdict"] for row in journal.sent().get("results", [])}
    expect(found == {2: "quarantined"}, f"verdicts {found}")


@clause("up.id")
def twice_an_id(kit: HqKit) -> None:
    """An id that another fact has is quarantined, not taken twice."""
    journal = kit.journal()
    journal.add(1)
    journal.add(1, id=journal.events[0]["id"])
    found = {row["seq"]: row["verdict"] for row in journal.sent().get("results", [])}
    expect(found == {2: "quarantined"}, f"verdicts {found}")


@clause("up.poison")
def poison(kit: HqKit) -> None:
    """A batch most of which would be quarantined is 503 with Retry-After, and rolled back."""
    journal = kit.journal()
    journal.add(1)
    for _ in range(9):
        journal.add(1, k="kit.of.tomorrow")
    reply = journal.send()
    refused(reply, 503)
    expect(reply.retry_after.isdigit(), f"Retry-After is {reply.retry_after!r}")
    acked = kit.one.pull(stream=journal.stream).lines()[0].get("up_acked")
    expect(acked == 0, f"up_acked is {acked!r} after a batch that was turned back")


@clause("up.replaced")
def replaced(kit: HqKit) -> None:
    """A store's new journal replaces the former one, whose late facts are still taken."""
    old, new = kit.journal(), kit.journal()
    old.add(2)
    old.sent(1, 1)
    new.add(1)
    new.sent()
    old.sent()


@clause("up.others")
def others(kit: HqKit) -> None:
    """Another store's journal, or another store's name, is 403."""
    journal = kit.journal()
    journal.add(2)
    journal.sent(1, 1)
    two = kit.other()
    refused(two.ask(UP, journal.body(2)), 403)
    refused(two.ask(UP, journal.body(2, store=two.number)), 403)
    refused(kit.one.ask(UP, journal.body(2, store=two.number)), 403)
    journal.sent()


@clause("up.envelope")
def envelope(kit: HqKit) -> None:
    """What is no upload is 400, too much is 413, another version 422, another encoding 415."""
    journal = kit.journal()
    journal.add(2)
    good = journal.body()
    for body in (
        b"",
        b"\xff\xfe",
        b"{",
        b"[]\n[]",
        good.splitlines()[0],
        journal.body(n=5),
        journal.body(**{"from": 2}),
    ):
        refused(kit.one.ask(UP, body), 400)
    refused(kit.one.ask(UP, journal.body(proto=2)), 422, "version")
    refused(kit.one.ask(UP, good.splitlines()[0] + b"\n{}" * (MAX_EVENTS + 1)), 413)
    refused(kit.one.ask(UP, b"x" * (3 << 20)), 413)
    refused(kit.one.ask(UP, good, {"Content-Encoding": "rot13"}), 415)
    bomb = gzip.compress(b" " * (64 << 20))
    refused(kit.one.ask(UP, bomb, {"Content-Encoding": "gzip"}), 413)
    reply = kit.one.ask(UP, gzip.compress(good), {"Content-Encoding": "gzip"})
    expect(reply.status == 200, f"{reply.status} for a packed upload: {said(reply)}")


@clause("up.token")
def token(kit: HqKit) -> None:
    """Without a token that HQ gave nothing is taken in or said."""
    journal = kit.journal()
    journal.add(1)
    for shown in ("", "Bearer ", "Bearer nobody", "Basic eDp5", f"Bearer {uuid.uuid4()}"):
        refused(kit.one.ask(UP, journal.body(), {"Authorization": shown}), 401)


@clause("up.mistakes")
def mistakes(kit: HqKit) -> None:
    """No mistake of a store is a 500."""
    journal = kit.journal()
    journal.add(3)
    good = journal.body()
    odd: list[object] = [None, -1, 1 << 70, 1.5, "x", [], {}, "\x00", "é" * 300]
    fields = ["seq", "id", "k", "v", "at", "clk", "biz", "actor", "d", "prev", "sha"]
    for name in fields:
        for value in odd:
            rows = [msgspec.json.decode(row) for row in good.splitlines()]
            rows[2][name] = value
            try:
                body = b"\n".join(map(canonical, rows))
            except (msgspec.EncodeError, OverflowError):
                continue
            reply = kit.one.ask(UP, body)
            expect(
                reply.status in {400, 409, 413, 422}, f"{reply.status} for {name}={value!r}: {said(reply)}"
            )
            reply.json()
