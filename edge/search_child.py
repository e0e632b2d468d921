"""The naming child: makes the index of names of hq.db, or adds to it what was renamed, and ends.

One line on its standard input says what to do, the key of both files among it: arguments can be read by others.
Its exit status is 0 when the index holds what the catalogue held when it began.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from edge.db import connect
from edge.records.search_making import Making, base_of, in_chunks
from edge.records.turnstile import turn

_ORPHAN = 3
NICE = 15
"""Behind the child that loads a snapshot: what it makes is of use only afterwards."""


class Job(msgspec.Struct, frozen=True):
    """What to make: `hq` and `search` are paths, `key` 64 hex digits; `whole`: anew."""

    hq: str
    search: str
    key: str
    whole: bool


def main() -> int:
    """The child's life."""
    os.nice(NICE)
    gc.disable()
    run(msgspec.json.decode(sys.stdin.buffer.readline(), type=Job), _heard)
    return 0


def run(job: Job, heard: Callable[[], None] = lambda: None) -> None:
    """Makes the index, or adds to it; `heard` is called between two pieces of the work."""
    key = bytes.fromhex(job.key)
    with (
        contextlib.closing(connect(Path(job.hq), key)) as hq,
        contextlib.closing(connect(Path(job.search), key)) as search,
    ):
        search.execute("PRAGMA synchronous=NORMAL")
        search.execute("PRAGMA cache_size=-6000")
        upto = int(hq.execute("SELECT coalesce(max(n), 0) FROM renamed").fetchone()[0])
        making = Making(search, first_letters)
        if job.whole:
            making.whole(in_chunks(hq, heard), base_of(hq))
        else:
            making.further(
                hq.execute(
                    "SELECT DISTINCT p.sku, p.name_zh, p.name_en FROM renamed r JOIN product p USING (sku)"
                    " WHERE r.n <= ?",
                    (upto,),
                ).fetchall()
            )
        # Only now: whatever cut this short, the next child does it again.
        with turn(Path(job.hq)):
            hq.execute("DELETE FROM renamed WHERE n <= ?", (upto,))


def _heard() -> None:
    """Ends the process when the parent has ended: it holds the other end of our standard input."""
    ready, _, _ = select.select([0], [], [], 0)
    if ready and not os.read(0, 1):
        os._exit(_ORPHAN)


def first_letters(chars: Iterable[str]) -> dict[str, str]:
    """The first letters of every reading of each character, "" for one without; loads pypinyin."""
    # Its dictionary of phrases is most of it, and single characters need none.
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
    from pypinyin import Style, pinyin

    found: dict[str, str] = {}
    for char in chars:
        readings = pinyin(char, style=Style.FIRST_LETTER, heteronym=True, errors="ignore")
        letters = {one for some in readings for one in some if one.isascii() and one.isalpha()}
        found[char] = "".join(sorted(letters))
    return found


if __name__ == "__main__":
    sys.exit(main())
