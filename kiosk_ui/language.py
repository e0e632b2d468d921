"""Which language a screen speaks: a cookie of its own, changed by a visible switch."""

from __future__ import annotations

import re

from flask import Blueprint, Response, redirect, request
from flask_babel import gettext  # type: ignore[import-untyped]
from werkzeug.wrappers import Response as WerkzeugResponse

from edge.domain.refusals import Refusal, Words
from kiosk_ui.security import noticed

COOKIE = "se_language"
NAMES = {"zh": "中文", "hant": "繁體", "en": "English"}
"""Languages by their own names, as the switch shows them."""

_TAGS = {"zh": "zh-CN", "hant": "zh-Hant", "en": "en"}
_LOCALES = {"zh": "zh_Hans_CN", "hant": "zh_Hant", "en": "en"}
_BACK = re.compile(
    r"/(?:cashier/(?:sign-in|return|sale(?:/shift)?)?|it/|guide/[A-Za-z0-9_-]{0,32}|kiosk/|display/|screen/pair|style)"
)


def language() -> str:
    """`zh` (the shop's own), `hant` (Traditional Chinese) or `en`."""
    wanted = request.cookies.get(COOKIE, "zh")
    return wanted if wanted in NAMES else "zh"


def language_tag(code: str = "") -> str:
    """The BCP 47 tag of a language, of the page's own without one."""
    return _TAGS[code or language()]


def locale() -> str:
    """The locale that Flask-Babel is to use."""
    return _LOCALES[language()]


def pick(zh: str, en: str) -> str:
    """The one of two that fits the language; the other where that one is missing."""
    return (en or zh) if language() == "en" else (zh or en)


def told(refusal: Refusal) -> Words:
    """A refusal in the language of the page; the security log hears of it where it is of that kind."""
    noticed(refusal)
    if language() != "hant":
        return refusal.words(language())
    # Its own words are Simplified: the catalogue has them as it has the pages'.
    return Words(
        gettext(refusal.zh).format_map(refusal.facts), gettext(refusal.next_zh).format_map(refusal.facts)
    )


def blueprint() -> Blueprint:
    """POST /language {language, next}: sets the cookie and goes back."""
    site = Blueprint("language", __name__)
    site.add_url_rule("/language", view_func=_change, methods=["POST"], endpoint="change")
    return site


def _change() -> WerkzeugResponse:
    back = request.form.get("next", "")
    answer = redirect(back if _BACK.fullmatch(back) else "/cashier/", 303)
    wanted = request.form.get("language", "")
    if wanted in NAMES:
        # A shopper's choice goes with the shopper: the guide screen comes back to the shop's own language.
        keep(
            answer,
            COOKIE,
            wanted,
            _shopper_s(back) if back.startswith(("/guide/", "/kiosk/")) else 365 * 86_400,
        )
    return answer


def _shopper_s(back: str) -> int:
    """How long a shopper's language lasts, seconds: a page that wipes forgets it sooner by itself."""
    return 3600 if back in {"/guide/", "/kiosk/"} else 120


def keep(answer: Response | WerkzeugResponse, name: str, value: str, seconds: int | None = None) -> None:
    """Sets a cookie that scripts and other sites cannot see."""
    answer.set_cookie(
        name, value, max_age=seconds, httponly=True, samesite="Strict", secure=request.is_secure, path="/"
    )
