"""HQ's verbs of configuration and of keys: files of keys, pushes from a file, and every refusal in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from edge.cli import main
from sync.configured import ConfigError, ConfigStatus
from sync.hub.config_roll import heard_from
from sync.hub.database import open_hub, write
from sync.hub.desk import HubDesk
from sync.messages import Shop, moment_of

AT = moment_of("2026-01-05T10:00:00.000Z")


class Hq:
    """A hub's files in a folder, and its command line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / "hub.db"
        self.engine = open_hub(self.database)
        for store in ("S1", "S2"):
            HubDesk(self.engine).add_store(Shop(store, "店", "Shop"))

    def call(self, *words: object) -> Result:
        said = ["hub", *(str(word) for word in words)]
        return CliRunner().invoke(main, [*said[:3], "--database", str(self.database), *said[3:]])

    def done(self, *words: object) -> str:
        result = self.call(*words)
        assert result.exit_code == 0, result.output
        return result.output

    def key(self, name: str) -> Path:
        return self.folder / f"{name}.key"

    def init(self) -> None:
        keys = [word for name in ("root", "config", "money") for word in (f"--{name}", self.key(name))]
        self.done("trust", "init", *keys)

    def file(self, text: str, name: str = "push.toml") -> Path:
        path = self.folder / name
        path.write_text(text, "utf-8")
        return path

    def push(self, text: str, scope: str, *more: object) -> Result:
        words = ("--scope", scope, "--key", self.key("config"), "--by", "wang", "--soak", 0, *more)
        return self.call("config", "push", self.file(text), *words)

    def hear(self, store: str, rev: int, result: Any, error: ConfigError | None = None) -> None:
        status = ConfigStatus(f"{store}-{rev}-{result}", 0, rev, result, "1.0", error)
        write(self.engine, lambda conn: heard_from(conn, store, status, AT))


@pytest.fixture
def hq(tmp_path: Path) -> Hq:
    return Hq(tmp_path)


def test_keys_are_files_of_their_owners_alone_and_never_overwritten(hq: Hq) -> None:
    assert "no roster" in hq.call("trust", "show").output
    hq.init()
    for name in ("root", "config", "money"):
        assert hq.key(name).stat().st_mode & 0o777 == 0o600
        assert len(hq.key(name).read_text().strip()) == 64
    shown = hq.done("trust", "show")
    assert "roster 1" in shown
    assert "root fingerprint" in shown
    for name in ("root", "config", "money"):
        assert hq.key(name).read_text().strip() not in shown + hq.database.read_bytes().decode("latin-1")
    before = hq.key("root").read_text()
    again = hq.call(
        "trust", "init", "--root", hq.key("root"), "--config", hq.key("c2"), "--money", hq.key("m2")
    )
    assert again.exit_code == 1
    assert hq.key("root").read_text() == before
    assert not hq.key("c2").exists()


def test_a_rolled_key_signs_and_its_former_one_no_more(hq: Hq) -> None:
    hq.init()
    assert "roster 2" in hq.done("trust", "roll", "--root", hq.key("root"), "--config", hq.key("next"))
    assert hq.push("[log]\nlevel = 'debug'\n", "all").exit_code == 1
    assert "roster 3" in hq.done("trust", "roll", "--root", hq.key("root"), "--new-root", hq.key("root2"))
    refused = hq.call("trust", "roll", "--root", hq.key("root"))
    assert refused.exit_code == 1
    assert "SIGNATURE" in refused.output
    assert "roster 4" in hq.done("trust", "roll", "--root", hq.key("root2"))


def test_a_push_from_a_file_to_its_end(hq: Hq) -> None:
    hq.init()
    hq.done("config", "region", "S2", "east")
    text = "[pickup]\nlock_s = 30\n"
    tried = hq.push(text, "all", "--dry-run")
    assert "S1 pickup.lock_s: not said -> 30" in tried.output
    assert hq.done("config", "status") == ""
    sent = hq.push(text, "all", "--why", "queues", "--rings", "100")
    assert "revision 1 goes to 2 stores, first to 2" in sent.output, sent.output
    for store in ("S1", "S2"):
        hq.hear(store, 1, "applied")
    hq.done("config", "status", "--rev", 1)
    from sync.hub.config_desk import ConfigDesk

    ConfigDesk(hq.engine).go_on()
    row = json.loads(hq.done("config", "status", "--json"))
    assert (row["rev"], row["state"], row["stores"], row["said_by"]) == (1, "done", {"applied": 2}, "wang")
    assert "revision 2 goes to 1 store," in hq.push("[pickup]\nlock_s = 60\n", "region:east").output
    error = ConfigError("DEVICE_LOST", "/printers/front", "worked before")
    hq.hear("S2", 2, "rolled_back", error)
    status = hq.done("config", "status")
    assert "went back:" in status
    assert "DEVICE_LOST\t/printers/front\tworked before" in status
    said = hq.done("config", "why", "S2", "pickup.lock_s").splitlines()
    assert ["pickup.lock_s = 30\trevision 1\tall" in said[0], "= 60\trevision 2\tregion:east" in said[1]] == [
        True,
        True,
    ]
    assert "queues" in said[0]
    assert hq.call("config", "why", "S2", "log.level").exit_code == 1
    assert hq.done("config", "diff", "S2", 1, 2) == "pickup.lock_s: 30 -> 60\n"
    hq.done("config", "halt", 2)
    hq.done("config", "resume", 2)
    back = hq.call("config", "rollback", 2, "--key", hq.key("config"), "--soak", 0)
    assert "revision 3 goes to 1 store," in back.output, back.output


def test_money_asks_for_the_second_key(hq: Hq) -> None:
    hq.init()
    text = "[payments]\npoll_s = 7\n"
    assert "second person's key" in hq.push(text, "all").output
    assert "a money key is needed for 2" in hq.push(text, "all", "--dry-run").output
    assert hq.push(text, "all", "--key", hq.key("money")).exit_code == 0


@pytest.mark.parametrize(
    ("text", "scope", "said"),
    [
        ("[pickup]\nlok_s = 1\nlock_s = 'x'\n", "all", "did you mean lock_s"),
        ("[web]\nport = 1\n", "all", "is not HQ's to set"),
        ("[pickup\n", "all", "cannot be read"),
        ("[pickup]\n", "S1", "is no scope"),
        ("[pickup]\n", "store:S9", "no store S9"),
        ("[pickup]\n", "station:S1/T1", "is a store's, not one station's"),
        ("[pickup]\n", "region:moon", "no store in this scope"),
    ],
)
def test_what_cannot_be_pushed_is_refused_in_words(hq: Hq, text: str, scope: str, said: str) -> None:
    hq.init()
    result = hq.push(text, scope)
    assert result.exit_code in (1, 2)
    assert said in result.output
    assert "Traceback" not in result.output


def test_a_key_that_others_may_read_or_nobody_knows_is_refused(hq: Hq) -> None:
    hq.init()
    text = "[log]\nlevel = 'debug'\n"
    assert "neither a config key" in hq.push(text, "all", "--key", hq.key("root")).output
    hq.key("config").chmod(0o644)
    assert "chmod 600" in hq.push(text, "all").output
    hq.key("config").chmod(0o600)
    hq.key("config").write_text("zz")
    assert "is no key" in hq.push(text, "all").output
    hq.key("config").unlink()
    assert "No such file" in hq.push(text, "all").output
    assert "rise to 100" in _rings(hq, "10,50")
    assert "commas" in _rings(hq, "ten")


def _rings(hq: Hq, rings: str) -> str:
    hq.key("config").unlink(missing_ok=True)
    hq.done("trust", "roll", "--root", hq.key("root"), "--config", hq.key("config"))
    return hq.push("[log]\nlevel = 'debug'\n", "all", "--rings", rings).output
