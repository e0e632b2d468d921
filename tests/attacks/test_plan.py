"""The list is whole: 67 attacks, each shown by tests that are there, and told in docs/security.md."""

from __future__ import annotations

import ast

from click.testing import CliRunner

from edge.cli import main
from tests.attacks.cases import shown
from tests.attacks.plan import PAGE, ROOT, attacks, named_in, written
from tests.house_plan import ROOMS

UNPACKERS = frozenset({"extractall", "extract", "unpack_archive", "ZipFile"})
"""What lays the files of an archive on the disk, where the archive says."""


def test_every_attack_is_there_once_and_shown() -> None:
    every = attacks()
    assert [one.number for one in every] == list(range(1, 68))
    for one in every:
        assert one.shown or one.missing, one
        for where in one.shown:
            path, _, name = where.partition("::")
            assert name in named_in(path), where


def test_every_number_of_a_code_has_a_code() -> None:
    by_list = {one.number for one in attacks() if any("test_codes.py::test_a_code" in w for w in one.shown)}
    assert by_list == {one.number for one in shown()}


def test_the_page_tells_the_same() -> None:
    text = PAGE.read_text("utf-8")
    assert text == written(text)


def test_what_is_missing_is_missing() -> None:
    """Once there is a command for releases its attacks have to be shown: this test then asks for them."""
    assert {one.number for one in attacks() if "release" in one.missing} == {60, 61, 62}
    assert CliRunner().invoke(main, ["release", "--help"]).exit_code != 0


def test_56_no_archive_is_unpacked_anywhere() -> None:
    """No path of an archive ever becomes a path of ours: what comes packed is one stream into one file of our name."""
    for room in ROOMS:
        for file in (ROOT / room).rglob("*.py"):
            text = file.read_text("utf-8")
            if not any(name in text for name in UNPACKERS):
                continue
            for node in ast.walk(ast.parse(text)):
                name = getattr(node, "attr", getattr(node, "id", ""))
                assert name not in UNPACKERS, file
