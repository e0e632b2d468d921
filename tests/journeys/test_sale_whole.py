"""A sale with everything that it can mean, at real desks with HQ in the process: each fen at both ends."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from devices.slip import Qr
from edge.domain.benefit_refusals import CouponUsed
from edge.domain.coupon_refusals import NoPointsByCard
from edge.domain.selling import Sale
from sync.benefits import Repurchase
from sync.hub.benefits import BenefitDesk
from sync.hub.coupon_codes import CouponCodes
from sync.hub.grants import GrantDesk
from sync.hub.member_desk import MemberDesk
from sync.hub.sale_tables import sale as hq_sale
from sync.hub.sale_tables import sale_line, sale_tender
from sync.hub.schema import device
from tests.journeys.conftest import STORE
from tests.journeys.whole_world import CARD, CUP, TEA, World, store_coupon, whole_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield from whole_world(tmp_path)


def test_member_tier_coupon_points_gift_offer_and_coin_in_one_sale(world: World) -> None:
    pair, room, who = world.pair, world.room, world.who
    (code,) = CouponCodes(world.engine).issue([store_coupon("B1", 1500)])
    assert pair.sync() == []
    GrantDesk(world.engine).grant_points(STORE, "m-1", 3000, "2099-01-01T00:00:00.000Z")
    assert pair.sync() == []
    world.scan(TEA, CUP)
    world.scan(CARD)
    with pytest.raises(NoPointsByCard):
        room.selling.points(world.basket, 1000, who, world.nonce())
    world.scan(MemberDesk(world.engine).code("m-1"), code)
    room.selling.guide(world.basket, "3001", who, world.nonce())
    room.selling.points(world.basket, 1000, who, world.nonce())
    room.selling.gift(world.basket, "bag", who, world.nonce(), wanted=True)
    bill = world.bill()
    # 188.90 less 5 % of each piece is 179.45: short of 200; less 15.00 coupon and 10.00 in points; a bag for 9.93.
    assert [(why.code, why.missing) for why in bill.priced.whynots if why.rule == "m200"] == [
        ("threshold", 2055)
    ]
    assert (bill.total_fen, bill.cash_fen) == (17_945 - 1500 - 1000 + 993, 16_430)
    sale = world.cash()
    assert {part.kind for line in sale.lines for _, shares in line.units for part in shares} == {
        "tier",
        "coupon",
        "points",
        "gift",
        "rounding",
    }
    assert sum(line.net_fen for line in sale.lines) == sale.net_fen == 16_430
    assert pair.sync() == []
    at_hq_as_in_the_store(world, sale)
    with pytest.raises(CouponUsed):
        world.scan(TEA, code)


def at_hq_as_in_the_store(world: World, sale: Sale) -> None:
    """The sale's money, coupon, stock and points, as HQ has them by now."""
    assert world.rows(hq_sale.c.net_fen, hq_sale.c.member, hq_sale.c.guide) == [(16_430, "m-1", "3001")]
    assert sum(fen for (fen,) in world.rows(sale_line.c.net_fen)) == 16_430
    assert world.rows(sale_tender.c.kind, sale_tender.c.fen) == [("cash", 16_430)]
    assert BenefitDesk(world.engine).uses("B1")[0]["fen"] == 1500
    assert world.pair.hq.stock(STORE) == {"A1": 9, "B2": 9, "M1": 9, "G1": 9}
    # 1000 were spent, and one a yuan earned.
    assert GrantDesk(world.engine).points("m-1") == 5000 - 1000 + sale.points
    assert sale.points == 164
    assert world.codes() == []


def test_the_code_on_the_receipt_proves_to_hq_that_its_box_printed_it(world: World) -> None:
    world.scan(TEA)
    sale = world.cash()
    job = world.pair.shop.books.jobs.by_id(sale.job)
    assert job is not None
    (url,) = [part.text for part in job.slip.parts if isinstance(part, Qr)]
    said = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert (said["s"], said["r"], said["d"]) == (STORE, sale.receipt, "box-1")
    ((public, state),) = world.rows(device.c.public, device.c.state)
    assert state == "active"
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
    signature = urlsafe_b64decode(said["g"] + "=" * (-len(said["g"]) % 4))
    key.verify(signature, f"{said['s']}|{said['r']}".encode())
    with pytest.raises(InvalidSignature):
        key.verify(signature, f"{said['s']}|{sale.receipt[:-1]}9".encode())


def test_the_next_visits_coupon_is_hqs_or_a_claim_and_each_is_taken_once(world: World) -> None:
    codes = CouponCodes(world.engine)
    codes.offer(Repurchase("R1", 5000, 1000, 7, "复购券", "Next visit"))
    (chain,) = codes.issue([store_coupon("C1", 700, cls="C", store="")])
    (shops,) = codes.issue([store_coupon("A1", 300, cls="A", store="")])
    assert world.pair.sync() == []
    world.scan(TEA)
    first = world.cash()
    assert first.claim.startswith("CP1.")
    world.down()
    world.scan(CUP, chain)
    second = world.cash()
    assert (second.offline, second.net_fen, second.claim[:4]) == (True, 12_200, "CC1.")
    # A code for everybody (class A): as often as it is shown, also without a line.
    for _ in range(2):
        world.scan(TEA, shops)
        assert (world.cash().net_fen, world.room.checkout.wallets()) == (5690, False)
    world.up()
    assert world.pair.sync() == []
    # What a store promised without a line HQ honours: the till asks, and the claim itself is the coupon.
    for promise in (first.claim, second.claim):
        world.scan(TEA, promise)
        assert world.cash().net_fen == 4990
        with pytest.raises(CouponUsed):
            world.scan(TEA, promise)
        world.room.selling.void(world.basket, "mistake", world.who, world.nonce())
    assert world.pair.sync() == []
    assert [one["fen"] for one in BenefitDesk(world.engine).uses("C1")] == [700]
    assert [one["fen"] for one in BenefitDesk(world.engine).uses("A1")] == [300, 300]
    assert world.codes() == []
