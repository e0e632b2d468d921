"""One door for a small HQ: TLS and hints on asyncio, everything else handed on to the hub's own server."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from sync.hub.hints import Asking, Hints
from sync.messages import HINT_PATH

_START_S = 10.0
NEAR = 100
"""Connections of one address that are handed on at once: who sends bodies by the drop must not take them all."""
_OURS = f"GET {HINT_PATH} ".encode()


def tls_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS for a server with this certificate chain and key (PEM); raises OSError, ssl.SSLError."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    return context


class Front:
    """Listens in a thread of its own; `port` is known after start()."""

    def __init__(
        self, engine: Engine, behind: str, address: tuple[str, int], tls: ssl.SSLContext | None = None
    ) -> None:
        """`behind`: the UNIX socket of the server that answers everything but hints."""
        self._behind = behind
        self._address = address
        self._tls = tls
        self._hints = Hints(engine)
        self._near: Counter[str] = Counter()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="front", daemon=True)
        self._up = threading.Event()
        self._failed: OSError | None = None
        self.port = 0

    def start(self) -> None:
        """Returns when it listens; raises OSError where it cannot."""
        self._thread.start()
        self._up.wait(_START_S)
        if self._failed is not None:
            raise self._failed

    def stop(self) -> None:
        """Ends the thread and with it every connection."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_START_S)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            server = self._loop.run_until_complete(
                self._hints.listen(
                    self._address, self._tls, lambda: _Door(self._hints, self._behind, self._near)
                )
            )
        except OSError as error:
            self._failed = error
            self._up.set()
            return
        self.port = int(server.sockets[0].getsockname()[1])
        self._up.set()
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(self._hints.close())
        self._loop.close()


class _Door(Asking):
    """A connection whose first request decides: a hint stays here, anything else goes on for good.

    It goes on with the whole head of that request, so that connections which never say what they want, or say it by
    the drop, end here and take none of the server behind.
    """

    __slots__ = ("_behind", "_near")

    def __init__(self, hints: Hints, behind: str, near: Counter[str]) -> None:
        """`near` counts what is handed on, by address."""
        super().__init__(hints)
        self._behind = behind
        self._near = near

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        if not (self._said + data)[:1].isalpha():
            self.transport.abort()  # no HTTP; most likely TLS, of which nothing is spoken here
            return
        super().data_received(data)

    def asked(self, said: bytes) -> None:
        """See Asking."""
        if said.startswith(_OURS):
            super().asked(said)
            return
        address = str((self.transport.get_extra_info("peername") or ("",))[0])
        if self._near[address] >= NEAR:
            self.refuse(503, {"error": "busy"})
            return
        self._near[address] += 1
        self.transport.pause_reading()
        self._hints.keep(asyncio.ensure_future(self._hand_on(said, address)))

    async def _hand_on(self, start: bytes, address: str) -> None:
        loop = asyncio.get_running_loop()
        near = _Pipe(lambda: self._gone(address))
        try:
            far, pipe = await loop.create_unix_connection(_Pipe, self._behind)
        except OSError:
            self._gone(address)
            self.refuse(503, {"error": "busy"})
            return
        near.transport, near.peer, pipe.peer = self.transport, pipe, near
        far.write(start)
        self.transport.set_protocol(near)
        if self.transport.is_closing():
            self._gone(address)
            far.close()
        else:
            self.transport.resume_reading()

    def _gone(self, address: str) -> None:
        self._near[address] -= 1
        if not self._near[address]:
            del self._near[address]


class _Pipe(asyncio.Protocol):
    """One side of a connection handed on: what comes in here goes out there, no faster than it is taken."""

    __slots__ = ("_gone", "peer", "transport")

    def __init__(self, gone: Callable[[], None] = lambda: None) -> None:
        """`gone` is called when this side is lost."""
        self._gone = gone
        self.transport: Any = None
        self.peer: _Pipe | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        if self.peer is not None:
            self.peer.transport.write(data)

    def pause_writing(self) -> None:
        """See asyncio.Protocol."""
        if self.peer is not None:
            self.peer.transport.pause_reading()

    def resume_writing(self) -> None:
        """See asyncio.Protocol."""
        if self.peer is not None and not self.peer.transport.is_closing():
            self.peer.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        del exc
        self._gone()
        if self.peer is not None:
            self.peer.transport.close()
            self.peer = None
