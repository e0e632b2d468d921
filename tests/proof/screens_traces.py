"""What a browser and the store could still know of a shopper who is gone, looked through for canaries."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from tests.kiosk_ui.conftest import BADGE, ORDER

PHONE, PAY_CODE = "1391234567", "134444555566667777"
CANARIES = {
    "member": r"m-canary-\d{4}",
    "card": r"(?<!\d)9003(?!\d)",
    "name": r"王\*",
    "phone": PHONE,
    "coupon number": r"CANARYCOUPON\d*",
    "coupon": "会员立减券|Member voucher",
    "pay code": PAY_CODE,
    "pickup number": "48151623",
    "pickup code": r"PK1\.[A-Z2-7]{20}",
    "order": ORDER,
    "badge": re.escape(BADGE),
    "typed": "CANARYTYPED",
    "parked": r"HB\d{8}",
}
_STORES = """async () => {
  const found = [JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, history.state, document.title,
    location.href, performance.getEntries().map((one) => one.name),
    [...document.querySelectorAll('input')].map((one) => one.value)])];
  for (const { name } of await indexedDB.databases()) {
    const db = await new Promise((done, no) => { const ask = indexedDB.open(name);
      ask.onsuccess = () => done(ask.result); ask.onerror = no; });
    found.push('indexedDB ' + name + ' ' + [...db.objectStoreNames]);
  }
  for (const name of await caches.keys()) {
    const kept = await caches.open(name);
    for (const asked of await kept.keys()) found.push(asked.url + ' ' + await (await kept.match(asked)).text());
  }
  return found;
}"""


def named(text: str, where: str) -> list[str]:
    """Which canaries sing in it."""
    return [f"{where}: {name}" for name, shape in CANARIES.items() if re.search(shape, text)]


def in_page(context: Any, page: Any, *, script: bool = True) -> list[str]:
    """The page, what it keeps, what it asked for, its cookies, and the way back."""
    found = named(page.content() + page.url, "page")
    found += named(json.dumps(context.cookies()), "cookies")
    if script:
        for kept in page.evaluate(_STORES):
            found += named(kept, f"kept in the page ({kept[:40]})")
    cdp = context.new_cdp_session(page)
    for entry in cdp.send("Page.getNavigationHistory")["entries"]:
        found += named(json.dumps(entry, ensure_ascii=False), "history")
    cdp.detach()
    return found


def step_back(page: Any) -> list[str]:
    """What the button back shows, from memory or asked anew."""
    from playwright.sync_api import Error

    found = []
    for _ in range(4):
        try:
            if page.go_back(wait_until="load", timeout=5000) is None and page.url == "about:blank":
                break
        except Error:
            break
        found += named(page.content() + page.url, "a step back")
    return found


def on_disk(profile: Path) -> list[str]:
    """Whatever the browser wrote, once it is closed; compressed or not, nothing of a page may be there."""
    found = []
    for folder, _, names in os.walk(profile):
        for name in names:
            body = (Path(folder) / name).read_bytes()
            for coding in ("utf-8", "utf-16-le"):
                found += named(body.decode(coding, "ignore"), f"disk {name} ({coding})")
    return found
