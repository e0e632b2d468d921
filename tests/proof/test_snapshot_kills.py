"""Slow: first loads of bigger shops, the whole process killed at every stage, many times over."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.hub.database import open_hub
from sync.hub.desk import HubDesk
from sync.hub.snapshots import Snapshots
from sync.messages import Product
from tests.edge.test_snapshot_line import CATALOG, ROWS, hq, killed_again_and_again

pytestmark = pytest.mark.slow
__all__ = ["hq"]
MORE = 60_000


@pytest.mark.parametrize("run", range(5))
def test_all_of_it_or_nothing(tmp_path: Path, hq: tuple[HubDesk, str], run: int) -> None:
    desk, _ = hq
    desk.publish_products(
        Product(sku=f"Q{n}", gtin=f"{790000000 + n}", name_zh=f"豆浆{run}", name_en="Soy")
        for n in range(MORE)
    )
    Snapshots(open_hub(tmp_path / "hub.db"), tmp_path / "hub.db.snapshots").build(CATALOG)
    seen = killed_again_and_again(tmp_path, hq, 30)
    assert seen == {0, ROWS + MORE}
