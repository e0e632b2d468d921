"""What a scan or a touch does to a kiosk's basket: goods, bags, quantities, what is asked twice, what is not known."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field

from config.kiosk_schema import KioskSettings
from edge.desks.day_shifts import open_for_today
from edge.desks.lane_places import LanePlaces, shopper_at
from edge.desks.sale_scans import SaleRoom
from edge.domain.lane_checks import TOBACCO, TWICE_MS
from edge.domain.lane_refusals import LaneFull, LaneUnknown, TobaccoAtDesk
from edge.domain.lane_session import Act, Here
from edge.domain.scanned import Scanned
from edge.domain.scanned_refusals import GoodsUnknown
from edge.domain.selling import Basket, Line
from edge.domain.selling_refusals import NotForSale, NotRecognised

_MOST_STRANGERS = 5
_LONGEST_CODE = 64


@dataclass(frozen=True)
class LaneBasket:
    """The shopper's side of store.sales: there is no other basket."""

    places: LanePlaces
    room: SaleRoom
    rules: KioskSettings
    _last: dict[str, tuple[str, int]] = field(default_factory=dict)
    """The newest code of goods at each kiosk, as a hash, and when it was read; it may be lost with the process."""

    def at(self, station: str) -> Basket | None:
        """The basket of the kiosk, None before the first goods."""
        return self.room.selling.at(station)

    def begun(self, station: str, nonce: str) -> Basket:
        """The basket, opened where there is none, in a shift that the kiosk opens by itself."""
        here = self.at(station)
        if here is None:
            self.opened(station)
            here = self.room.selling.open(shopper_at(station), f"{nonce}:open")
        return here

    def opened(self, station: str) -> None:
        """A kiosk's sales belong to a shift of a day, without cash; it begins with the first shopper."""
        open_for_today(self.room.shifts, station)

    def goods(self, station: str, seen: Scanned, text: str, nonce: str) -> Here:
        """Goods by their code. Read twice within 1.2 s it is asked about, once; unknown ones hold nothing up."""
        if self._twice(station, text):
            return self.places.move(station, Act.GOODS, {"again": text[:_LONGEST_CODE]})
        self._allowed(station, seen)
        try:
            return self.put(station, text, nonce)
        except (NotRecognised, NotForSale):
            self.room.catalogue.noted(seen, station)
            self.places.move(station, Act.GOODS)
            code = (seen.facts.gtin or seen.value)[:_LONGEST_CODE]
            return self.places.say(station, LaneUnknown(), strange="".join(code.split()))

    def put(self, station: str, text: str, nonce: str) -> Here:
        """Puts what the code means into the basket; raises what selling raises.

        Goods whose weight differs go in as well: a person looks at them at 结算.
        """
        odd = self.room.differs(text, station)
        before = self.begun(station, nonce)
        after = self.room.scan(text, shopper_at(station), nonce, weighed=True)
        return self._landed(station, before, after, odd=odd)

    def take(self, station: str, sku: str, nonce: str) -> Here:
        """A product that was looked up, or a bag; raises TobaccoAtDesk, LaneFull, what selling raises."""
        self._sellable(station, sku)
        before = self.begun(station, nonce)
        ware = self.room.selling.books.wares.ware(sku)
        if ware is not None and ware.by_weight:
            after = self.room.selling.weigh(sku, shopper_at(station), nonce)
        else:
            after = self.room.selling.add(sku, shopper_at(station), nonce)
        return self._landed(station, before, after)

    def again(self, station: str, nonce: str, *, yes: bool) -> Here:
        """Whether it is meant once more, or was read twice."""
        text = self.places.here(station).said("again")
        if not yes or not text:
            return self.places.move(station, Act.GOODS)
        self._allowed(station, self.room.catalogue.read(text))
        return self.put(station, text, nonce)

    def stranger(self, station: str) -> Here:
        """What is in no catalogue stays: a person looks at it at 结算."""
        here = self.places.here(station)
        code, known = here.said("strange"), here.many("strangers")
        if code and len(known) < _MOST_STRANGERS:
            known = tuple(dict.fromkeys((*known, code)))
        self.begun(station, secrets.token_hex(8))
        return self.places.move(station, Act.GOODS, {"strangers": " ".join(known)})

    def forget(self, station: str, code: str) -> Here:
        """The shopper leaves it after all."""
        known = [one for one in self.places.here(station).many("strangers") if one != code]
        return self.places.move(station, Act.GOODS, {"strangers": " ".join(known)})

    def count(self, station: str, line: int, by: int, nonce: str) -> Here:
        """One piece more or less of a line; the last one takes the line out."""
        basket = self.at(station)
        found = next((one for one in basket.lines if one.line == line), None) if basket else None
        if basket is None or found is None:
            return self.places.move(station, Act.GOODS)
        return self._set(station, basket, found, found.qty + (1 if by > 0 else -1), nonce)

    def remove(self, station: str, lines: tuple[int, ...], nonce: str) -> Here:
        """Takes whole lines out."""
        here = self.places.here(station)
        for line in lines:
            basket = self.at(station)
            found = next((one for one in basket.lines if one.line == line), None) if basket else None
            if basket is not None and found is not None:
                here = self._set(station, basket, found, 0, f"{nonce}:{line}")
        return here

    def limit(self, station: str, lines: tuple[int, ...], most: int, nonce: str) -> Here:
        """Leaves so many pieces of the product in these lines, and no more."""
        basket = self.at(station)
        left = most
        for line in basket.lines if basket else ():
            if basket is not None and line.line in lines:
                if line.qty > left:
                    who, wish = shopper_at(station), f"{nonce}:{line.line}"
                    self.room.selling.set_qty(basket.basket, line.line, left, who, wish)
                left -= min(left, line.qty)
        return self.places.move(station, Act.GOODS)

    def _set(self, station: str, basket: Basket, line: Line, qty: int, nonce: str) -> Here:
        here = self.places.here(station)
        self.room.selling.set_qty(basket.basket, line.line, max(0, qty), shopper_at(station), nonce)
        # Bags are no goods that anybody would look for.
        gone = qty <= 0 and line.sku not in self.rules.bags
        removed = int(here.said("removed") or 0) + gone
        told = {"removed": str(removed or ""), "flash": str(line.line) if qty > 0 else ""}
        return self.places.move(station, Act.GOODS, told)

    def _landed(self, station: str, before: Basket, after: Basket, *, odd: bool = False) -> Here:
        known = {line.line: line.qty for line in before.lines}
        fresh = [line.line for line in after.lines if known.get(line.line) != line.qty]
        flash = fresh[-1] if fresh else max((line.line for line in after.lines), default=0)
        told = {"flash": str(flash or "")}
        if odd and fresh:
            told["odd"] = " ".join((*self.places.here(station).many("odd"), str(flash)))
        return self.places.move(station, Act.GOODS, told)

    def _twice(self, station: str, text: str) -> bool:
        now = self.places.books.clock.mono_ms()
        mark = hashlib.sha256(text.encode()).hexdigest()
        before, at = self._last.get(station, ("", 0))
        self._last[station] = (mark, now)
        return before == mark and now - at < TWICE_MS

    def _allowed(self, station: str, seen: Scanned) -> None:
        try:
            goods = self.room.catalogue.by_code(seen)
        except GoodsUnknown:
            return
        self._sellable(station, goods.sku)

    def _sellable(self, station: str, sku: str) -> None:
        ware = self.room.selling.books.wares.ware(sku)
        if ware is not None and TOBACCO in ware.flags:
            raise TobaccoAtDesk
        basket = self.at(station)
        lines = basket.lines if basket else ()
        if len(lines) >= self.rules.most_lines and all(line.sku != sku for line in lines):
            raise LaneFull(most=self.rules.most_lines)
