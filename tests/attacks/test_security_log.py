"""The security log holds no word of a sender's, and no flood fills it."""

from __future__ import annotations

import pytest

from edge.domain.security import KINDS, kind_of, worth_a_line
from kiosk_ui.security import SecurityLog
from tests.attacks.ground import Ears, Ground, listening

PHONE = "13800138000"


def test_what_the_sender_wrote_is_nowhere_in_the_line(ground: Ground) -> None:
    client = ground.stranger()
    client.set_cookie("se_session", PHONE, domain="127.0.0.1")
    headers = {"X-Trace-Id": PHONE, "Referer": f"http://127.0.0.1/{PHONE}", "User-Agent": PHONE}
    answer = client.open(f"/{PHONE}", method="GET", headers=headers, query_string={"phone": PHONE})
    assert answer.status_code == 404
    line = ground.one_line("not_found", PHONE)
    assert line["trace"] == answer.headers["X-Trace-Id"]
    client.open("/cashier/", method="BREW-138001", headers=headers)
    assert ground.one_line("method_not_allowed", "138001")["method"] == "other"


@pytest.mark.parametrize("station", ["T1", PHONE, "T1\n", "X9"])
def test_only_a_station_of_the_settings_is_named(ground: Ground, station: str) -> None:
    body = {"code": "1", "station": station, "nonce": ground.nonce()}
    answer = ground.program().post("/api/v1/pickups/redeem", json=body)
    line = ground.one_line(str(answer.json["code"]), PHONE)  # type: ignore[index]
    assert line["station"] == ("T1" if station == "T1" else "")


def test_who_comes_for_the_first_time_is_no_attacker(ground: Ground) -> None:
    client = ground.stranger()
    for path in ("/cashier/", "/it/", "/kiosk/", "/style"):
        assert client.get(path).status_code == 303
    ground.silence()
    client.post("/cashier/redeem", data={"nonce": ground.nonce()})
    ground.one_line("not_signed_in")


def heard(log: SecurityLog, times: int, ears: Ears, *addresses: str) -> list[int]:
    ears.lines.clear()
    for _ in range(times):
        for address in addresses:
            log.heard("wrong_pin", "sign_in", "T1", address)
    return [line["times"] for line in ears.lines]


def test_a_row_of_tries_is_told_ever_more_rarely() -> None:
    with listening() as ears:
        assert heard(SecurityLog(), 2500, ears, "10.0.0.1") == [1, 10, 100, 1000]


def test_many_senders_fill_neither_the_log_nor_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [6000.0]
    monkeypatch.setattr("kiosk_ui.security.time.monotonic", lambda: clock[0])
    log = SecurityLog()
    with listening() as ears:
        assert heard(log, 1, ears, *(f"10.0.{n >> 8}.{n & 255}" for n in range(5000))) == [1] * 60
        assert len(log._rows) <= 1024
        clock[0] += 60
        assert heard(log, 1, ears, "10.9.9.9") == [1]
        assert ears.lines[0]["unsaid"] == 4940
        # After ten quiet minutes a row begins anew.
        clock[0] += 601
        assert heard(log, 1, ears, "10.9.9.9") == [1]
        assert ears.lines[0]["unsaid"] == 0


def test_daily_work_is_no_attack() -> None:
    assert {kind_of(code) for code in ("not_ready", "needs_staff", "busy", "empty_basket", "internal")} == {
        ""
    }
    assert set(KINDS) == {kind_of(code) for code in ALL if kind_of(code)}
    assert [n for n in range(1, 2001) if worth_a_line(n)] == [1, 10, 100, 1000]


ALL = "wrong_pin not_signed_in not_allowed not_found bad_request too_fast nonce_reused invalid total_changed".split()
