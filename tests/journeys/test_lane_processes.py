"""A store, a lane and a cable for a few seconds, both killed and it cut: the proof in tests/proof/lanes.py, short."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from config.loader import load
from edge.cli import main
from tests.proof.lanes import failed, run

STORE = """
[store]
state_dir = "{folder}"
[stations.T1]
kind = "cashier"
[lane_port]
listen = "192.168.10.5:8775"
[lanes.K1]
"""


def test_nothing_is_lost_or_doubled_while_both_sides_die_and_the_line_is_cut():
    report = run(8, 5, seed=4, plan=("lane", "cut", "store"))
    assert not failed(report), report
    assert report["met"] == {"lane": 1, "cut": 1, "store": 1}


def test_a_key_is_made_and_its_words_make_settings_that_are_accepted(tmp_path: Path):
    file = tmp_path / "store.toml"
    file.write_text(STORE.format(folder=tmp_path))
    command = ["lane-key", "K1", "--settings", str(file), "--token-file", str(tmp_path / "K1.token")]
    told = CliRunner().invoke(main, command)
    assert told.exit_code == 0, told.output
    row = next(line for line in told.output.splitlines() if line.startswith("token_sha256"))
    assert "--fingerprint " in told.output
    assert (tmp_path / "K1.token").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "K1.token").read_text().strip() not in told.output
    file.write_text(STORE.format(folder=tmp_path) + row)
    assert load(file).lanes["K1"].token_sha256 in row
    again = CliRunner().invoke(main, command)
    assert again.exit_code == 1, "a file that is there may be another lane's token"


def test_a_lane_says_what_it_lacks(tmp_path: Path):
    lane = [sys.executable, "-m", "edge", "lane", "--name", "K1", "--state", str(tmp_path), "--token-file"]
    open_file = tmp_path / "token"
    open_file.write_text("t" * 30)
    open_file.chmod(0o644)
    for more, code in (
        ([str(open_file), "--store", "unix:/nowhere"], 78),
        ([str(tmp_path / "none"), "--store", "unix:/nowhere"], 78),
        ([str(open_file), "--store", "10.0.0.1:8775"], 2),
    ):
        done = subprocess.run([*lane, *more], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == code, done.stderr
        assert "Error: " in done.stderr
        assert "Traceback" not in done.stderr
