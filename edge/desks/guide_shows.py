"""What a guide screen shows while nobody uses it: HQ's slides by schedule, hours, and when it is to be quiet."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from config.guide_schema import GuideSettings, within
from config.playlists import MOVING, Media, Slide, place_at
from edge.desks.guide_counts import ScreenCounts
from edge.desks.guide_prices import GuidePrices
from edge.desks.status import StatusDesk
from edge.domain.guide_views import SlideView
from edge.records.books import Books

HasMedia = Callable[[Media], Path | None]
"""The file of a picture or video, None while it is not here whole."""
Plays = Callable[[str, str], bool]
"""(SHA-256, station): whether that screen can show it, as far as it said."""


@dataclass(frozen=True)
class GuideShows:
    """A slide is a function of the playlist and the clock, so that two screens of a group show the same one."""

    books: Books
    status: StatusDesk
    prices: GuidePrices
    counts: ScreenCounts
    rules: GuideSettings
    media: HasMedia
    plays: Plays
    _seen: dict[str, tuple[int, int]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def slide(self, station: str, stands: str = "") -> SlideView | None:
        """The slide that is on now; `stands`: the number at which somebody stopped. None where HQ has none for now.

        One whose picture has not arrived, or cannot be shown here, is left out; one of a product that is not sold here
        is shown without it.
        """
        slides = self._due(station)
        second = int(self.status.now().timestamp())
        number, left = place_at(slides, second)
        if stands.isdecimal() and int(stands) < len(slides):
            number, left = int(stands), 0
        return self._view(slides, number, left) if slides else None

    def shown(self, station: str, slide: SlideView) -> None:
        """A page asked for this slide: an impression, once each time it comes on."""
        if not slide.ends_s:
            return  # somebody stopped it: it is one impression still
        until = round(self.status.now().timestamp() + slide.ends_s)
        with self._lock:
            number, before = self._seen.get(station, (-1, 0))
            # The same showing ends at the same second, give or take a rounding.
            if number == slide.number and abs(until - before) <= 1:
                return
            self._seen[station] = slide.number, until
        self.counts.note(station, "shown", slide.campaign, slide.sku)

    def closed(self) -> bool:
        """Whether the shop is closed by its hours; a shop without hours never is."""
        rules = self.rules
        if not rules.opens or not rules.closes:
            return False
        return not within(rules.opens, rules.closes, self._clock())

    def quiet(self) -> bool:
        """Whether it is to be quiet now: no sound, nothing moves."""
        return within(self.rules.quiet_from, self.rules.quiet_until, self._clock())

    def _due(self, station: str) -> tuple[Slide, ...]:
        groups = [name for name, of in sorted(self.rules.groups.items()) if station in of]
        closed, local, quiet = self.closed(), self._local(), self.quiet()
        return tuple(
            slide
            for slide in self.books.playlists.slides(station, groups)
            if slide.due(local, closed=closed) and self._showable(slide.media, station, quiet=quiet)
        )

    def _showable(self, media: Media | None, station: str, *, quiet: bool) -> bool:
        if media is None:
            return True
        if quiet and media.kind in MOVING:
            return False
        return self.plays(media.sha256, station) and self.media(media) is not None

    def _view(self, slides: tuple[Slide, ...], number: int, left: int) -> SlideView:
        slide = slides[number]
        goods = self.books.catalogue.by_sku(slide.sku) if slide.sku else None
        return SlideView(
            title_zh=slide.title_zh,
            title_en=slide.title_en,
            text_zh=slide.text_zh,
            text_en=slide.text_en,
            sku=goods.sku if goods else "",
            category=goods.category if goods else "",
            price_fen=self.prices.short(goods)[0] if goods else None,
            media=slide.media.sha256 if slide.media else "",
            moving=bool(slide.media and slide.media.kind in MOVING),
            campaign=slide.campaign,
            number=number,
            count=len(slides),
            ends_s=left,
        )

    def _clock(self) -> str:
        return self._local().strftime("%H:%M")

    def _local(self) -> datetime:
        return self.status.local(self.status.now()).replace(tzinfo=None)
