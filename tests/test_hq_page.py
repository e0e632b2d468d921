"""docs/hq.md does what it says: its files, its commands, one after the other."""

from __future__ import annotations

import json
import os
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.cli import main

PAGE = (Path(__file__).parent.parent / "docs" / "hq.md").read_text("utf-8")
FILES = dict(re.findall(r"`([a-z]+\.csv)`[^`]*?:\n\n```csv\n(.*?)```", PAGE, re.DOTALL))
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words, env={"STORE_EDGE_WHO": "li.na"})


def reported(store: str) -> None:
    """The store's box uploaded something: HQ knows its journal."""
    from sqlalchemy import insert

    from sync.hub.database import open_hub
    from sync.hub.schema import ingest_stream

    blank = {"last_seq": 1, "last_sha": "0" * 64, "durable_seq": 0, "bound_at": "2026-01-05T10:00:00.000Z"}
    engine = open_hub(os.environ["STORE_EDGE_HUB_DATABASE"])
    with engine.begin() as conn:
        conn.execute(insert(ingest_stream).values(stream=f"{store}-box", store=store, state="open", **blank))
    engine.dispose()


@pytest.fixture
def followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Result]:
    """Every command of the page, done."""
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        Path(name).write_text(text, "utf-8")
    Path("password").write_text("correct horse battery\n")
    done = []
    for line in COMMANDS:
        if line.startswith("export "):
            monkeypatch.setenv(*line.removeprefix("export ").split("="))
            continue
        if line.startswith("store-edge hub grants give "):
            reported("S00421")
        program, *words = shlex.split(line)
        assert program == "store-edge"
        done.append(run(*words))
        assert done[-1].exit_code == 0, f"{line}\n{done[-1].output}"
    return done


CHANGING = re.compile(
    r"hub (\w[\w-]*) (add|update|new|import|invite|reissue|revoke-code|cancel|force-cancel|reassign|remove|issue|"
    r"withdraw|change|levels|give-points|give|hold|code|refund)\b"
)


def test_the_page_can_be_followed(followed: list[Result]) -> None:
    taken = {
        word
        for line in COMMANDS
        if re.search(" (import|levels) ", line)
        for word in line.split()
        if word.endswith(".csv")
    }
    assert set(FILES) == taken
    said = dict(zip([line for line in COMMANDS if line.startswith("store-edge")], followed, strict=True))
    assert "7.90" not in said["store-edge hub stock show S00421 A1 A2"].output
    assert said["store-edge hub stock show S00421 A1 A2"].output == (
        "store\tsku\ton_hand\nS00421\tA1\t40\nS00421\tA2\t12\n"
    )
    assert "S00422\tallocated" not in said["store-edge hub orders list --store S00421"].output
    assert Path("invitation.png").stat().st_mode & 0o777 == 0o600
    assert Path("all-products.csv").read_bytes().startswith(b"\xef\xbb\xbfsku,")
    assert (
        "m-8f2c\tsilver\t陈*\t**03\t**21\tS00421\t1200\n"
        in said["store-edge hub members list --store S00421"].output
    )
    shown = said["store-edge hub grants list --store S00421"].output.splitlines()[1:]
    assert [line.split("\t")[1:8] for line in shown] == [
        ["points", "S00421", "m-8f2c", "300", "0", "0", "300"],
        ["quota", "S00421", "A1", "20", "0", "0", "20"],
        ["quota", "S00421", "A2", "6", "0", "0", "6"],
    ]
    secrets = ("628401", "correct horse", "王*", "5678", "9021", "7703")
    everything = "".join(result.output for result in followed)
    assert not [secret for secret in secrets if secret in everything]


@pytest.mark.usefixtures("followed")
def test_every_act_of_the_page_is_on_record() -> None:
    acts = [
        json.loads(line)
        for line in run("hub", "audit", "list", "--json", "--limit", "100").stdout.splitlines()
    ]
    noted = [act["act"] for act in reversed(acts)]
    wanted = [".".join(found.groups()) for line in COMMANDS if (found := CHANGING.search(line))]
    wanted.insert(wanted.index("stores.invite"), "orders.issue-code")
    assert [act for act in noted if not act.startswith("trust")] == wanted
    assert {act["who"] for act in acts if not act["act"].startswith("trust")} == {"li.na"}
    assert [act["why"] for act in acts if act["act"] == "orders.force-cancel"] == ["the store burnt down"]


@pytest.mark.usefixtures("followed")
def test_what_is_refused_is_on_no_record() -> None:
    before = run("hub", "audit", "list", "--json").stdout
    for words in (
        ("orders", "cancel", "WX9"),
        ("orders", "force-cancel", "WX9", "--why", "x"),
        ("orders", "reassign", "WX2026112200017", "S00422"),
        ("orders", "revoke-code", "WX2026112200018"),
        ("stores", "add", "S00421", "--name-zh", "x", "--name-en", "x"),
        ("stores", "invite", "S9", "--url", "https://hq.example"),
        ("stores", "invite", "S00421", "--url", "http://hq.example"),
        ("shops", "update", "S9", "--phone", "1"),
        ("devices", "revoke", "nothing"),
        ("keys", "new", "1"),
        ("keys", "retire", "9"),
        ("cases", "close", "c-9", "--why", "x"),
        ("cases", "close", "9", "--why", "x"),
        ("cases", "show", "c-9"),
        ("quarantine", "replay", "x", "1"),
        ("quarantine", "show", "x", "1"),
        ("staff", "import", "S9", "staff.csv"),
        ("products", "import", "stock.csv"),
        ("people", "add", "Bad Name", "--role", "viewer", "--password-file", "password"),
        ("people", "remove", "nobody"),
        ("products", "export", "nowhere/x.csv"),
        ("events", "export", "-", "--since", "yesterday"),
    ):
        result = run("hub", *words)
        assert result.exit_code in {1, 2}, (words, result.output)
        assert isinstance(result.exception, SystemExit), (words, result.exception)
        assert result.stderr.strip(), words
    assert run("hub", "audit", "list", "--json").stdout == before
    assert not list(Path().glob(".*.csv.*")), "a file that could not be written leaves nothing behind"


@pytest.mark.usefixtures("followed")
def test_a_wrong_file_changes_nothing_and_says_where() -> None:
    Path("bad.csv").write_bytes("sku,yuan,book\nA1,1.234,b\nA2,12,b\nA2,13,b\n".encode("gb18030"))
    result = run("hub", "prices", "import", "bad.csv", "--json")
    assert result.exit_code == 1
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["line"] for row in rows[:-1]] == [2, 4]
    assert rows[-1] == {"read": 3, "bad": 2, "changed": 0, "written": False}
    result = run("hub", "prices", "import", "bad.csv", "--skip-bad", "--json")
    assert json.loads(result.stdout.splitlines()[-1])["changed"] == 1
