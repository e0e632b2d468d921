"""What HQ's people say to stores about settings and keys is on record with who, when and what; refusals are not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.cli import main
from sync.hub.database import open_hub
from sync.hub.desk import HubDesk
from sync.messages import Shop, is_stamp

LOG = """
[log]
level = "info"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where HQ's database and keys are, with two stores."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STORE_EDGE_HUB_DATABASE", str(tmp_path / "hub.db"))
    monkeypatch.setenv("STORE_EDGE_WHO", "li.na")
    engine = open_hub(tmp_path / "hub.db")
    for store in ("S1", "S2"):
        HubDesk(engine).add_store(Shop(store, "店", "Shop"))
    engine.dispose()
    Path("log.toml").write_text(LOG)
    Path("quiet.toml").write_text(LOG.replace("info", "warning"))
    Path("money.toml").write_text("[payments]\npoll_s = 7\n")
    return tmp_path


def hub(*words: str) -> Result:
    return CliRunner().invoke(main, ["hub", *words])


def done(line: str) -> str:
    result = hub(*line.split())
    assert result.exit_code == 0, (line, result.output)
    return result.output


def record(act: str = "") -> list[tuple[str, str, str, str]]:
    """who, act, about, why; oldest first."""
    rows = [json.loads(line) for line in hub("audit", "list", "--json", "--act", act).output.splitlines()]
    assert all(is_stamp(row["at"]) for row in rows)
    return [(row["who"], row["act"], row["about"], row["why"]) for row in reversed(rows)]


@pytest.mark.usefixtures("folder")
def test_every_verb_on_settings_and_keys_is_on_record() -> None:
    done("trust init --root root.key --config config.key --money money.key")
    done("config region S1 east")
    done("config push log.toml --scope region:east --key config.key --why disks --rings 100")
    done("config halt 1 --why look")
    done("config resume 1 --who wang")
    done("config push quiet.toml --scope all --key config.key --by wang --rings 100 --instead 1")
    done("config rollback 2 --key config.key --why loud")
    done("trust roll --root root.key --config config2.key --why lost")
    assert record("trust") == [
        ("li.na", "trust.init", "roster 1", ""),
        ("li.na", "trust.roll", "renews config", "lost"),
    ]
    assert record("config") == [
        ("li.na", "config.region", "S1 east", ""),
        ("li.na", "config.push", "1 to region:east: log", "disks"),
        ("li.na", "config.halt", "1", "look"),
        ("wang", "config.resume", "1", ""),
        ("wang", "config.push", "2 to all: log, takes back 1", ""),
        ("li.na", "config.rollback", "3 to all: log, takes back 2", "loud"),
    ]
    assert record("config.push") == [act for act in record("config") if act[1] == "config.push"]
    assert done("audit list --act config.halt").splitlines()[0].split("\t")[1:5] == [
        "at",
        "who",
        "act",
        "about",
    ]


@pytest.mark.usefixtures("folder")
def test_what_is_refused_is_on_no_record_and_who_holds_no_key_pushes_nothing() -> None:
    done("trust init --root root.key --config config.key --money money.key")
    before = record()
    assert [act for _, act, _, _ in before] == ["trust.init"]
    own = Path("own.key")
    own.write_text("7" * 64)
    own.chmod(0o600)
    for line, said in (
        ("config push log.toml --scope all", "--key"),
        ("config push log.toml --scope all --key own.key", "neither a config key nor a money key"),
        ("config push log.toml --scope all --key money.key", "SIGNATURE 0 of 1"),
        ("config push money.toml --scope all --key config.key", "a second person's key is needed"),
        ("config push money.toml --scope all --key money.key", "SIGNATURE 0 of 1"),
        ("config halt 9", "no revision 9"),
        ("config resume 9", "no revision 9"),
        ("config region S9 east", "no store S9"),
        ("trust init --root r.key --config c.key --money m.key", "roster already"),
        ("trust roll --root own.key --config config.key", "would not believe"),
    ):
        result = hub(*line.split())
        assert result.exit_code != 0, line
        assert said in result.output, (line, result.output)
    assert record() == before
    assert "revision" not in done("config status")
