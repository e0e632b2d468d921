"""A till with wallets in a time of its own: the store's real desks and books, a scripted provider, no threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import edge.records.books as opening
from config.schema import Settings, parse
from edge.clock import Clock
from edge.daemon import Shop
from edge.desks.paying import PayWorkers
from edge.domain.orders import Fen
from edge.domain.payment_port import Answer, Charge, NoAnswer, PaymentProvider
from edge.domain.payment_views import PaymentView, RefundPart
from edge.domain.payments import Channel
from edge.domain.staff import Operator, Role
from edge.records.payments import AttemptRow
from edge.tender_crew import pay_workers
from paying.scripted import ScriptedProvider
from tests.founded import founded_shop

KEY = bytes(range(32))
WECHAT = "13" + "4" * 16
ALIPAY = "28" + "5" * 16
CASHIER = Operator("1001", "小李", Role.CASHIER, "T1")
OTHER = Operator("1002", "小陈", Role.CASHIER, "T2")
LEAD = Operator("2001", "张店长", Role.LEAD, "T1")
WALLETS = (Channel.WECHAT, Channel.ALIPAY, Channel.UNIONPAY)


@dataclass
class Time:
    """A time that only moves when told to; the same for the store and for the provider."""

    ms: int = 1_000_000
    boot: str = "boot-1"
    began: datetime = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)

    def go(self, seconds: float) -> None:
        """So much later."""
        self.ms += int(seconds * 1000)


class TestClock(Clock):
    """The store's clock, of such a time."""

    __test__ = False

    def __init__(self, zone: str, floor: datetime | None, time: Time) -> None:
        self._time = time
        super().__init__(zone, floor)

    def wall(self) -> datetime:
        """See Clock."""
        return self._time.began + timedelta(milliseconds=self._time.ms)

    def mono_ms(self) -> int:
        """See Clock: begins anew with each boot."""
        return self._time.ms - (500_000 if self._time.boot != "boot-1" else 0)

    def boot(self) -> str:
        """See Clock."""
        return self._time.boot


@dataclass
class Line:
    """A provider behind a line that can be cut, and that notes what went over it."""

    behind: PaymentProvider
    calls: list[tuple[str, str]] = field(default_factory=list)
    before: Callable[[str, str], None] = lambda _verb, _number: None
    after: Callable[[str, str], None] = lambda _verb, _number: None

    def pay(self, charge: Charge, auth_code: str) -> Answer:
        return self._through("pay", charge.number, lambda: self.behind.pay(charge, auth_code))

    def query(self, channel: Channel, number: str) -> Answer:
        return self._through("query", number, lambda: self.behind.query(channel, number))

    def reverse(self, channel: Channel, number: str) -> Answer:
        return self._through("reverse", number, lambda: self.behind.reverse(channel, number))

    def precreate(self, charge: Charge, seconds: int) -> Answer:
        return self._through("precreate", charge.number, lambda: self.behind.precreate(charge, seconds))

    def close(self, channel: Channel, number: str) -> Answer:
        return self._through("close", number, lambda: self.behind.close(channel, number))

    def refund(self, charge: Charge, refund: str, fen: Any) -> Answer:
        return self._through("refund", refund, lambda: self.behind.refund(charge, refund, fen))

    def verbs(self, *of: str) -> list[str]:
        """What was asked, in order; of all, or of these verbs."""
        return [verb for verb, _ in self.calls if not of or verb in of]

    def _through(self, verb: str, number: str, call: Callable[[], Answer]) -> Answer:
        self.calls.append((verb, number))
        self.before(verb, number)
        answer = call()
        self.after(verb, number)
        return answer


class SilentPrinter:
    """Keeps no slip: the tests read the jobs."""

    def print(self, slip: Any, sent: Callable[[], None] = lambda: None) -> None:
        del slip
        sent()

    def state(self) -> Any:
        from devices.ports import PrinterState

        return PrinterState.ONLINE


@dataclass
class PayingShop:
    """The shop of one test; `reopen` is a kill and a start."""

    folder: Path
    settings: Settings
    time: Time
    scripted: ScriptedProvider
    line: Line
    shop: Shop
    payers: PayWorkers

    @property
    def desk(self) -> Any:
        return self.shop.store.tender

    def reopen(self, *, boot: str = "") -> None:
        """The process dies without a word and starts again; with `boot` the box did."""
        self.shop.books.close()
        if boot:
            self.time.boot = boot
        self.shop, self.payers = _opened(self.settings, self.time, self.line)

    def turns(self, most: int = 50) -> float:
        """Everything that is due now; gives the seconds to the next."""
        for _ in range(most):
            pause = self.payers.turn()
            if pause:
                return pause
        raise AssertionError("the worker never rests")

    def run(self, seconds: float) -> None:
        """Lets that time pass, step by step as things fall due."""
        end = self.time.ms + int(seconds * 1000)
        while True:
            pause = self.turns()
            if self.time.ms + pause * 1000 >= end:
                self.time.ms = end
                self.turns()
                return
            self.time.go(pause)

    def begin(self, fen: int = 5990, basket: str = "b1", who: Operator = CASHIER) -> PaymentView:
        view: PaymentView = self.desk.open(basket, f"sha-{basket}-{fen}", fen, who, f"open-{basket}-{fen}")
        return view

    def charge(self, view: PaymentView, code: str = WECHAT, nonce: str = "n1") -> str:
        """Submits a code; gives the attempt's number."""
        after = self.desk.submit(view.payment, code, CASHIER, nonce)
        assert after.attempt is not None
        number: str = after.attempt.number
        return number

    def row(self, number: str) -> AttemptRow:
        return self.shop.books.payments.known(number)

    def state(self, number: str) -> str:
        return self.row(number).state.value

    def facts(self, kind: str = "payment.final") -> list[dict[str, Any]]:
        return [event.d for event in self.shop.books.journal.pending(0, 500, 1 << 22) if event.k == kind]


def _opened(settings: Settings, time: Time, line: Line) -> tuple[Shop, PayWorkers]:
    where: Any = opening
    made, where.Clock = where.Clock, lambda zone, floor=None: TestClock(zone, floor, time)
    try:
        shop = founded_shop(settings, KEY, {"P1": SilentPrinter()})
    finally:
        where.Clock = made
    return shop, pay_workers(shop.store.tender, shop.store.staff, dict.fromkeys(WALLETS, line))


@contextmanager
def paying(
    folder: Path, script: Sequence[str] = ("success",), *, forgetful: bool = False, hq: str = "", **more: Any
) -> Iterator[PayingShop]:
    """A shop whose shoppers do as the script says."""
    settings = parse(
        {
            "store": {"id": "S00421", "state_dir": str(folder)},
            "stations": {
                "T1": {"kind": "cashier", "label_zh": "1号台", "label_en": "Desk 1", "printer": "P1"},
                "T2": {"kind": "cashier", "label_zh": "2号台", "label_en": "Desk 2", "printer": "P1"},
            },
            "printers": {"P1": {"host": "127.0.0.1"}},
            "payments": {"provider": "scripted", **more},
            "hq": {"url": hq},
        }
    )
    time = Time()
    scripted = ScriptedProvider(script, lambda: time.ms, tombstones=not forgetful)
    line = Line(scripted)
    shop, payers = _opened(settings, time, line)
    made = PayingShop(folder, settings, time, scripted, line, shop, payers)
    try:
        yield made
    finally:
        made.shop.books.close()


class Killed(BaseException):
    """The process ends here."""


def killed(*_: object) -> None:
    raise Killed


def lost(*_: object) -> None:
    raise NoAnswer


def part(number: str, fen: int) -> RefundPart:
    return RefundPart(number, Fen(fen))


def sell(shop: PayingShop, view: Any, sale: str = "sale-1") -> Any:
    with shop.shop.books.ledger.transaction() as tx:
        return shop.desk.complete(tx, view.payment, view.basket_sha, view.fen, sale)


def called_at(till: PayingShop) -> list[tuple[str, int]]:
    """(verb, seconds since now) of the calls from here on."""
    began, found = till.time.ms, list[tuple[str, int]]()
    till.line.before = lambda verb, _number: found.append((verb, (till.time.ms - began) // 1000))
    return found


def sold(till: PayingShop) -> str:
    number = till.charge(till.begin())
    till.turns()
    sell(till, till.desk.of_basket("b1"))
    return number
