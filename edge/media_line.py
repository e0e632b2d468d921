"""The fetching of screens' pictures and videos as a worker's turn: a bounded step, then a pause."""

from __future__ import annotations

import logging
from collections.abc import Callable

from config.playlists import Media
from config.schema import Settings
from edge.desks.media import Fetch, MediaShelf, Unwhole
from edge.desks.screens import TOPIC as SCREENS
from edge.desks.status import Poke
from edge.hq_line import credential
from edge.records.books import Books
from edge.store import Store
from edge.workers import Worker
from sync.messages import SyncFault
from sync.pieces import Gone, Pieces

_log = logging.getLogger("store_edge.media")
_PAUSE_S, _WRONG_S = 60.0, 300.0
_TEND_S = 2.0
_PATIENCE_S = 60.0
Hire = Callable[..., None]


class MediaLine:
    """One file at a time. What cannot be had is left out of the slides and tried again later."""

    def __init__(
        self,
        books: Books,
        shelf: MediaShelf,
        poke: Poke,
        pieces: Pieces | None,
        always: tuple[Media, ...] = (),
    ) -> None:
        """`pieces`: HQ, None where there is none; then what is here already is verified and shown.

        `always`: what is wanted beside the playlists, first: the logo.
        """
        self._always = always
        self._books = books
        self._shelf = shelf
        self._poke = poke
        self._fetch: Fetch | None = None if pieces is None else _from(pieces)
        self._wrong: set[str] = set()

    def turn(self) -> float:
        """One step; gives the pause until the next, seconds."""
        wanted = tuple(dict.fromkeys((*self._always, *self._books.playlists.media())))
        self._shelf.tidy(wanted)
        owed = self._shelf.missing([one for one in wanted if one.sha256 not in self._wrong])
        if owed is None:
            self._wrong.clear()
            return _PAUSE_S
        try:
            if self._shelf.step(owed, self._fetch):
                self._poke("playlists")
            elif self._fetch is None:
                self._wrong.add(owed.sha256)
        except SyncFault as fault:
            _log.info("a picture waits for the line", extra={"trouble": fault.code})
            return _PAUSE_S
        except (Gone, Unwhole, OSError) as error:
            self._wrong.add(owed.sha256)
            self._poke(SCREENS)
            _log.warning(
                "a picture of HQ's cannot be had",
                extra={"media": owed.sha256[:12], "why": type(error).__name__},
            )
            return _WRONG_S if len(self._wrong) >= len(wanted) else 0.0
        return 0.0


def _from(pieces: Pieces) -> Fetch:
    from sync.guiding import MEDIA_PATH

    def fetch(media: Media, start: int, length: int, into: Callable[[bytes], object]) -> None:
        pieces.fetch(MEDIA_PATH + media.sha256, start, length, into)

    return fetch


def hire_media(settings: Settings, books: Books, store: Store, poke: Poke, hire: Hire) -> None:
    """Takes on the workers of shoppers' screens: what screens owe by themselves, and the fetching."""

    def tend() -> float:
        return 0.0 if store.guide.turn() else _TEND_S

    hire(Worker("screens", tend))
    pieces, hq = None, settings.hq
    if hq.url:
        from sync.pieces import HttpPieces
        from sync.transport import HttpTransport

        shown = credential(hq, books)
        ask = HttpTransport(hq.url, shown, hq.timeout_s, hq.ca_file).ask
        pieces = HttpPieces(hq.url, shown, ask, max(hq.timeout_s, _PATIENCE_S / 2), hq.ca_file)
    logos = store.screens.logos
    logos.comes_from(store.guide.media)
    store.printing.letterhead.shows(logos.paper)
    line = MediaLine(books, store.guide.media, poke, pieces, logos.wanted())
    hire(Worker("media", line.turn, 2 * _PATIENCE_S), "inbox")
