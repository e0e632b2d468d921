"""The printing desk: a slip is paper, or waits, or is uncertain and says so; never lost, never doubled unmarked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from devices.ports import BadSource, CoverOpen, OutOfPaper, PrinterState, SentOnly, Unconfirmed
from devices.slip import Slip, Text
from edge.clock import Clock
from edge.daemon import build_shop
from edge.domain import refusals as no
from edge.domain.views import RedeemRequest
from tests.edge.conftest import KEY, PaperPrinter, settings_in

SLIP = Slip("t", (Text("one"),))


def hand_over(shop, hq, cashier, number="WX2026112200017"):
    hq.order(number)
    return shop.store.hand_over.redeem(RedeemRequest(nonce=number, code=hq.code(number)), cashier)


def job_state(shop, done) -> tuple[str, str]:
    view = shop.store.hand_over.handed(done.pickup)
    return view.job_state, view.job_reason


def test_paper_out_leaves_the_job_waiting_and_says_so(shop, hq, cashier, printer):
    done = hand_over(shop, hq, cashier)
    printer.faults = [OutOfPaper("P1")]
    printer.now = PrinterState.OUT_OF_PAPER
    assert not shop.store.printing.turn("P1")
    assert job_state(shop, done) == ("blocked", "OUT_OF_PAPER")
    assert [d.state for d in shop.store.status.devices()] == ["blocked"]
    assert shop.store.pickup.counts().slips_waiting == 1
    assert not shop.store.printing.turn("P1"), "it is asked how it is before it is sent anything"
    printer.now = PrinterState.ONLINE
    assert shop.store.printing.turn("P1")
    assert job_state(shop, done) == ("printed", "")
    assert len(printer.slips) == 1


def words(slip: Slip) -> str:
    return "\n".join(part.text for part in slip.parts if isinstance(part, Text))


def test_a_slip_of_unknown_fate_comes_again_once_and_marked(shop, hq, cashier, printer):
    hand_over(shop, hq, cashier)
    printer.faults = [Unconfirmed("P1"), Unconfirmed("P1")]
    shop.store.printing.turn("P1")
    shop.store.printing.turn("P1")
    assert not shop.store.printing.turn("P1"), "not for ever"
    assert [(job.state, job.copy) for job in shop.store.printing.jobs()] == [
        ("uncertain", 1),
        ("uncertain", 0),
    ]


def test_a_job_cut_short_by_a_crash_is_reprinted_marked(shop, hq, cashier, printer):
    hand_over(shop, hq, cashier)
    job = shop.books.jobs.next("P1")
    with shop.books.ledger.transaction() as tx:
        shop.books.jobs.set_state(tx, job.id, "sending", "", job.created_at)
    shop.store.printing.recover()
    assert shop.store.printing.turn("P1")
    assert "补打 1 / REPRINT 1" in words(printer.slips[0])
    assert words(printer.slips[0]).endswith(words(job.slip))


def test_reprints_are_counted_and_marked_once(shop, hq, cashier, printer):
    done = hand_over(shop, hq, cashier)
    assert shop.store.printing.reprint(done.pickup, "r0", cashier).copy == 0, (
        "it still waits: nothing to double"
    )
    shop.store.printing.turn("P1")
    for copy in (1, 2):
        assert shop.store.printing.reprint(done.pickup, f"r{copy}", cashier).copy == copy
        shop.store.printing.turn("P1")
        assert words(printer.slips[copy]).count("补打") == 1
        assert f"补打 {copy} " in words(printer.slips[copy])


def test_the_slip_names_order_and_staff_but_no_customer_and_no_code(shop, hq, cashier, printer):
    code = hq.code()
    hand_over(shop, hq, cashier)
    shop.store.printing.turn("P1")
    paper = repr(printer.slips[0])
    for part in ("0017", "已核销", "龙井茶", "Longjing tea", "小李", "1号台", "淮海路店"):
        assert part in paper
    for secret in ("王*", "5678", code, "48151623"):
        assert secret not in paper


# ---- states and classes ----------------------------------------------------------------------------


def submit(shop, key="k1", job_class="receipt", printer="P1"):
    return shop.store.printing.submit(key, printer, "T1", f"ref-{key}", SLIP, job_class)


def states(shop) -> dict[str, str]:
    return {row.key: row.state for row in shop.books.jobs.recent(50)}


def test_the_same_key_is_the_same_job(shop, printer):
    first = submit(shop)
    shop.store.printing.turn("P1")
    again = submit(shop)
    assert (again.id, again.state) == (first.id, "printed")
    assert not shop.store.printing.turn("P1")
    assert len(printer.slips) == 1
    with pytest.raises(no.UnknownThing):
        submit(shop, "k2", printer="P9")


def test_the_row_says_what_is_under_way_at_each_moment(shop, printer, monkeypatch):
    job, seen = submit(shop), []

    def print_slowly(_slip, sent):
        seen.append(shop.books.jobs.by_id(job.id).state)
        sent()
        seen.append(shop.books.jobs.by_id(job.id).state)
        assert shop.store.printing.cancel(job.id).state == "awaiting_confirm", "too late to cancel"

    monkeypatch.setattr(printer, "print", print_slowly)
    shop.store.printing.turn("P1")
    assert [*seen, shop.books.jobs.by_id(job.id).state] == ["sending", "awaiting_confirm", "printed"]


def test_a_printer_that_cannot_confirm_leaves_a_job_sent_and_not_printed(shop, printer):
    submit(shop)
    printer.faults = [SentOnly("P1")]
    assert shop.store.printing.turn("P1")
    (job,) = shop.store.printing.jobs()
    assert (job.state, job.reason) == ("sent", "")
    assert [d.state for d in shop.store.status.devices()] == ["online"]


def test_a_voucher_is_never_printed_again_by_itself_and_a_person_decides(shop, printer, cashier):
    job = submit(shop, job_class="voucher")
    printer.faults = [Unconfirmed("P1")]
    shop.store.printing.turn("P1")
    assert not shop.store.printing.turn("P1")
    assert states(shop) == {"k1": "uncertain"}
    again = shop.store.printing.settle(job.id, cashier, came_out=False)
    assert (again.state, again.copy) == ("queued", 1)
    shop.store.printing.turn("P1")
    assert "补打 1" in words(printer.slips[0])
    assert shop.store.printing.settle(again.id, cashier, came_out=False).state == "printed", "not twice"


def test_a_person_who_saw_the_paper_settles_it(shop, printer, cashier):
    job = submit(shop, job_class="voucher")
    printer.faults = [Unconfirmed("P1")]
    shop.store.printing.turn("P1")
    seen = shop.store.printing.settle(job.id, cashier, came_out=True)
    assert (seen.state, seen.reason) == ("printed", "SEEN")
    assert len(shop.store.printing.jobs()) == 1


def test_after_a_crash_a_voucher_waits_for_a_person_and_a_receipt_does_not(shop):
    for key, kind, state in (("r", "receipt", "sending"), ("v", "voucher", "awaiting_confirm")):
        job = submit(shop, key, kind)
        with shop.books.ledger.transaction() as tx:
            shop.books.jobs.set_state(tx, job.id, state, "", "2026-11-22T00:00:00.000Z")
    shop.store.printing.recover()
    assert states(shop) == {"r": "uncertain", "v": "uncertain", "copy:r:1": "queued"}


def test_a_marked_copy_comes_before_what_was_queued_later(shop, printer):
    submit(shop, "a"), submit(shop, "b")
    printer.faults = [Unconfirmed("P1")]
    shop.store.printing.turn("P1")
    shop.store.printing.turn("P1")
    assert states(shop) == {"a": "uncertain", "b": "queued", "copy:a:1": "printed"}


def test_an_error_in_the_middle_leaves_no_job_forgotten(shop, printer, monkeypatch):
    submit(shop)
    with monkeypatch.context() as broken:
        broken.setattr(type(printer), "print", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            shop.store.printing.turn("P1")
    assert states(shop) == {"k1": "sending"}
    shop.store.printing.turn("P1")
    assert states(shop) == {"k1": "uncertain", "copy:k1:1": "printed"}


def test_a_printer_that_speaks_by_itself_is_listened_to(tmp_path):
    class Speaking(PaperPrinter):
        def listen(self, told):
            self.told = told

    speaking = Speaking()
    shop = build_shop(settings_in(tmp_path), KEY, {"P1": speaking})
    pokes = list[str]()
    shop.wakes.listen(pokes.append)
    shop.store.printing.recover()
    speaking.told(PrinterState.OUT_OF_PAPER)
    assert [(d.name, d.state) for d in shop.store.status.devices()] == [("P1", "out_of_paper")]
    assert "slips:P1" in pokes, "a job that waited for paper is tried at once"
    shop.books.close()


def test_what_can_never_be_printed_fails_and_the_next_one_prints(shop, printer):
    submit(shop, "a"), submit(shop, "b")
    printer.faults = [BadSource("P1")]
    shop.store.printing.turn("P1")
    shop.store.printing.turn("P1")
    assert states(shop) == {"a": "failed", "b": "printed"}


def test_a_waiting_job_can_be_cancelled(shop, printer):
    job = submit(shop)
    printer.faults = [CoverOpen("P1")]
    shop.store.printing.turn("P1")
    assert shop.store.printing.cancel(job.id).state == "cancelled"
    assert not shop.store.printing.turn("P1")
    assert printer.slips == []
    assert shop.store.printing.cancel(job.id).state == "cancelled"


def test_what_waited_too_long_is_not_printed_any_more(shop, monkeypatch):
    submit(shop)
    later = datetime.now(UTC) + timedelta(hours=13)
    monkeypatch.setattr(Clock, "now", lambda _: later)
    submit(shop, "k2")
    while shop.store.printing.turn("P1"):
        pass
    assert states(shop) == {"k1": "expired", "k2": "printed"}


def test_one_wish_for_a_reprint_is_one_reprint(shop, hq, cashier, printer):
    done = hand_over(shop, hq, cashier)
    shop.store.printing.turn("P1")
    for _ in range(3):
        assert shop.store.printing.reprint(done.pickup, "same", cashier).copy == 1
        shop.store.printing.turn("P1")
    assert len(printer.slips) == 2


def test_another_desks_slip_is_the_leads_to_reprint(shop, hq, cashier, other, lead):
    done = hand_over(shop, hq, cashier)
    shop.store.printing.turn("P1")
    with pytest.raises(no.NotAllowed):
        shop.store.printing.reprint(done.pickup, "n", other)
    assert (
        shop.store.printing.reprint(done.pickup, "n", type(lead)(lead.staff, lead.name, lead.role, "T2")).copy
        == 1
    )


def test_a_hand_over_taken_back_prints_nothing_any_more(shop, hq, cashier, lead, printer):
    done = hand_over(shop, hq, cashier)
    shop.store.hand_over.annul(done.pickup, "x", lead)
    assert not shop.store.printing.turn("P1")
    assert printer.slips == []
    with pytest.raises(no.UnknownThing):
        shop.store.printing.reprint(done.pickup, "n", lead)
