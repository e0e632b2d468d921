"""A guide screen's session made into what its page shows."""

from __future__ import annotations

from dataclasses import dataclass, replace

from edge.clock import moment_of, stamp
from edge.desks.guide_goods import GuideGoods
from edge.desks.guide_phone import GuidePhone
from edge.desks.guide_shows import GuideShows
from edge.desks.members import MemberDesk
from edge.desks.tickets import TicketDesk
from edge.domain.catalogue import Goods
from edge.domain.guide_session import ORDERING_PLACES, Here, Place
from edge.domain.guide_views import Category, GuideView, Listing
from edge.domain.scanned_refusals import GoodsUnknown
from edge.records.books import Books

PAUSE_S = 300
"""A slide that somebody stopped goes on by itself after this."""
_TILES = 12
_BOUGHT = ORDERING_PLACES | {Place.ORDERED, Place.LAPSED}
"""What is on its way to being paid stays on the screen whatever becomes of the product."""
_ABOUT_GOODS = _BOUGHT | {Place.PRODUCT, Place.ORDER, Place.PHONE, Place.CALLED}


@dataclass(frozen=True)
class GuideShowing:
    """Reads only, but for the impressions that are counted."""

    books: Books
    goods: GuideGoods
    shows: GuideShows
    phone: GuidePhone
    members: MemberDesk
    tickets: TicketDesk

    def view(self, station: str, here: Here) -> GuideView:
        """What the page shows."""
        view = GuideView(
            here=here,
            line=self.goods.status.line(),
            closed=self.shows.closed(),
            quiet=self.shows.quiet(),
            volume=0 if self.shows.quiet() else self.shows.rules.volume,
            credited=here.said("guide"),
        )
        match here.place:
            case Place.ATTRACT:
                return self._attract(station, view)
            case Place.HOME:
                return replace(view, categories=self._categories(), strip=self.goods.strip())
            case Place.GOODS:
                return replace(view, listing=self._listing(here))
            case place if place in _ABOUT_GOODS:
                return self._about_goods(station, view)
            case Place.JOIN | Place.JOINED:
                return self._joining(station, view)
            case _:
                return view

    def _attract(self, station: str, view: GuideView) -> GuideView:
        stands, now = view.here.said("paused"), self.goods.status.now()
        if stands and (now - moment_of(view.here.entered_at)).total_seconds() > PAUSE_S:
            stands = ""
        slide = self.shows.slide(station, stands)
        if slide is not None:
            self.shows.shown(station, slide)
        url = ""
        if view.closed:
            url = self.phone.window(station, slide.sku if slide else "", slide.campaign if slide else "")
        strip = () if slide is not None and slide.media else self.goods.strip()
        return replace(view, slide=slide, paused=bool(stands), strip=strip, url=url)

    def _categories(self) -> tuple[Category, ...]:
        return tuple(Category(*row) for row in self.goods.rows.categories()[:_TILES])

    def _listing(self, here: Here) -> Listing:
        page = int(here.said("page") or "0")
        match here.said("list"):
            case "category":
                return self.goods.category(here.said("category"), page)
            case "letters":
                return self.goods.lettered(here.said("letters"), page)
            case _:
                return self.goods.offers()

    def _about_goods(self, station: str, view: GuideView) -> GuideView:
        here, known = view.here, self._goods(view.here)
        if known is None and here.place in _BOUGHT:
            return view
        if known is None:  # HQ took it back while it was being looked at
            return replace(view, here=Here(Place.UNKNOWN, {}, here.scan, here.entered_at, here.touched_at))
        product = self.goods.product(known)
        ways = self.phone.told(here.said("ways")) if here.place is Place.ORDER else None
        until = here.said("until")
        left = (moment_of(until) - self.goods.status.now()).total_seconds() if until else 0
        return replace(
            view,
            product=product,
            ways=ways,
            away=bool(here.said("away")),
            url=here.said("url") if left > 0 else "",
            left_s=max(0, round(left)),
            call=self.tickets.state(here.said("ticket")) if here.place is Place.CALLED else "",
        )

    def _goods(self, here: Here) -> Goods | None:
        code = here.said("code")
        if code:
            try:
                return self.goods.catalogue.by_code(self.goods.catalogue.read(code), judge=False)
            except GoodsUnknown:
                return None
        return self.goods.catalogue.by_sku(here.said("sku"))

    def _joining(self, station: str, view: GuideView) -> GuideView:
        link = self.books.members.link(stamp(self.goods.status.now()))
        zh, en = (link.title_zh, link.title_en) if link is not None else ("", "")
        if view.here.place is Place.JOINED:
            return replace(view, joining_zh=zh, joining_en=en)
        offered = self.members.joined(view.here.said("scene"), station)
        return replace(view, joining_zh=zh, joining_en=en, url=offered.url, left_s=offered.left_s)
