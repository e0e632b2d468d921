"""The page that describes the protocol says what the code does: its examples and its vector are read here."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from sync.hub.envelope import read_upload
from sync.hub.pull import read_request
from sync.messages import (
    DOWN_KINDS,
    ROW_KEYS,
    STATES,
    UP_KINDS,
    Event,
    Op,
    SyncFault,
    UpAnswer,
    canonical,
    fact_of,
    row_hash,
    row_of,
    sha_of,
)
from sync.pulling import read_page

PAGE = (Path(__file__).parents[2] / "docs" / "sync-protocol.md").read_text("utf-8")
BLOCKS = [block.encode() for block in re.findall(r"```\n(.*?)\n```", PAGE, re.DOTALL)]


def block(start: bytes) -> bytes:
    found: bytes = next(b for b in BLOCKS if b.startswith(start))
    return found


def test_the_upload_of_the_page_is_one() -> None:
    upload = read_upload(block(b'{"boot"'))
    event = upload.lines[0].event
    assert isinstance(event, Event)
    assert sha_of(event) == event.sha
    assert canonical(event).decode() in PAGE
    fact_of(event)
    assert msgspec.json.decode(block(b'{"acked"'), type=UpAnswer).acked == 1


def test_the_pull_of_the_page_is_one() -> None:
    assert read_request(block(b'{"proto"')).max_rows == 5000
    page = read_page(block(b'{"t":"checkpoint"'))
    assert [op.op for op in page.ops] == ["del"]
    assert page.resets[0].why == "epoch"
    puts = [msgspec.json.decode(line, type=Op) for line in block(b'{"t":"checkpoint"').split(b"\n")[2:3]]
    assert row_of(puts[0]).__class__.__name__ == "Stock"


def test_the_vector_of_the_page_fits() -> None:
    text, digits = re.findall(r"^(\[.*\])  ->  ([0-9a-f]{16})$", PAGE, re.MULTILINE)[0]
    assert canonical(msgspec.json.decode(text)).decode() == text
    assert f"{row_hash(*msgspec.json.decode(text)):016x}" == digits


@pytest.mark.parametrize("kind", sorted({**UP_KINDS, **DOWN_KINDS}))
def test_every_field_of_a_kind_is_on_the_page(kind: str) -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{kind}` |"))
    for field in msgspec.structs.fields({**UP_KINDS, **DOWN_KINDS}[kind]):
        assert f"`{field.encode_name}`" in row
    assert kind in UP_KINDS or f"| {ROW_KEYS[kind]} |" in row


def test_every_code_of_the_hub_is_on_the_page() -> None:
    hub = Path(__file__).parents[2] / "sync" / "hub"
    judges = ("effects.py", "ingest.py", "stock_effects.py", "benefit_effects.py")
    source = "".join((hub / name).read_text("utf-8") for name in judges)
    codes = set(re.findall(r'"([A-Z]+(?:_[A-Z]+)+)"', source))
    assert len(codes) > 12
    assert {code for code in codes if code not in PAGE} == set()


def codes_below(fault: type[SyncFault]) -> set[str]:
    return {fault.code for fault in fault.__subclasses__()} | {
        code for below in fault.__subclasses__() for code in codes_below(below)
    }


def test_every_trouble_of_the_line_and_every_state_is_on_the_page() -> None:
    table = PAGE.partition("| trouble |")[2].partition("\n\n")[0]
    listed = set(re.findall(r"\b[A-Z]{3,}(?:_[A-Z]+)*\b", table.replace("HQ", "")))
    assert listed == codes_below(SyncFault) | {"NOT_YET", "BUG"}
    (line,) = re.findall(r"^States: (.*)\.$", PAGE, re.MULTILINE)
    assert set(line.split(", ")) == STATES
