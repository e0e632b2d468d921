"""What an HQ must say when it is asked: whole pages in order, true checksums, resets, and no other store's rows."""

from __future__ import annotations

import uuid

from sync.conformance.hq_kit import PULL, HqKit, checksum, refused, said, walked
from sync.conformance.report import Clauses, Skipped, expect
from sync.messages import is_stamp

clause: Clauses[HqKit] = Clauses()


@clause("pull.page")
def page(kit: HqKit) -> None:
    """A page is NDJSON from a checkpoint to a complete line of the same name."""
    reply = kit.one.pull()
    expect(reply.status == 200, f"{reply.status}: {said(reply)}")
    expect(reply.kind == "application/x-ndjson", f"type {reply.kind!r}")
    lines = reply.lines()
    first, last = lines[0], lines[-1]
    expect(first.get("t") == "checkpoint", f"the first line is {first.get('t')!r}")
    expect(last.get("t") == "complete", f"the last line is {last.get('t')!r}")
    expect(first.get("cp") == last.get("cp") and bool(first.get("cp")), "the two ends have different names")
    expect(is_stamp(str(first.get("server_time"))), f"`server_time` is {first.get('server_time')!r}")
    expect(bool(first.get("hq_epoch")), "no `hq_epoch`")
    expect(set(first["subscribe"]) == set(first["heads"]), "`heads` has not every bucket of `subscribe`")
    own = f"s:{kit.one.number}:"
    foreign = [name for name in first["subscribe"] if name.startswith("s:") and not name.startswith(own)]
    expect(not foreign, f"another store's buckets: {foreign}")


@clause("pull.order")
def order(kit: HqKit) -> None:
    """Rows of a bucket come in ascending order, above the cursor, never above the head."""
    lines = kit.one.pull().lines()
    heads = lines[0]["heads"]
    reached: dict[str, int] = {}
    for op in (line for line in lines if line["t"] == "op"):
        expect(op["seq"] > reached.get(op["b"], 0), f"{op['b']}: {op['seq']} after {reached.get(op['b'])}")
        expect(op["seq"] <= heads[op["b"]]["seq"], f"{op['b']}: {op['seq']} is above the head")
        reached[op["b"]] = op["seq"]


@clause("pull.checksum")
def sums(kit: HqKit) -> None:
    """What was received to the head is what the head says: rows and checksum of every bucket."""
    rows, heads, _ = walked(kit.one)
    for name, head in heads.items():
        live = rows.get(name, {})
        expect(len(live) == head.n, f"{name}: {len(live)} rows, the head says {head.n}")
        expect(checksum(live) == head.ck, f"{name}: checksum {checksum(live)}, the head says {head.ck}")


@clause("pull.small-pages")
def small_pages(kit: HqKit) -> None:
    """`max_rows` and `max_bytes` are upper bounds; small pages bring the same rows."""
    whole, heads, _ = walked(kit.one)
    if sum(map(len, whole.values())) > 200:
        raise Skipped("needs a store with at most 200 rows")
    by_one, _, pages = walked(kit.one, max_rows=1)
    expect(by_one == whole, "other rows in pages of one")
    expect(
        pages >= sum(map(len, whole.values())),
        f"{pages} pages of one row for {sum(map(len, whole.values()))}",
    )
    by_bytes, _, _ = walked(kit.one, max_bytes=1)
    expect(by_bytes == whole, "other rows in the smallest pages")
    expect(bool(heads), "no buckets at all")


@clause("pull.again")
def again(kit: HqKit) -> None:
    """Who has read everything gets nothing again."""
    _, heads, _ = walked(kit.one)
    cursors = {name: {"e": head.e, "seq": head.seq} for name, head in heads.items()}
    lines = kit.one.pull(cursors).lines()
    expect(
        [line["t"] for line in lines] == ["checkpoint", "complete"], f"lines {[line['t'] for line in lines]}"
    )


@clause("pull.reset")
def resets(kit: HqKit) -> None:
    """A cursor of another epoch, or beyond the head, is reset, and the bucket begins in the same page."""
    whole, heads, _ = walked(kit.one)
    for name, head in heads.items():
        for cursor in ({"e": "kit", "seq": 0}, {"e": head.e, "seq": head.seq + 1000}):
            lines = kit.one.pull({name: cursor}).lines()
            said_so = [line for line in lines if line["t"] == "reset" and line["b"] == name]
            expect(len(said_so) == 1, f"{name}: no reset for cursor {cursor}")
            first = [line for line in lines if line["t"] == "op" and line["b"] == name]
            begins = bool(first) or not whole.get(name) or "snap" in said_so[0] or lines[-1]["more"]
            expect(begins, f"{name}: nothing follows its reset")


@clause("pull.unsubscribed")
def unsubscribed(kit: HqKit) -> None:
    """A shared bucket that is not this store's is reset as `unsubscribed`."""
    lines = kit.one.pull({"g:kit:none": {"e": "x", "seq": 1}}).lines()
    found = [(line["b"], line["why"]) for line in lines if line["t"] == "reset"]
    expect(found == [("g:kit:none", "unsubscribed")], f"resets {found}")


@clause("pull.acked")
def acked(kit: HqKit) -> None:
    """`up_acked` is what HQ has of the named journal, 0 of one that it does not know."""
    journal = kit.journal()
    journal.add(2)
    for sent in (0, 2):
        if sent:
            journal.sent()
        found = kit.one.pull(stream=journal.stream).lines()[0].get("up_acked")
        expect(found == sent, f"up_acked is {found!r} after {sent} facts")


@clause("pull.others")
def others(kit: HqKit) -> None:
    """Naming another store's bucket or journal is 403."""
    two = kit.other()
    refused(kit.one.pull({f"s:{two.number}:orders": {"e": "x", "seq": 0}}), 403)
    journal = kit.journal()
    journal.add(1)
    journal.sent()
    refused(two.pull(stream=journal.stream), 403)


@clause("pull.envelope")
def envelope(kit: HqKit) -> None:
    """What is no request is 400, another version 422, and without a token nothing is said."""
    for body in (b"", b"{", b"[1]", b"\xff", b'{"proto":1,"stream":"x","buckets":{"a":1}}', b'{"proto":1}'):
        refused(kit.one.ask(PULL, body), 400)
    refused(kit.one.ask(PULL, b'{"proto":9,"stream":"x"}'), 422, "version")
    for shown in ("", "Bearer ", "Bearer nobody", f"Bearer {uuid.uuid4()}"):
        refused(kit.one.ask(PULL, b"{}", {"Authorization": shown}), 401)


@clause("line.errors")
def errors(kit: HqKit) -> None:
    """Errors are JSON, also where nothing is, and for another method."""
    for method, path, status in (("POST", "/sync/v1/nothing", 404), ("GET", PULL, 405)):
        refused(kit.one.ask(path, b"", method=method), status)


@clause("line.health")
def health(kit: HqKit) -> None:
    """`GET /health` says that HQ is there, what it speaks and what time it is, without a token."""
    reply = kit.one.ask("/health", b"", {"Authorization": ""}, method="GET")
    expect(reply.status == 200, f"{reply.status}: {said(reply)}")
    body = reply.json()
    expect(body.get("ok") is True and body.get("proto") == 1, f"says {body}")
    expect(is_stamp(str(body.get("server_time"))), f"`server_time` is {body.get('server_time')!r}")
