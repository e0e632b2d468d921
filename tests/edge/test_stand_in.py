"""A printer that stays blocked hands what it has not begun to its stand-in, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from devices.ports import OutOfPaper, PrinterState, Unconfirmed
from devices.slip import Slip, Text
from tests.edge.conftest import KEY, PaperPrinter, settings_in
from tests.founded import founded_shop

SLIP = Slip("t", (Text("one"),))


def words(slip: Slip) -> str:
    return "\n".join(part.text for part in slip.parts if isinstance(part, Text))


def submit(shop, key="k1", job_class="receipt", printer="P1"):
    return shop.store.printing.submit(key, printer, "T1", f"ref-{key}", SLIP, job_class)


def states(shop) -> dict[str, str]:
    return {row.key: row.state for row in shop.books.jobs.recent(50)}


@pytest.fixture
def two(tmp_path):
    """A shop whose P1 has P2 as a stand-in at once, and P2 has P1."""
    raw = {
        "P1": {"host": "127.0.0.1", "stand_in": "P2", "stand_in_after_s": 1e-6},
        "P2": {"host": "127.0.0.2", "stand_in": "P1", "stand_in_after_s": 1e-6},
    }
    printers = {"P1": PaperPrinter(), "P2": PaperPrinter()}
    shop = founded_shop(settings_in(tmp_path, printers=raw), KEY, dict(printers))
    yield shop, printers
    shop.books.close()


def out_of_paper(printer: PaperPrinter, name: str) -> None:
    printer.faults, printer.now = [OutOfPaper(name)], PrinterState.OUT_OF_PAPER


def test_a_stand_in_takes_over_what_no_byte_was_sent_of(two):
    shop, printers = two
    for key in ("a", "b"):
        submit(shop, key)
    out_of_paper(printers["P1"], "P1")
    shop.store.printing.turn("P1")
    shop.store.printing.turn("P1")
    assert states(shop) == {
        "a": "redirected",
        "b": "redirected",
        "stand-in:a": "queued",
        "stand-in:b": "queued",
    }
    while shop.store.printing.turn("P2"):
        pass
    assert (len(printers["P1"].slips), len(printers["P2"].slips)) == (0, 2)
    assert words(printers["P2"].slips[0]) == "one", "never printed before, hence not marked"


def test_two_blocked_printers_play_no_ping_pong(two):
    shop, printers = two
    submit(shop, "a")
    out_of_paper(printers["P1"], "P1")
    out_of_paper(printers["P2"], "P2")
    for _ in range(4):
        shop.store.printing.turn("P1")
    assert states(shop) == {"a": "blocked"}, "no use in going to a printer that cannot print either"
    printers["P2"].now = PrinterState.ONLINE
    shop.store.printing.turn("P1")
    for _ in range(4):
        shop.store.printing.turn("P2")
        printers["P2"].now = PrinterState.OUT_OF_PAPER
        printers["P1"].now = PrinterState.ONLINE
    assert states(shop) == {"a": "redirected", "stand-in:a": "blocked"}


def test_an_uncertain_job_never_goes_to_the_stand_in(two):
    shop, printers = two
    submit(shop, "a", "voucher")
    printers["P1"].faults = [Unconfirmed("P1")]
    shop.store.printing.turn("P1")
    printers["P1"].now = PrinterState.ABSENT
    for _ in range(3):
        shop.store.printing.turn("P1")
    assert states(shop) == {"a": "uncertain"}


def test_without_a_stand_in_jobs_wait(two):
    shop, printers = two
    rules = {
        name: msgspec.structs.replace(rule, stand_in="") for name, rule in shop.store.printing.rules.items()
    }
    desk = replace(shop.store.printing, rules=rules)
    submit(shop, "a")
    out_of_paper(printers["P1"], "P1")
    for _ in range(3):
        desk.turn("P1")
    assert states(shop) == {"a": "blocked"}
