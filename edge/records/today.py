"""Figures of a day, counted over what other records wrote."""

from __future__ import annotations

import json
from typing import Any

from edge.db import Database


class DayFigures:
    """Reads only; `since` is a moment (RFC 3339 UTC)."""

    def __init__(self, ledger: Database) -> None:
        self._ledger = ledger

    def sales(self, since: str) -> tuple[int, int]:
        """(how many, fen) of sales, those of training not."""
        row = self._one(
            "SELECT count(*), coalesce(sum(net_fen), 0) FROM sale WHERE at >= ? AND training = 0", since
        )
        return int(row[0]), int(row[1])

    def finished(self, since: str) -> tuple[int, int, int]:
        """(orders, of them in time, pieces short) that reached their shelf."""
        # The journal has no index by time: the last number of an earlier day narrows it down to the newest rows.
        asked = (
            "SELECT body FROM journal WHERE kind = 'pick.finished' AND at >= ?1 AND seq >"
            " coalesce((SELECT max(seq) FROM journal_day WHERE day < substr(?1, 1, 10)), 0)"
        )
        facts = [_fact(row[0]) for row in self._ledger.read().execute(asked, (since,))]
        return (
            len(facts),
            sum(bool(fact["in_time"]) for fact in facts),
            sum(int(fact["shorted"]) for fact in facts),
        )

    def refunds_pending(self) -> int:
        """Returns whose money is on its way: what HQ is to send, and what a provider has not settled."""
        at_hq = self._one(
            "SELECT count(*) FROM goods_return r LEFT JOIN hq.return_state s USING (ret)"
            " WHERE r.at_hq = 1 AND coalesce(s.state, 'to_refund') = 'to_refund'"
        )
        here = self._one("SELECT count(DISTINCT ref) FROM pay_refund WHERE state = 'refunding'")
        return int(at_hq[0]) + int(here[0])

    def score(self, since: str) -> float | None:
        """The mean of the answers from nought to ten."""
        found = self._one("SELECT avg(score) FROM feedback WHERE at >= ? AND scale = 'nps'", since)[0]
        return None if found is None else float(found)

    def own_sales(self, staff: str, since: str) -> list[tuple[str, str, int, int, int]]:
        """(receipt, at, pieces, fen, fen that came back) of sales with this guide, newest first."""
        asked = (
            "SELECT receipt, at, (SELECT coalesce(sum(qty), 0) FROM sale_line l WHERE l.sale = s.sale), net_fen,"
            " (SELECT coalesce(sum(refund_fen), 0) FROM goods_return r WHERE r.source = 'sale' AND r.ref = s.sale)"
            " FROM sale s WHERE at >= ? AND guide = ? AND training = 0 ORDER BY at DESC"
        )
        return [tuple(row) for row in self._ledger.read().execute(asked, (since, staff))]

    def own_joins(self, staff: str, since: str) -> list[tuple[str, str]]:
        """(at, what HQ said came of it) of codes for joining that this guide showed, newest first."""
        asked = (
            "SELECT o.at, coalesce(s.result, '') FROM join_offer o LEFT JOIN hq.join_scene s USING (scene)"
            " WHERE o.at >= ? AND o.guide = ? ORDER BY o.at DESC"
        )
        return [tuple(row) for row in self._ledger.read().execute(asked, (since, staff))]

    def own_orders(self, staff: str, since: str) -> list[tuple[str, str, bool]]:
        """(order, at, whether it was taken back) of hand-overs by this person, newest first."""
        asked = (
            "SELECT order_id, at, annulled_at <> '' FROM pickup WHERE at >= ? AND staff = ? ORDER BY at DESC"
        )
        return [(row[0], row[1], bool(row[2])) for row in self._ledger.read().execute(asked, (since, staff))]

    def _one(self, asked: str, *values: object) -> tuple[Any, ...]:
        return tuple(self._ledger.read().execute(asked, values).fetchone())


def _fact(body: str) -> dict[str, Any]:
    fact: dict[str, Any] = json.loads(body)["d"]
    return fact
