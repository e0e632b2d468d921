"""Screens as whoever looks after the devices sees them: bind one by the code it shows, see them, send one away."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import Blueprint, redirect, request
from flask_babel import gettext  # type: ignore[import-untyped]
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as WerkzeugResponse

from edge.domain.refusals import BadRequest
from edge.domain.screens import FITS, Screen
from edge.domain.staff import Operator
from edge.store import Store
from kiosk_ui import words

_HERE = "/it/#screens"
_CODE = re.compile(r"[0-9][0-9 ]{4,10}[0-9]", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9_-]{1,32}")
_NONCE = re.compile(r"[A-Za-z0-9_-]{8,64}")
_QUIET_S = 30
"""A screen looks at least this often; one that does not is switched off, or its line is cut."""
KINDS = {"kiosk": _l("自助收银机"), "guide": _l("导购屏"), "display": _l("顾客显示屏")}
_PLACES = {"cashier": _l("人工服务台"), "kiosk": _l("自助收银机"), "guide": _l("导购屏")}
ICONS = {"kiosk": "scan-barcode", "guide": "map-pin", "display": "monitor"}


class ItScreens:
    """Two forms; `operator` gives who is signed in and may."""

    def __init__(self, store: Store, operator: Callable[[], Operator]) -> None:
        self._store = store
        self._operator = operator

    def rules(self, site: Blueprint) -> None:
        """The routes under /it/screens."""
        for name in ("bind", "revoke"):
            view = getattr(self, name)
            site.add_url_rule(f"/screens/{name}", view_func=view, methods=["POST"], endpoint=f"screen_{name}")

    def bind(self) -> WerkzeugResponse:
        """POST code, station, nonce."""
        operator = self._operator()
        code, station = _field("code", _CODE), _field("station", _NAME)
        self._store.screens.bind(code, station, operator, _field("nonce", _NONCE))
        return redirect(_HERE, 303)

    def revoke(self) -> WerkzeugResponse:
        """POST screen, nonce."""
        operator = self._operator()
        self._store.screens.revoke(_field("screen", _NAME), operator, _field("nonce", _NONCE))
        return redirect(_HERE, 303)


def lives(screen: Screen) -> bool:
    """Whether it looked at the store just now."""
    return screen.seen_s is not None and screen.seen_s <= _QUIET_S


def seen(screen: Screen) -> str:
    """When it was last there, in words."""
    if screen.seen_s is None:
        return str(gettext("本次启动后还没有出现"))
    return (
        str(gettext("在线"))
        if lives(screen)
        else str(gettext("上次出现：%(age)s", age=words.ago(screen.seen_s)))
    )


def place(kind: str) -> str:
    """What kind of station it is, in words."""
    return str(_PLACES.get(kind, kind))


def kinds_at(kind: str) -> str:
    """What kind of screen fits a station of this kind, in words."""
    return next((str(KINDS[one]) for one, place in FITS.items() if place == kind), "")


def _field(name: str, shape: re.Pattern[str]) -> str:
    value = request.form.get(name, "").strip()
    if not shape.fullmatch(value):
        raise BadRequest(why=name)
    return value
