"""What a large price list takes of memory while HQ judges it: rows read, rows that are wrong, bytes at the peak."""

from __future__ import annotations

import io
import sys
import tempfile
import tracemalloc
from pathlib import Path
from typing import Any

from sync.hub.database import open_hub
from sync.hub.imports import Importer
from sync.hub.sheet import Sheet


class Endless(io.RawIOBase):
    """A price list that is made while it is read."""

    def __init__(self, rows: int) -> None:
        self.left, self.kept = rows, b"sku,yuan,book\n"

    def readable(self) -> bool:
        """A stream to read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """The next rows, as many bytes as fit."""
        while len(self.kept) < len(buffer) and self.left:
            self.kept += f"K{self.left:07d},{self.left}.5,b1\n".encode()
            self.left -= 1
        some, self.kept = self.kept[: len(buffer)], self.kept[len(buffer) :]
        buffer[: len(some)] = some
        return len(some)


def judged(database: Path, rows: int) -> tuple[int, int, int]:
    """Judges so many rows against a fresh HQ: (read, wrong, peak in bytes)."""
    engine = open_hub(database)
    Importer(engine, Sheet(io.BytesIO(b"sku,yuan,book\nP1,1,b\n")), lambda *_: None).prices()
    tracemalloc.start()  # from here on: what was imported on the way is no row
    importer = Importer(engine, Sheet(io.BufferedReader(Endless(rows))), lambda *_: None)
    kept: list[Any] = []
    importer._run = kept.append  # type: ignore[assignment,method-assign]
    importer.prices()
    read, bad = importer._judge(kept[0])
    _, peak = tracemalloc.get_traced_memory()
    return read, len(bad), peak


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(" ".join(map(str, judged(Path(folder) / "hub.db", 15_000))) + "\n")
