"""What must hold at HQ of points, coupons and grants: I2 and I4 of the contract."""

from __future__ import annotations

from collections import Counter

import msgspec
from sqlalchemy import select

from sync.hub.benefit_tables import coupon, coupon_use, escrow, points_entry
from tests.sim.hq_checks import Ledger
from tests.sim.world import Broken, World

_SPENDS = {"stock.moved", "points.spent", "grant.returned"}


def benefits(w: World, ledger: Ledger) -> None:
    """Points are the sum of their facts, no grant is overspent unseen, a coupon for one use is used once unseen."""
    points: Counter[tuple[str, int]] = Counter()
    spent: Counter[str] = Counter()
    returned: Counter[str] = Counter()
    contested: set[str] = set()
    verdicts: dict[str, str] = {}
    for stream, rows in ledger.events.items():
        for row in rows:
            if row.verdict == "quarantined":
                continue
            d = msgspec.json.decode(row.body)["d"]
            if row.kind in {"points.earned", "points.spent"}:
                points[stream, row.seq] = d["points"] if row.kind == "points.earned" else -d["points"]
            if row.kind == "coupon.redeemed":
                verdicts[d["use"]] = row.verdict
            if row.kind in _SPENDS and row.code != "UNKNOWN_GRANT" and d.get("grant"):
                units = returned if row.kind == "grant.returned" else spent
                units[d["grant"]] += (
                    d["units"] if units is returned else abs(d.get("qty", d.get("points", 0)))
                )
                if row.verdict == "conflict":
                    contested.add(d["grant"])
    _compare(w, points, spent, returned, contested, verdicts)


def _compare(
    w: World,
    points: Counter[tuple[str, int]],
    spent: Counter[str],
    returned: Counter[str],
    contested: set[str],
    verdicts: dict[str, str],
) -> None:
    with w.hq.reading() as conn:
        entries = {
            (row.stream, row.seq): row.points
            for row in conn.execute(select(points_entry))
            if not row.stream.startswith("opening:")
        }
        if entries != dict(points):
            raise Broken("I2", "points at HQ are not those of its facts")
        for row in conn.execute(select(escrow)):
            if (row.spent, row.returned) != (spent[row.grant_id], returned[row.grant_id]):
                raise Broken("I2", f"{row.store}: what HQ counts as spent of a grant is not what was spent")
            if row.spent + row.returned > row.units and row.grant_id not in contested:
                raise Broken("I4", f"{row.store}: more spent of {row.subject} than granted, and no case")
        once = set(conn.scalars(select(coupon.c.coupon).where(coupon.c.cls != "A")))
        uses = Counter(
            row.coupon
            for row in conn.execute(select(coupon_use).where(coupon_use.c.released == 0))
            if verdicts.get(row.use_id) == "applied" and row.coupon in once
        )
        if any(n > 1 for n in uses.values()):
            raise Broken("I3", f"a coupon for one use was used twice, and no case: {uses}")
