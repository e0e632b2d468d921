"""The store's ear at HQ: a stream that says when to ask, held open beside the asking, never needed for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from sync.answers import fault_of
from sync.broken import why_down
from sync.credentials import Ask, Credential, credential_of
from sync.messages import HINT_PATH, LineDown, NotAdmitted, SyncFault
from sync.pace import Pace
from sync.transport import CONNECT_S, Cord, checked_url, new_session

SILENCE_S = 45.0
"""Three heartbeats without a byte: whoever holds the line open is not HQ any more."""
QUICK_S = 20.0
"""A stream that lasted no longer than this says that something between here and HQ does not let streams through."""
QUICK_CLOSES = 3
WITHOUT_S = 300.0
"""So long a store does without hints after so many quick closes; it asks by itself all the while."""
_LINE_LIMIT = 1 << 16
_CHUNK = 1 << 14


class HintLine:
    """Listens to HQ's pokes; each `turn` is one wait for bytes, bounded by SILENCE_S. One thread turns it."""

    def __init__(
        self,
        url: str,
        credential: Credential | str,
        ask: Ask,
        poke: Callable[[], None],
        *,
        timeout_s: float,
        ca_file: str = "",
        pace: Pace | None = None,
        mono: Callable[[], float] = time.monotonic,
    ) -> None:
        """`ask` is how the credential gets a bearer, a transport's; `poke` is called when something of ours moved.

        `timeout_s` bounds the time until HQ has answered. Raises ValueError as HttpTransport does.
        """
        self._url = checked_url(url) + HINT_PATH
        self._credential = credential_of(credential)
        self._ask = ask
        self._poke = poke
        self._timeout_s = timeout_s
        self._ca_file = ca_file
        self._pace = pace or Pace()
        self._mono = mono
        self._cord = Cord()
        self._session: Any = None
        self._stream: Any = None
        self._rest = b""
        self._event = ""
        self._since = 0.0
        self._quick = 0
        self._left = False
        self.heard = ""
        """How the ear is: "" listening, else a fault's code, or NO_HINTS while the store does without."""

    def turn(self) -> float:
        """Opens the stream, or waits for its next bytes; the pause until the next turn, seconds."""
        if self._left:
            return WITHOUT_S
        now = self._mono()
        if self._stream is None and (wait := self._pace.wait_s(now)):
            return wait
        watchdog = threading.Timer(self._timeout_s if self._stream is None else SILENCE_S, self._cord.pull)
        watchdog.daemon = True
        watchdog.start()
        try:
            if self._stream is None:
                self._open()
            else:
                self._listen()
        except SyncFault as fault:
            return self._failed(fault)
        finally:
            watchdog.cancel()
        return 0.0

    def leave(self) -> None:
        """Ends a wait, from any thread; later turns do nothing."""
        self._left = True
        self._cord.pull()

    def _open(self) -> None:
        bearer = self._credential.bearer(self._ask)
        self._session = new_session(self._cord, self._ca_file)
        try:
            answer = self._session.get(
                self._url,
                headers={"Authorization": f"Bearer {bearer}", "Accept": "text/event-stream"},
                timeout=(min(CONNECT_S, self._timeout_s), SILENCE_S),
                stream=True,
                allow_redirects=False,
            )
            kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            if answer.status_code != 200 or kind != "text/event-stream":
                raise _fault(answer)
        except _broken() as error:
            raise LineDown(why_down(error)) from None
        self._stream, self._since = answer.raw, self._mono()
        self._rest, self._event = b"", ""
        self.heard = ""

    def _listen(self) -> None:
        """One read; pokes at most once, however much was said."""
        try:
            came = bytes(self._stream.read1(_CHUNK))
        except _broken() as error:
            raise LineDown(why_down(error)) from None
        if not came:
            raise LineDown("HQ ended the stream")
        *lines, self._rest = (self._rest + came).replace(b"\r\n", b"\n").split(b"\n")
        if len(self._rest) > _LINE_LIMIT:
            raise LineDown("a line without an end")
        if self._said(lines):
            self._poke()

    def _said(self, lines: list[bytes]) -> bool:
        """Whether an event among these lines says to ask."""
        told = False
        for line in lines:
            field, _, value = line.partition(b":")
            if field == b"event":
                self._event = value.strip().decode("latin-1")
            elif not line:
                # `ready`: what moved while nobody listened is asked for as well.
                told |= self._event in {"poke", "ready"}
                self._event = ""
        return told

    def _failed(self, fault: SyncFault) -> float:
        now = self._mono()
        lasted = now - self._since if self._stream is not None else None
        self.close()
        self.heard = fault.code
        if isinstance(fault, NotAdmitted):
            # HQ may have a new secret; the exchange itself tells people about it.
            self._credential.refused()
        if lasted is not None and lasted >= QUICK_S:
            self._quick = 0
            return self._pace.succeeded(1.0)
        self._quick += lasted is not None
        at_least = 0.0
        if self._quick >= QUICK_CLOSES:
            self._quick, at_least, self.heard = 0, WITHOUT_S, "NO_HINTS"
        return self._pace.failed(now, at_least_s=at_least)

    def close(self) -> None:
        """Drops the stream."""
        if self._session is not None:
            self._session.close()
        self._session = self._stream = None
        self._cord.detach()


def _broken() -> tuple[type[Exception], ...]:
    """Whatever a line throws that breaks amid an answer; requests wraps only what it reads itself."""
    import http.client

    import requests
    import urllib3

    heard = (urllib3.exceptions.HTTPError, http.client.HTTPException)
    return (requests.RequestException, *heard, OSError, ValueError)


def _fault(answer: Any) -> SyncFault:
    """The fault of an answer that is no stream."""
    said = bytes(answer.raw.read(4096))
    fault = fault_of(answer.status_code, answer.headers, said)
    answer.close()
    return fault or LineDown("what answers is not HQ")
