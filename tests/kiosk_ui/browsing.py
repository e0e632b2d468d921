"""A real Chromium that notices every complaint: console, foreign requests, CSP, accessibility."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests import conftest
from tests.kiosk_ui.conftest import PIN, Site, serve

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = conftest.CHROMIUM
GTIN = "6901234567892"


@dataclass
class Watched:
    """A page, and everything about it that should stay empty."""

    page: Page
    site: Site
    complaints: list[str] = field(default_factory=list)

    def sign_in(self, staff: str = "1001") -> None:
        self.page.goto(self.site.url + "/cashier/")
        self.page.fill("#staff", staff)
        self.page.fill("#pin", PIN)
        self.page.press("#pin", "Enter")
        self.page.wait_for_selector(".home")
        self.page.wait_for_load_state()  # a key pressed before the scan box has the focus is nobody's

    def type_in(self, text: str, then: str) -> None:
        # Not keyboard.type(): that is as fast as a scanner.
        self.page.fill("#scan-text", text)
        self.page.press("#scan-text", "Enter")
        self.page.wait_for_selector(then)

    def sound(self, state: str) -> None:
        """No accessibility violation in this state, and no complaint so far."""
        from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

        # Motion over: a half-faded text has half its contrast.
        self.page.evaluate(
            "document.getAnimations().forEach(a => { try { a.finish() } catch { a.cancel() } })"
        )
        results = Axe().run(self.page)
        assert results.violations_count == 0, f"{state}: {results.generate_report()}"
        assert self.complaints == [], state
        wide = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{state}: {wide} px wider than the screen"


Watch = Callable[..., Watched]


@pytest.fixture
def watch(browser: Browser) -> Iterator[Watch]:
    contexts = []

    def start(site: Site, language: str = "zh", **options: Any) -> Watched:
        size = options.pop("viewport", {"width": 1280, "height": 800})
        context = browser.new_context(viewport=size, **options)
        contexts.append(context)
        context.add_cookies([{"name": "se_language", "value": language, "url": site.url}])
        watched = Watched(context.new_page(), site)
        page, complaints = watched.page, watched.complaints
        page.set_default_timeout(10_000)
        page.on("console", lambda m: complaints.append(m.text) if m.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))

        def asked(request: Any) -> None:
            url = urlsplit(request.url)
            if url.scheme != "data" and url.hostname != "127.0.0.1":
                complaints.append(f"outside: {url.hostname}")

        page.on("request", asked)
        context.expose_binding("cspBreach", lambda _source, told: complaints.append(f"CSP: {told}"))
        context.add_init_script(
            "document.addEventListener('securitypolicyviolation', e => cspBreach(e.violatedDirective + e.blockedURI))"
        )
        return watched

    yield start
    for context in contexts:
        context.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    yield from serve(tmp_path)
