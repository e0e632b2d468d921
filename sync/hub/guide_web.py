"""HQ's endpoints for shoppers' screens: ways to get a product, baskets for phones, pictures and videos."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from flask import Flask, Response, send_file

from sync.guiding import CART_PATH, MEDIA_PATH, OPTIONS_PATH, CartAsk, OptionsAsk
from sync.hub.envelope import Refused
from sync.hub.guide_desk import ScreenDesk
from sync.hub.media import Media
from sync.hub.ordering_desk import OrderingDesk
from sync.ordering import ORDER_PATH, OrderAsk

Ask = Callable[[Any], Any]
Said = Callable[[msgspec.Struct], Response]


def serve_screens(app: Flask, desk: ScreenDesk, admit: Callable[[], str], asked: Ask, said: Said) -> None:
    """Adds what screens ask while somebody waits; `admit` gives the store that asks or raises Refused."""

    @app.post(OPTIONS_PATH)
    def ask_options() -> Response:
        store, wish = admit(), asked(OptionsAsk)
        return said(desk.options(store, wish))

    @app.post(CART_PATH)
    def ask_cart() -> Response:
        store, wish = admit(), asked(CartAsk)
        return said(desk.cart(store, wish))


def serve_orders(app: Flask, desk: OrderingDesk, admit: Callable[[], str], asked: Ask, said: Said) -> None:
    """Adds orders that are paid at a screen."""

    @app.post(ORDER_PATH)
    def ask_order() -> Response:
        store, wish = admit(), asked(OrderAsk)
        return said(desk.ask(store, wish))


def serve_media(app: Flask, media: Media | None, who: Callable[[], str]) -> None:
    """Adds the files of playlists, whole or by Range, for any store; `who` raises Refused 401."""

    @app.get(f"{MEDIA_PATH}<sha256>")
    def file(sha256: str) -> Response:
        who()
        found = media.file(sha256) if media is not None else None
        if found is None:
            raise Refused(404, "no_media")
        kind = "application/octet-stream"
        response = send_file(found.resolve(), kind, conditional=True, etag=sha256, max_age=86_400)
        response.headers["Cache-Control"] = "private, immutable, max-age=86400"
        return response
