"""The journal: dense, chained, sent byte for byte as it was hashed; and the inbox beside it."""

from __future__ import annotations

import hashlib

import msgspec
import pytest

from edge.domain.views import RedeemRequest
from edge.records.inbox import Inbox
from edge.records.journal import Author
from sync.messages import GENESIS, Cursor, Head, Op, OrderAdvanced, canonical, row_hash, sha_of


def fill(shop, count: int) -> None:
    with shop.books.ledger.transaction() as tx:
        for n in range(count):
            fact = OrderAdvanced(order=f"WX{n:08d}", gen=1, event="pack", state="packed", shelf="货架")
            shop.books.journal.append(tx, fact, Author("T1", "1001"))


def test_the_chain_holds_and_is_dense(shop):
    fill(shop, 20)
    events = shop.books.journal.pending(0, 100, 1 << 20)
    prev = GENESIS
    for seq, event in enumerate(events, 1):
        assert (event.seq, event.prev) == (seq, prev)
        assert event.sha == sha_of(event)
        body = msgspec.to_builtins(event)
        sha = body.pop("sha")
        assert hashlib.sha256(canonical(body)).hexdigest() == sha
        prev = sha
    assert len({event.id for event in events}) == 20


def test_a_rolled_back_fact_leaves_no_gap(shop):
    fill(shop, 2)
    with pytest.raises(ZeroDivisionError), shop.books.ledger.transaction() as tx:  # noqa: PT012 - append, then fail
        shop.books.journal.append(
            tx, OrderAdvanced(order="x", gen=1, event="pack", state="packed"), Author("T1", "")
        )
        _ = 1 / 0
    fill(shop, 1)
    assert [event.seq for event in shop.books.journal.pending(0, 9, 1 << 20)] == [1, 2, 3]


def test_batches_respect_count_and_size_but_never_starve(shop):
    fill(shop, 10)
    assert len(shop.books.journal.pending(0, 4, 1 << 20)) == 4
    assert len(shop.books.journal.pending(0, 10, 1)) == 1
    assert [event.seq for event in shop.books.journal.pending(7, 10, 1 << 20)] == [8, 9, 10]


def test_acknowledgements_move_forward_and_a_rewind_moves_back(shop):
    fill(shop, 5)
    shop.books.journal.mark_acked(3, 2)
    shop.books.journal.mark_acked(2, 2)
    assert (shop.books.journal.acked(), shop.books.journal.depth()) == (3, 2)
    shop.books.journal.mark_acked(99, 99)
    assert shop.books.journal.acked() == 5, "HQ cannot acknowledge what was never sent"
    shop.books.journal.rewind(2)
    assert shop.books.journal.acked() == 1


def test_the_stream_survives_reopening(shop, tmp_path):
    from edge.records.books import open_books

    stream = shop.books.journal.stream_id()
    again = open_books(tmp_path, bytes(range(32)), "Asia/Shanghai")
    assert again.journal.stream_id() == stream
    again.close()


def row(number: int, name: str = "茶") -> dict[str, str]:
    return {"sku": f"S{number}", "gtin": f"690000000000{number}", "name_zh": name, "name_en": "Tea"}


def put(inbox: Inbox, seq: int, number: int, name: str = "茶", *, whole: bool = True):
    bucket = "g:catalog:CN"
    return inbox.apply(
        [Op(b=bucket, seq=seq, op="put", tb="product", id=f"S{number}", ver=seq, d=row(number, name))],
        {bucket: Cursor("e1", seq)},
        consistent=[bucket] if whole else [],
        heads={bucket: Head("e1", seq, 1, "")},
        server_time="2026-11-22T10:00:00.000Z",
        hq_epoch="h1",
    )


def test_the_checksum_is_the_sum_over_live_rows(shop):
    inbox = Inbox(shop.books.hq, shop.books.clock)
    put(inbox, 1, 1)
    put(inbox, 2, 2)
    put(inbox, 3, 1, "绿茶")
    wanted = row_hash("product", "S1", 3, row(1, "绿茶")) + row_hash("product", "S2", 2, row(2))
    assert inbox.checksum("g:catalog:CN") == (2, f"{wanted % (1 << 64):016x}")
    inbox.apply(
        [Op(b="g:catalog:CN", seq=4, op="del", tb="product", id="S2", ver=4)],
        {"g:catalog:CN": Cursor("e1", 4)},
        consistent=[],
        heads={},
        server_time="2026-11-22T10:00:00.000Z",
        hq_epoch="h1",
    )
    assert inbox.checksum("g:catalog:CN")[0] == 1
    assert shop.books.replica.product("S2") is None
    assert shop.books.replica.product("S1").name_zh == "绿茶"


def test_a_reset_bucket_serves_on_until_it_is_whole_again(shop):
    inbox = Inbox(shop.books.hq, shop.books.clock)
    put(inbox, 1, 1)
    put(inbox, 2, 2)
    inbox.reset("g:catalog:CN", "checksum")
    assert inbox.checksum("g:catalog:CN") == (0, "0" * 16)
    assert "g:catalog:CN" not in inbox.cursors()
    assert shop.books.replica.product("S1") is not None
    assert shop.books.replica.troubled() == ("g:catalog:CN",)
    put(inbox, 3, 2, whole=False)
    assert shop.books.replica.product("S1") is not None
    put(inbox, 4, 3)
    assert shop.books.replica.product("S1") is None, "not brought again, so it is gone at HQ"
    assert shop.books.replica.product("S2") is not None
    assert shop.books.replica.troubled() == ()


def test_a_row_that_cannot_be_held_is_set_aside_and_the_rest_stands(shop, hq):
    bad = {"order": "WX1", "gen": 1, "mode": "sideways"}
    refused = hq.put("s:S00421:orders", "order", "WX1", bad)
    assert [code for _, code in refused] == ["VALIDATION"]
    assert shop.books.replica.troubled() == ("s:S00421:orders",)
    hq.order("WX1")
    assert shop.books.replica.troubled() == ()


def test_a_row_that_hq_never_had_is_set_aside_no_longer_than_the_bucket_is_read_again(shop, hq):
    bucket = "s:S00421:orders"
    hq.order("WX2")
    hq.put(bucket, "order", "WX1", {"order": "WX1", "mode": "sideways"})  # a flipped bit made it up
    Inbox(shop.books.hq, shop.books.clock).reset(bucket, "checksum")
    hq.order("WX2")
    assert shop.books.replica.troubled() == (), "HQ has no such row, and nothing will ever replace it"


def test_an_unknown_table_is_counted_and_ignored(shop, hq):
    assert hq.put("s:S00421:orders", "hologram", "h1", {"x": 1}) == []
    assert Inbox(shop.books.hq, shop.books.clock).checksum("s:S00421:orders")[0] == 1


def test_hq_counts_our_movement_exactly_once(shop, hq, cashier):
    stream = shop.books.journal.stream_id()
    stock = {"sku": "A1", "on_hand": 10, "stream": stream, "upto_seq": 0, "at": "2026-11-22T10:00:00.000Z"}
    hq.put("s:S00421:stock", "stock", "A1", stock)
    hq.order()
    shop.store.hand_over.redeem(RedeemRequest(nonce="n", code=hq.code()), cashier)
    assert shop.store.guide.on_hand("A1") == 8, "HQ's base and our pending movement"
    hq.put("s:S00421:stock", "stock", "A1", stock | {"on_hand": 8, "upto_seq": 1})
    assert shop.store.guide.on_hand("A1") == 8, "HQ has counted it by now"
    hq.put("s:S00421:stock", "stock", "A1", stock | {"on_hand": 50, "stream": "another box", "upto_seq": 9})
    assert shop.store.guide.on_hand("A1") == 48


@pytest.mark.parametrize("odd", ["99999999999999999999", "²", "", "x"])
def test_an_odd_key_number_is_no_trouble(shop, hq, odd):
    assert hq.put("g:keys:CN", "pickup_key", odd, {}, op="del") == []
    assert len(shop.books.replica.keys()) == 1
