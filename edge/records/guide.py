"""What guide screens show and count, and what HQ says of products for them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from edge.clock import stamp
from edge.db import Connection, Database
from edge.domain.guide_session import Here, Place
from sync.guiding import Said

_FAMILY = 12
"""Variants of one family that a screen shows."""


@dataclass(frozen=True)
class ReviewRow:
    """How a product is rated: tenths of a star, how many rated it, and what they say in short."""

    stars10: int
    reviews: int
    says: tuple[Said, ...]


@dataclass(frozen=True)
class VariantRow:
    """One of a family."""

    sku: str
    label_zh: str
    label_en: str


@dataclass(frozen=True)
class CountRow:
    """So often at a screen since a moment (RFC 3339)."""

    what: str
    campaign: str
    sku: str
    since: str
    n: int


class GuideRows:
    """Rows of guide_session and screen_count; reads of review, ranked, variant and of categories."""

    def __init__(self, ledger: Database) -> None:
        self._ledger = ledger

    # ---- sessions ----

    def here(self, station: str, tx: Connection | None = None) -> Here | None:
        """What a screen shows; None where it never showed anything."""
        asked = "SELECT state, doc, scan, entered_at, touched_at, rev FROM guide_session WHERE station = ?"
        row = (tx or self._ledger.read()).execute(asked, (station,)).fetchone()
        if row is None:
            return None
        return Here(Place(row[0]), msgspec.json.decode(row[1], type=dict[str, str]), *row[2:])

    def save(self, tx: Connection, station: str, here: Here) -> None:
        """Keeps what a screen shows now."""
        doc = msgspec.json.encode(here.facts).decode()
        values = (station, here.place.value, doc, here.scan, here.entered_at, here.touched_at, here.rev)
        tx.execute("INSERT OR REPLACE INTO guide_session VALUES (?, ?, ?, ?, ?, ?, ?)", values)

    def touched_before(self, at: str, resting: str) -> list[str]:
        """Screens that nobody touched since and that do not rest."""
        asked = "SELECT station FROM guide_session WHERE touched_at < ? AND state <> ? ORDER BY station"
        return [str(row[0]) for row in self._ledger.read().execute(asked, (at, resting)).fetchall()]

    # ---- counts ----

    def count(self, tx: Connection, station: str, row: CountRow, most: int) -> None:
        """Counts; where a screen has more than `most` different counts already, without the product."""
        kinds = tx.execute("SELECT count(*) FROM screen_count WHERE station = ?", (station,)).fetchone()[0]
        sku = row.sku if kinds < most else ""
        tx.execute(
            "INSERT INTO screen_count VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (station, what, campaign, sku) DO UPDATE SET n = n + excluded.n",
            (station, row.what, row.campaign, sku, row.since, row.n),
        )

    def counting(self) -> dict[str, str]:
        """Screens that counted something, and since when."""
        asked = "SELECT station, min(since) FROM screen_count GROUP BY station ORDER BY station"
        return dict(self._ledger.read().execute(asked).fetchall())

    def take_counts(self, tx: Connection, station: str, most: int) -> list[CountRow]:
        """Takes up to so many counts of a screen off the table, the oldest first."""
        rows = tx.execute(
            "SELECT what, campaign, sku, since, n FROM screen_count WHERE station = ?"
            " ORDER BY since, what, campaign, sku LIMIT ?",
            (station, most),
        ).fetchall()
        found = [CountRow(*row) for row in rows]
        for row in found:
            tx.execute(
                "DELETE FROM screen_count WHERE station = ? AND what = ? AND campaign = ? AND sku = ?",
                (station, row.what, row.campaign, row.sku),
            )
        return found

    # ---- HQ's word ----

    def review(self, sku: str) -> ReviewRow | None:
        """How a product is rated."""
        asked = "SELECT stars10, reviews, says FROM hq.review WHERE sku = ?"
        row = self._ledger.read().execute(asked, (sku,)).fetchone()
        if row is None:
            return None
        return ReviewRow(row[0], row[1], msgspec.json.decode(row[2], type=tuple[Said, ...]))

    def ranked(self, name: str) -> tuple[str, ...]:
        """Products of a list of HQ's, the best first."""
        row = self._ledger.read().execute("SELECT skus FROM hq.ranked WHERE list = ?", (name,)).fetchone()
        return tuple(row[0].split("\n")) if row and row[0] else ()

    def family(self, sku: str) -> list[VariantRow]:
        """A product and its variants, in HQ's order; none where it is alone."""
        rows = self._ledger.read().execute(
            "SELECT v.sku, v.label_zh, v.label_en FROM hq.variant o JOIN hq.variant v USING (family)"
            " JOIN hq.product p ON p.sku = v.sku WHERE o.sku = ? ORDER BY v.rank, v.sku LIMIT ?",
            (sku, _FAMILY),
        )
        found = [VariantRow(*row) for row in rows.fetchall()]
        return found if len(found) > 1 else []

    def categories(self) -> list[tuple[str, int]]:
        """(category, products in it), the largest first."""
        rows = self._ledger.read().execute(
            "SELECT category, count(*) FROM hq.product WHERE category <> '' GROUP BY category ORDER BY 2 DESC, 1"
        )
        return [(str(row[0]), int(row[1])) for row in rows.fetchall()]

    def in_category(self, category: str, first: list[str], skip: int, most: int) -> list[str]:
        """A page of a category's products: those of `first` before the others, in its order."""
        rows = self._ledger.read().execute(
            "SELECT p.sku FROM hq.product p LEFT JOIN json_each(?) f ON f.value = p.sku"
            " WHERE p.category = ? AND p.category <> '' ORDER BY coalesce(f.key, 1000000), p.sku LIMIT ? OFFSET ?",
            (json.dumps(first), category, most, skip),
        )
        return [str(row[0]) for row in rows.fetchall()]

    def sold_lately(self, category: str, now: datetime, most: int) -> list[str]:
        """Products of a category that this store sold most of in four weeks: what is recommended without HQ's word."""
        rows = self._ledger.read().execute(
            "SELECT m.sku FROM main.movement m JOIN hq.product p ON p.sku = m.sku"
            " WHERE m.seq >= coalesce((SELECT seq FROM main.journal_day WHERE day >= ? ORDER BY day LIMIT 1), 0)"
            " AND m.reason IN ('sale', 'pickup') AND p.category = ?"
            " GROUP BY m.sku ORDER BY sum(m.delta), m.sku LIMIT ?",
            (stamp(now - timedelta(days=28))[:10], category, most),
        )
        return [str(row[0]) for row in rows.fetchall()]

    def stock_of_list(self, limit: int) -> list[str]:
        """Any products that are here, for a shop to which HQ names none."""
        rows = self._ledger.read().execute(
            "SELECT s.sku FROM hq.stock s JOIN hq.price r USING (sku) JOIN hq.product p USING (sku)"
            " WHERE s.on_hand > 5 ORDER BY s.sku LIMIT ?",
            (limit,),
        )
        return [str(row[0]) for row in rows.fetchall()]
