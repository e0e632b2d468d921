"""Twenty screens at one daemon, the first paint of every home page, and what all scripts weigh."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import os
import re
import statistics
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import kiosk_ui
from bench.rounds import Row, ms, percentile, timed
from bench.screens_eyes import Eyes, seat
from bench.screens_shop import GUIDES, KIOSKS, LEAD, PIN, TILLS, Place

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_IDLE_S, _SCANS, _PAGES = 20.0, 6, 10
_MOST_KB, _MOST_IDLE = 60, 0.05
_OTHERS = (*KIOSKS[1:], *GUIDES, *TILLS)
"""Seven kiosks, six guide screens, six displays: with K1 there are twenty."""


class Shopper(Protocol):
    """Who scans at K1."""

    def scan(self) -> Mapping[str, float]:
        """Seconds to the callback ("told") and to the line ("drawn")."""


def first_paints(opened: Browser, here: Place) -> dict[str, Callable[[], Mapping[str, float]]]:
    """A pass for each home page and one for a page of one line; every pass has a browser context of its own."""
    staff = _signed_in(opened, here)

    def paint(url: str, kind: str, token: str) -> Mapping[str, float]:
        context = seat(opened, here.web, kind, token)
        try:
            if kind == "":
                context.add_cookies(staff)  # type: ignore[arg-type]
            return {"paint": Eyes(context.new_page()).first_paint(url)}
        finally:
            context.close()

    homes = {kind: (f"{here.web}/{kind}/", kind, token) for kind, token in _of_kinds(here).items()}
    homes |= {name: (f"{here.web}/{name}/", "", "") for name in ("cashier", "it")}
    homes["floor"] = (here.floor + "/", "", "")
    return {name: partial(paint, *home) for name, home in homes.items()}


def _of_kinds(here: Place) -> dict[str, str]:
    return dict(here.tokens[name] for name in (KIOSKS[0], GUIDES[0], TILLS[0]))


def _signed_in(opened: Browser, here: Place) -> list[object]:
    context = opened.new_context()
    page = context.new_page()
    page.goto(here.web + "/cashier/")
    page.fill("#staff", LEAD)
    page.fill("#pin", PIN)
    page.press("#pin", "Enter")
    page.wait_for_selector(".home")
    cookies: list[object] = list(context.cookies())
    context.close()
    return cookies


def crowd(opened: Browser, here: Place, shopper: Shopper, rounds: int) -> list[Row]:
    """One screen, then twenty, round by round: a page, a scan, the daemon's memory, threads and idle work."""
    alone: dict[str, list[float]] = {"page": [], "scan": []}
    among: dict[str, list[float]] = {"page": [], "scan": []}
    for number in range(rounds):
        _measure(here, shopper, alone)
        with contextlib.ExitStack() as there:
            for name in _OTHERS:
                kind, token = here.tokens[name]
                context = seat(opened, here.web, kind, token)
                there.callback(context.close)
                Eyes(context.new_page()).open(f"{here.web}/{kind}/")
            _measure(here, shopper, among)
            if number == rounds - 1:
                many = _state(here)
    one = _state(here)
    return [
        _beside("screens-20-page", "the kiosk's whole page over HTTP (p50)", among["page"], alone["page"]),
        _beside("screens-20-scan", "a scan -> its line drawn (p50)", among["scan"], alone["scan"]),
        _held(many, one),
        _idle(many, one),
    ]


def _measure(here: Place, shopper: Shopper, into: dict[str, list[float]]) -> None:
    into["page"].append(percentile([_page(here) for _ in range(_PAGES)], 50))
    into["scan"].append(percentile([shopper.scan()["drawn"] for _ in range(_SCANS)], 50))


def _page(here: Place) -> float:
    kind, token = here.tokens[KIOSKS[0]]
    line = http.client.HTTPConnection(urlsplit(here.web).netloc, timeout=10)

    def ask() -> None:
        line.request("GET", f"/{kind}/", headers={"Cookie": f"screen_{kind}={token}"})
        answer = line.getresponse()
        answer.read()
        assert answer.status == 200, answer.status

    with contextlib.closing(line):
        return timed(ask)


def _state(here: Place) -> dict[str, float]:
    """The daemon while nobody does anything: MB resident, threads, cores busy."""
    began, used = time.monotonic(), _cpu_s(here.child.pid)
    time.sleep(_IDLE_S)
    busy = (_cpu_s(here.child.pid) - used) / (time.monotonic() - began)
    text = Path(f"/proc/{here.child.pid}/status").read_text()
    found = {
        name: int(re.findall(rf"^{name}:\s+(\d+)", text, re.MULTILINE)[0]) for name in ("VmRSS", "Threads")
    }
    return {"mb": found["VmRSS"] / 1024, "threads": found["Threads"], "cores": busy}


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _beside(name: str, what: str, among: list[float], alone: list[float]) -> Row:
    subject, floor = statistics.median(among), statistics.median(alone)
    ratio = subject / floor
    return Row(
        name,
        f"{what} with 20 screens; floor: with one",
        ms(subject),
        ms(floor),
        f"{ratio:.2f}",
        "<= 2 x",
        ratio <= 2,
    )


def _held(many: dict[str, float], one: dict[str, float]) -> Row:
    return Row(
        "screens-20-memory",
        "the daemon's RSS and threads with 20 screens; floor: with one, right after",
        f"{many['mb']:.1f} MB, {many['threads']:.0f} threads",
        f"{one['mb']:.1f} MB, {one['threads']:.0f} threads",
        f"{many['mb'] / one['mb']:.2f}",
        "<= 1.1 x, threads unchanged",
        many["mb"] <= 1.1 * one["mb"] and many["threads"] == one["threads"],
    )


def _idle(many: dict[str, float], one: dict[str, float]) -> Row:
    return Row(
        "screens-20-idle",
        f"the daemon's processor time over {_IDLE_S:.0f} s in which nobody touches any of 20 screens; floor: one",
        f"{many['cores']:.1%} of a core",
        f"{one['cores']:.1%}",
        f"{many['cores'] / max(one['cores'], 0.001):.1f}",
        f"<= {_MOST_IDLE:.0%} of a core",
        many["cores"] <= _MOST_IDLE,
    )


def scripts() -> Row:
    """Every script of ours and others', as a browser gets it."""
    room = Path(next(iter(kiosk_ui.__path__))) / "static"
    sizes = {one.name: len(gzip.compress(one.read_bytes(), 9, mtime=0)) for one in sorted(room.rglob("*.js"))}
    total = sum(sizes.values())
    most = max(sizes, key=lambda name: sizes[name])
    return Row(
        "scripts",
        f"{len(sizes)} scripts, gzip -9; floor: {most} alone",
        f"{total / 1000:.1f} kB",
        f"{sizes[most] / 1000:.1f} kB",
        f"{total / sizes[most]:.2f}",
        f"<= {_MOST_KB} kB",
        total <= _MOST_KB * 1000,
    )
