"""The store's door for lanes: listens, lets in who shows a token, slows down who guesses."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import logging
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Mapping

from devices.lane_line import give, take
from devices.lane_link import Lane
from devices.lane_messages import (
    GREETING_LIMIT,
    VERSION,
    Hello,
    NotUnderstood,
    Parting,
    TooLarge,
    from_lane,
)
from devices.lane_wires import peer_of

_log = logging.getLogger("store_edge.lane")
GREETING_S = 5.0
"""How long somebody may take to say who they are; each step of it."""
_STRANGERS = 4
"""Connections without a token from one address at a time; all of a machine's UNIX callers are one."""
_STRANGERS_IN_ALL = 32
"""Each costs a thread, of which a shop's service may have 128."""
_REMEMBERED = 1024
"""Addresses whose wrong tokens are counted; when there are more, all begin anew."""
_PAUSES_S = (0.5, 1.0, 2.0, 4.0)


class LaneDoor:
    """Takes calls at a listening socket, and those that are handed to it. `tokens` are SHA-256 (hex) by lane.

    `users`: lanes that are known by the user of this machine who calls (SO_PEERCRED of unix(7)), and by no token.
    """

    def __init__(
        self,
        listener: socket.socket | None,
        lanes: Mapping[str, Lane],
        tokens: Mapping[str, str],
        tls: ssl.SSLContext | None,
        users: Mapping[str, int] | None = None,
    ) -> None:
        if tls is None and listener is not None and listener.family != socket.AF_UNIX:
            raise ValueError("no lane is talked to over a network without TLS")
        self._listener = listener
        self._lanes = lanes
        self._tokens = tokens
        self._tls = tls
        self._users = dict(users or {})
        self._lock = threading.Lock()
        self._strangers = Counter[str]()
        self._wrong = Counter[str]()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._accept, name="lane door", daemon=True)

    def start(self) -> None:
        """Takes calls from now on."""
        if self._listener:
            self._thread.start()

    def stop(self) -> None:
        """Takes no more calls and ends every line."""
        self._closing.set()
        if self._listener:
            # Closing alone does not wake an accept() under way.
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._thread.join(2.0)
        for lane in self._lanes.values():
            lane.hang_up()

    def take_call(self, caller: socket.socket, who: str) -> None:
        """Serves a connection in a thread of its own, whoever it is; hangs up on the fifth stranger of an address."""
        with self._lock:
            many = self._strangers[who] >= _STRANGERS or self._strangers.total() >= _STRANGERS_IN_ALL
            self._strangers[who] += not many
        if many:
            caller.close()
        else:
            threading.Thread(target=self._serve, args=(caller, who), name="lane call", daemon=True).start()

    def _accept(self) -> None:
        while self._listener and not self._closing.is_set():
            try:
                caller, address = self._listener.accept()
            except OSError as error:
                if not self._closing.wait(0.2):  # out of file numbers, or a caller that had gone already
                    _log.warning("no call taken", extra={"errno": error.errno})
                continue
            self.take_call(caller, str(address[0]) if isinstance(address, tuple) else "unix")

    def _serve(self, caller: socket.socket, who: str) -> None:
        try:
            let_in = self._greeted(caller, who)
        except (OSError, TooLarge, NotUnderstood, ValueError) as error:
            _log.info("call ended before a token was shown", extra={"code": type(error).__name__})
            caller.close()
            return
        finally:
            with self._lock:
                self._strangers[who] -= 1
                self._strangers += Counter()  # drops the addresses of which nobody is left
        if let_in is None:
            caller.close()
        else:
            lane, connection = let_in
            lane.talk(connection)

    def _greeted(self, caller: socket.socket, who: str) -> tuple[Lane, socket.socket] | None:
        caller.settimeout(GREETING_S)
        connection = caller
        if self._tls:
            caller.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = self._tls.wrap_socket(caller, server_side=True)
        hello = from_lane(take(connection, GREETING_LIMIT, GREETING_S))
        refusal = self._refusal(hello, who, caller) if isinstance(hello, Hello) else "NO_GREETING"
        if refusal or not isinstance(hello, Hello):
            with contextlib.suppress(OSError):
                give(connection, Parting(refusal), GREETING_S)
            connection.close()
            return None
        return self._lanes[hello.lane], connection

    def _refusal(self, hello: Hello, who: str, caller: socket.socket) -> str:
        """Why this caller is not let in, "" if it is; a wrong token has to wait for the answer."""
        shown = hashlib.sha256(hello.token.encode()).hexdigest()
        # Compared for unknown names too: which names there are shows in no time.
        right = hmac.compare_digest(shown, self._tokens.get(hello.lane, "0" * 64))
        if hello.lane in self._users:
            right = peer_of(caller) == self._users[hello.lane]
        if not right or hello.lane not in self._lanes:
            with self._lock:
                if len(self._wrong) >= _REMEMBERED:
                    self._wrong.clear()
                self._wrong[who] += 1
                pause = _PAUSES_S[min(self._wrong[who], len(_PAUSES_S)) - 1]
            _log.warning("wrong lane token", extra={"tries": self._wrong[who]})
            self._closing.wait(pause)
            return "WRONG_TOKEN"
        with self._lock:
            self._wrong.pop(who, None)
        return "" if hello.version == VERSION else "OTHER_VERSION"
