"""A cashier's browser without a person: signs in, reads the page, submits its forms by the page's own rules."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from edge.demo.hops import Missed

if TYPE_CHECKING:
    import requests

_KEY = re.compile(r'data-key="((?:found|refused|handed|home|product|attract|unknown|error)[^"]*)"')
_WAIT_S = 10.0


@dataclass
class Form:
    """A form of a page: where it goes and what its hidden fields hold."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._open: Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = dict(attrs)
        if tag == "form":
            self._open = Form(facts.get("action") or "")
            self.found.append(self._open)
        elif tag == "input" and self._open is not None and facts.get("type") == "hidden":
            self._open.fields[facts.get("name") or ""] = facts.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None


@dataclass(frozen=True)
class Page:
    """A page as it came: the stage's key and the text."""

    text: str

    @property
    def key(self) -> str:
        """The key of the stage on it, "" where there is none."""
        found = _KEY.search(self.text)
        return html.unescape(found[1]) if found else ""

    def form(self, action: str, *, without: str = "") -> Form:
        """The first form to `action` that has no field `without`; raises Missed."""
        forms = _Forms()
        forms.feed(self.text)
        for form in forms.found:
            if form.action == action and (not without or without not in form.fields):
                return form
        raise Missed(f"no form to {action} on the page {self.key}")


class Till:
    """One browser at one station."""

    def __init__(self, url: str, station: str) -> None:
        import requests

        self._url = url
        self._station = station
        self._session = requests.Session()

    def close(self) -> None:
        """Closes the browser's connections."""
        self._session.close()

    def sign_in(self, staff: str, pin: str) -> None:
        """By staff number and PIN; raises Missed when the desk does not open."""
        form = self.page(f"/cashier/sign-in?station={self._station}").form("/cashier/sign-in")
        answer = self.submit(Form(form.action, {**form.fields, "staff": staff, "pin": pin}))
        if answer.status_code != 303 or not answer.headers["Location"].endswith("/cashier/"):
            raise Missed(f"sign-in answered {answer.status_code}")

    def page(self, path: str = "/cashier/") -> Page:
        """GET; raises Missed for anything but a page."""
        answer = self._session.get(self._url + path, timeout=_WAIT_S, allow_redirects=False)
        if answer.status_code != 200:
            raise Missed(f"{path.partition('?')[0]} answered {answer.status_code}")
        return Page(answer.text)

    def submit(self, form: Form, origin: str | None = None) -> requests.Response:
        """POST as the browser would: with the address of the page as its origin, unless told otherwise."""
        headers = {"Origin": self._url if origin is None else origin}
        url = self._url + form.action
        return self._session.post(url, form.fields, headers=headers, timeout=_WAIT_S, allow_redirects=False)

    def type_in(self, text: str) -> None:
        """Types into the page's scan box and presses Enter."""
        form = self.page().form("/cashier/scan")
        self.submit(Form(form.action, {**form.fields, "text": text}))

    def put_back(self) -> None:
        """Lets go of the order on the stage."""
        self.submit(self.page().form("/cashier/dismiss"))

    def hand_over(self) -> tuple[Form, str]:
        """Presses the one big button; returns the form as sent and the address of the result."""
        form = self.page().form("/cashier/redeem", without="some")
        return form, self.redeem(form)

    def redeem(self, form: Form) -> str:
        """Sends a hand-over form; returns the address of the result, raises Missed when it is refused."""
        answer = self.submit(form)
        if answer.status_code != 303:
            raise Missed(f"hand-over answered {answer.status_code} {Page(answer.text).key}")
        return answer.headers["Location"]
