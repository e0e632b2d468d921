"""Two machines with one journal, a person who clears it up, and a journal that is brought in by hand."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from sync.hub.publishing import NotPossible
from sync.hub.streams import Streams
from sync.messages import Fork, NotAdmitted, canonical
from sync.outbox_file import JournalHead, OutboxRefused, new_words, seal, unseal

AT = "2026-01-05T10:00:00.000Z"


def state(hub: Any, stream: str) -> str:
    found: str = next(row["state"] for row in Streams(hub.engine).listed() if row["stream"] == stream)
    return found


def stream_cases(hub: Any) -> list[Any]:
    return [case for case in hub.desk.cases() if case["code"].startswith("STREAM")]


def boots(shop: Any, name: str) -> None:
    """The machine that speaks from now on."""
    shop.clock.boot = lambda: name


def test_two_machines_that_take_turns_on_one_journal_are_noticed(hub: Any, shop: Any) -> None:
    for name in ("a", "b", "a"):
        boots(shop, name)
        shop.advance("O1")
        assert shop.turn().sent == 1, "a restart, and one request that was long on its way, are no clone"
    boots(shop, "b")
    shop.advance("O1")
    with pytest.raises(Fork):
        shop.turn()
    assert state(hub, shop.journal.stream) == "frozen"
    assert [case["code"] for case in stream_cases(hub)] == ["STREAM_TWO_BOOTS"]
    assert len(hub.desk.events("S1")) == 3, "what came with the second return was not taken in"
    assert Streams(hub.engine).reopen(shop.journal.stream) == "open"
    assert [case["state"] for case in stream_cases(hub)] == ["closed"]
    shop.restart()
    shop.settle()
    assert len(hub.desk.events("S1")) == 4


def test_a_box_may_boot_as_often_as_it_likes(hub: Any, shop: Any) -> None:
    for n in range(30):
        boots(shop, f"boot {n}")
        shop.advance("O1")
        assert shop.turn().sent == 1
    assert state(hub, shop.journal.stream) == "open"


def test_a_fork_is_cleared_up_by_a_person(hub: Any, shop: Any, make_shop: Any) -> None:
    desk = Streams(hub.engine)
    shop.advance("O1")
    shop.settle()
    with pytest.raises(NotPossible, match="not frozen"):
        desk.reopen(shop.journal.stream)
    with pytest.raises(NotPossible, match="not closed"):
        desk.close(shop.journal.stream)
    clone = make_shop("S1")
    clone.journal.stream = shop.journal.stream
    clone.advance("O2")
    with pytest.raises(Fork):
        clone.turn()
    desk.reopen(shop.journal.stream)
    shop.restart()
    shop.advance("O1")
    assert shop.turn().sent == 1
    clone.restart()
    with pytest.raises(Fork):
        clone.turn()
    desk.close(shop.journal.stream)
    shop.restart()
    shop.advance("O1")
    with pytest.raises(NotAdmitted):
        shop.turn()
    assert state(hub, shop.journal.stream) == "closed"
    with pytest.raises(NotPossible, match="no stream"):
        desk.close("other")


def sealed(shop: Any, first: int = 1, words: str = "w") -> io.BytesIO:
    events = shop.journal.events[first - 1 :]
    head = JournalHead("S1", shop.journal.stream, first, len(events), AT)
    file = io.BytesIO()
    seal(file, head, map(canonical, events), words)
    file.seek(0)
    return file


def brought(hub: Any, file: io.BytesIO, words: str = "w") -> Any:
    head, lines = unseal(file, words)
    return list(Streams(hub.engine).bring_in(head, lines))[-1]


def test_a_closed_journal_comes_in_by_hand_once_and_whole(hub: Any, make_shop: Any, order_form: Any) -> None:
    hub.desk.publish_order(order_form("O1", qty=1000, mode="quantity"))
    old, new = make_shop(), make_shop()
    old.collect("O1", 1, state="partial")
    old.settle()
    new.collect("O1", 1, state="partial")
    new.settle()
    Streams(hub.engine).close(old.journal.stream)
    for _ in range(1100):
        old.collect("O1", 1, state="partial")
    with pytest.raises(NotAdmitted):
        old.turn()
    words = new_words()
    done = brought(hub, sealed(old, words=words), words.lower().replace("-", " "))
    assert (done.facts, done.new, done.odd) == (1101, 1100, 102)  # 1,102 handed of 1,000
    again = brought(hub, sealed(old, words=words), words)
    assert (again.facts, again.new) == (1101, 0)
    assert hub.desk.stock("S1") == {"P1": 10 - 1102}
    old.journal.stream = "5f0c1b9e-0f5e-4d0c-9a43-000000000000"
    part = sealed(old, first=7)
    with pytest.raises(NotPossible, match="export it with --all"):
        brought(hub, part)
    assert state(hub, new.journal.stream) == "open"


def test_a_box_that_never_spoke_takes_no_place_when_its_journal_comes_by_hand(
    hub: Any, shop: Any, make_shop: Any
) -> None:
    shop.advance("O1")
    shop.settle()
    silent = make_shop()
    silent.advance("O1")
    assert brought(hub, sealed(silent)).new == 1
    assert (state(hub, silent.journal.stream), state(hub, shop.journal.stream)) == ("closed", "open")


def pieces(lines: Iterable[bytes]) -> io.BytesIO:
    file = io.BytesIO()
    seal(file, JournalHead("S1", "s", 1, 3, AT), lines, "w")
    return file


def test_a_sealed_journal_that_was_tampered_with_is_refused() -> None:
    whole = pieces([bytes([n]) * 900_000 for n in b"abc"]).getvalue()
    head, lines = unseal(io.BytesIO(whole), "w")
    assert (head.n, [len(line) for line in lines]) == (3, [900_000] * 3)
    with pytest.raises(OutboxRefused, match="passphrase"):
        unseal(io.BytesIO(whole), "other")
    with pytest.raises(OutboxRefused, match="no sealed journal"):
        unseal(io.BytesIO(b"x" + whole), "w")
    for bad in (
        whole[:-1],
        whole + b"x",
        whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:],
        whole[: len(whole) // 2],
    ):
        with pytest.raises(OutboxRefused):
            list(unseal(io.BytesIO(bad), "w")[1])


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_command_line_brings_a_journal_in(hub: Any, shop: Any, tmp_path: Path) -> None:
    shop.advance("O1")
    (tmp_path / "journal").write_bytes(sealed(shop).getvalue())

    def told(*words: str) -> str:
        run = [sys.executable, "-m", "edge", "hub", *words, "--database", hub.where]
        done = subprocess.run(run, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    path = str(tmp_path / "journal")
    assert "passphrase does not fit" in told("outbox", "import", path, "--passphrase", "x")
    assert "1 facts, 1 of them new" in told("outbox", "import", path, "--passphrase", "w")
    assert shop.journal.stream in told("streams", "list", "S1")
    assert "is closed; the journal of a box" in told("streams", "close", shop.journal.stream)
