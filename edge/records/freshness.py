"""How old HQ's word is, by class of data: now, and at its worst each day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from edge.clock import Clock, moment_of, stamp
from edge.db import Database
from edge.records.replica import Replica

_OWN = ("orders", "cmd", "stock", "staff", "quota", "coupon", "member", "returns", "config")
CLASSES = (*_OWN, "price", "promo", "catalog", "nodes", "keys", "shops")
AGEING_S, ALARM_S, STALE_S = 120, 600, 900
"""From the first on a page says so, from the second on store IT is told; from the third on the data are promised to
nobody."""
_KEPT_DAYS = 90


@dataclass(frozen=True)
class Age:
    """A class of data. `age_s` None: never read whole. `word`: "fresh", "ageing", "alarm", "stale"."""

    name: str
    age_s: int | None
    worst_s: int
    worst_at: str

    @property
    def word(self) -> str:
        """How it stands."""
        if self.age_s is None or self.age_s >= STALE_S:
            return "stale"
        if self.age_s >= ALARM_S:
            return "alarm"
        return "ageing" if self.age_s >= AGEING_S else "fresh"

    @property
    def late(self) -> bool:
        """Whether store IT is told."""
        return self.age_s is not None and self.age_s >= ALARM_S


class Freshness:
    """Ages as rows; noted beside every exchange, whether it worked or not."""

    def __init__(self, ledger: Database, clock: Clock, replica: Replica) -> None:
        self._ledger = ledger
        self._clock = clock
        self._replica = replica

    def note(self) -> None:
        """Keeps today's worst age of each class."""
        now = self._clock.now()
        day, at = self._day(now), stamp(now)
        known = [(name, age) for name in CLASSES if (age := self._age(name, now)) is not None]
        worst = dict(
            self._ledger.read().execute("SELECT class, worst_s FROM freshness WHERE day = ?", (day,))
        )
        worse = [(day, name, age, at) for name, age in known if age > worst.get(name, -1)]
        if not worse:
            return
        with self._ledger.transaction(durable=False) as tx:
            tx.executemany(
                "INSERT INTO freshness (day, class, worst_s, at) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (day, class) DO UPDATE SET worst_s = excluded.worst_s, at = excluded.at",
                worse,
            )
            tx.execute(
                "DELETE FROM freshness WHERE day NOT IN (SELECT DISTINCT day FROM freshness ORDER BY day DESC LIMIT ?)",
                (_KEPT_DAYS,),
            )

    def now(self) -> tuple[Age, ...]:
        """Every class: its age now, and today's worst."""
        now = self._clock.now()
        query = "SELECT class, worst_s, at FROM freshness WHERE day = ?"
        worst = {name: (age, at) for name, age, at in self._ledger.read().execute(query, (self._day(now),))}
        ages = ((name, self._age(name, now)) for name in CLASSES)
        return tuple(Age(name, age, *worst.get(name, (age or 0, ""))) for name, age in ages)

    def _age(self, name: str, now: datetime) -> int | None:
        ends = f":{name}" if name in _OWN else f":{name}:CN"
        heard = self._replica.consistent_at(ends)
        return None if not heard else max(0, int((now - moment_of(heard)).total_seconds()))

    def _day(self, now: datetime) -> str:
        return self._clock.local(now).date().isoformat()
