"""What facts about picking, unfit pieces and the store's own figures mean at HQ: rows for people, and cases."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from sqlalchemy import Table

from sync.goods import DemandLost, GoodsUp, StockAlarmed, StockChecked, StockShifted
from sync.hub.judging import Source, Unfit
from sync.hub.pick_tables import lost_demand, pick_short, pick_time, unfit_piece
from sync.hub.working_set import WorkingSet
from sync.messages import canonical
from sync.picks import PickFinished, PickShorted, PickSubstituted, PicksUp

DIFFERS = "STOCK_DIFFERS"
OVERSOLD = "OVERSOLD"
HeardUp = PicksUp | StockShifted | StockAlarmed | StockChecked | DemandLost


class PickEffects:
    """Keeps what was said. `report` opens a case: (code, its subject); `strange`: why an order is not the store's."""

    def __init__(
        self,
        rows: WorkingSet,
        source: Source,
        report: Callable[[str, str], str],
        strange: Callable[[str], str],
    ) -> None:
        self._rows = rows
        self._from = source
        self._report = report
        self._strange = strange

    def apply(self, fact: HeardUp | GoodsUp) -> str:
        """Returns "" or the code of the contradiction; raises Unfit."""
        match fact:
            case StockShifted():
                if not fact.qty:
                    raise Unfit("BAD_FACT")
                self._keep(unfit_piece, sku=fact.sku, qty=fact.qty, reason=fact.reason)
            case DemandLost():
                self._keep(lost_demand, sku=fact.sku, qty=fact.qty, how=fact.how, at=self._from.at)
            case StockAlarmed():
                # Fewer than nought HQ sees by itself; what is promised to whom, only the store.
                if fact.kind == "oversold":
                    self._report(OVERSOLD, fact.sku)
            case StockChecked():
                return self._checked(fact)
            case PickShorted() | PickSubstituted():
                reason = fact.reason if isinstance(fact, PickShorted) else "substituted"
                what = {"line": fact.line, "sku": fact.sku, "qty": fact.qty, "reason": reason}
                self._keep(pick_short, order_no=fact.order, **what)
                return self._strange(fact.order)
            case PickFinished():
                spans = {name: getattr(fact, name) for name in ("accept_s", "wait_s", "pick_s", "shelve_s")}
                done = {"units": fact.units, "shorted": fact.shorted, "in_time": int(fact.in_time)}
                self._keep(pick_time, order_no=fact.order, **spans, **done)
                return self._strange(fact.order)
            case _:
                raise Unfit("UNKNOWN_KIND")
        return ""

    def _keep(self, table: Table, **values: object) -> None:
        source = self._from
        where = {"stream": source.stream, "seq": source.seq, "store": source.store}
        self._rows.keep(table, {**where, **values})

    def _checked(self, fact: StockChecked) -> str:
        """Compares only where the store had read all that HQ had said: otherwise a difference is merely on its way."""
        if fact.upto_seq != self._from.seq - 1:
            raise Unfit("BAD_FACT")
        if self._from.late or not self._rows.all_read(fact.e, fact.cursor):
            return ""
        figures = self._rows.all_levels()
        total = sum(
            int.from_bytes(hashlib.sha256(canonical([sku, n])).digest()[:8], "big")
            for sku, n in figures.items()
        )
        same = (len(figures), f"{total % (1 << 64):016x}") == (fact.n, fact.ck)
        return "" if same else DIFFERS
