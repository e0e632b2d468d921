"""What facts about stock mean at HQ: sums of movements, and counts that are movements of the difference."""

from __future__ import annotations

from collections.abc import Callable

from sync.goods import StockCounted
from sync.hub.judging import Source, Touched, Unfit
from sync.hub.working_rows import LevelRow
from sync.hub.working_set import WorkingSet

COUNTED = "counted"


class StockEffects:
    """Moves the levels in memory. `report` opens a case: (code, what it is about)."""

    def __init__(
        self, rows: WorkingSet, source: Source, touched: Touched, report: Callable[[str, str], str]
    ) -> None:
        self._rows = rows
        self._from = source
        self._touched = touched
        self._report = report

    def move(self, sku: str, delta: int, reason: str, pos: int = 0) -> None:
        """Books a movement; a product HQ had no count of starts at nought.

        One that somebody's count saw already, though it reaches HQ later (from quarantine, or on the journal
        of a replaced disk), is booked and taken out again.
        """
        level = self._level(sku)
        self._book(sku, delta, reason, pos)
        if self._seen(level):
            self._book(sku, -delta, COUNTED, -1 - pos)
            delta = 0
        self._change(sku, level, delta)

    def counted(self, fact: StockCounted) -> None:
        """Books what was found more or less than by the books of that moment; raises Unfit."""
        source, rows = self._from, self._rows
        if fact.upto_seq >= source.seq:
            raise Unfit("BAD_FACT")
        if fact.count in rows.counts:
            raise Unfit("DUPLICATE_COUNT")
        level = self._level(fact.sku)
        delta = 0
        if not self._outdated(level, fact.upto_seq):
            delta = fact.counted + rows.moved_after(fact.sku, source.stream, fact.upto_seq) - level.on_hand
            level.count_stream, level.count_upto = source.stream, fact.upto_seq
            level.count_seq = source.seq
        rows.counts.add(fact.count)
        where = {"stream": source.stream, "seq": source.seq, "store": source.store, "sku": fact.sku}
        figures = {"counted": fact.counted, "upto_seq": fact.upto_seq, "delta": delta}
        rows.new_counts.append({"count_id": fact.count, **where, **figures})
        if delta:
            self._book(fact.sku, delta, COUNTED, 0)
        self._change(fact.sku, level, delta)

    def _level(self, sku: str) -> LevelRow:
        level = self._rows.levels.get(sku)
        if level is None:
            level = self._rows.levels[sku] = LevelRow(sku, 0, "", 0, new=True)
        return level

    def _seen(self, level: LevelRow) -> bool:
        """Whether a count looked at the shelf after this movement."""
        if not level.count_stream:
            return False
        if level.count_stream == self._from.stream:
            return self._from.seq <= level.count_upto
        return self._rows.is_newer(level.count_stream, self._from.stream)

    def _outdated(self, level: LevelRow, upto_seq: int) -> bool:
        """Whether another count looked at the shelf after this one."""
        if level.count_stream == self._from.stream:
            return (upto_seq, self._from.seq) < (level.count_upto, level.count_seq)
        return self._rows.is_newer(level.count_stream, self._from.stream)

    def _book(self, sku: str, delta: int, reason: str, pos: int) -> None:
        source = self._from
        where = {"stream": source.stream, "seq": source.seq, "pos": pos, "store": source.store, "sku": sku}
        where["delta"], where["reason"] = delta, reason
        self._rows.moved.append(where)

    def _change(self, sku: str, level: LevelRow, delta: int) -> None:
        before, source = level.on_hand, self._from
        level.on_hand += delta
        # A replaced stream says nothing about how far the store's present journal is contained.
        if not source.late:
            level.stream, level.upto_seq = source.stream, source.seq
        # What HQ never had a figure of is not short of anything: its opening is still to come.
        if level.on_hand < 0 <= before and level.told:
            self._report("NEGATIVE_STOCK", sku)
        level.told = True
        self._rows.changed_levels.add(sku)
        self._touched.skus.add(sku)
