"""A till's shift: float, cash that moves, a blind count, and a Z report whose sums are those of the sales."""

from __future__ import annotations

import pytest

from edge.daemon import Shop
from edge.domain import refusals as no
from edge.domain.selling_refusals import BasketOpen, CashShort, CountFirst, NoShift, ShiftRuns
from edge.domain.shifts import NOTES, Taking
from edge.domain.staff import Operator
from sync.selling import CashCounted, CashMoved, ShiftClosed
from tests.edge.conftest import PretendHq
from tests.edge.sale_shop import CUP, TEA, Till, facts, stocked


@pytest.fixture
def till(shop: Shop, hq: PretendHq, cashier: Operator) -> Till:
    stocked(hq)
    return Till(shop, cashier).open(20_000)


def coins(fen: int) -> dict[int, int]:
    """A sum in as few notes and coins as can be."""
    pieces = {}
    for note in NOTES:
        pieces[note], fen = divmod(fen, note)
    assert fen == 0
    return pieces


def test_a_day_of_a_till_adds_up_in_its_z_report(till: Till, lead: Operator) -> None:
    shifts = till.shop.store.sales.shifts
    till.scan(TEA), till.cash(10_000)
    till.scan(CUP), till.scan(TEA), till.cash()
    till.scan(TEA, training=True), till.cash(10_000)
    till.scan(CUP)
    selling = till.shop.store.sales.selling
    selling.void(till.basket().basket, "mistake", till.who, "v")
    shifts.move(Taking.DROP, 10_000, "safe", till.who, "d")
    shifts.move(Taking.IN, 500, "change", lead, "i")
    expected = 20_000 + 24_880 - 10_000 + 500
    assert shifts.x_report(till.who).expected_fen == expected
    count = shifts.count(coins(expected - 30), till.who, "c")
    assert count.variance_fen == -30
    report = shifts.close(till.who, "z")
    assert (report.z, report.sales, report.net_fen, report.trainings) == (1, 2, 24_880, 1)
    assert report.tenders == (("cash", 2, 24_880),)
    assert sum(fen for _, fen in report.taxes) == 24_880
    assert (report.voids, report.void_fen) == (1, 12_900)
    assert shifts.z_report(report.shift) == report == shifts.close(till.who, "z")
    (fact,) = facts(till.shop, "shift.closed")
    assert isinstance(fact, ShiftClosed)
    assert (fact.z, fact.net_fen, fact.expected_fen, fact.counted_fen) == (1, 24_880, expected, expected - 30)
    assert [type(one) for one in facts(till.shop, "cash.")] == [CashMoved, CashMoved, CashCounted]
    with pytest.raises(NoShift):
        shifts.x_report(till.who)


def test_the_paper_holds_the_head_of_the_journal_as_it_was(till: Till) -> None:
    shifts = till.shop.store.sales.shifts
    till.scan(TEA), till.cash()
    shifts.count({}, till.who, "c")
    events = till.shop.books.journal.pending(0, 500, 1 << 20)
    report = shifts.close(till.who, "z")
    assert (report.seq, report.head) == (events[-1].seq, events[-1].sha)
    job = till.shop.books.jobs.of(f"z:{report.shift}")
    assert job is not None
    assert job.title == "Z 报表 第 1 号"
    words = [getattr(part, "text", "") for part in job.slip.parts]
    assert report.head in words
    assert f"#{report.seq}" in words


def test_an_x_report_changes_nothing_and_tells_nobody_what_ought_to_be_there(till: Till) -> None:
    till.scan(TEA), till.cash()
    shifts = till.shop.store.sales.shifts
    before = facts(till.shop)
    first = shifts.print_x(till.who, "x")
    job = till.shop.books.jobs.of(first.shift)
    assert facts(till.shop) == before
    assert job is not None
    said = [
        str(getattr(part, name))
        for part in job.slip.parts
        for name in ("left", "right")
        if hasattr(part, name)
    ]
    assert "259.90" not in said
    assert "应有现金" not in said
    assert shifts.at("T1") is not None


def test_z_numbers_have_no_gaps_and_nothing_closes_uncounted(till: Till) -> None:
    shifts = till.shop.store.sales.shifts
    with pytest.raises(CountFirst):
        shifts.close(till.who, "z-0")
    shifts.count({10000: 2}, till.who, "c-1")
    till.scan(TEA)
    with pytest.raises(BasketOpen):
        shifts.close(till.who, "z-0")
    till.cash()
    with pytest.raises(CountFirst):  # cash came since
        shifts.close(till.who, "z-0")
    shifts.count({10000: 2, 5000: 1}, till.who, "c-2")
    assert shifts.close(till.who, "z-1").z == 1
    till.open()
    shifts.count({10000: 2}, till.who, "c-3")
    second = shifts.close(till.who, "z-2")
    assert (second.z, second.sales, second.net_fen) == (2, 0, 0)


def test_who_may_and_how_much(till: Till) -> None:
    shifts = till.shop.store.sales.shifts
    with pytest.raises(ShiftRuns):
        shifts.open(1, till.who, "o")
    with pytest.raises(no.NotAllowed):
        shifts.move(Taking.OUT, 100, "shopping", till.who, "m1")
    with pytest.raises(CashShort):
        shifts.move(Taking.DROP, 20_001, "safe", till.who, "m2")
    with pytest.raises(no.BadRequest):
        shifts.count({123: 1}, till.who, "c")
    shifts.move(Taking.DROP, 20_000, "safe", till.who, "m3")
    shifts.move(Taking.DROP, 20_000, "safe", till.who, "m3")
    with pytest.raises(no.NonceReused):
        shifts.move(Taking.DROP, 1, "safe", till.who, "m3")
    assert shifts.x_report(till.who).drop_fen == 20_000
