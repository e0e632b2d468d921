"""Ten thousand seeded streams, split, joined, noisy and cut: each complete code comes once, nothing else does."""

from __future__ import annotations

import pytest

from tests.devices.scanner_streams import Maker, read


@pytest.mark.parametrize("thousand", range(10))
def test_no_code_is_lost_and_none_is_invented(thousand: int) -> None:
    codes = broken = 0
    for seed in range(thousand * 1000, (thousand + 1) * 1000):
        stream = Maker(seed).make()
        got, dropped = read(stream)
        assert [reading.raw for reading in got] == stream.codes, f"seed {seed}"
        assert dropped == stream.broken, f"seed {seed}"
        codes += len(stream.codes)
        broken += stream.broken
    assert codes > 4000
    assert broken > 1000
