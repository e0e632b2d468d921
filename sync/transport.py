"""How a request reaches HQ: HTTP with one deadline for all of it, or straight into a hub in this process."""

from __future__ import annotations

import contextlib
import gzip
import ipaddress
import socket
import threading
import time
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

from sync.answers import fault_of
from sync.broken import why_down
from sync.credentials import Credential, admitted, credential_of
from sync.messages import LineDown

CONNECT_S = 3.0
MAX_ANSWER = 8 << 20
_CHUNK = 1 << 16
_GZIP_FROM = 1024


class HttpTransport:
    """HQ at a URL, with this store's credential. One request at a time; the connection is kept."""

    def __init__(self, url: str, credential: Credential | str, timeout_s: float, ca_file: str = "") -> None:
        """`timeout_s` bounds a whole exchange, however slowly an answer drips. `ca_file`: who signs HQ's certificate,
        if not one of the system's authorities.

        Raises ValueError for a URL that is not https, unless it names this machine.
        """
        self._base = checked_url(url)
        self._credential = credential_of(credential)
        self._timeout_s = timeout_s
        self._ca_file = ca_file
        self._session: Any = None
        self._cord = Cord()

    def post(self, path: str, body: bytes) -> bytes:
        """See sync.ends.Transport."""
        return admitted(self._credential, self.ask, path, body)

    def post_within(self, path: str, body: bytes, within_s: float) -> bytes:
        """The same within so many seconds all told, a new bearer and a second try included; raises SyncFault."""
        ends = time.monotonic() + within_s

        def ask(path: str, body: bytes, bearer: str = "") -> bytes:
            return self._ask(path, body, bearer, ends - time.monotonic())

        return admitted(self._credential, ask, path, body)

    def ask(self, path: str, body: bytes, bearer: str = "") -> bytes:
        """One request under this bearer, or under none; the body of HQ's 200 answer; raises SyncFault."""
        return self._ask(path, body, bearer, self._timeout_s)

    def _ask(self, path: str, body: bytes, bearer: str, within_s: float) -> bytes:
        import requests

        if within_s <= 0:
            raise LineDown("HQ took its time over something before")

        if self._session is None:
            self._session = new_session(self._cord, self._ca_file)
        deadline = time.monotonic() + within_s
        # A socket's own time-out starts anew with every byte; only ending it ends a drip, in headers too.
        watchdog = threading.Timer(within_s, self._cord.pull)
        watchdog.daemon = True
        watchdog.start()
        try:
            status, headers, answer = self._exchange(path, body, bearer, deadline)
        except (requests.RequestException, OSError, ValueError) as error:
            self.close()
            raise LineDown(why_down(error)) from None
        finally:
            watchdog.cancel()
        fault = fault_of(status, headers, answer)
        if fault is not None:
            raise fault
        return answer

    def close(self) -> None:
        """Drops the connection; the next request opens a new one."""
        if self._session is not None:
            self._session.close()
            self._session = None
        self._cord.detach()

    def _exchange(
        self, path: str, body: bytes, bearer: str, deadline: float
    ) -> tuple[int, Mapping[str, str], bytes]:
        left_s = max(0.01, deadline - time.monotonic())
        headers = {"Content-Type": "application/x-ndjson"}
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        if len(body) >= _GZIP_FROM:
            body = gzip.compress(body, compresslevel=5)
            headers["Content-Encoding"] = "gzip"
        response = self._session.post(
            self._base + path,
            data=body,
            headers=headers,
            timeout=(min(CONNECT_S, left_s), left_s),
            stream=True,
            allow_redirects=False,
        )
        with response:
            answer = bytearray()
            for chunk in response.iter_content(_CHUNK):
                answer += chunk
                if len(answer) > MAX_ANSWER:
                    raise ValueError("the answer is larger than any of ours")
        if time.monotonic() > deadline:
            raise TimeoutError
        return response.status_code, response.headers, bytes(answer)


class Client(Protocol):
    """What a WSGI application's test client offers of itself here."""

    def post(self, path: str, *, data: bytes, headers: dict[str, str]) -> Any:
        """One request, without a network."""
        ...


class Hub(Protocol):
    """A WSGI application that can be called in-process (Flask)."""

    def test_client(self) -> Any:
        """A client of itself."""
        ...


class LoopTransport:
    """HQ in this very process: store and hub as a pair, without a network between them."""

    def __init__(self, hub: Hub, credential: Credential | str) -> None:
        self._client: Client = hub.test_client()
        self._credential = credential_of(credential)

    def post(self, path: str, body: bytes) -> bytes:
        """See sync.ends.Transport."""
        return admitted(self._credential, self.ask, path, body)

    def post_within(self, path: str, body: bytes, within_s: float) -> bytes:
        """The same; within one process nothing is waited for."""
        del within_s
        return self.post(path, body)

    def ask(self, path: str, body: bytes, bearer: str = "") -> bytes:
        """One request under this bearer, or under none; raises SyncFault."""
        headers = {"Content-Type": "application/x-ndjson"}
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        response = self._client.post(path, data=body, headers=headers)
        answer = bytes(response.data)
        fault = fault_of(response.status_code, response.headers, answer)
        if fault is not None:
            raise fault
        return answer


def checked_url(url: str) -> str:
    """HQ's base address without a trailing slash; raises ValueError saying what is wrong with it."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("HQ's address must be an http(s) URL with a host")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("HQ's address must not hold credentials, a query or a fragment")
    if parts.scheme == "http" and not _this_machine(parts.hostname):
        raise ValueError("HQ's address must be https: over plain http the store's token would be readable")
    return url.rstrip("/")


def _this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Cord:
    """A second handle on the connection in use: pulling it ends every read, also amid a TLS handshake."""

    def __init__(self) -> None:
        self._twin: socket.socket | None = None

    def attach(self, used: socket.socket) -> None:
        """Follows a new connection; there is never more than one."""
        self.detach()
        self._twin = used.dup()

    def detach(self) -> None:
        """Lets go of the connection, which may live on."""
        if self._twin is not None:
            self._twin.close()
            self._twin = None

    def pull(self) -> None:
        """Ends the connection, whoever reads from it."""
        if self._twin is not None:
            with contextlib.suppress(OSError):
                self._twin.shutdown(socket.SHUT_RDWR)


def new_session(cord: Cord, ca_file: str) -> Any:
    """A requests session all of whose connections are on the cord."""
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            made = super()._new_conn()
            cord.attach(made)
            return made

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            made = super()._new_conn()
            cord.attach(made)
            return made

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    adapter = HTTPAdapter(max_retries=0)
    adapter.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
    session = requests.Session()
    # Off: a proxy or a .netrc of the environment would get, or replace, the token.
    session.trust_env = False
    if ca_file:
        session.verify = ca_file
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session
