"""A box becomes a store's: enrolled by invitation over HTTP, let in by its key, shut out by HQ."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import segno
from click.testing import CliRunner, Result
from waitress.server import create_server

from config.loader import load
from config.schema import Settings
from edge.cli import main
from edge.daemon import Shop, build_shop
from edge.file_key import key_of
from edge.hq_line import line_to_hq
from sync.hub.database import open_hub
from sync.hub.desk import HubDesk
from sync.hub.trust import public_of
from sync.hub.web import create_hub
from sync.messages import Order, OrderLine
from sync.messages import Shop as ShopRow
from sync.signed import Role

ROOT, CONFIG = bytes([1]) * 32, bytes([2]) * 32


@dataclass
class Hq:
    """HQ behind real HTTP."""

    desk: HubDesk
    url: str


@pytest.fixture
def hq(tmp_path: Path) -> Iterator[Hq]:
    engine = open_hub(tmp_path / "hub.db")
    server: Any = create_server(create_hub(engine), host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    desk = HubDesk(engine)
    desk.found_trust([ROOT], {"config": Role((public_of(CONFIG),))})
    desk.add_store(ShopRow("S1", "一店", "One"))
    yield Hq(desk, f"http://127.0.0.1:{server.effective_port}")
    server.close()
    engine.dispose()


@pytest.fixture
def box(tmp_path: Path, hq: Hq) -> Path:
    path = tmp_path / "store.toml"
    path.write_text(
        f'[store]\nid = "S1"\nstate_dir = "{tmp_path / "state"}"\n[hq]\nurl = "{hq.url}"\n[stations.T1]\n'
    )
    return path


def enroll(box: Path, invitation: object, *more: str) -> Result:
    return CliRunner().invoke(
        main, ["enroll", "--settings", str(box), "-", *more], input=json.dumps(invitation)
    )


def invitation(hq: Hq, **changes: Any) -> dict[str, Any]:
    asked = hq.desk.invite("S1", hq.url)
    return {"v": asked.v, "url": asked.url, "token": asked.token, "root_fpr": asked.root_fpr} | changes


def opened(box: Path) -> tuple[Settings, Shop]:
    settings = load(box)
    return settings, build_shop(settings, key_of(settings))


def one_exchange(box: Path) -> tuple[str, int]:
    """(trouble, orders known) after a single turn of the line."""
    settings, shop = opened(box)
    try:
        store = settings.store.id
        line_to_hq(settings.hq, store, shop.books, shop.store.status, shop.wakes.poke).turn()
        rows = shop.books.hq.read().execute("SELECT count(*) FROM click_order").fetchone()
        return shop.store.status.line().trouble, rows[0]
    finally:
        shop.books.close()


def an_order() -> Order:
    line = OrderLine(line=1, sku="P1", name_zh="牛奶", name_en="Milk", qty=1, unit_fen=1)
    return Order(
        order="O1",
        gen=1,
        store="S1",
        channel="app",
        mode="whole",
        state="ready",
        lines=(line,),
        name_masked="王*",
        phone_tail="5678",
        paid_fen=1,
        due_fen=0,
        ready_by="",
        hold_until="",
    )


def test_a_box_is_enrolled_works_and_is_shut_out(hq: Hq, box: Path) -> None:
    hq.desk.publish_order(an_order())
    assert one_exchange(box) == ("NOT_ENROLLED", 0)
    result = enroll(box, invitation(hq))
    assert result.exit_code == 0, result.output
    assert "store S1 is enrolled" in result.output
    assert one_exchange(box) == ("", 1)
    (device,) = hq.desk.devices("S1")
    hq.desk.revoke_device(device["device"])
    assert one_exchange(box) == ("DEVICE_REVOKED", 0), "orders are forgotten"
    _, shop = opened(box)
    assert shop.books.journal.stream_id() == device["stream"], "the journal is kept"
    shop.books.close()
    again = enroll(box, invitation(hq))
    assert again.exit_code == 1
    assert "--again" in again.output


def test_the_invitation_may_be_a_picture_of_the_qr_code(hq: Hq, box: Path, tmp_path: Path) -> None:
    picture = tmp_path / "invitation.png"
    segno.make(json.dumps(invitation(hq)), error="m").save(str(picture), scale=6)
    result = CliRunner().invoke(main, ["enroll", "--settings", str(box), str(picture)])
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"url": "https://elsewhere.example"}, "hq.url is"),
        ({"token": "x" * 30}, "does not know this invitation"),
        ({"root_fpr": "0" * 64}, "does not hold the keys"),
        ({"v": 2}, "version 2"),
    ],
)
def test_a_wrong_invitation_changes_nothing(hq: Hq, box: Path, changes: dict[str, Any], words: str) -> None:
    result = enroll(box, invitation(hq, **changes))
    assert (result.exit_code, words in result.output) == (1, True), result.output
    assert one_exchange(box) == ("NOT_ENROLLED", 0)


def test_the_device_key_is_nowhere_in_clear(hq: Hq, box: Path, tmp_path: Path) -> None:
    assert enroll(box, invitation(hq)).exit_code == 0
    _, shop = opened(box)
    enrolled = shop.books.enrolments.now()
    shop.books.close()
    assert enrolled is not None
    assert enrolled.seed.hex() not in repr(enrolled)
    kept = b"".join(file.read_bytes() for file in (tmp_path / "state").rglob("*") if file.is_file())
    assert enrolled.seed not in kept
    assert enrolled.seed.hex().encode() not in kept
    assert all(file.stat().st_mode & 0o077 == 0 for file in (tmp_path / "state").glob("*.db*"))
