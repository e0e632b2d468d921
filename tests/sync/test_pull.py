"""Downward: the replica becomes what HQ has, whole checkpoint by whole checkpoint."""

from __future__ import annotations

import gzip
from functools import cache
from typing import Any

import pytest
import zstandard
from sqlalchemy import select, update

from sync.hub.database import write
from sync.hub.feed import Change, prune, publish
from sync.hub.schema import bucket
from sync.messages import Cursor, LineDown, OrderLine, Price, Product, PullRequest, Staff, canonical
from sync.pulling import read_page

AT = "2026-01-05T10:00:00.000Z"


def equal(hub: Any, shop: Any, *buckets: str) -> bool:
    return all(shop.replica.checksum(b) == hub.head(b) for b in buckets)


ALL = ("s:S1:orders", "s:S1:stock", "s:S1:cmd", "s:S1:staff", "g:catalog:CN", "g:price:CN", "g:shops:CN")


def test_everything_comes_down_once(hub: Any, shop: Any, order_form: Any) -> None:
    hub.desk.publish_order(order_form("O1"))
    hub.desk.publish_staff("S1", [Staff("s1", "李", "lead", "hash")])
    shop.settle()
    assert equal(hub, shop, *ALL)
    assert shop.replica.usable("s:S1:orders")["O1"]["phone_tail"] == "5678"
    assert shop.replica.whole >= set(ALL)
    assert shop.turn().received == 0
    assert shop.clock.server_times[-1].endswith("Z")


def test_a_removed_row_goes_and_an_unchanged_one_is_not_sent_again(hub: Any, shop: Any) -> None:
    two = [Staff("s1", "李", "lead", "h1"), Staff("s2", "王", "cashier", "h2")]
    assert hub.desk.publish_staff("S1", two) == 2
    shop.settle()
    assert hub.desk.publish_staff("S1", two[:1]) == 1
    assert shop.turn().received == 1
    assert list(shop.replica.usable("s:S1:staff")) == ["s1"]
    assert equal(hub, shop, "s:S1:staff")


def test_many_rows_come_in_pages_and_the_orders_first(hub: Any, shop: Any, order_form: Any) -> None:
    hub.desk.publish_products(Product(f"Q{n}", str(n), "名" * 40, "name" * 40) for n in range(9000))
    hub.desk.publish_order(order_form("O1"))
    first = shop.turn()
    assert first.more
    assert "s:S1:orders" in shop.replica.whole
    assert "g:catalog:CN" not in shop.replica.whole
    shop.settle()
    assert equal(hub, shop, *ALL)
    assert len(shop.replica.usable("g:catalog:CN")) == 9001


def large_orders(order_form: Any) -> list[bytes]:
    """More orders than one page holds."""
    lines = tuple(OrderLine(n, "P1", "名" * 60, "name" * 60, 1, 1250) for n in range(1, 13))
    return [canonical(order_form(f"O{m}", lines=lines, numeric_code=f"{m:08d}")) for m in range(300)]


def test_half_a_set_of_orders_is_never_shown(hub: Any, shop: Any, order_form: Any) -> None:
    hub.desk.import_orders(large_orders(order_form))
    assert shop.turn().more
    assert shop.replica.usable("s:S1:orders") == {}
    seen: list[int] = []
    while not seen or shop.turn().more:
        seen.append(len(shop.replica.usable("s:S1:orders")))
    assert set(seen) <= {0, 300}
    assert len(shop.replica.usable("s:S1:orders")) == 300
    assert equal(hub, shop, "s:S1:orders")


def test_a_kill_amid_a_checkpoint_starts_it_again(hub: Any, shop: Any, order_form: Any) -> None:
    hub.desk.import_orders(large_orders(order_form))
    assert shop.turn().more
    shop.restart()
    shop.settle()
    assert equal(hub, shop, "s:S1:orders")


@pytest.mark.parametrize("what", ["truncate", "garbage"])
def test_a_page_that_is_not_whole_changes_nothing(shop: Any, what: str) -> None:
    shop.wire.plan = [what]
    with pytest.raises(LineDown):
        shop.turn()
    assert shop.replica.rows == {}
    assert shop.replica.places == {}
    shop.settle()
    assert "P1" in shop.replica.usable("g:catalog:CN")


def test_a_differing_checksum_resets_that_bucket_only(hub: Any, shop: Any) -> None:
    shop.settle()
    shop.replica.sums["g:catalog:CN"] += 1
    result = shop.turn()
    assert result.more
    assert shop.replica.resets == [("g:catalog:CN", "checksum")]
    shop.settle()
    assert equal(hub, shop, *ALL)


def test_a_bucket_that_never_fits_is_not_fetched_for_ever(shop: Any, caplog: Any) -> None:
    shop.settle()
    wrong = shop.replica.checksum
    shop.replica.checksum = lambda b: (0, "f" * 16) if b == "g:shops:CN" else wrong(b)
    results = [shop.turn().more for _ in range(5)]
    assert results == [True, False, False, False, False]
    assert [r.bucket for r in caplog.records if r.levelname == "ERROR"] == ["g:shops:CN"]


def test_a_new_epoch_and_a_forgotten_tombstone_reset_the_bucket(hub: Any, shop: Any) -> None:
    shop.settle()
    place = shop.replica.places["g:catalog:CN"]
    shop.replica.places["g:catalog:CN"] = Cursor("other", place.seq)
    shop.settle()
    assert shop.replica.resets == [("g:catalog:CN", "epoch")]
    write(hub.engine, lambda c: publish(c, [Change("g:catalog:CN", "product", "P1", None)], AT))
    hub.desk.publish_products([Product("P2", "2", "二", "Two")])
    assert write(hub.engine, lambda c: prune(c, "2026-02-01T00:00:00.000Z")) == 1
    shop.settle()
    assert shop.replica.resets[1:] == [("g:catalog:CN", "floor")]
    assert list(shop.replica.usable("g:catalog:CN")) == ["P2"]
    assert equal(hub, shop, "g:catalog:CN")


def test_what_was_forgotten_up_to_a_number_is_never_remembered_to_a_smaller_one(hub: Any) -> None:
    catalog = bucket.c.bucket == "g:catalog:CN"
    write(hub.engine, lambda c: publish(c, [Change("g:catalog:CN", "product", "P1", None)], AT))
    with hub.engine.begin() as conn:  # what another process forgot meanwhile
        conn.execute(update(bucket).where(catalog).values(floor=99))
    assert write(hub.engine, lambda c: prune(c, "2026-02-01T00:00:00.000Z")) == 1
    with hub.engine.connect() as conn:
        assert conn.scalar(select(bucket.c.floor).where(catalog)) == 99


def test_what_this_release_does_not_know_is_counted_and_passed_by(hub: Any, shop: Any, caplog: Any) -> None:
    caplog.set_level("INFO", "store_edge.sync")
    news = [
        Change("g:catalog:CN", "hologram", "H1", {"x": 1}),
        Change("g:catalog:CN", "product", "P7", {**_product("P7"), "smell": "rose"}),
    ]
    write(hub.engine, lambda c: publish(c, news, AT))
    shop.settle()
    assert [r.ignored for r in caplog.records if hasattr(r, "ignored")] == [1]
    assert shop.replica.aside == {}
    assert equal(hub, shop, "g:catalog:CN")


def test_a_row_that_cannot_be_used_is_set_aside_and_reported(hub: Any, shop: Any) -> None:
    shop.replica.refuse = lambda op: op.id == "P2"
    hub.desk.publish_products([Product("P2", "2", "二", "Two"), Product("P3", "3", "三", "Three")])
    broken = Change("g:price:CN", "price", "P1", {"sku": "P1", "fen": -5, "book": "b"})
    write(hub.engine, lambda c: publish(c, [broken], AT))
    hub.desk.publish_prices([Price("P3", 300, "b")])
    shop.settle()
    assert sorted(shop.replica.usable("g:catalog:CN")) == ["P1", "P3"]
    assert list(shop.replica.usable("g:price:CN")) == ["P3"]
    assert {key[0]: code for key, code in shop.replica.aside.items()} == {
        "g:catalog:CN": "CONSTRAINT",
        "g:price:CN": "VALIDATION",
    }
    assert equal(hub, shop, *ALL)
    assert shop.replica.resets == []
    shop.turn()
    assert [(n["id"], n["code"]) for n in hub.desk.nacks("S1")] == [
        ("P2", "CONSTRAINT"),
        ("P1", "VALIDATION"),
    ]
    hub.desk.publish_prices([Price("P1", 500, "b")])
    shop.settle()
    assert [key[0] for key in shop.replica.aside] == ["g:catalog:CN"]


def test_a_store_reads_only_its_own_buckets_and_streams(hub: Any, make_shop: Any, order_form: Any) -> None:
    hub.desk.publish_order(order_form("O1", store="S1"))
    one, two = make_shop("S1"), make_shop("S2")
    one.advance("O1")
    one.settle()
    two.settle()
    assert not any(":S1:" in key[0] for key in two.replica.rows)
    client = hub.app.test_client()
    auth = {"Authorization": f"Bearer {hub.tokens['S2']}"}
    spying = {"proto": 1, "stream": "x", "buckets": {"s:S1:orders": {"e": "e", "seq": 0}}}
    assert client.post("/sync/v1/pull", json=spying, headers=auth).status_code == 403
    foreign = {"proto": 1, "stream": one.journal.stream}
    assert client.post("/sync/v1/pull", json=foreign, headers=auth).status_code == 403
    event = canonical(one.journal.events[0])
    header = {"t": "hdr", "proto": 1, "store": "S2", "stream": one.journal.stream, "from": 1, "n": 1}
    for store in ("S1", "S2"):
        body = canonical({**header, "store": store, "hq_epoch": None}) + b"\n" + event
        assert client.post("/sync/v1/up", data=body, headers=auth).status_code == 403


@cache
def bad_requests() -> dict[str, tuple[str, bytes, dict[str, str], int]]:
    head = {"t": "hdr", "proto": 1, "store": "S1", "stream": "x", "hq_epoch": None, "from": 1, "n": 1}
    bomb = gzip.compress(b" " * (64 << 20))
    dense = zstandard.compress(b" " * (64 << 20))
    packed, denser = {"Content-Encoding": "gzip"}, {"Content-Encoding": "zstd"}
    return {
        "empty": ("up", b"", {}, 400),
        "no json": ("up", b"\xff\xfe\n{", {}, 400),
        "no event": ("up", canonical(head), {}, 400),
        "not an event": ("up", canonical(head) + b'\n{"seq":1}', {}, 400),
        "other version": ("up", canonical({**head, "proto": 2}) + b"\n{}", {}, 422),
        "no version": ("up", b"{}\n{}", {}, 400),
        "too many": ("up", canonical(head) + b"\n{}" * 501, {}, 413),
        "too large": ("up", b"x" * (3 << 20), {}, 413),
        "bomb": ("up", bomb, packed, 413),
        "broken gzip": ("up", bomb[:200], packed, 400),
        "zstd bomb": ("up", dense, denser, 413),
        "zstd cut short": ("up", zstandard.compress(b"{}")[:-2], denser, 400),
        "zstd and junk": ("up", zstandard.compress(canonical(head)) + b"junk", denser, 400),
        "not zstd": ("up", b"{}", denser, 400),
        "unknown encoding": ("up", b"x", {"Content-Encoding": "br"}, 415),
        "pull no json": ("pull", b"[", {}, 400),
        "pull not an object": ("pull", b"[1]", {}, 400),
        "pull other version": ("pull", b'{"proto":9}', {}, 422),
        "pull bad cursor": ("pull", b'{"proto":1,"stream":"x","buckets":{"a":1}}', {}, 400),
        "pull bad nacks": ("pull", b'{"proto":1,"stream":"x","nacks":[{"b":1}]}', {}, 400),
        "no such page": ("nothing", b"{}", {}, 404),
    }


@pytest.mark.parametrize("name", bad_requests())
def test_a_clients_mistake_is_never_a_500(hub: Any, name: str) -> None:
    path, body, headers, status = bad_requests()[name]
    auth = {"Authorization": f"Bearer {hub.tokens['S1']}"}
    answer = hub.app.test_client().post(f"/sync/v1/{path}", data=body, headers=auth | headers)
    assert answer.status_code == status
    assert answer.json["error"]


@pytest.mark.parametrize(("name", "pack"), [("gzip", gzip.compress), ("zstd", zstandard.compress)])
def test_a_packed_upload_is_read(hub: Any, shop: Any, name: str, pack: Any) -> None:
    shop.advance("O1")
    header = {"t": "hdr", "proto": 1, "store": "S1", "stream": shop.journal.stream, "from": 1, "n": 1}
    body = canonical({**header, "hq_epoch": None}) + b"\n" + canonical(shop.journal.events[0])
    headers = {"Authorization": f"Bearer {hub.tokens['S1']}", "Content-Encoding": name}
    answer = hub.app.test_client().post("/sync/v1/up", data=pack(body), headers=headers)
    assert answer.json["acked"] == 1


def test_without_a_token_nothing_is_said(hub: Any) -> None:
    client = hub.app.test_client()
    for headers in (
        {},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic x"},
        {"Authorization": "Bearer é"},
    ):
        answer = client.post("/sync/v1/pull", data=b"{}", headers=headers)
        assert (answer.status_code, answer.json) == (401, {"error": "unauthorized"})
    assert client.get("/health").json["ok"] is True


def test_lines_out_of_order_and_two_pages_in_one_are_refused(hub: Any) -> None:
    body = hub.line("S1").post("/sync/v1/pull", canonical(PullRequest(1, "x")))
    read_page(body)
    for wrong in (
        body.replace(b'"complete","cp":"', b'"complete","cp":"x'),
        body + body,
        b"\n".join(body.split(b"\n")[1:]),
        body + b"{}",
        b"",
    ):
        with pytest.raises(LineDown):
            read_page(wrong)
    newer = body.replace(b'{"t":"complete"', b'{"t":"weather","sky":"blue"}\n{"t":"complete"')
    assert read_page(newer).ignored == 1
    broken = body.replace(b'{"t":"complete"', b'{"t":"op","b":5}\n{"t":"complete"')
    with pytest.raises(LineDown):
        read_page(broken)


def _product(sku: str) -> dict[str, Any]:
    return {
        "sku": sku,
        "gtin": "",
        "name_zh": "名",
        "name_en": "n",
        "category": "",
        "picture": "",
        "flags": [],
    }
