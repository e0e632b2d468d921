"""What facts about deposits mean at HQ: which are used, and what contradicts what HQ knew."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from sync.deposits import DepositReleased, DepositsUp, DepositUsed
from sync.hub.bulk import insert_rows, rows_of, update_rows
from sync.hub.deposit_tables import deposit, deposit_use
from sync.hub.judging import Source, Touched, Unfit
from sync.messages import Up


@dataclass
class _Use:
    deposit: str
    store: str
    released: bool


@dataclass
class DepositSet:
    """Deposits that a few facts are about; locked, in sorted order, until the commit."""

    deposits: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Deposit -> (store, state)."""
    uses: dict[str, _Use] = field(default_factory=dict)
    """Those that the facts name, and those that stand of the deposits that they name."""
    fresh: dict[str, dict[str, Any]] = field(default_factory=dict)
    released: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)

    def load(self, conn: Connection, facts: Iterable[Up]) -> None:
        """Reads what the facts are about."""
        some = [fact for fact in facts if isinstance(fact, DepositUsed | DepositReleased)]
        if not some:
            return
        names = {fact.deposit for fact in some}
        for row in rows_of(conn, deposit, "deposit", names, lock=True):
            self.deposits[row.deposit] = (row.store, row.state)
        for row in rows_of(conn, deposit_use, "use_id", {fact.use for fact in some}):
            self.uses[row.use_id] = _Use(row.deposit, row.store, bool(row.released))
        for row in rows_of(conn, deposit_use, "deposit", names):
            self.uses.setdefault(row.use_id, _Use(row.deposit, row.store, bool(row.released)))

    def take(self, fact: DepositsUp, source: Source, touched: Touched) -> str:
        """Takes a fact in; "" or the code of the contradiction, raises Unfit. A sale stands whatever is odd of it."""
        code = self._used(fact, source) if isinstance(fact, DepositUsed) else self._released(fact, source)
        if fact.deposit in self.changed:
            touched.deposits.add(fact.deposit)
        return code

    def _used(self, fact: DepositUsed, source: Source) -> str:
        if fact.use in self.uses:
            raise Unfit("DUPLICATE_USE")
        before = self._standing(fact.deposit)
        self.uses[fact.use] = _Use(fact.deposit, source.store, released=False)
        where = {"store": source.store, "stream": source.stream, "seq": source.seq, "released": 0}
        figures = {"sale": fact.sale, "fen": fact.fen, "paid_fen": fact.paid_fen}
        self.fresh[fact.use] = {"use_id": fact.use, "deposit": fact.deposit, **where, **figures}
        store, state = self.deposits.get(fact.deposit, ("", ""))
        if not state:
            return "UNKNOWN_DEPOSIT"
        if state == "refunded":
            return "DEPOSIT_REFUNDED"
        self._state(fact.deposit, "used")
        if before:
            return "DEPOSIT_USED_TWICE"
        return "" if store == source.store else "DEPOSIT_NOT_HERE"

    def _released(self, fact: DepositReleased, source: Source) -> str:
        use = self.uses.get(fact.use)
        if use is None or (use.store, use.deposit) != (source.store, fact.deposit):
            raise Unfit("UNKNOWN_USE")
        if use.released:
            raise Unfit("RELEASED_TWICE")
        use.released = True
        if fact.use in self.fresh:
            self.fresh[fact.use]["released"] = 1
        else:
            self.released.add(fact.use)
        if self.deposits.get(fact.deposit, ("", ""))[1] == "used" and not self._standing(fact.deposit):
            self._state(fact.deposit, "live")
        return ""

    def _standing(self, name: str) -> bool:
        return any(use.deposit == name and not use.released for use in self.uses.values())

    def _state(self, name: str, state: str) -> None:
        store, before = self.deposits[name]
        if state != before:
            self.deposits[name] = (store, state)
            self.changed.add(name)

    def write(self, conn: Connection) -> None:
        """Writes what changed."""
        states = [{"deposit": name, "state": self.deposits[name][1]} for name in sorted(self.changed)]
        update_rows(conn, deposit, ("deposit",), states)
        insert_rows(conn, deposit_use, list(self.fresh.values()))
        gone = [{"use_id": name, "released": 1} for name in sorted(self.released)]
        update_rows(conn, deposit_use, ("use_id",), gone)
