"""The test page: on paper in every lane, with what the printer says of itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.settings_file import write_toml
from devices.simulated_paper import RasterBlock
from devices.simulated_printer import SimulatedPrinter
from edge.cli import main


def run(folder: Path, name: str = "P1", **printer: object):
    write_toml(folder / "s.toml", {"stations": {"T1": {}}, "printers": {"P1": printer}})
    return CliRunner().invoke(main, ["print-test", "--settings", str(folder / "s.toml"), name])


@pytest.mark.parametrize("charset", ["gb18030", "gbk", "gb2312", "western"])
def test_it_prints_a_page_and_says_what_the_printer_is(tmp_path, charset):
    with SimulatedPrinter(rom=charset) as simulated:
        done = run(tmp_path, host=simulated.host, port=simulated.port, charset=charset)
        (paper,) = simulated.papers
        assert simulated.unknown == []
    assert done.exit_code == 0, done.output
    for said in ("state: online", "printed: ", "model: SIMULATED-80", "confirm: process-id", "level 0"):
        assert said in done.output
    assert "1234567890" * 4 in paper.text
    assert "\ufffd" not in paper.text
    pictures = sum(isinstance(block, RasterBlock) for block in paper.blocks)
    assert pictures == {"gb18030": 1, "gbk": 2, "gb2312": 2, "western": 11}[charset]


def test_a_printer_that_is_not_there_or_not_known_is_a_failure(tmp_path):
    with SimulatedPrinter() as simulated:
        port = simulated.port
    gone = run(tmp_path, host="127.0.0.1", port=port)
    assert (gone.exit_code, gone.output.splitlines()[0]) == (1, "state: absent")
    unknown = run(tmp_path, "P9", host="127.0.0.1", port=port)
    assert unknown.exit_code == 1
    assert "defined: P1" in unknown.output


def test_paper_out_and_a_printer_without_a_voice(tmp_path):
    with SimulatedPrinter() as simulated:
        simulated.take_paper()
        empty = run(tmp_path, host=simulated.host, port=simulated.port)
        assert (empty.exit_code, "out of paper" in empty.output) == (1, True)
        simulated.recover()
        blind = run(tmp_path, host=simulated.host, port=simulated.port, confirm="none")
        assert (blind.exit_code, blind.output.split(":")[0]) == (0, "sent")
