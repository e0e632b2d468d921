"""What a screen shows while the daemon is away: one page in both languages, kept by the browser's service worker."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import cast

from flask import Flask, Response, render_template, url_for

_WORKER = Path(__file__).parent / "static" / "sw.js"
_WORDS = {
    "zh": "设备恢复中",
    "en": "The device is coming back",
    "after_zh": "马上就好，本页会自动继续，未付款的商品由店员协助找回。",
    "after_en": "Just a moment: this page goes on by itself; staff can bring back goods that are not paid yet.",
}


def install(app: Flask) -> None:
    """/recovering, and /sw.js, which keeps that page and what it needs for every address of this host."""

    def page() -> str:
        return render_template("shopper/recovering.html", **_WORDS)

    def worker() -> Response:
        asset = cast("Callable[[str], str]", app.jinja_env.globals["asset"])
        files = [
            url_for("recovering"),
            *(asset(name) for name in ("tokens.css", "shopper.css", "recover.js")),
        ]
        cache = "recovering-" + hashlib.sha256((page() + json.dumps(files)).encode()).hexdigest()[:12]
        text = f"const CACHE = {json.dumps(cache)}, FILES = {json.dumps(files)};\n" + _WORKER.read_text(
            "utf-8"
        )
        return Response(text, mimetype="text/javascript")

    app.add_url_rule("/recovering", view_func=page, endpoint="recovering")
    app.add_url_rule("/sw.js", view_func=worker, endpoint="worker")
