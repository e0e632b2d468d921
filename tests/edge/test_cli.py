"""The command line: answers for people, JSON for programs, exit codes that are documented."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import segno
from click.testing import CliRunner, Result

from devices.label_photo import label_photo
from devices.phone_photo import phone_photo
from edge.cli import main
from edge.clock import stamp
from edge.domain.pickup_code import CodeInvalid, read


def call(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_every_verb_has_help() -> None:
    for verb in ([], ["run"], ["check"], ["scan-image"], ["demo"], ["hub"], ["hub", "orders", "import"]):
        result = call(*verb, "--help")
        assert result.exit_code == 0
        assert "Usage:" in result.output


def test_check_names_every_problem_at_once(tmp_path: Path) -> None:
    path = tmp_path / "store.toml"
    path.write_text('[web]\nprot = 1\nport = 99999\n[stations.T1]\nkind = "x"\n')
    result = call("check", path)
    assert result.exit_code == 78
    for part in ("web.prot", "did you mean port?", "web.port", "stations.T1.kind"):
        assert part in result.output
    problems = [json.loads(line) for line in call("check", path, "--json").output.splitlines()]
    assert [problem["path"] for problem in problems] == ["web.prot", "web.port", "stations.T1.kind"]


def test_check_says_what_is_in_force(tmp_path: Path) -> None:
    path = tmp_path / "store.toml"
    path.write_text('[store]\nid = "S00421"\n[stations.T1]\n')
    result = call("check", path)
    assert result.exit_code == 0
    assert "store S00421, 1 station, 0 scanners, 0 printers\n" in result.output


def test_scan_image_says_what_each_code_is(tmp_path: Path) -> None:
    import cv2

    segno.make("6901234567892", micro=False).save(str(tmp_path / "a.png"), scale=6)
    cv2.imwrite(str(tmp_path / "b.png"), phone_photo("PK1.ABCDEF234567", seed=3, difficulty="easy"))
    (tmp_path / "c.png").write_bytes(b"no picture")
    result = call("scan-image", *sorted(tmp_path.glob("*.png")))
    assert result.exit_code == 1, "one of them cannot be read"
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(Path(row["file"]).name, row["symbology"], row["text"], row["kind"]) for row in rows] == [
        ("a.png", "qr", "6901234567892", "gtin"),
        ("b.png", "qr", "PK1.ABCDEF234567", "pickup"),
    ]
    assert "BAD_SOURCE" in result.stderr
    assert rows[0]["aim"] == "]Q1"


def test_scan_image_looks_for_what_it_is_told_to(tmp_path: Path) -> None:
    import cv2

    cv2.imwrite(str(tmp_path / "a.png"), label_photo("6901234567892", seed=1, difficulty="easy"))
    assert "6901234567892" in call("scan-image", "--context", "pos", tmp_path / "a.png").stdout
    result = call("scan-image", "--context", "pickup", tmp_path / "a.png")
    assert (result.exit_code, result.stdout) == (0, "")


def order(number: str, **more: Any) -> str:
    now = datetime.now(UTC)
    line = {"line": 1, "sku": "A1", "name_zh": "茶", "name_en": "Tea", "qty": 1, "unit_fen": 100}
    facts = {
        "order": number,
        "gen": 1,
        "store": "S00421",
        "channel": "app",
        "mode": "whole",
        "state": "ready",
        "lines": [line],
        "name_masked": "王*",
        "phone_tail": "5678",
        "paid_fen": 100,
        "due_fen": 0,
        "ready_by": stamp(now),
        "hold_until": stamp(now + timedelta(days=1)),
    }
    return json.dumps(facts | more, ensure_ascii=False)


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    database = tmp_path / "hub.db"
    token = tmp_path / "token"
    words = ("hub", "stores", "add", "S00421", "--name-zh", "淮海路店", "--name-en", "Huaihai")
    added = call(*words, "--database", database, "--token-file", token)
    assert added.exit_code == 0, added.output
    assert token.stat().st_mode & 0o777 == 0o600
    assert token.read_text().strip() not in added.output
    assert call("hub", "keys", "new", "1", "--database", database).exit_code == 0
    return database


def test_orders_are_imported_whole_or_not_at_all(hub: Path, tmp_path: Path) -> None:
    path = tmp_path / "orders.ndjson"
    path.write_text("\n".join([order("WX20260001"), "{", order("WX20260002", mode="sideways", store="S9")]))
    refused = call("hub", "orders", "import", path, "--database", hub)
    assert refused.exit_code == 1
    assert "line 2:" in refused.output
    path.write_text("\n".join([order("WX20260001"), order("WX20260002")]))
    done = call("hub", "orders", "import", path, "--database", hub, "--json")
    assert json.loads(done.stdout.splitlines()[-1])["changed"] == 2
    again = call("hub", "orders", "import", path, "--database", hub)
    assert again.exit_code == 1, "published is published"


def test_a_code_is_issued_and_drawn(hub: Path, tmp_path: Path) -> None:
    path = tmp_path / "orders.ndjson"
    path.write_text(order("WX20260001"))
    call("hub", "orders", "import", path, "--database", hub)
    picture = tmp_path / "code.png"
    issued = call("hub", "issue-code", "WX20260001", "--database", hub, "--png", picture, "--json")
    code = json.loads(issued.output)["code"]
    with pytest.raises(CodeInvalid):
        read(code, {})
    (seen,) = [json.loads(line) for line in call("scan-image", picture).stdout.splitlines()]
    assert (seen["text"], seen["kind"]) == (code, "pickup")
    assert call("hub", "issue-code", "WX99999999", "--database", hub).exit_code == 1


def refused(*words: str | Path, says: str) -> None:
    """Exit status 1 or 2, one line that a person understands, no traceback."""
    result = call(*words)
    assert result.exit_code in {1, 2}, result.output
    assert isinstance(result.exception, SystemExit), result.exception
    assert says in result.stderr


def test_an_order_is_listed_and_renewed(hub: Path, tmp_path: Path) -> None:
    path = tmp_path / "orders.ndjson"
    path.write_text("\n".join([order("WX20260001", numeric_code="12345678"), order("WX20260002")]))
    call("hub", "orders", "import", path, "--database", hub)
    listed = call("hub", "orders", "list", "--database", hub, "--json").stdout
    rows = {row["order"]: row for row in map(json.loads, listed.splitlines())}
    assert {number: (row["gen"], row["state"]) for number, row in rows.items()} == {
        "WX20260001": (1, "ready"),
        "WX20260002": (1, "ready"),
    }
    for private in ("12345678", "王", "5678"):
        assert private not in listed
    assert call("hub", "orders", "list", "--database", hub, "--store", "S9").stdout == ""
    renewed = call("hub", "orders", "reissue", "WX20260001", "--database", hub, "--days", "9", "--json")
    row = json.loads(renewed.stdout)
    assert (row["gen"], row["state"]) == (2, "ready")
    assert row["hold_until"] > stamp(datetime.now(UTC) + timedelta(days=8))
    assert row["numeric_code"] != "12345678"
    plain = call("hub", "orders", "reissue", "WX20260001", "--database", hub)
    assert len(plain.stdout.strip()) == 8
    assert "WX20260001\tS00421\t3\tready" in call("hub", "orders", "list", "--database", hub).stdout
    refused("hub", "orders", "reissue", "WX9", "--database", hub, says="no order WX9")


def test_what_cannot_be_done_is_said_in_a_line(hub: Path, tmp_path: Path) -> None:
    path = tmp_path / "orders.ndjson"
    path.write_text(order("WX20260001"))
    call("hub", "orders", "import", path, "--database", hub)
    code = ("hub", "issue-code", "WX20260001", "--database", hub)
    refused(*code, "--unit", "2", says="units 1 to 1")
    refused(*code, "--unit", "-1", says="--unit")
    for days in ("0", "999999999"):
        refused(*code, "--days", days, says="--days")
    refused(*code, "--png", tmp_path / "nowhere" / "a.png", says="No such file or directory")
    nowhere = tmp_path / "nowhere" / "hub.db"
    for words in (("orders", "list"), ("run",), ("keys", "new", "2"), ("issue-code", "WX20260001")):
        refused("hub", *words, "--database", nowhere, says="No such file or directory")
    refused("hub", "orders", "import", path, "--database", nowhere, says="No such file or directory")
    refused("hub", "orders", "list", "--database", path, says="HQ's database cannot be used")


def test_a_token_file_is_never_overwritten_nor_left_behind(hub: Path, tmp_path: Path) -> None:
    names = ("--name-zh", "二店", "--name-en", "Two")
    kept = tmp_path / "token"
    before = kept.read_text()
    add = ("hub", "stores", "add", "S2", *names, "--database", hub)
    refused(*add, "--token-file", kept, says="File exists")
    assert kept.read_text() == before
    again = ("hub", "stores", "add", "S00421", *names, "--database", hub)
    refused(*again, "--token-file", tmp_path / "new", says="S00421 is there already")
    assert not (tmp_path / "new").exists()
    nowhere = ("--database", tmp_path / "nowhere" / "hub.db")
    refused(*add, *nowhere, "--token-file", tmp_path / "new", says="No such file or directory")
    assert not (tmp_path / "new").exists()
    assert call(*add, "--token-file", tmp_path / "new").exit_code == 0, "the number was not used up"
