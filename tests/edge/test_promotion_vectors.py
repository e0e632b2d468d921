"""The golden vectors of prices, each to the fen; and the runner that tries them on anybody's engine."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from edge.cli import main
from sync.conformance.price_vectors import Vector, differences, ours, read

FOLDER = Path(__file__).parent / "promotion_vectors"
VECTORS = read(FOLDER)


@pytest.mark.parametrize("vector", VECTORS, ids=[vector.name for vector in VECTORS])
def test_a_vector_comes_out_to_the_fen(vector: Vector) -> None:
    assert differences(vector.expected, ours(vector)) == []


def test_there_are_many_and_each_holds_together() -> None:
    assert len(VECTORS) >= 80
    assert len({vector.name for vector in VECTORS}) == len(VECTORS)
    for vector in VECTORS:
        wanted = vector.expected
        due = sum(sum(line.units) for line in wanted.lines) + sum(gift.net_fen for gift in wanted.gifts)
        assert due == wanted.total_fen, vector.name
        assert [line.line for line in wanted.lines] == [item.line for item in vector.asked.items]


def test_the_runner_passes_these_and_fails_one_that_is_a_fen_off(tmp_path: Path) -> None:
    worked = next(FOLDER.glob("*-worked.json"))
    (tmp_path / "good.json").write_text(worked.read_text("utf-8"), "utf-8")
    done = CliRunner().invoke(main, ["conformance", "promotions", str(tmp_path)])
    assert (done.exit_code, "1 passed, 0 failed" in done.output) == (0, True)
    wrong = json.loads(worked.read_text("utf-8"))
    wrong["expected"]["lines"][0]["units"] = [4393, 4391]
    (tmp_path / "wrong.json").write_text(json.dumps(wrong), "utf-8")
    done = CliRunner().invoke(main, ["conformance", "promotions", str(tmp_path)])
    assert done.exit_code == 1
    assert "1 passed, 1 failed" in done.output
    assert "[4392,4392]" in done.output
    (tmp_path / "wrong.json").write_text('{"name": 1}', "utf-8")
    done = CliRunner().invoke(main, ["conformance", "promotions", str(tmp_path)])
    assert done.exit_code == 1
    assert "wrong.json" in done.output


def test_another_engine_is_asked_without_being_told_the_answer(tmp_path: Path) -> None:
    worked = next(FOLDER.glob("*-worked.json"))
    (tmp_path / "one.json").write_text(worked.read_text("utf-8"), "utf-8")
    wanted = msgspec.json.encode(json.loads(worked.read_text("utf-8"))["expected"]).decode()
    engine = tmp_path / "engine.py"
    engine.write_text(
        f"import json, sys\nassert 'expected' not in json.load(sys.stdin)\nprint({wanted!r})\n", "utf-8"
    )
    command = ["conformance", "promotions", str(tmp_path), "--with", f"{sys.executable} {engine}"]
    assert CliRunner().invoke(main, command).exit_code == 0
    engine.write_text("print('{}')\n", "utf-8")
    done = CliRunner().invoke(main, command)
    assert (done.exit_code, "no price" in done.output) == (1, True)
