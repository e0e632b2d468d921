"""A till, HQ's payment gateway and its simulator: from the scan to HQ's comparison, and no code in any file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from edge.domain.orders import Fen
from edge.domain.payment_port import Answer, Charge, NotSent, Said
from edge.domain.payment_views import Paying, RefundPart
from edge.domain.payments import Channel
from edge.records.inbox import Inbox
from paying.gateway import GatewayProvider
from paying.scripted import ScriptedProvider
from sync.client import SyncClient
from sync.hub.database import open_hub
from sync.hub.desk import HubDesk
from sync.hub.pay_tables import pay_order, pay_told
from sync.hub.web import create_hub
from sync.messages import LineDown
from sync.messages import Shop as ShopRow
from sync.paying_words import PayCall
from sync.transport import LoopTransport
from tests.edge.paying_shop import CASHIER, WECHAT, PayingShop, paying

STORE = "S00421"


@dataclass
class Town:
    """Two stores, HQ with its gateway, a provider behind it."""

    till: PayingShop
    scripted: ScriptedProvider
    hq: HubDesk
    app: Any
    tokens: dict[str, str]
    engine: Any

    def gateway(self, store: str = STORE) -> GatewayProvider:
        return GatewayProvider(LoopTransport(self.app, self.tokens[store]).post)

    def sync(self) -> None:
        books = self.till.shop.books
        line = LoopTransport(self.app, self.tokens[STORE])
        client = SyncClient(
            line, books.journal, Inbox(books.hq, books.clock), store_id=STORE, clock=books.clock
        )
        for turn in range(4):
            assert client.turn(400.0 * (turn + 1)).fault is None

    def rows(self, table: Any) -> list[Any]:
        with self.engine.connect() as conn:
            return list(conn.execute(select(table)))

    def cases(self) -> list[str]:
        return [str(case["code"]) for case in self.hq.cases()]


@pytest.fixture
def script() -> list[str]:
    return ["success"]


@pytest.fixture
def town(tmp_path: Path, script: list[str]) -> Iterator[Town]:
    with paying(tmp_path / "store", provider="hq", hq="http://127.0.0.1:9") as till:
        till.shop.store.status.exchanged("")
        engine = open_hub(tmp_path / "hub.db")
        hq = HubDesk(engine)
        tokens = {
            store: hq.add_store(ShopRow(store=store, name_zh=store, name_en=store)) for store in (STORE, "S2")
        }
        scripted = ScriptedProvider(script, lambda: till.time.ms)
        app = create_hub(engine, pays=scripted, now=till.shop.books.clock.wall)
        made = Town(till, scripted, hq, app, tokens, engine)
        till.line.behind = made.gateway()
        yield made
        engine.dispose()


def test_a_scan_becomes_a_sale_and_hq_agrees(town: Town, tmp_path: Path) -> None:
    till = town.till
    view = till.begin()
    number = till.charge(view)
    till.turns()
    assert till.desk.view(view.payment).state is Paying.PAID
    with till.shop.books.ledger.transaction() as tx:
        till.desk.complete(tx, view.payment, view.basket_sha, view.fen, "sale-1")
    till.desk.back.give([RefundPart(number, Fen(1000))], CASHIER, "r1", ref="return-1")
    till.turns()
    town.sync()
    (order,) = town.rows(pay_order)
    assert (order.number, order.store, order.fen, order.state, order.paid_fen) == (
        number,
        STORE,
        5990,
        "paid",
        5990,
    )
    assert [(row.state, row.fen) for row in town.rows(pay_told)] == [("succeeded", 5990), ("refunded", 1000)]
    assert town.cases() == []
    assert town.scripted.back()[number] == 1000
    # The shopper's code is in no file of HQ's or the store's.
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or WECHAT.encode() not in file.read_bytes(), file


@pytest.mark.parametrize("script", [["userpaying 8"], ["no_answer"], ["late_success 20"], ["stubborn 100"]])
def test_the_gateway_tells_in_the_end_what_the_wallet_did(town: Town, script: list[str]) -> None:
    till = town.till
    number = till.charge(till.begin())
    till.run(3600)
    town.sync()
    told = town.rows(pay_told)[0]
    assert (told.number, told.state) == (number, "refunding" if script == ["stubborn 100"] else "succeeded")
    assert town.cases() == []


@pytest.mark.parametrize("script", [["wrong_amount 5"]])
def test_another_amount_is_a_case_for_people(town: Town) -> None:
    town.till.charge(town.till.begin())
    town.till.run(600)
    town.sync()
    assert [row.state for row in town.rows(pay_told)] == ["stuck", "reversed"]
    assert "PAYMENT_STUCK" in town.cases()


def test_a_store_that_says_more_than_the_gateway_saw_is_a_case(town: Town) -> None:
    till = town.till
    till.line.behind = till.scripted  # the till pays past HQ, and says that HQ did it
    till.charge(till.begin())
    till.turns()
    town.sync()
    assert town.cases() == ["PAYMENT_DIFFERS"]


def test_a_number_is_charged_once_however_often_it_comes(town: Town) -> None:
    gateway, charge = town.gateway(), Charge(Channel.WECHAT, "S1-number-1", Fen(100))
    first = gateway.pay(charge, WECHAT)
    assert gateway.pay(charge, WECHAT) == first
    assert gateway.pay(charge, "14" + "0" * 16).transaction == first.transaction
    assert gateway.pay(Charge(Channel.WECHAT, "S1-number-1", Fen(101)), "14" + "1" * 16).code == "NUMBER_USED"
    assert town.scripted.charged() == {"S1-number-1": 100}


def test_a_number_that_was_reversed_before_it_came_is_never_charged(town: Town) -> None:
    gateway = town.gateway()
    assert gateway.reverse(Channel.WECHAT, "S1-number-1").said is Said.REVERSED
    late = gateway.pay(Charge(Channel.WECHAT, "S1-number-1", Fen(100)), WECHAT)
    assert late.said is not Said.PAID
    assert town.scripted.charged() == {}


def test_another_stores_number_is_nobodys(town: Town) -> None:
    town.gateway().pay(Charge(Channel.WECHAT, "S1-number-1", Fen(100)), WECHAT)
    other, charge = town.gateway("S2"), Charge(Channel.WECHAT, "S1-number-1", Fen(100))
    assert other.query(Channel.WECHAT, "S1-number-1").said is Said.NOT_FOUND
    assert other.refund(charge, "S1-number-1R01", Fen(100)).said is Said.REFUSED
    assert other.pay(charge, "14" + "0" * 16).said is Said.REFUSED
    assert other.reverse(Channel.WECHAT, "S1-number-1").said is Said.NOT_YET
    assert town.scripted.back()["S1-number-1"] == 0


def test_the_gateway_gives_no_more_back_than_was_paid(town: Town) -> None:
    gateway, charge = town.gateway(), Charge(Channel.WECHAT, "S1-number-1", Fen(100))
    gateway.pay(charge, WECHAT)
    said = [
        gateway.refund(charge, "S1-number-1R01", Fen(60)).said,
        gateway.refund(charge, "S1-number-1R01", Fen(60)).said,
        gateway.refund(charge, "S1-number-1R01", Fen(61)).said,
        gateway.refund(charge, "S1-number-1R02", Fen(41)).said,
        gateway.refund(charge, "S1-number-1R03", Fen(40)).said,
    ]
    assert said == [Said.REFUNDED, Said.REFUNDED, Said.REFUSED, Said.REFUSED, Said.REFUNDED]
    assert town.scripted.back()["S1-number-1"] == 100


def test_who_is_not_admitted_is_told_so_before_anything_is_charged(town: Town) -> None:
    stranger = GatewayProvider(LoopTransport(town.app, "no token").post)
    with pytest.raises(NotSent):
        stranger.pay(Charge(Channel.WECHAT, "S1-number-1", Fen(100)), WECHAT)
    assert town.rows(pay_order) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"number":"S1-number-1","channel":"wechat","fen":0,"code":"134444444444444444"}',
        b'{"number":"S1-number-1","channel":"wechat","fen":-5,"code":"134444444444444444"}',
        b'{"number":"S1-number-1","channel":"wechat","fen":0.5,"code":"134444444444444444"}',
        b'{"number":"S1-number-1","channel":"wechat","fen":1e18,"code":"134444444444444444"}',
        b'{"number":"S1-number-1","channel":"cash","fen":5,"code":"134444444444444444"}',
        b'{"number":"S1-number-1","channel":"wechat","fen":5,"code":"x"}',
        b'{"number":"../../etc","channel":"wechat","fen":5,"code":"134444444444444444"}',
        b'{"number":"S1-number-1","channel":"wechat","fen":5,"code":"134444444444444444","currency":"USD"}',
    ],
)
def test_a_call_that_cannot_be_read_is_refused_without_quoting_it(town: Town, body: bytes) -> None:
    token = {"Authorization": f"Bearer {town.tokens[STORE]}", "Content-Type": "application/json"}
    answer = town.app.test_client().post("/pay/v1/pay", data=body, headers=token)
    assert answer.status_code == 400
    assert b"1344" not in answer.data
    assert town.scripted.charged() == {}


def test_a_call_shows_its_code_to_nobody_but_the_wire() -> None:
    call = PayCall("S1-number-1", "wechat", 5, WECHAT)
    assert WECHAT not in repr(call) + str(call)
    assert WECHAT.encode() in msgspec.json.encode(call)


def test_garbage_from_the_other_side_is_no_answer() -> None:
    from edge.domain.payment_port import NoAnswer

    def cut(_path: str, _body: bytes) -> bytes:
        raise LineDown("cut")

    for post in (lambda _p, _b: b"<html>", lambda _p, _b: b'{"said":"sure"}', cut):
        with pytest.raises(NoAnswer) as caught:
            GatewayProvider(post).pay(Charge(Channel.WECHAT, "S1-number-1", Fen(5)), WECHAT)
        assert WECHAT not in str(caught.value)


def test_a_hub_without_a_provider_refuses(tmp_path: Path) -> None:
    engine = open_hub(tmp_path / "hub.db")
    token = HubDesk(engine).add_store(ShopRow(store="S1", name_zh="一", name_en="One"))
    gateway = GatewayProvider(LoopTransport(create_hub(engine), token).post)
    answer = gateway.pay(Charge(Channel.WECHAT, "S1-number-1", Fen(5)), WECHAT)
    assert answer == Answer(Said.REFUSED, code="NO_PROVIDER")
    engine.dispose()
