"""The check-up: every line judged from data, and one look at a real box, at HQs in every kind of trouble."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from config.schema import HqSettings
from edge import starts
from edge.alone import alone
from edge.cli import main
from edge.doctor_box import is_running, key_place
from edge.doctor_line import probed
from edge.domain import checkup_books, checkup_box, checkup_line, checkup_unit
from edge.domain.checkup import Level, Verdict, ago, worst
from edge.domain.checkup_box import KeyPlace
from edge.domain.checkup_line import Probe
from edge.domain.checkup_unit import FENCES, LastStart, UnitState
from edge.records.books import open_books

OK, WARNING, FAIL = Level
DAY = 86_400.0


def clock(**more: Any) -> Verdict:
    return checkup_box.clock(**({"synchronised": True, "wall": 2e9, "built": 1e9, "drift_s": 0.2} | more))


def unit(**more: Any) -> UnitState:
    return UnitState(known=True, active="active", properties=dict(FENCES) | more)


JUDGED: list[tuple[Verdict, Level]] = [
    (checkup_box.settings("store.toml", (), "S1"), OK),
    (checkup_box.settings("store.toml", ("web.port: no number",), ""), FAIL),
    (checkup_box.programs("3.11.2", "1.0", ()), OK),
    (checkup_box.programs("3.11.2", "1.0", ("cv2",)), FAIL),
    (checkup_box.key(KeyPlace("k", found=True, sealed_by="tpm")), OK),
    (checkup_box.key(KeyPlace("k", found=True, sealed_by="host")), WARNING),
    (checkup_box.key(KeyPlace("k", found=True)), WARNING),
    (checkup_box.key(KeyPlace("k", found=True, loose="644")), FAIL),
    (checkup_box.key(KeyPlace("k", found=False)), FAIL),
    (checkup_box.space("disk", 1000, 151), OK),
    (checkup_box.space("disk", 1000, 150), WARNING),
    (checkup_box.space("disk", 1000, 50), FAIL),
    (checkup_box.space("inodes", 0, 0), OK),
    (clock(), OK),
    (clock(synchronised=None), OK),
    (clock(synchronised=False, drift_s=None), WARNING),
    (clock(drift_s=-31.0), WARNING),
    (clock(drift_s=121.0), FAIL),
    (clock(wall=0.0), FAIL),
    (checkup_box.ports((), (), running=True), OK),
    (checkup_box.ports((), ("127.0.0.1:8771",), running=True), FAIL),
    (checkup_box.ports((), (), running=False), WARNING),
    (checkup_box.ports(("127.0.0.1:8770",), (), running=False), FAIL),
    (checkup_box.fonts("Noto Sans CJK SC"), OK),
    (checkup_box.fonts(""), WARNING),
    (checkup_box.voice(""), WARNING),
    (checkup_box.kiosk((), ("cage",), ()), OK),
    (checkup_box.kiosk(("K1",), ("cage",), ()), FAIL),
    (checkup_box.kiosk(("K1",), (), ("kiosk@K1.service",)), FAIL),
    (checkup_unit.udev((), packaged=True), OK),
    (checkup_unit.udev(("70-store-edge.rules",), packaged=True), FAIL),
    (checkup_unit.udev(("70-store-edge.rules",), packaged=False), WARNING),
    (checkup_unit.unit(UnitState(known=False)), WARNING),
    (checkup_unit.unit(unit()), OK),
    (checkup_unit.unit(UnitState(known=True, active="failed", result="exit-code")), FAIL),
    (checkup_unit.unit(UnitState(known=True, active="active", restarts=3)), WARNING),
    (checkup_unit.fences(unit()), OK),
    (checkup_unit.fences(unit(NoNewPrivileges="no")), FAIL),
    (checkup_unit.start(LastStart()), OK),
    (checkup_unit.start(LastStart("clean", "2026-11-23", 2)), OK),
    (checkup_unit.start(LastStart("crash", "2026-11-23", 2)), WARNING),
    (checkup_unit.start(LastStart("power", "2026-11-23", 2)), WARNING),
    (checkup_books.opened("wrong key"), FAIL),
    (checkup_books.whole("ledger", (), 1), OK),
    (checkup_books.whole("replica", ("row 3 missing",), 1), FAIL),
    (checkup_books.chain((), 7, "ab" * 32), OK),
    (checkup_books.chain(("fact 3 is missing",), 7, "ab" * 32), FAIL),
    (checkup_books.schema((), ()), OK),
    (checkup_books.schema(("ledger:selling",), ()), WARNING),
    (checkup_books.schema((), ("ledger:newer",)), WARNING),
    (checkup_books.outbox(0, None, has_hq=True), OK),
    (checkup_books.outbox(9, 2 * DAY, has_hq=False), OK),
    (checkup_books.outbox(9, 899.0, has_hq=True), OK),
    (checkup_books.outbox(9, 900.0, has_hq=True), WARNING),
    (checkup_books.outbox(9, DAY, has_hq=True), FAIL),
    (checkup_books.data(10.0, (), has_hq=True), OK),
    (checkup_books.data(10.0, ("price",), has_hq=True), WARNING),
    (checkup_books.data(900.0, (), has_hq=True), FAIL),
    (checkup_books.data(None, (), has_hq=True), FAIL),
    (checkup_books.backup(60.0, wanted=True), OK),
    (checkup_books.backup(7_200.0, wanted=True), WARNING),
    (checkup_books.backup(DAY, wanted=True), FAIL),
    (checkup_books.backup(None, wanted=True), FAIL),
    (checkup_books.backup(None, wanted=False), WARNING),
    (checkup_books.device("P1", "printer", "online", ""), OK),
    (checkup_books.device("P1", "printer", "near_end", ""), WARNING),
    (checkup_books.device("P1", "printer", "cover_open", ""), FAIL),
    (checkup_books.device("S1", "scanner", "gone", "/dev/x"), FAIL),
    (checkup_line.admitted(enrolled=True, trouble=None), OK),
    (checkup_line.admitted(enrolled=False, trouble=None), WARNING),
    (checkup_line.admitted(enrolled=True, trouble="DEVICE_REVOKED"), FAIL),
]


@pytest.mark.parametrize(("verdict", "level"), JUDGED, ids=[f"{v.check} {v.en[:20]}" for v, _ in JUDGED])
def test_a_finding_is_as_bad_as_it_is_and_says_what_to_do(verdict: Verdict, level: Level) -> None:
    assert verdict.level is level
    assert bool(verdict.do_zh and verdict.do_en) == (level is not OK)
    assert verdict.zh
    assert verdict.en


CAUSES: list[tuple[Probe, str]] = [
    (Probe("hq", 443, status=405), ""),
    (Probe("hq", 443, link=False, resolved=False), "lan"),
    (Probe("hq", 443, router=False, reached="timeout"), "lan"),
    (Probe("hq", 443, resolved=False), "internet"),
    (Probe("hq", 443, reached="timeout", router=True), "internet"),
    (Probe("hq", 443, page=True, status=200), "internet"),
    (Probe("hq", 443, status=302), "internet"),
    (Probe("hq", 443, reached="refused"), "hq"),
    (Probe("hq", 443, status=503), "hq"),
    (Probe("hq", 443, status=0), "hq"),
    (Probe("127.0.0.1", 443, local=True, link=False, status=405), ""),
    *[(Probe("hq", 443, tls=word), "certificate") for word in ("time", "name", "authority", "none")],
]


@pytest.mark.parametrize(
    ("probe", "cause"), CAUSES, ids=[f"{c or 'fine'} {i}" for i, (_, c) in enumerate(CAUSES)]
)
def test_whose_fault_it_is_that_hq_is_not_reached(probe: Probe, cause: str) -> None:
    (found,) = checkup_line.way(probe)
    assert (found.level is FAIL, found.facts.get("cause", "")) == (bool(cause), cause)


@pytest.mark.parametrize(("days", "level"), [(21.0, OK), (20.9, WARNING), (2.9, FAIL), (-1.0, FAIL)])
def test_a_certificate_is_renewed_before_it_is_over(days: float, level: Level) -> None:
    assert checkup_line.way(Probe("hq", 443, status=405, days=days))[1].level is level


def test_the_worst_line_is_the_exit_status() -> None:
    assert [int(worst(v for v, _ in JUDGED[:n])) for n in (0, 1, 2)] == [0, 0, 2]
    assert [ago(s)[1] for s in (-5, 59, 60, 3600, 2 * DAY)] == ["0 s", "59 s", "1 min", "1 h", "2 d"]


@contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Somebody at a port of the loopback who takes one call."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def take() -> None:
            line, _ = server.accept()
            with line:
                line.settimeout(10)
                line.recv(65536)
                answer(line)

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        thread.join(10)


def says(text: str) -> Callable[[socket.socket], None]:
    return lambda line: line.sendall(text.encode())


def test_the_way_to_hq_is_walked_as_far_as_it_goes() -> None:
    refused = "HTTP/1.1 405 No\r\nDate: Mon, 23 Nov 2015 08:00:00 GMT\r\nContent-Length: 0\r\n\r\n"
    with answering(says(refused)) as at:
        found = probed(HqSettings(url=f"http://{at}"))
    assert found is not None
    assert (found.local, found.status, found.page) == (True, 405, False)
    assert found.drift_s is not None
    assert found.drift_s > 300 * DAY
    with answering(says("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n")) as at:
        found = probed(HqSettings(url=f"http://{at}"))
    assert found is not None
    assert found.page
    with answering(says("no TLS here")) as at:
        found = probed(HqSettings(url=f"https://{at}"))
    assert found is not None
    assert found.tls == "none"
    with answering(says("")) as at:
        found = probed(HqSettings(url=f"http://{at}"))
    assert found is not None
    assert (found.reached, found.status) == ("", 0)
    found = probed(HqSettings(url=f"http://{at}"))  # nobody is there any more
    assert found is not None
    assert found.reached == "refused"
    assert probed(HqSettings()) is None


def test_a_start_knows_what_became_of_the_run_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with starts.noted(tmp_path) as first:
        assert (first.reason, first.starts) == ("first", 1)
    assert starts.began(tmp_path).reason == "clean"
    assert starts.began(tmp_path).reason == "crash"
    (boot := tmp_path / "boot").write_text("another boot\n")
    monkeypatch.setattr(starts, "_BOOT", boot)
    assert starts.began(tmp_path) == starts.last_start(tmp_path)
    assert (starts.last_start(tmp_path).reason, starts.last_start(tmp_path).starts) == ("power", 4)


def test_a_running_store_is_known_by_its_lock(tmp_path: Path) -> None:
    assert not is_running(tmp_path)
    with alone(tmp_path):
        assert is_running(tmp_path)
    assert not is_running(tmp_path)


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """A store's settings beside books that were opened once."""
    (tmp_path / "edge.key").write_text("ab" * 32)
    (tmp_path / "edge.key").chmod(0o600)
    open_books(tmp_path, bytes.fromhex("ab" * 32), "Asia/Shanghai").close()
    settings = tmp_path / "store.toml"
    gone = tmp_path / "scanner"
    settings.write_text(
        f'[store]\nid = "S00421"\nstate_dir = "{tmp_path}"\n[web]\nport = 0\nlive_port = 0\n[stations.T1]\n'
        f'[scanners.S1]\ndriver = "serial"\nstation = "T1"\nport = "{gone}"\n'
    )
    return settings


def looked(settings: Path) -> tuple[int, dict[str, dict[str, Any]]]:
    done = CliRunner().invoke(main, ["doctor", "--settings", str(settings), "--json"])
    lines = [json.loads(line) for line in done.output.splitlines()]
    return done.exit_code, {line["check"]: line for line in lines}


def test_a_look_at_a_whole_box_changes_nothing(box: Path) -> None:
    before = (box.parent / "ledger.db").read_bytes()
    code, lines = looked(box)
    assert len(lines) >= 20
    assert code == 2  # its scanner is not there
    assert [name for name, line in lines.items() if line["level"] == "fail"] == ["device S1"]
    good = {"settings", "programs", "ledger", "replica", "schema", "chain", "outbox", "data", "hq"}
    assert {lines[name]["level"] for name in good} == {"ok"}
    assert (box.parent / "ledger.db").read_bytes() == before
    said = CliRunner().invoke(main, ["doctor", "--settings", str(box), "--language", "zh"]).output
    assert "检查电源" in said
    assert key_place(box.parent).sealed_by == ""


def test_damage_a_loose_key_and_wrong_settings_are_named(box: Path) -> None:
    ledger, key = box.parent / "ledger.db", box.parent / "edge.key"
    whole = ledger.read_bytes()
    ledger.write_bytes(whole[: len(whole) // 2] + b"x" + whole[len(whole) // 2 + 1 :])
    key.chmod(0o644)
    assert looked(box)[1]["key"]["facts"]["mode"] == "644"
    key.chmod(0o600)
    _, lines = looked(box)
    assert lines["ledger"]["level"] == "fail"
    assert "chain" not in lines
    box.write_text("[web]\nprot = 1\n")
    code, lines = looked(box)
    assert (code, sorted(lines)) == (2, ["programs", "settings"])
    assert "did you mean port" in lines["settings"]["en"]
