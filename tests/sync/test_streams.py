"""The upload over a stream's life: restored HQ, gaps, forks, new disks, a wrong token."""

from __future__ import annotations

from typing import Any

import pytest

from sync.hub.database import open_hub
from sync.hub.desk import HubDesk
from sync.hub.web import create_hub
from sync.messages import Fork, Gap, NotAdmitted
from sync.transport import LoopTransport


def at_hq(hub: Any, store: str = "S1") -> list[tuple[int, str]]:
    return [(row["seq"], row["id"]) for row in hub.desk.events(store)]


def in_journal(shop: Any) -> list[tuple[int, str]]:
    return [(event.seq, event.id) for event in shop.journal.events]


def test_hq_restored_from_a_backup_gets_the_facts_again(
    hub: Any, shop: Any, order_form: Any, backup: Any
) -> None:
    hub.desk.publish_order(order_form("O1"))
    shop.advance("O1")
    shop.settle()
    copy = backup()
    shop.collect("O1", 2)
    shop.settle()
    engine = open_hub(copy)
    shop.wire.below = LoopTransport(create_hub(engine), hub.tokens["S1"])
    shop.settle()
    restored = HubDesk(engine)
    assert [row["id"] for row in restored.events("S1")] == [event.id for event in shop.journal.events]
    assert restored.stock("S1") == {"P1": 8}
    assert shop.journal.rewound == [2]


def test_a_journal_that_cannot_fill_the_gap_stops_with_an_alarm(shop: Any) -> None:
    for _ in range(3):
        shop.advance("O1")
    # HQ knows nothing of this stream, and the first two facts were deleted here.
    shop.journal.up_to, shop.journal.first_kept = 2, 3
    assert shop.turn().more
    with pytest.raises(Gap):
        shop.turn()
    result = shop.turn()
    assert (result.alarm, result.sent, shop.journal.rewound[0]) == ("GAP", 0, 1)
    shop.journal.first_kept = 1
    assert not shop.turn().more, "not by itself"
    shop.restart()
    shop.settle()
    assert shop.journal.acked() == 3


def test_a_broken_chain_is_not_taken_for_ours(hub: Any, shop: Any) -> None:
    shop.advance("O1")
    shop.settle()
    # The second fact follows another first one than HQ has.
    other = type(shop.journal)()
    other.append_raw("order.advanced", {"order": "O7", "gen": 1, "event": "pack", "state": "packed"})
    shop.journal.events.append(other.append_raw("order.advanced", shop.journal.events[0].d))
    with pytest.raises(Gap) as gap:
        shop.turn()
    assert gap.value.expected == 2
    assert shop.turn().alarm == "GAP"
    assert [row["seq"] for row in hub.desk.events("S1")] == [1]


def test_a_fork_freezes_the_stream_and_waits_for_a_person(hub: Any, shop: Any, make_shop: Any) -> None:
    shop.advance("O1")
    shop.settle()
    clone = make_shop("S1")
    clone.journal.stream = shop.journal.stream
    clone.advance("O2")
    with pytest.raises(Fork):
        clone.turn()
    before = len(clone.wire.requests)
    result = clone.turn()
    assert (result.alarm, result.sent) == ("FORK", 0)
    assert [path for path, _ in clone.wire.requests[before:]] == ["/sync/v1/pull"]
    shop.advance("O1")
    with pytest.raises(Fork):
        shop.turn()
    assert [row["state"] for row in hub.desk.streams("S1")] == ["frozen"]
    assert [case["code"] for case in hub.desk.cases()].count("STREAM_FORK") == 1


def test_a_new_disk_is_a_new_stream_and_the_former_may_still_report(
    hub: Any, make_shop: Any, order_form: Any
) -> None:
    hub.desk.publish_order(order_form("O1", qty=5, mode="quantity"))
    old, new = make_shop(), make_shop()
    old.collect("O1", 1, state="partial")
    old.settle()
    new.collect("O1", 1, state="partial")
    new.settle()
    old.collect("O1", 1, state="partial")
    old.settle()
    states = {row["stream"]: row["state"] for row in hub.desk.streams("S1")}
    assert states == {old.journal.stream: "closing", new.journal.stream: "open"}
    late = {(row["stream"] == old.journal.stream, row["seq"]) for row in hub.desk.events("S1") if row["late"]}
    assert late == {(True, 2)}
    new.settle()
    stock = new.replica.usable("s:S1:stock")["P1"]
    assert (stock["on_hand"], stock["stream"], stock["upto_seq"]) == (7, new.journal.stream, 1)


def test_a_wrong_token_pauses_and_loses_nothing(hub: Any, shop: Any) -> None:
    shop.advance("O1")
    hub.tokens["S1"] = hub.desk.new_token("S1")
    with pytest.raises(NotAdmitted):
        shop.turn()
    waiting = shop.client.turn(shop.mono + 100)
    assert (waiting.sent, waiting.received) == (0, 0)
    assert 0 < waiting.next_s <= 200
    shop.wire.below = hub.line("S1")
    assert isinstance(waiting.fault, NotAdmitted)
    assert shop.turn().sent == 1
