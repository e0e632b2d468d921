"""Where stores wait to hear that something of theirs moved: event streams on asyncio, fed by looking at the buckets."""

from __future__ import annotations

import asyncio
import functools
import itertools
import logging
import random
import ssl
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, cast

import msgspec
from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from sync.hub.admitting import admitted
from sync.hub.database import looking
from sync.hub.envelope import Refused
from sync.hub.schema import bucket
from sync.messages import HINT_PATH

log = logging.getLogger("sync.hub")

LOOK_S = 0.1
HEARTBEAT_S = 15.0
LIFE_S = 600.0
"""A stream ends after this time, shorter than a bearer's life: a revoked box is out, and stores spread anew."""
HEAD_S = 10.0
HEAD_LIMIT = 8192
OVERLAP_MS = 10_000
"""How far back every look reaches: a slow writer stamps before it commits, and processes' clocks differ a little."""
AT_ONCE = 1000
"""So many stores are poked at once and a second when a shared bucket moves: each of them comes and pulls."""
EARS = 16  # of one store at once; for one more the oldest is let go: a stolen token must not take them all
_LAG_LIMIT, _SLICES = 1 << 14, 15
_STREAM = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
    b"X-Accel-Buffering: no\r\nConnection: close\r\n\r\nevent: ready\ndata: []\n\n"
)
_WORDS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 503: "Service Unavailable"}


class Moves:
    """Which buckets moved since the last look, by an indexed time; its cost follows what moved, not how many wait.

    A move that is seen late or never only costs its stores the time until they ask by themselves.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._newest = 0
        self._seen: dict[str, tuple[str, int]] = {}

    def look(self) -> set[str]:
        """The buckets' names; the first look names all that moved lately, none those that never did (at 0)."""
        since = max(0, min(self._newest, time.time_ns() // 1_000_000) - OVERLAP_MS)
        query = select(bucket.c.bucket, bucket.c.epoch, bucket.c.head, bucket.c.moved_ms)
        with looking(self._engine) as conn:
            rows = conn.execute(query.where(bucket.c.moved_ms > since)).all()
        self._newest = max((row.moved_ms for row in rows), default=self._newest)
        now = {row.bucket: (row.epoch, row.head) for row in rows}
        moved = {name for name, at in now.items() if self._seen.get(name) != at}
        self._seen = now
        return moved


class Hints:
    """The stores that wait. Everything runs on one event loop, but for looks at the database and admission."""

    def __init__(
        self,
        engine: Engine,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        look_s: float = LOOK_S,
    ) -> None:
        """`look_s`: how often the buckets are looked at, seconds."""
        self._engine = engine
        self._now = now
        self._look_s = look_s
        self._moves = Moves(engine)
        self._waiting: dict[str, dict[Waiter, None]] = {}  # in the order in which they came
        self.numbers = itertools.count()
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="hints")
        self._tasks: set[asyncio.Future[Any]] = set()

    async def listen(
        self,
        address: tuple[str, int],
        tls: ssl.SSLContext | None = None,
        protocol: Callable[[], asyncio.Protocol] | None = None,
    ) -> asyncio.Server:
        """Starts to serve; `protocol` replaces the one that knows nothing but hints (see sync.hub.front)."""
        loop = asyncio.get_running_loop()
        made = protocol or functools.partial(Asking, self)
        server = await loop.create_server(made, *address, ssl=tls, backlog=4096)
        self.keep(asyncio.ensure_future(self._watch()))
        self.keep(asyncio.ensure_future(self._beat()))
        return server

    def keep(self, task: asyncio.Future[Any]) -> None:
        """Holds a task until it is done."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Ends the looks and every stream."""
        for waiter in [w for some in self._waiting.values() for w in some]:
            waiter.transport.abort()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def who(self, authorization: str) -> str:
        """The store that shows this; raises Refused 401, SQLAlchemyError."""
        ask = functools.partial(admitted, self._engine, authorization, self._now())
        return (await asyncio.get_running_loop().run_in_executor(self._threads, ask))[0]

    def join(self, waiter: Waiter) -> None:
        """This one waits from now on."""
        there = self._waiting.setdefault(waiter.store, {})
        there[waiter] = None
        if len(there) > EARS:
            oldest = next(iter(there))
            del there[oldest]
            oldest.transport.abort()

    def leave(self, waiter: Waiter) -> None:
        """This one is gone."""
        there = self._waiting.get(waiter.store, {})
        there.pop(waiter, None)
        if not there:
            self._waiting.pop(waiter.store, None)

    def waiting(self) -> int:
        """How many connections wait."""
        return sum(map(len, self._waiting.values()))

    def tell(self, moved: Iterable[str]) -> None:
        """Pokes whoever these buckets are about; shared ones reach many stores a thousand a second."""
        own: dict[str, list[str]] = {}
        shared: list[str] = []
        for name in sorted(moved):
            kind, _, rest = name.partition(":")
            if kind == "s":
                own.setdefault(rest.partition(":")[0], []).append(name)
            else:
                shared.append(name)
        for store, names in own.items():
            self._poke(store, _poke(names))
        if shared:
            loop, said = asyncio.get_running_loop(), _poke(shared)
            for n, store in enumerate(random.sample(list(self._waiting), len(self._waiting))):
                if n < AT_ONCE:
                    self._poke(store, said)
                else:
                    loop.call_later((n - AT_ONCE) / AT_ONCE, self._poke, store, said)

    def _poke(self, store: str, said: bytes) -> None:
        for waiter in tuple(self._waiting.get(store, ())):
            waiter.say(said)

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._look_s)
            if not self._waiting:
                continue  # who comes later is told to look at everything
            try:
                self.tell(await loop.run_in_executor(self._threads, self._moves.look))
            except SQLAlchemyError as error:
                log.warning("buckets cannot be looked at", extra={"error": type(error).__name__})
                await asyncio.sleep(2.0)

    async def _beat(self) -> None:
        """A comment to everybody now and then, a part of them at a time; who lived long enough is let go."""
        part = 0
        while True:
            await asyncio.sleep(HEARTBEAT_S / _SLICES)
            part, now = (part + 1) % _SLICES, time.monotonic()
            for waiter in [w for some in self._waiting.values() for w in some if w.part == part]:
                waiter.beat(now)


class Waiter:
    """One store's open stream."""

    __slots__ = ("_until", "part", "store", "transport")

    def __init__(self, store: str, transport: asyncio.Transport, part: int) -> None:
        """`part` tells with whom it hears heartbeats, and so when it ends: never all at once."""
        self.store = store
        self.transport = transport
        self.part = part % _SLICES
        self._until = time.monotonic() + LIFE_S * (1 - 0.2 * self.part / _SLICES)

    def say(self, said: bytes) -> None:
        """Writes to the store; one that does not read is let go, and asks by itself."""
        if self.transport.get_write_buffer_size() > _LAG_LIMIT:
            self.transport.abort()
        elif not self.transport.is_closing():
            self.transport.write(said)

    def beat(self, now: float) -> None:
        """Keeps the connection alive, or ends it when it is old."""
        if now > self._until:
            self.transport.close()
        else:
            self.say(b":\n\n")


class Asking(asyncio.Protocol):
    """A connection that says what it wants, and then waits."""

    __slots__ = ("_hints", "_late", "_said", "_waiter", "transport")

    def __init__(self, hints: Hints) -> None:
        self._hints = hints
        self._said = b""
        self._late: asyncio.TimerHandle | None = None
        self._waiter: Waiter | None = None
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        self.transport = cast("asyncio.Transport", transport)
        self._late = asyncio.get_running_loop().call_later(HEAD_S, self.transport.abort)

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        if self._late is None:
            return  # nothing more is expected
        self._said += data
        if b"\r\n\r\n" in self._said:
            said, self._said = self._said, b""
            self._heard()
            self.asked(said)
        elif len(self._said) > HEAD_LIMIT:
            self.refuse(400, {"error": "envelope"})

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        del exc
        self._heard()
        if self._waiter is not None:
            self._hints.leave(self._waiter)

    def asked(self, said: bytes) -> None:
        """The head of the request is there."""
        line, *fields = said.partition(b"\r\n\r\n")[0].split(b"\r\n")
        if line.split(b" ")[:2] != [b"GET", HINT_PATH.encode()]:
            self.refuse(404, {"error": "not_found"})
            return
        named = {
            name.strip().lower(): value.strip() for name, _, value in (f.partition(b":") for f in fields)
        }
        shown = named.get(b"authorization", b"").decode("latin-1")
        self._hints.keep(asyncio.ensure_future(self._admit(shown)))

    def refuse(self, status: int, said: dict[str, Any]) -> None:
        """Answers with an error and ends the connection."""
        self._heard()
        body = msgspec.json.encode(said)
        head = f"HTTP/1.1 {status} {_WORDS[status]}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        self.transport.write(
            head.encode() + b"\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n" + body
        )
        self.transport.close()

    async def _admit(self, authorization: str) -> None:
        try:
            store = await self._hints.who(authorization)
        except Refused as refused:
            self.refuse(401, refused.body)
        except SQLAlchemyError as error:
            log.warning("nobody can be admitted", extra={"error": type(error).__name__})
            self.refuse(503, {"error": "busy"})
        else:
            if self.transport.is_closing():
                return
            # Joined before it is told to look: whatever moves after that look is told.
            self._waiter = Waiter(store, self.transport, next(self._hints.numbers))
            self._hints.join(self._waiter)
            self.transport.write(_STREAM)

    def _heard(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


def _poke(names: list[str]) -> bytes:
    return b"event: poke\ndata: " + msgspec.json.encode(names) + b"\n\n"
