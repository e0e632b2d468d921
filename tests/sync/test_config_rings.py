"""The arithmetic of roll-outs, for every chain and every mishap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.hub.config_rings import RINGS, Standing, ends, halts, limit, order, passed

NOW = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
counts = st.integers(0, 20_000)
percents = st.sets(st.integers(1, 99)).map(lambda some: (*sorted(some), 100))


@given(counts, percents)
def test_rings_rise_to_everybody_and_begin_with_few(total: int, rings: tuple[int, ...]) -> None:
    stops = ends(total, rings)
    assert stops == sorted(set(stops))
    assert (stops[-1] if stops else 0) == total
    for stop, percent in zip(stops, rings, strict=False):
        assert stop >= 1
        if len(stops) == len(rings):
            assert stop - 1 < total * percent / 100 <= stop


def test_a_chain_of_a_thousand_and_a_chain_of_one() -> None:
    assert ends(1000) == [10, 100, 500, 1000]
    assert ends(3) == [1, 2, 3]
    assert ends(1) == [1]


@pytest.mark.parametrize("rings", [(), (50,), (10, 5, 100), (0, 100), (100, 100), (1, 10, 101)])
def test_percentages_that_do_not_rise_to_a_hundred_are_refused(rings: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="rise to 100"):
        ends(10, rings)


@given(st.sets(st.text(min_size=1, max_size=8)), st.integers(1, 1000))
def test_everybody_has_one_turn_and_the_first_is_not_always_the_same(stores: set[str], version: int) -> None:
    turns = order(version, stores)
    assert sorted(turns) == sorted(stores)
    assert turns == order(version, sorted(stores, reverse=True))
    if len(stores) > 5:
        assert len({order(v, stores)[0] for v in range(version, version + 60)}) > 1


@given(counts, counts, counts)
def test_it_halts_exactly_past_two_stores_or_two_percent(released: int, failed: int, waived: int) -> None:
    stands = Standing(released, released, failed, waived, None)
    assert halts(stands) == (failed - waived > 2 and (failed - waived) > (released * 2) // 100)
    assert limit(released) >= 2


@given(counts, st.integers(1, 20_000), st.integers(0, 7200), st.integers(0, 9000) | st.none())
def test_a_ring_passes_only_when_out_acknowledged_and_soaked(
    released: int, end: int, soak_s: int, ago_s: int | None
) -> None:
    first = None if ago_s is None else NOW - timedelta(seconds=ago_s)
    stands = Standing(20_000, released, 0, 0, first)
    assert passed(stands, end, soak_s, NOW) == (released >= end and ago_s is not None and ago_s >= soak_s)


def test_the_usual_rings() -> None:
    assert RINGS == (1, 10, 50, 100)
