"""The store in numbers for whoever watches many boxes: who may ask, what is said, and nothing about people."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from edge.daemon import Shop
from tests.conftest import SECRETS
from tests.kiosk_ui.conftest import LEAD_TOKEN, ORDER, TOKEN, PretendHq, browser_like, signed_in

METRICS = "/api/v1/metrics"
DOCS = Path(__file__).resolve().parents[2] / "docs" / "observe"
Sample = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def watcher(app: Flask, hq: PretendHq) -> FlaskClient:
    assert hq is not None
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {LEAD_TOKEN}"
    return client


def scraped(watcher: FlaskClient) -> Sample:
    answer = watcher.get(METRICS)
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    return {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(answer.text)
        for one in family.samples
    }


def test_only_a_program_with_the_scope_is_told(app: Flask, hq: PretendHq) -> None:
    assert hq is not None
    assert app.test_client().get(METRICS).status_code == 401
    other = {"Authorization": f"Bearer {TOKEN}"}
    assert app.test_client().get(METRICS, headers=other).status_code == 403
    assert signed_in(browser_like(app), "2001").get(METRICS).status_code == 401, "a lead's page is no program"


def test_what_happens_is_counted_and_nobody_is_named(watcher: FlaskClient, hq: PretendHq, shop: Shop) -> None:
    before = scraped(watcher)
    hq.order()
    wish = {"code": hq.code(), "station": "T1", "nonce": "nonce-0001"}
    assert watcher.post("/api/v1/pickups/redeem", json=wish).status_code == 200
    shop.store.status.device("front", "printer", "offline", "PRINTER_OFFLINE", "T1")
    text, now = watcher.get(METRICS).text, scraped(watcher)
    assert now["store_edge_facts_total", (("kind", "pickup.collected"),)] == 1
    assert now["store_edge_outbox_facts", ()] == shop.books.journal.depth() > 0
    assert now["store_edge_print_jobs", (("state", "queued"),)] == 1
    device = (("device", "front"), ("kind", "printer"), ("station", "T1"))
    assert now["store_edge_device_up", device] == 0
    shop.store.status.device("front", "printer", "online", "", "T1")
    assert scraped(watcher)["store_edge_device_up", device] == 1
    redeemed = (("endpoint", "api.redeem"), ("method", "POST"), ("status", "2xx"))
    assert now["store_edge_http_seconds_count", redeemed] == 1
    assert now["store_edge_http_seconds_bucket", tuple(sorted((("le", "+Inf"), *redeemed)))] == 1
    synced = ("store_edge_commit_seconds_count", (("sync", "synced"),))
    assert now[synced] > before.get(synced, 0)
    assert now["store_edge_file_bytes", (("file", "ledger.db"),)] > 0
    assert "process_resident_memory_bytes" in text
    assert not SECRETS.search(text)
    for word in (ORDER, "王", "1001", "2001"):
        assert word not in text


def test_one_unsynced_disk_and_an_old_backup_show(watcher: FlaskClient, shop: Shop) -> None:
    folder = shop.books.ledger.path.parent / "backups"
    assert ("store_edge_backup_age_seconds", ()) not in scraped(watcher), "there is none"
    folder.mkdir()
    (folder / "S1-20260101T000000Z.sebackup").write_bytes(b"x")
    shop.books.ledger.doubted = True
    now = scraped(watcher)
    assert 0 <= now["store_edge_backup_age_seconds", ()] < 3600
    assert now["store_edge_read_only", ()] == 1


def _named(expression: str) -> set[str]:
    return set(re.findall(r"\b(?:(?:store_edge|process)_[a-z_]+|up)\b", expression))


def test_dashboard_and_alerts_name_only_what_is_told(watcher: FlaskClient, shop: Shop) -> None:
    (shop.books.ledger.path.parent / "backups").mkdir()
    (shop.books.ledger.path.parent / "backups" / "one").write_bytes(b"x")
    shop.store.status.device("front", "printer", "online", "", "T1")
    watcher.get(METRICS)
    answer = watcher.get(METRICS)  # the request before is in the times of this one
    told = {one.name for f in text_string_to_metric_families(answer.text) for one in f.samples}
    # Families without a row today, and the line's of a store that has an HQ, are told by their head only.
    told |= set(re.findall(r"^# TYPE (\S+) gauge$", answer.text, re.MULTILINE))
    told |= {"store_edge_line_up", "store_edge_facts_total", "up"}  # `up` is Prometheus's own
    rules: Any = yaml.safe_load((DOCS / "alerts.yml").read_text("utf-8"))
    alerts = [rule for group in rules["groups"] for rule in group["rules"]]
    board: Any = json.loads((DOCS / "grafana.json").read_text("utf-8"))
    asked = [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]
    assert len(alerts) >= 8
    assert len(asked) >= 10
    for expression in [*asked, *(rule["expr"] for rule in alerts)]:
        assert _named(expression), expression
        assert _named(expression) <= told, expression
    for rule in alerts:
        assert set(rule["annotations"]) == {"summary", "summary_zh", "todo", "todo_zh"}, rule["alert"]
        assert rule["labels"]["severity"] in {"page", "ticket"}
