"""A box in a store: the real desks, journal and replica on real files, a real client, a machine of its own."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from config.schema import Settings, parse
from edge import customer_desks, return_crew
from edge.clock import stamp
from edge.daemon import Shop
from edge.domain.refusals import Refusal
from edge.domain.staff import Operator, Role
from edge.domain.views import RedeemRequest
from edge.records import books as books_module
from edge.records.enrolment import EnrolmentRow
from edge.records.inbox import Inbox
from sync.admission import Invitation
from sync.asking import HqAsk
from sync.client import SyncClient, TurnResult
from sync.credentials import Credential, DeviceKey, Nothing
from sync.enrolling import enroll
from sync.messages import DeviceRevoked, Event
from sync.pace import Pace
from tests.founded import founded_shop
from tests.sim.chance import Machine, MachineClock
from tests.sim.network import Ask, Weather, Wire

KEY = bytes(range(32))


class Killed(BaseException):
    """The store's process is gone between two statements."""


class Fused:
    """A connection whose process dies at a statement, before it or right after it."""

    def __init__(self, connection: Any, box: Box) -> None:
        self._connection = connection
        self._box = box

    def execute(self, sql: str, *args: Any) -> Any:
        """See sqlite3."""
        fuse = self._box.fuse
        if fuse is None or self._box.dead or sql == "ROLLBACK":
            return self._connection.execute(sql, *args)
        self._box.fuse = fuse - 1
        if fuse > 1:
            return self._connection.execute(sql, *args)
        self._box.dead = True
        if fuse == 1:  # after it; 0 would be before it
            self._connection.execute(sql, *args)
        raise Killed

    def executemany(self, sql: str, rows: Any) -> Any:
        """See sqlite3."""
        return self._connection.executemany(sql, rows)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


class WatchedInbox(Inbox):
    """Notes why a bucket was read again."""

    resets: list[tuple[str, str]]

    def reset(self, bucket: str, why: str) -> None:
        """See Inbox."""
        self.resets.append((bucket, why))
        super().reset(bucket, why)


@dataclass
class Ask4Goods:
    """A redemption as it was asked: the same may be asked again. `pickup` "" while nobody got an answer."""

    request: RedeemRequest
    operator: Operator
    order: str
    pickup: str = ""


@dataclass
class Known:
    """What the world knows of a journal, by its stream: what was committed, and what became of the disk."""

    stream: str
    store: str
    facts: list[Event] = field(default_factory=list)
    others: dict[int, Event] = field(default_factory=dict)
    """Facts that stand under a number where another stood before (a journal somebody wrote in, a clone's)."""
    rotten: set[int] = field(default_factory=set)
    odd: set[int] = field(default_factory=set)
    """Facts that HQ may put into quarantine, made so on purpose."""
    unlucky: set[int] = field(default_factory=set)
    """Facts whose id somebody else's fact got, too."""
    twins: list[Known] = field(default_factory=list)
    """The same journal in clones of the disk."""
    lost: bool = False
    """Its disk is gone or void: what HQ has not heard is not owed any more."""


class Box:
    """One machine with its disk. `state`: active | old (replaced, still sends) | gone."""

    def __init__(
        self,
        store: str,
        folder: Path,
        machine: Machine,
        ask: Ask,
        weather: Weather,
        chance: Callable[[], random.Random],
    ) -> None:
        self.store = store
        self.folder = folder
        self.machine = machine
        self.state = "active"
        self.fuse: int | None = None
        self.dead = False
        self.revoked = False
        self.asked: list[Ask4Goods] = []
        self.paying: dict[str, Any] = {}
        self.taking: list[Any] = []
        self.resets: list[tuple[str, str]] = []
        self.next_turn_s = 0.0
        self.last: TurnResult | None = None
        self.was_killed = False
        # What the checks have looked at so far.
        self.checked = self.collected = 0
        self.told: Counter[str] = Counter()
        self.receipts: Counter[str] = Counter()
        self.checked_feed: object = None
        self.wire = Wire(ask, weather, Nothing(), chance)
        self._hq, self._weather, self._chance = ask, weather, chance
        self.settings: Settings = parse(
            {
                "store": {"id": store, "state_dir": str(folder)},
                "stations": {"T1": {"kind": "cashier"}, "T2": {"kind": "cashier"}},
                "hq": {"url": "http://127.0.0.1:9", "token_file": ""},
                "pickup": {"wrong_tries": 20},
            }
        )
        self.open()
        self.known = Known(self.shop.books.journal.stream_id(), store)

    def open(self) -> None:
        """The process starts: everything from the files again."""
        with own_clock(self.machine), asking_by(self):
            self.shop: Shop = founded_shop(self.settings, KEY, {})
        self.fuse, self.dead = None, False
        books = self.shop.books
        for database in (books.ledger, books.hq):
            database._writer = Fused(database._writer, self)
        self.inbox = WatchedInbox(books.hq, books.clock)
        self.inbox.resets = self.resets
        self.connect()

    def connect(self) -> None:
        """A fresh client with the credential that stands in the ledger."""
        books = self.shop.books
        mine = books.enrolments.now()
        credential: Credential = Nothing()
        if mine is not None:
            credential = DeviceKey(mine.device, mine.seed, books.clock, self.mono)
        self.wire.credential = credential
        paces = [Pace(lambda: self._chance().random()) for _ in range(2)]
        self.client = SyncClient(
            self.wire,
            books.journal,
            self.inbox,
            store_id=self.store,
            clock=books.clock,
            up_pace=paces[0],
            pull_pace=paces[1],
        )
        self.next_turn_s = 0.0

    def enroll(self, invitation: Invitation, seed: bytes) -> str:
        """This box becomes its store's, as `store-edge enroll` does it; returns the device."""
        books = self.shop.books
        done = enroll(self.wire.ask, invitation, self.store, self.known.stream, seed, "sim", "1")
        books.clock.saw_server_time(done.server_time)
        row = EnrolmentRow(done.device, done.store, done.root_fpr, done.word, stamp(books.clock.now()), seed)
        with books.ledger.transaction() as tx:
            books.enrolments.put(tx, row)
        self.connect()
        return done.device

    def mono(self) -> float:
        """Seconds of this boot."""
        return self.machine.mono_ms() / 1000

    def turn(self) -> TurnResult:
        """One exchange, as the sync worker makes it."""
        result = self.client.turn(self.mono())
        if isinstance(result.fault, DeviceRevoked):
            self.inbox.forget_people()
        self.last = result
        self.was_killed = self.was_killed and result.fault is not None
        self.next_turn_s = self.mono() + max(0.0 if result.more else 0.5, min(result.next_s, 15.0))
        return result

    def redeem(self, asked: Ask4Goods) -> str:
        """Hands over; "" and the pickup in `asked`, or the code of the refusal."""
        try:
            done = self.shop.store.hand_over.redeem(asked.request, asked.operator)
        except Refusal as refusal:
            return refusal.code
        asked.pickup = done.pickup
        return ""

    def note(self) -> list[Event]:
        """Takes down what was committed since the last look; gives the new facts."""
        fresh: list[Event] = []
        while some := self.shop.books.journal.pending(len(self.known.facts), 500, 1 << 30):
            self.known.facts += some
            fresh += some
        return fresh

    def stop(self) -> None:
        """The process is gone."""
        self.shop.books.close()

    def restart(self) -> None:
        """kill -9 and a new process."""
        self.stop()
        self.was_killed = True
        self.open()

    def clone(self, folder: Path, machine: Machine) -> Box:
        """Another machine with a copy of this disk."""
        self.stop()
        shutil.copytree(self.folder, folder)
        self.open()
        twin = Box(self.store, folder, machine, self._hq, self._weather, self._chance)
        twin.known.facts, twin.known.others = list(self.known.facts), dict(self.known.others)
        twin.collected, twin.checked = self.collected, self.checked
        twin.told, twin.receipts = Counter(self.told), Counter(self.receipts)
        twin.known.rotten, twin.known.odd = set(self.known.rotten), set(self.known.odd)
        return twin

    def rewrite(self, seq: int, *, honest_sha: bool) -> None:
        """Somebody, or a bad disk, changes a fact that HQ may not have yet."""
        from sync.messages import canonical, sha_of

        books = self.shop.books
        event = self.known.facts[seq - 1]
        changed = msgspec.structs.replace(event, biz="1999-01-01#1")
        if honest_sha:
            changed = msgspec.structs.replace(changed, sha=sha_of(changed))
        with books.ledger.transaction() as tx:
            tx.execute("UPDATE journal SET body = ? WHERE seq = ?", (canonical(changed).decode(), seq))
        self.known.others[seq] = changed


@contextmanager
def own_clock(machine: Machine) -> Iterator[None]:
    """Books opened in the block go by the clocks of this machine."""
    module: Any = books_module
    made, module.Clock = module.Clock, lambda zone, floor=None: MachineClock(zone, floor, machine)
    try:
        yield
    finally:
        module.Clock = made


@contextmanager
def asking_by(box: Box) -> Iterator[None]:
    """Desks made in the block ask HQ what somebody waits for by this box's wire."""
    modules: tuple[Any, ...] = (customer_desks, return_crew)
    real = customer_desks.asks_of
    for module in modules:
        module.asks_of = lambda *_: HqAsk(lambda: box.wire)
    try:
        yield
    finally:
        for module in modules:
            module.asks_of = real


def operator(station: str, *, lead: bool = False) -> Operator:
    """Who works at a desk."""
    return Operator("2001" if lead else "1001", "A B", Role.LEAD if lead else Role.CASHIER, station)
