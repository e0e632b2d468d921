"""A chain of stores and its HQ in one process, on virtual time: every step is decided by a number."""

from __future__ import annotations

import hashlib
import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlcipher3 import dbapi2

from edge.clock import moment_of
from sync.answers import fault_of
from sync.enrolling import InvitationRefused
from sync.hub.publishing import NotPossible
from sync.hub.schema import ingest_stream
from sync.messages import Event, LineDown, Product, SyncFault
from sync.messages import Shop as ShopRow
from sync.uploading import UP_PATH
from tests.sim.box import Box, Killed, Known
from tests.sim.chance import Machine, Time, decided
from tests.sim.headquarters import Hq, HqKilled, Place, said, validators
from tests.sim.network import Answer, Weather

SKUS = ("A1", "B2", "C3")
ODD = "Z9"
"""The product of facts that are wrong in themselves: HQ may count it otherwise than the store."""


class Broken(AssertionError):
    """An invariant does not hold. `name`: I1 to I12."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(f"{name}: {what}")
        self.name = name


@dataclass
class Slip:
    """A customer's way to the goods: the code's text, which order and generation it is of."""

    order: str
    gen: int
    store: str
    text: str
    not_after: str
    nonce: str = ""


@dataclass
class World:
    """Everything there is, and what nobody in it knows: what really happened."""

    seed: int
    folder: Path
    hq: Hq
    time: Time
    boxes: list[Box] = field(default_factory=list)
    journals: dict[str, Known] = field(default_factory=dict)
    slips: list[Slip] = field(default_factory=list)
    orders: dict[str, str] = field(default_factory=dict)
    """Order -> the store it was leased to last."""
    parted: set[str] = field(default_factory=set)
    """Orders that two boxes may come to hold for a reason: by force, given elsewhere, a lost disk, a restored HQ."""
    adjust: dict[tuple[str, str], int] = field(default_factory=dict)
    """(store, product) -> on-hand at HQ less all movements, as set by a person."""
    saved: tuple[dict[tuple[str, str], int], dict[str, int]] | None = None
    devices: dict[str, str] = field(default_factory=dict)
    """Stream -> device."""
    revoked: set[str] = field(default_factory=set)
    heard: dict[str, datetime] = field(default_factory=dict)
    """Stream -> HQ's latest time that this box keeps."""
    used_invitations: list[object] = field(default_factory=list)
    requests: list[tuple[str, bytes]] = field(default_factory=list)
    """Uploads that HQ took in: (stream, body)."""
    waived: set[str] = field(default_factory=set)
    """Stores of which a person let the next bad batch pass."""
    restored: bool = False
    """HQ was restored and not every store has heard of it."""
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(1, 10**9)))
    weather: Weather = field(default_factory=Weather)
    chance: random.Random = field(default_factory=random.Random)
    trace: hashlib._Hash = field(default_factory=hashlib.sha256)
    coupons: list[str] = field(default_factory=list)
    uses: list[tuple[str, str]] = field(default_factory=list)
    """(stream, use) of coupons taken."""
    sold: list[tuple[str, str, str]] = field(default_factory=list)
    """(stream, sale, receipt number) of goods that may come back."""
    counts: dict[str, int] = field(default_factory=dict)
    feed: object = None
    """HQ's feed as the checks saw it last."""

    def ask(self, path: str, body: bytes, bearer: str) -> Answer:
        """HQ's front door, as the network reaches it; what every request did goes into the trace."""
        rejecting, stream = self.hq.rejecting, body.partition(b'"stream":"')[2][:36].decode(errors="replace")
        before = self._taken(stream) if path == UP_PATH else 0
        answer = self.hq.ask(path, body, bearer)
        self.trace.update(
            f"{path} {len(body)} {answer[0]}".encode() + hashlib.sha256(body + answer[2]).digest()
        )
        self.count(f"answer {answer[0]}")
        if path == UP_PATH and answer[0] == 200:
            self._watch_breaker(body, answer, before, rejecting=rejecting)
            if len(self.requests) < 5000:
                self.requests.append((stream, body))
        return answer

    def count(self, what: str) -> None:
        """One more of these, for the report."""
        self.counts[what] = self.counts.get(what, 0) + 1

    def _taken(self, stream: str) -> int:
        """How far HQ has this stream."""
        with self.hq.reading() as conn:
            same = ingest_stream.c.stream == stream
            return int(conn.scalar(select(ingest_stream.c.last_seq).where(same)) or 0)

    def _watch_breaker(self, body: bytes, answer: Answer, before: int, *, rejecting: bool) -> None:
        told = said(answer)
        n = told["acked"] - before
        failed = [r for r in told["results"] if r["code"] == "EFFECT_FAILED"]
        bad = [r for r in failed if r["seq"] > before]  # what was told before comes again with a repeat
        if rejecting and len(bad) > max(5, 0.2 * n):
            store = body.partition(b'"store":"')[2].partition(b'"')[0].decode()
            if store in self.waived:  # a person let one pass, for another reason
                self.waived.discard(store)
                return
            raise Broken("I2", f"a bad release of HQ put {len(bad)} of {n} facts into quarantine at once")

    # ---- boxes ----

    def new_box(self, store: str) -> Box:
        """A new machine with a new disk, enrolled if HQ can be reached in good weather."""
        name = f"{store}-{next(self.numbers)}"
        machine = Machine(self.time, random.Random(self.chance.getrandbits(32)))  # noqa: S311
        box = Box(store, self.folder / name, machine, self.ask, self.weather, lambda: self.chance)
        self.boxes.append(box)
        self.journals[box.known.stream] = box.known
        self.admit(box)
        return box

    def admit(self, box: Box) -> None:
        """A person at HQ invites this box, and one at the store shows it the invitation until it works."""
        share, self.weather.share = self.weather.share, 0.0
        cut, box.wire.cut = box.wire.cut, False
        try:
            invitation = self.hq.desk.invite(box.store, "http://127.0.0.1:9")
            box.machine.set(0.0)  # whoever enrols a box looks at its clock
            self.devices[box.known.stream] = box.enroll(invitation, self.chance.randbytes(32))
            self.used_invitations.append(invitation)
        except (LineDown, InvitationRefused, OperationalError, SyncFault):
            self.count("not enrolled")
        finally:
            self.weather.share = share
            box.wire.cut = cut

    def active(self, store: str = "") -> list[Box]:
        """Boxes at which goods are handed over."""
        return [b for b in self.boxes if b.state == "active" and store in {"", b.store}]

    def stores(self) -> list[str]:
        """The stores' numbers."""
        return sorted({b.store for b in self.boxes})

    # ---- steps ----

    def step(self, name: str, number: int) -> None:
        """One step, decided by a number; raises Broken as soon as something that must hold at any time does not."""
        from tests.sim import goods_steps, hq_steps, invariants, mishaps, pick_steps, store_steps, till_steps

        self.chance = random.Random(number)  # noqa: S311
        self.trace.update(f"{name} {number}".encode())
        self.count(name)
        steps = store_steps.STEPS | goods_steps.STEPS | till_steps.STEPS | pick_steps.STEPS
        steps = steps | mishaps.STEPS | hq_steps.STEPS
        with self.survivors():
            steps[name](self)
        invariants.during(self)

    @contextmanager
    def survivors(self) -> Iterator[None]:
        """Whoever dies in the block lives again after it, from what is on disk."""
        try:
            yield
        except NotPossible:
            self.count("not possible")
        except OperationalError:
            self.count("database busy")
        except dbapi2.Error as error:
            raise Broken("I9", f"a store's own call ended in an error: {error}") from error
        except HqKilled:
            self.hq.restart()
            self.count("HQ killed")
        except Killed:
            for box in self.boxes:
                if box.dead:
                    box.restart()
                    self.count("store killed")
        finally:
            self.hq.fuse = None
            for box in self.boxes:
                if box.dead:  # a fuse may burn down where the code swallows nothing, in `finally` parts
                    box.restart()
                box.fuse = None
        for box in self.boxes:
            if box.state != "gone":
                self.note(box)

    def note(self, box: Box) -> list[Event]:
        """Takes down what this box committed, and which of HQ's times it keeps."""
        fresh = box.note()
        for event in fresh:
            self.trace.update(event.sha.encode())
        row = box.shop.books.hq.read().execute("SELECT value FROM meta WHERE key = 'floor'").fetchone()
        if row is not None:
            self.heard[box.known.stream] = moment_of(row[0])
        return fresh

    def deliver_late(self) -> None:
        """A request that was thought lost arrives after all."""
        if self.weather.late:
            path, body, bearer = self.weather.late.pop(self.chance.randrange(len(self.weather.late)))
            answer = self.ask(path, body, bearer)
            fault_of(*answer)


@contextmanager
def world(seed: int, stores: int = 3, server: str = "") -> Iterator[World]:
    """A new world; `server`: URL of a PostgreSQL, "" for SQLite."""
    ram = Path("/dev/shm")  # noqa: S108 - the kills here are not power cuts
    folder = Path(tempfile.mkdtemp(prefix="sim-", dir=ram if ram.is_dir() else None))
    now = Time()
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stack.enter_context(decided(seed, now))
        place = Place(folder, server)
        stack.callback(place.close)
        hq = Hq(place, now)
        stack.callback(hq.close)
        stack.enter_context(validators(hq))
        made = World(seed, folder, hq, now, chance=random.Random(seed))  # noqa: S311
        stack.callback(_close, made)
        _furnish(made, stores)
        yield made


def _close(made: World) -> None:
    for box in made.boxes:
        if box.state != "gone":
            box.stop()


def _furnish(made: World, stores: int) -> None:
    from tests.sim import goods_steps, till_steps

    desk = made.hq.desk
    for number in range(1, stores + 1):
        desk.add_store(ShopRow(store=f"S{number}", name_zh="店", name_en=f"Shop {number}"))
    desk.new_pickup_key(1)
    desk.publish_products(
        [Product(sku=sku, gtin=f"690123456789{n}", name_zh=sku, name_en=sku) for n, sku in enumerate(SKUS)]
    )
    for number in range(1, stores + 1):
        made.new_box(f"S{number}")
        for sku in SKUS:
            desk.set_stock(f"S{number}", sku, 100)
            made.adjust[f"S{number}", sku] = 100
    goods_steps.furnish(made)
    till_steps.furnish(made)
