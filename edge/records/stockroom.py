"""What is known about stock besides its movements: what is promised, unfit, coming, elsewhere, in doubt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edge.db import Connection, Database
from edge.domain.distance import km10_between
from edge.domain.orders import Fen
from edge.domain.picking import RESERVED, Instead
from edge.domain.stock import Buckets
from edge.records.replica import LIVE_JOIN, LIVE_STATE
from edge.records.shelf import Shelf

LAST = "\U0010ffff"
"""Beyond every product number."""
_RESERVED = ", ".join(f"'{state.value}'" for state in RESERVED)
# An order's own word about its goods is in HQ's document; what was short or handed over of it is ours.
_PROMISED = (
    "SELECT json_extract(l.value, '$.sku') AS sku, json_extract(l.value, '$.qty') - coalesce(p.shorted, 0)"
    " - coalesce((SELECT sum(g.qty) FROM main.pickup h JOIN main.pickup_line g USING (pickup_id)"
    " WHERE h.order_id = o.order_id AND h.annulled_at = '' AND g.line = json_extract(l.value, '$.line')), 0)"
    # Other journals handed over before: those of a disk that was replaced.
    " - coalesce((SELECT sum(json_extract(e.value, '$.qty')) FROM json_each(o.doc, '$.handed') e"
    " WHERE json_extract(e.value, '$.line') = json_extract(l.value, '$.line')"
    " AND json_extract(e.value, '$.stream') IS NOT (SELECT stream_id FROM main.stream)), 0) AS qty"
    f" FROM {LIVE_JOIN}, json_each(o.doc, '$.lines') l LEFT JOIN main.pick_line p"
    " ON p.order_id = o.order_id AND p.line = json_extract(l.value, '$.line')"
    f" WHERE {LIVE_STATE} IN ({_RESERVED})"
    # Picked for nothing, and not yet back in its place.
    " UNION ALL SELECT p.sku, p.picked FROM main.pick_line p JOIN main.pick_task t USING (order_id)"
    " JOIN main.fulfilment f USING (order_id) WHERE f.state IN ('cancelled', 'rejected') AND t.put_back_at = ''"
    " AND p.picked > 0"
)


@dataclass(frozen=True)
class NodeRow:
    """What another place could sell of a product, as HQ said at `at` (RFC 3339)."""

    node: str
    kind: str
    name_zh: str
    name_en: str
    km10: int
    sellable: int
    at: str


class Stockroom:
    """Rows of movement_ref, unfit, stock_alarm, stock_check; reads of nodes and of promises."""

    def __init__(self, ledger: Database, shelf: Shelf) -> None:
        self._ledger = ledger
        self._shelf = shelf

    # ---- buckets ----

    def buckets(
        self, sku: str, tx: Connection | None = None, promised: Mapping[str, int] | None = None
    ) -> Buckets:
        """A product's pieces by what may be done with them.

        `promised`: what `reserved()` gave, for whoever looks at many products; each look goes through all live orders.
        Promises are read as they were before the transaction: a writer does not see HQ's file.
        """
        reader = tx or self._ledger.read()
        return Buckets(
            on_hand=self._shelf.level(sku, tx),
            reserved=(self.reserved(sku) if promised is None else promised).get(sku, 0),
            damaged=_number(reader, "SELECT coalesce(sum(qty), 0) FROM unfit WHERE sku = ?", sku),
            in_transit=sum(left for _, left, _, _ in self.coming(sku)),
        )

    def reserved(self, sku: str = "") -> dict[str, int]:
        """Pieces promised to orders, by product."""
        rows = self._ledger.read().execute(
            f"SELECT sku, sum(qty) FROM ({_PROMISED}) WHERE ?1 IN ('', sku) GROUP BY sku HAVING sum(qty) > 0",
            (sku,),
        )
        return {str(row[0]): int(row[1]) for row in rows.fetchall()}

    def coming(self, sku: str) -> list[tuple[str, int, str, str]]:
        """(paper, pieces not received yet, source, due) that HQ says are on their way here."""
        rows = self._ledger.read().execute(
            "SELECT i.ref, i.qty - coalesce((SELECT sum(m.qty) FROM main.movement_ref m WHERE m.ref = i.ref"
            " AND m.sku = i.sku AND m.qty > 0 AND m.reason IN ('transfer', 'receipt')), 0) AS left,"
            " i.source, i.due FROM hq.inbound i WHERE i.sku = ? AND left > 0 ORDER BY i.due, i.ref",
            (sku,),
        )
        return [tuple(row) for row in rows.fetchall()]

    def announced(self, ref: str) -> list[tuple[str, int, int]]:
        """(product, announced, received) of a paper."""
        rows = self._ledger.read().execute(
            "SELECT i.sku, i.qty, coalesce((SELECT sum(m.qty) FROM main.movement_ref m WHERE m.ref = i.ref"
            " AND m.sku = i.sku AND m.qty > 0), 0) FROM hq.inbound i WHERE i.ref = ? ORDER BY i.sku",
            (ref,),
        )
        return [tuple(row) for row in rows.fetchall()]

    def papers(self, limit: int = 20) -> list[tuple[str, str, str, int]]:
        """(paper, source, due, pieces announced) on their way here, the earliest first."""
        rows = self._ledger.read().execute(
            "SELECT ref, min(source), min(due), sum(qty) FROM hq.inbound GROUP BY ref ORDER BY 3, 1 LIMIT ?",
            (limit,),
        )
        return [tuple(row) for row in rows.fetchall()]

    def refer(
        self, tx: Connection, seq: int, sku: str, qty: int, reason: str, ref: str, at: str, staff: str
    ) -> None:
        """Keeps the paper and the hand of a movement."""
        values = (seq, sku, qty, reason, ref, at, staff)
        tx.execute("INSERT INTO movement_ref VALUES (?, ?, ?, ?, ?, ?, ?)", values)

    def shift(self, tx: Connection, seq: int, sku: str, qty: int, reason: str) -> None:
        """Pieces became unfit, or fit again."""
        tx.execute("INSERT INTO unfit VALUES (?, ?, ?, ?)", (seq, sku, qty, reason))

    def history(self, sku: str, limit: int = 20) -> list[tuple[int, int, str, str, str, str]]:
        """(number, pieces, reason, paper, at, staff) of a product's newest movements."""
        rows = self._ledger.read().execute(
            "SELECT m.seq, m.delta, m.reason, coalesce(r.ref, ''), coalesce(r.at, j.at, ''), coalesce(r.staff, '')"
            " FROM movement m LEFT JOIN movement_ref r USING (seq) LEFT JOIN journal j USING (seq)"
            " WHERE m.sku = ? ORDER BY m.seq DESC LIMIT ?",
            (sku, limit),
        )
        return [tuple(row) for row in rows.fetchall()]

    # ---- what HQ says ----

    def elsewhere(self, sku: str, store: str) -> list[NodeRow]:
        """What places other than a store could sell, the nearest to it first; how far unknown, last."""
        rows = self._ledger.read().execute(
            "SELECT n.node, n.kind, n.name_zh, n.name_en, coalesce(h.lat_e5, 0), coalesce(h.lon_e5, 0),"
            " n.lat_e5, n.lon_e5, s.sellable, s.at FROM hq.node_stock s JOIN hq.node n USING (node)"
            " LEFT JOIN hq.node h ON h.node = ?1 WHERE s.sku = ?2 AND n.node <> ?1",
            (store, sku),
        )
        found = [
            NodeRow(node, kind, zh, en, km10_between((lat, lon), (its_lat, its_lon)), sellable, at)
            for node, kind, zh, en, lat, lon, its_lat, its_lon, sellable, at in rows.fetchall()
        ]
        return sorted(found, key=lambda one: (one.km10 == 0, one.km10, one.node))

    def instead_of(self, sku: str, category: str) -> list[Instead]:
        """Products that HQ names for another, and those of its category."""
        reader = self._ledger.read()
        row = reader.execute("SELECT instead FROM hq.substitute WHERE sku = ?", (sku,)).fetchone()
        listed = row[0].split() if row else []
        marks = ", ".join("?" * len(listed)) or "''"
        rows = reader.execute(
            "SELECT p.sku, p.name_zh, p.name_en, p.category, r.fen FROM hq.product p JOIN hq.price r USING (sku)"
            f" WHERE p.sku <> ? AND (p.sku IN ({marks}) OR (p.category = ? AND p.category <> '')) LIMIT 200",
            (sku, *listed, category),
        ).fetchall()
        rank, promised = {name: n for n, name in enumerate(listed)}, self.reserved()
        return [
            Instead(
                one,
                zh,
                en,
                kind,
                Fen(fen),
                self.buckets(one, None, promised).sellable or 0,
                rank.get(one, -1),
            )
            for one, zh, en, kind, fen in rows
        ]

    def place(self, sku: str) -> tuple[str, str]:
        """(zone, place) where a product lies."""
        row = (
            self._ledger.read().execute("SELECT zone, place FROM hq.product WHERE sku = ?", (sku,)).fetchone()
        )
        return ("", "") if row is None else (str(row[0]), str(row[1]))

    def minimums(self, after: str, limit: int) -> list[tuple[str, str, str, int]]:
        """(product, name zh, name en, pieces below which it is an alert) of products beyond `after` that have such a
        figure."""
        asked = (
            "SELECT sku, name_zh, name_en, min_stock FROM hq.product WHERE min_stock > 0 AND sku > ?"
            " ORDER BY sku LIMIT ?"
        )
        return [tuple(row) for row in self._ledger.read().execute(asked, (after, limit)).fetchall()]

    # ---- alarms and checks ----

    def suspects(self, after_seq: int, *, anew: bool = True) -> set[str]:
        """Products whose figures may have gone wrong since a fact: moved, promised, or in doubt already.

        `anew`: HQ told new figures since; then all of its own are looked through.
        """
        reader = self._ledger.read()
        moved = reader.execute("SELECT DISTINCT sku FROM movement WHERE seq > ?", (after_seq,)).fetchall()
        shifted = reader.execute("SELECT DISTINCT sku FROM unfit WHERE seq > ?", (after_seq,)).fetchall()
        known = reader.execute("SELECT DISTINCT sku FROM stock_alarm").fetchall()
        below = reader.execute("SELECT sku FROM hq.stock WHERE on_hand < 0").fetchall() if anew else []
        return {str(row[0]) for row in (*moved, *shifted, *known, *below)} | set(self.reserved())

    def alarms(self, limit: int = -1) -> list[tuple[str, str, str]]:
        """(product, kind, since) of figures that cannot be true or kept, the oldest first (-1: all of them)."""
        asked = "SELECT sku, kind, since FROM stock_alarm ORDER BY since, sku LIMIT ?"
        return [tuple(row) for row in self._ledger.read().execute(asked, (limit,)).fetchall()]

    def alarm_kinds(self) -> list[tuple[str, int, str]]:
        """(kind, products, since when the oldest of them)."""
        asked = "SELECT kind, count(*), min(since) FROM stock_alarm GROUP BY kind ORDER BY kind"
        return [tuple(row) for row in self._ledger.read().execute(asked).fetchall()]

    def alarm_count(self) -> int:
        """How many those are."""
        return _number(self._ledger.read(), "SELECT count(*) FROM stock_alarm")

    def alarm(self, tx: Connection, sku: str, kind: str, since: str) -> None:
        """Somebody has to look at this."""
        tx.execute("INSERT OR IGNORE INTO stock_alarm VALUES (?, ?, ?)", (sku, kind, since))

    def calm(self, tx: Connection, sku: str, kind: str) -> None:
        """It is over."""
        tx.execute("DELETE FROM stock_alarm WHERE sku = ? AND kind = ?", (sku, kind))

    def figures(
        self, after: str, upto: str = LAST, most: int = -1, tx: Connection | None = None
    ) -> tuple[str, list[tuple[str, int]]]:
        """Pieces on hand of products beyond `after` that HQ or our own movements name, about `most` of them (-1: all).

        Gives the last product that was looked at, `LAST` at the end, and (product, pieces). Under a transaction own
        movements are those it sees; HQ's word is as it was before.
        """
        told = self._ledger.read().execute(
            "SELECT sku, on_hand FROM hq.stock WHERE sku > ? AND sku <= ? ORDER BY sku LIMIT ?",
            (after, upto, most),
        )
        found = dict(told.fetchall())
        last = str(max(found)) if len(found) == most else upto
        reader, within = tx or self._ledger.read(), (after, last)
        moved = reader.execute(
            "SELECT DISTINCT sku FROM movement WHERE sku > ? AND sku <= ?", within
        ).fetchall()
        counted = reader.execute(
            "SELECT DISTINCT sku FROM stock_count WHERE sku > ? AND sku <= ?", within
        ).fetchall()
        for sku in {row[0] for row in (*moved, *counted)}:
            level = self._shelf.level(sku, tx)
            if level is not None:
                found[sku] = level
            else:
                found[sku] = sum(one.delta for one in self._shelf.movements(sku, 0, tx))
        return last, list(found.items())

    def moved_since(self, seq: int, tx: Connection | None = None) -> list[tuple[str, int]]:
        """(product, fact) of movements and counts after a fact."""
        rows = (tx or self._ledger.read()).execute(
            "SELECT sku, seq FROM movement WHERE seq > ?1 UNION SELECT sku, seq FROM stock_count WHERE seq > ?1",
            (seq,),
        )
        return [(str(sku), int(number)) for sku, number in rows.fetchall()]

    def cursor(self) -> tuple[str, int]:
        """How far HQ's bucket of this store's stock was read: epoch and number."""
        row = (
            self._ledger.read()
            .execute("SELECT epoch, seq FROM hq.cursor WHERE bucket LIKE 's:%:stock' LIMIT 1")
            .fetchone()
        )
        return ("", 0) if row is None else (str(row[0]), int(row[1]))

    def checked(self, tx: Connection, day: str, seq: int, n: int, ck: str) -> None:
        """The figures of a day were sent."""
        tx.execute("INSERT OR REPLACE INTO stock_check VALUES (?, ?, ?, ?)", (day, seq, n, ck))

    def last_check(self) -> tuple[str, int, str] | None:
        """(day, products, HQ's verdict: "" pending, a JSON) of the newest check."""
        row = (
            self._ledger.read()
            .execute(
                "SELECT c.day, c.n, coalesce(j.verdict, '') FROM stock_check c LEFT JOIN journal j USING (seq)"
                " ORDER BY c.day DESC LIMIT 1"
            )
            .fetchone()
        )
        return None if row is None else (str(row[0]), int(row[1]), str(row[2]))

    def last_check_seq(self) -> int:
        """The number of the fact that the newest check is."""
        return _number(self._ledger.read(), "SELECT coalesce(max(seq), 0) FROM stock_check")


def _number(reader: Connection, sql: str, *values: object) -> int:
    return int(reader.execute(sql, values).fetchone()[0])
