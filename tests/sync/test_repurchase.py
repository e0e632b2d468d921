"""The coupon that a sale earns: HQ's where there is a line, else a claim that HQ honours once for its worth."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from edge.domain.benefit_refusals import CouponNeedsHq
from edge.domain.coupon_code import peek_claim
from edge.domain.coupon_refusals import CouponUnknown
from edge.records.journal import Author
from sync.benefits import Repurchase
from sync.hub.sale_tables import sale
from tests.sync.counter_floor import Counter, Line, revoke_device, with_keys
from tests.sync.shop_floor import LEAD, Stores

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
Counters = Callable[[str], Counter]


@pytest.fixture
def counter(hub: Any, floor: Stores) -> Counters:
    return lambda store: Counter(floor(store), Line(hub.line(store)))


def earned(shop: Counter, sale: str, fen: int) -> Any:
    """What a sale earns, kept as its own transaction keeps it."""
    desk = shop.customers.repurchase
    row = desk.promise(sale, fen)
    if row is None:
        return None
    with shop.floor.books.ledger.transaction() as tx:
        return desk.keep(tx, row, Author("T1", LEAD.staff), "")


def test_a_sale_earns_hqs_coupon_or_a_claim_that_hq_honours_once(hub: Any, counter: Counters) -> None:
    desk = with_keys(hub)[0]
    desk.offer(Repurchase("R1", 5000, 1000, 7, "复购券", "Next visit"))
    shop = counter("S1")
    shop.enrol(hub)
    shop.floor.settle()
    repurchase = shop.customers.repurchase
    earn = partial(earned, shop)
    assert earn("s-0", 4999) is None
    promised = earn("s-1", 5000)
    assert promised is not None
    assert (promised.claim, promised.fen) == (False, 1000)
    assert earn("s-1", 5000) == promised
    assert shop.coupons.look(promised.text).kind == "repurchase"
    shop.down()
    claim = earn("s-2", 5000)
    assert claim is not None
    assert claim.claim
    days = claim.until.date() - shop.floor.status.local(datetime.now(UTC)).date()
    assert (days, claim.until.hour) == (timedelta(days=8), 0)
    with pytest.raises(CouponNeedsHq):
        repurchase.honour(claim.text)
    shop.up()
    code = repurchase.honour(claim.text)
    assert repurchase.honour(claim.text) == code
    assert counter("S2").customers.repurchase.honour(claim.text) == code
    shop.floor.settle()
    assert shop.coupons.look(code).fen == 1000
    flipped = claim.text[:30] + ("A" if claim.text[30] != "A" else "B") + claim.text[31:]
    with pytest.raises(CouponUnknown):
        repurchase.honour(flipped)
    shop.down()
    late = earn("s-3", 5000)
    assert late is not None
    shop.up()
    revoke_device(hub, peek_claim(late.text).device)
    with pytest.raises(CouponUnknown):
        repurchase.honour(late.text)
    assert list(hub.desk.cases()) == []


def sold(hub: Any, name: str, fen: int) -> None:
    """HQ has the sale of a store, and knows what it came to."""
    blank = dict.fromkeys("stream receipt shift channel member guide rules odd".split(), "")
    zero = dict.fromkeys("seq points offline price_stale".split(), 0)
    with hub.engine.begin() as conn:
        conn.execute(sale.insert().values(sale=name, store="S1", net_fen=fen, **blank, **zero))


def test_a_sale_that_hq_has_earns_what_it_came_to_and_not_what_the_store_says(
    hub: Any, counter: Counters
) -> None:
    desk = with_keys(hub)[0]
    desk.offer(Repurchase("R1", 5000, 1000, 7, "复购券", "Next visit"))
    desk.offer(Repurchase("R2", 50_000, 9000, 7, "复购券", "Next visit"))
    shop = counter("S1")
    shop.enrol(hub)
    shop.floor.settle()
    sold(hub, "s-small", 4999)
    sold(hub, "s-middle", 6000)
    assert earned(shop, "s-small", 80_000) is None
    middle = earned(shop, "s-middle", 80_000)
    assert middle is not None
    assert middle.fen == 1000
    # Off the line the store decides alone; HQ honours what the sale was worth.
    shop.down()
    high = earned(shop, "s-high", 80_000)
    assert high is not None
    sold(hub, "s-high", 6000)
    shop.up()
    shop.floor.settle()
    code = shop.customers.repurchase.honour(high.text)
    shop.floor.settle()
    assert shop.coupons.look(code).fen == 1000
