"""The guide screens' sessions: one row a screen, moved by touches, scans and time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from edge.clock import moment_of, stamp
from edge.db import Connection
from edge.desks.catalogue import CatalogueDesk
from edge.desks.guide_counts import ScreenCounts
from edge.desks.guide_goods import GuideGoods
from edge.desks.status import Poke, StatusDesk
from edge.domain.catalogue import Goods
from edge.domain.guide_refusals import ScreenMovedOn
from edge.domain.guide_session import IDLE_NAMES, ORDERING_PLACES, Act, Here, Place, moved
from edge.domain.guide_views import StockWord
from edge.domain.idle import Waits, idle_of
from edge.domain.scanned import ScanKind
from edge.domain.scanned_refusals import GoodsUnknown
from edge.records.books import Books
from edge.records.counter import ScanRow
from edge.records.guide import GuideRows
from edge.records.journal import Author
from edge.records.wishes import WishRow
from sync.goods import DemandLost

FRESH_S = 90
"""A scan that came longer ago is nobody's any more."""
Extra = Callable[[Connection, Here], None]


@dataclass(frozen=True)
class GuidePlaces:
    """Every move is one transaction without a sync of its own: what a screen shows is nothing that happened."""

    books: Books
    status: StatusDesk
    catalogue: CatalogueDesk
    rows: GuideRows
    goods: GuideGoods
    counts: ScreenCounts
    poke: Poke
    waits: Waits
    leaving: list[Callable[[str, Here], None]]
    """Hear of a screen that goes to rest, before it does."""

    def here(self, station: str) -> Here:
        """What the screen shows, a scan that came meanwhile dealt with."""
        found = self.rows.here(station) or Here()
        if found.place in ORDERING_PLACES:
            return self._unless_gone(
                station, found
            )  # scans are the order's; an older one is nobody's any more
        row = self.books.scans.newest(station)
        if row is None or row.id <= found.scan or row.handled_at:
            return self._unless_gone(station, found)
        if (self.status.now() - moment_of(row.at)).total_seconds() > FRESH_S:
            return self._unless_gone(station, found)
        try:
            return self._scanned(station, row)
        except ScreenMovedOn:
            return self.rows.here(station) or Here()  # a touch was quicker, and led to an order that is paid

    def move(
        self,
        station: str,
        act: Act,
        facts: Mapping[str, str] | None = None,
        *,
        scan: int | None = None,
        extra: Extra | None = None,
    ) -> Here:
        """The screen after an act; `extra` happens in the same transaction. Raises ScreenMovedOn."""
        now = stamp(self.status.now())
        with self.books.ledger.transaction(durable=False) as tx:
            before = self.rows.here(station, tx) or Here()
            after = moved(before, act, now, facts, scan)
            self.rows.save(tx, station, after)
            if extra is not None:
                extra(tx, after)
        if before.place is Place.ATTRACT and after.place is not Place.ATTRACT and scan is None:
            self.counts.note(station, "touched", after.said("campaign"))
        if act is not Act.TOUCH:
            self.poke(f"station:{station}")
        return after

    def open(self, station: str, goods: Goods, how: str, *, code: str = "", scan: int | None = None) -> Here:
        """A product's page. One that is not here though somebody looked for it is demand lost: told once an hour."""
        lost = how in {"scanned", "searched"} and self.goods.word(goods.sku) is StockWord.NONE

        def note(tx: Connection, after: Here) -> None:
            hour = self.status.local(self.status.now()).strftime("%Y-%m-%dT%H")
            name = f"lost:{station}:{goods.sku}:{hour}"
            if lost and self.books.wishes.done(name, tx) is None:
                fact = DemandLost(goods.sku, 1, "scanned" if how == "scanned" else "searched")
                seq = self.books.journal.append(tx, fact, Author(station, after.said("guide")))
                self.books.wishes.add(tx, name, WishRow("", seq, ""))

        facts = {"sku": goods.sku, "how": how, **({"code": code} if code else {})}
        after = self.move(station, Act.OPEN, facts, scan=scan, extra=note)
        self.counts.note(station, "viewed", after.said("campaign"), goods.sku)
        if lost:
            self.poke("outbox")
        return after

    def renew(self, station: str, here: Here, facts: Mapping[str, str]) -> Here:
        """The same place with other facts: nobody touched anything, so that the screen still goes to rest."""
        with self.books.ledger.transaction(durable=False) as tx:
            if self.rows.here(station, tx) != here:
                return self.rows.here(station, tx) or Here()
            after = replace(here, facts=dict(facts), rev=here.rev + 1)
            self.rows.save(tx, station, after)
        return after

    def rest(self, station: str) -> Here:
        """The shopper is gone: whatever was on the screen goes."""
        before = self.rows.here(station) or Here()
        for hear in self.leaving:
            hear(station, before)
        return self.move(station, Act.REST)

    def turn(self) -> bool:
        """The backstop for a page that does not wipe itself: screens that nobody touched for too long rest."""
        worked = False
        for station in self.rows.touched_before(stamp(self.status.now()), Place.ATTRACT.value):
            here = self.rows.here(station)
            worked |= here is not None and self._unless_gone(station, here) is not here
        return worked

    def _unless_gone(self, station: str, here: Here) -> Here:
        """The screen, at rest where nobody touched it for too long: a page that asks must not wait for `turn`."""
        if not here.touched_at:
            return here
        quiet_s = (self.status.now() - moment_of(here.touched_at)).total_seconds()
        over = idle_of("guide", IDLE_NAMES[here.place], self.waits).over(quiet_s - 1)
        return self.rest(station) if over else here

    def _scanned(self, station: str, row: ScanRow) -> Here:
        kind = ScanKind(row.kind)
        if kind is ScanKind.BADGE:
            return self._badge(station, row)
        if kind in _GOODS_LIKE:
            try:
                goods = self.catalogue.by_code(self.catalogue.read(row.text), judge=False)
            except GoodsUnknown:
                return self.move(station, Act.MISS, scan=row.id)
            self.counts.note(station, "scanned", "", goods.sku)
            return self.open(station, goods, "scanned", code=row.text, scan=row.id)
        return self.move(station, Act.DESK, scan=row.id)

    def _badge(self, station: str, row: ScanRow) -> Here:
        """A member of staff stands with the shopper: what is ordered from now on is credited to them."""
        person = self.books.replica.staff_by_badge(hashlib.sha256(row.text.encode()).hexdigest())
        before = self.rows.here(station) or Here()
        with self.books.ledger.transaction(durable=False) as tx:
            facts = {**before.facts, **({"guide": person.staff} if person else {})}
            place = Place.HOME if before.place is Place.ATTRACT else before.place
            now = stamp(self.status.now())
            after = replace(before, place=place, facts=facts, scan=row.id, touched_at=now, rev=before.rev + 1)
            self.rows.save(tx, station, after)
        return after


_GOODS_LIKE = frozenset(
    {ScanKind.GTIN, ScanKind.VARIABLE, ScanKind.GS1, ScanKind.URL, ScanKind.UNKNOWN, ScanKind.ORDER}
)
