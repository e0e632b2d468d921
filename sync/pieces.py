"""Large files from HQ in pieces: what has arrived is kept, however the line ends."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from sync.answers import fault_of
from sync.credentials import Ask, Credential, credential_of
from sync.messages import BearerOver, LineDown, NotAdmitted
from sync.transport import CONNECT_S, Client, Cord, Hub, checked_url, new_session

_CHUNK = 1 << 16
Into = Callable[[bytes], object]


class Gone(Exception):
    """HQ does not have this file (any more)."""


class Pieces(Protocol):
    """A part of a file at HQ."""

    def fetch(self, path: str, start: int, length: int, into: Into) -> None:
        """Gives bytes [start, start + length) to `into` in order, as they arrive; raises SyncFault, Gone."""
        ...


class HttpPieces:
    """Pieces over HTTP, on a connection of its own; `timeout_s` bounds a piece, not the file."""

    def __init__(
        self, url: str, credential: Credential | str, ask: Ask, timeout_s: float, ca_file: str = ""
    ) -> None:
        """`ask`: how the credential gets its bearers."""
        self._base = checked_url(url)
        self._credential = credential_of(credential)
        self._ask = ask
        self._timeout_s = timeout_s
        self._ca_file = ca_file
        self._session: Any = None
        self._cord = Cord()

    def fetch(self, path: str, start: int, length: int, into: Into) -> None:
        """See Pieces."""
        _admitted(self._credential, self._ask, lambda bearer: self._piece(path, start, length, into, bearer))

    def close(self) -> None:
        """Drops the connection."""
        if self._session is not None:
            self._session.close()
            self._session = None
        self._cord.detach()

    def _piece(self, path: str, start: int, length: int, into: Into, bearer: str) -> None:
        import requests

        if self._session is None:
            self._session = new_session(self._cord, self._ca_file)
        # A socket's own time-out starts anew with every byte; only ending it ends a drip.
        watchdog = threading.Timer(self._timeout_s, self._cord.pull)
        watchdog.daemon = True
        watchdog.start()
        try:
            with self._session.get(
                self._base + path,
                headers={**_headers(start, length, bearer), "Accept-Encoding": "identity"},
                timeout=(min(CONNECT_S, self._timeout_s), self._timeout_s),
                stream=True,
                allow_redirects=False,
            ) as response:
                self._take(response, start, length, into)
        except (requests.RequestException, OSError, ValueError) as error:
            self.close()
            raise LineDown(type(error).__name__) from None
        finally:
            watchdog.cancel()

    def _take(self, response: Any, start: int, length: int, into: Into) -> None:
        if not _partial(response.status_code, response.headers, start):
            _refuse(response.status_code, response.headers, response.raw.read(_CHUNK))
        deadline, left = time.monotonic() + self._timeout_s, length
        for chunk in response.iter_content(_CHUNK):
            into(chunk[:left])
            left -= len(chunk)
            if left <= 0:
                return
            if time.monotonic() > deadline:
                raise TimeoutError
        raise TimeoutError


class LoopPieces:
    """Pieces out of a hub in this very process."""

    def __init__(self, hub: Hub, credential: Credential | str, ask: Ask) -> None:
        self._client: Client = hub.test_client()
        self._credential = credential_of(credential)
        self._ask = ask

    def fetch(self, path: str, start: int, length: int, into: Into) -> None:
        """See Pieces."""
        _admitted(self._credential, self._ask, lambda bearer: self._piece(path, start, length, into, bearer))

    def _piece(self, path: str, start: int, length: int, into: Into, bearer: str) -> None:
        response = self._client.get(path, headers=_headers(start, length, bearer))  # type: ignore[attr-defined]
        if not _partial(response.status_code, response.headers, start):
            _refuse(response.status_code, response.headers, response.data)
        into(response.data[:length])


def _headers(start: int, length: int, bearer: str) -> dict[str, str]:
    shown = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    return {"Range": f"bytes={start}-{start + length - 1}", **shown}


def _partial(status: int, headers: Any, start: int) -> bool:
    """Whether the answer begins where we asked; a server that knows no ranges gives all of it."""
    if status == 200:
        return start == 0 and headers.get("Content-Type", "").startswith("application/zstd")
    said = re.match(r"bytes (\d+)-", headers.get("Content-Range", ""))
    return status == 206 and said is not None and int(said[1]) == start


def _refuse(status: int, headers: Any, body: bytes) -> None:
    if status in {404, 410, 416}:
        raise Gone
    raise fault_of(status, headers, body) or LineDown("what answers is not HQ")


def _admitted(credential: Credential, ask: Ask, piece: Callable[[str], None]) -> None:
    try:
        piece(credential.bearer(ask))
    except NotAdmitted as fault:
        if type(fault) not in {NotAdmitted, BearerOver} or not credential.refused():
            raise
        piece(credential.bearer(ask))
