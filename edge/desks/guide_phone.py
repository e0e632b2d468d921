"""From the screen to the shopper's phone: HQ's ways to get a product, and a basket that the phone goes on with."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

import msgspec

from edge.clock import moment_of, stamp
from edge.desks.status import StatusDesk
from edge.domain.guide_refusals import OrderingAway, WayGone
from edge.domain.guide_views import Way
from edge.domain.orders import Fen
from edge.domain.views import LineWord
from edge.records.books import Books
from sync.guiding import CartAsk, CartSaid, OptionsAsk, OptionsSaid, ScreensAtHq
from sync.messages import SyncFault


@dataclass(frozen=True)
class GuidePhone:
    """Asks HQ while somebody waits, three seconds at most; nothing is promised that HQ did not say."""

    books: Books
    status: StatusDesk
    store: str
    at_hq: ScreensAtHq | None

    def ways(self, sku: str) -> str:
        """HQ's ways to get one piece, as they are kept in a session; raises OrderingAway."""
        if self.at_hq is None or self.status.word() is LineWord.DOWN:
            raise OrderingAway
        try:
            said = self.at_hq.options(OptionsAsk(sku))
        except SyncFault:
            raise OrderingAway from None
        return msgspec.json.encode(said).decode()

    def told(self, kept: str) -> tuple[Way, ...]:
        """The ways of a session."""
        if not kept:
            return ()
        said = msgspec.json.decode(kept.encode(), type=OptionsSaid)
        return tuple(
            Way(
                one.option,
                one.kind,
                one.name_zh,
                one.name_en,
                one.km10,
                self.status.local(moment_of(one.ready)) if one.ready else None,
                Fen(one.fen),
                one.here,
            )
            for one in said.options
        )

    def cart(self, asked: CartAsk) -> CartSaid:
        """A basket of HQ's for the phone; raises OrderingAway, WayGone."""
        if self.at_hq is None or self.status.word() is LineWord.DOWN:
            raise OrderingAway
        try:
            said = self.at_hq.cart(asked)
        except SyncFault:
            raise OrderingAway from None
        if said.why == "gone":
            raise WayGone
        if said.why or not said.url:
            raise OrderingAway
        return said

    def window(self, station: str, sku: str, campaign: str) -> str:
        """Where a phone in front of the closed shop goes: HQ's own page, with this store and screen; "" nowhere."""
        link = self.books.members.link(stamp(self.status.now()))
        if link is None:
            return ""
        facts = {"store": self.store, "screen": station, "sku": sku, "campaign": campaign}
        more = urlencode({name: text for name, text in facts.items() if text})
        return f"{link.url}{'&' if '?' in link.url else '?'}{more}"
