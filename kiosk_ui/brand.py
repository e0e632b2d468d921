"""A retailer's colour and logo: two numbers from which the stylesheet derives every tone, and pictures."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from flask import Flask, Response, request

from config.schema import Settings
from edge.domain.refusals import UnknownThing
from edge.store import Store
from kiosk_ui.language import pick
from kiosk_ui.tones import Tone, tone_of

_AT = (0.33, 0.43, 0.8)
"""Lightnesses at which the stylesheet uses the colour at full strength."""
_MOST = 0.13
"""Beyond this a full field of colour is loud; the sign itself may be louder."""


def hue_and_chroma(brand: str) -> tuple[float, float]:
    """The hue in degrees, and as much of the chroma as every screen can show at all lightnesses that are used.

    Raises ValueError for what is no #RRGGBB.
    """
    tone = tone_of(brand)
    chroma = min(tone.chroma, _MOST)
    while chroma > 0 and not all(Tone(light, chroma, tone.hue).shows() for light in _AT):
        chroma = max(0.0, chroma - 0.002)
    return round(tone.hue, 1), round(chroma, 4)


def stylesheet(brand: str) -> str:
    """What is laid over the tokens for this colour."""
    hue, chroma = hue_and_chroma(brand)
    return f":root {{ --brand-h: {hue}; --brand-c: {chroma}; --brand-own: {brand}; }}\n"


def install(app: Flask, store: Store, settings: Settings) -> None:
    """/theme.css, where the settings name a colour; templates link it after the tokens. /brand/SHA256, the logo."""
    app.add_url_rule("/brand/<sha256>", view_func=_Logo(store).show, endpoint="brand")
    app.jinja_env.globals.update(logo_of=store.screens.logos.shown, shop_name=_shop_name(store))
    text = stylesheet(settings.screens.brand) if settings.screens.brand else ""
    version = hashlib.sha256(text.encode()).hexdigest()[:12]

    def show() -> Response:
        answer = Response(text, mimetype="text/css")
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer

    app.add_url_rule("/theme.css", view_func=show, endpoint="theme")
    app.jinja_env.globals["theme"] = f"/theme.css?v={version}" if text else ""


class _Logo:
    def __init__(self, store: Store) -> None:
        self._logos = store.screens.logos

    def show(self, sha256: str) -> Response:
        """GET /brand/<sha256>: a picture of the logo. For everybody, as the shop's front; raises UnknownThing."""
        found = self._logos.file(sha256)
        if found is None:
            raise UnknownThing
        picture, data = found
        answer = Response(data, mimetype=picture.mime)
        answer.set_etag(sha256)
        answer.headers["Cache-Control"] = "private, max-age=31536000, immutable"
        answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        answer.make_conditional(request)
        return answer


def _shop_name(store: Store) -> Callable[[], str]:
    """What the shop is called, in the page's language; "" before HQ said so."""

    def name() -> str:
        shop = store.screens.shop()
        return pick(shop.name_zh, shop.name_en) if shop else ""

    return name
