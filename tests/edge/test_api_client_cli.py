"""A program's token is told once; the lines that are printed beside it admit it and hold its hash only."""

from __future__ import annotations

import hashlib
import tomllib

import pytest
from click.testing import CliRunner

from config.schema import parse
from edge.cli import main


def test_the_lines_admit_the_token() -> None:
    args = ["api-client", "new", "till2", "--stations", "T1, T2", "--scopes", "sales,goods", "--role", "lead"]
    told = CliRunner().invoke(main, args)
    assert told.exit_code == 0, told.output
    token = told.stderr.splitlines()[1]
    assert token not in told.stdout
    tree = tomllib.loads(told.stdout)
    stations = {name: {"kind": "cashier"} for name in ("T1", "T2")}
    client = parse({"store": {"id": "S1"}, "stations": stations, **tree}).api_clients["till2"]
    assert client.token_sha256 == hashlib.sha256(token.encode()).hexdigest()
    assert (client.stations, client.role, client.scopes) == (("T1", "T2"), "lead", ("sales", "goods"))


@pytest.mark.parametrize(
    "args",
    [
        ["till2"],
        ["till2", "--stations", ""],
        ["till2", "--stations", "T1", "--scopes", "everything"],
        ['x"]\n', "--stations", "T1"],
        ["till2", "--stations", 'T1"'],
    ],
)
def test_what_makes_no_sense_makes_no_token(args: list[str]) -> None:
    told = CliRunner().invoke(main, ["api-client", "new", *args])
    assert told.exit_code == 2
    assert "token_sha256" not in told.output
