"""The support bundle: all that helps, and not one canary."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.cli import main
from edge.domain.scrub import REMOVED, log_told, scrubbed, settings_told
from tests.edge.conftest import KEY, STORE

CANARIES = {
    "phone": "13800138000",
    "spaced phone": "138 0013 8000",
    "name": "王小明",
    "masked name": "王*",
    "pin": "471101",
    "pickup number": "48151623",
    "pickup code": "PK1.AFVQYLUWAAAQAADQB35DIAFUN3KAL2",
    "badge": "SB1.ABCDEFGHIJKLMNOP",
    "bearer": "Bearer dGhpcyBpcyBhIHRva2Vu",
    "token": "a3f19c0e7d5b4a2f8c6e1d0b9a7f5e3d",
    "hash": "$argon2id$v=19$m=19456$c2FsdA",
    "pay code": "134567890123456789",
    "mail": "ming@example.com",
    "camera": "admin:s3cretword",
}


def text_of(made: tarfile.TarFile, one: tarfile.TarInfo) -> str:
    file = made.extractfile(one)
    assert file is not None
    return file.read().decode()


@pytest.mark.parametrize("canary", CANARIES.values(), ids=CANARIES.keys())
def test_no_canary_comes_through_wherever_it_stands(canary: str) -> None:
    put = f"rtsp://{canary}@10.0.0.9/" if ":" in canary else canary
    for line in (put, f"turn failed: {put}, again", json.dumps({"fact": put}, ensure_ascii=False)):
        assert canary not in scrubbed(line)
        assert canary not in log_told(line)


def test_what_helps_stays() -> None:
    line = '{"at": "2026-11-23T08:00:01Z", "level": "INFO", "fact": "slip", "job": 7, "ms": 12.5, "code": "PAPER_OUT"}'
    assert scrubbed(line) == line
    told = settings_told({"web": {"port": 8770, "host": "192.168.10.5"}, "hq": {"token_file": "/run/x"}})
    assert told == {"web": {"port": 8770, "host": "192.168.10.5"}, "hq": {"token_file": REMOVED}}
    assert settings_told({"payments": {"wechat": {"mchid": "1900"}}}) == {"payments": {"wechat": REMOVED}}


def test_a_bundle_tells_of_the_box_and_of_nobody(hq, tmp_path: Path) -> None:
    hq.open()
    hq.order(name_masked=CANARIES["masked name"], note=CANARIES["name"])
    (tmp_path / "edge.key").write_text(KEY.hex())
    (tmp_path / "edge.key").chmod(0o600)
    settings, log, out = tmp_path / "store.toml", tmp_path / "log", tmp_path / "out.tar.gz"
    settings.write_text(
        f'[store]\nid = "{STORE}"\nstate_dir = "{tmp_path}"\n[stations.T1]\n'
        f'[api_clients.erp]\ntoken_sha256 = "{CANARIES["token"] * 2}"\n'
    )
    told = CANARIES | {"camera": "rtsp://admin:s3cretword@10.0.0.9/", "number": 13800138000}
    facts = ({"level": "ERROR", "fact": "fault", name: text} for name, text in told.items())
    log.write_text("".join(json.dumps(fact, ensure_ascii=False) + "\n" for fact in facts), "utf-8")
    done = CliRunner().invoke(main, ["bundle", str(out), "--settings", str(settings), "--log", str(log)])
    assert done.exit_code == 0, done.output
    assert out.stat().st_mode & 0o077 == 0
    with tarfile.open(out) as made:
        held = {one.name.partition("/")[2]: text_of(made, one) for one in made}
    for name, text in held.items():
        assert [word for word in (*CANARIES.values(), KEY.hex(), "s3cretword") if word in text] == [], name
    assert held["log.jsonl"].count("\n") == held["troubles.jsonl"].count("\n") == len(told)
    assert all(json.loads(line) for line in held["log.jsonl"].splitlines())
    checks = {json.loads(line)["check"]: json.loads(line) for line in held["doctor.jsonl"].splitlines()}
    assert checks["ledger"]["level"] == "ok"
    counts = json.loads(held["counts.json"])
    assert sum(counts["hq"].values()) > 0
    assert "error" not in counts
    assert json.loads(held["settings.json"])["api_clients"]["erp"]["token_sha256"] == REMOVED
    again = CliRunner().invoke(main, ["bundle", str(out), "--settings", str(settings), "--log", str(log)])
    assert (again.exit_code, "exists" in again.output) == (1, True)
