"""One bit changed anywhere in a closed ledger is found before it becomes a backup."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from edge.backup_made import proved
from edge.backup_seal import BackupRefused
from edge.records.books import open_books

KEY = bytes(range(32))
PAGE = 4096  # SQLCipher 4
FLIPS = 1000


@pytest.mark.slow
def test_no_changed_bit_is_missed(tmp_path: Path) -> None:
    open_books(tmp_path / "state", KEY, "Asia/Shanghai").close()
    sound = (tmp_path / "state/ledger.db").read_bytes()
    chance, pages, missed = random.Random(7), set[int](), []  # noqa: S311 - repeatable, no secret
    for number in range(FLIPS):
        at, hurt = chance.randrange(len(sound)), bytearray(sound)
        hurt[at] ^= 1 << chance.randrange(8)
        file = tmp_path / f"{number}.db"
        file.write_bytes(hurt)
        pages.add(at // PAGE)
        try:
            proved(file, KEY)
            missed.append(at)
        except BackupRefused:
            pass
        for left in tmp_path.glob(f"{number}.db*"):
            left.unlink()
    assert (missed, len(pages) > 100) == ([], True)
    (tmp_path / "sound.db").write_bytes(sound)
    proved(tmp_path / "sound.db", KEY)
