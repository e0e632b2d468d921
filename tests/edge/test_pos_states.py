"""What a device does just now, in UnifiedPOS's four words."""

from __future__ import annotations

import pytest

from devices.ports import OutOfPaper, PrinterState, State
from devices.slip import Slip, Text
from edge.desks.status_updates import state_of

SLIP = Slip("t", (Text("one"),))


def test_a_printer_is_closed_idle_busy_and_in_error(shop, printer, monkeypatch):
    desk, status = shop.store.printing, shop.store.status
    assert status.state("P1") is State.CLOSED
    desk.watch("P1")
    assert status.state("P1") is State.IDLE
    seen = []
    real = printer.print

    def watched(slip, sent=lambda: None):
        seen.append(status.state("P1"))
        real(slip, sent)

    monkeypatch.setattr(printer, "print", watched)
    desk.submit("one", "P1", "T1", "", SLIP)
    desk.turn("P1")
    assert (seen, status.state("P1")) == ([State.BUSY], State.IDLE)
    printer.faults, printer.now = [OutOfPaper("P1")], PrinterState.OUT_OF_PAPER
    desk.submit("two", "P1", "T1", "", SLIP)
    desk.turn("P1")
    assert status.state("P1") is State.ERROR


@pytest.mark.parametrize(
    ("word", "busy", "said"),
    [
        ("", True, State.CLOSED),
        ("absent", False, State.CLOSED),
        ("open_long", False, State.IDLE),
        ("online", True, State.BUSY),
        ("uncertain", True, State.ERROR),
        ("a word of tomorrow", False, State.ERROR),
    ],
)
def test_a_word_that_nobody_knows_is_an_error(word, busy, said):
    assert state_of(word, busy=busy) is said
