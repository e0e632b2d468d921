"""HQ behind real TLS: its own authority believed, every other certificate a line down that says why."""

from __future__ import annotations

import ipaddress
import shutil
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from waitress.server import create_server

from sync.hinting import HintLine
from sync.hub.front import NEAR, Front, tls_context
from sync.messages import LineDown
from sync.transport import HttpTransport

PEM = serialization.Encoding.PEM


@dataclass
class Authority:
    """A certificate authority of the tests' own."""

    folder: Path
    name: str = "HQ's own"

    def __post_init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)])
        now = datetime.now(UTC)
        made = self._named(self.subject, now, now + timedelta(days=1), self.key.public_key())
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self.file = self.folder / f"{self.name}.pem"
        self.file.write_bytes(made.sign(self.key, hashes.SHA256()).public_bytes(PEM))

    def context(self, host: str, ends: timedelta = timedelta(hours=1)) -> ssl.SSLContext:
        """TLS for a server of that name or address."""
        key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        named: x509.GeneralName = x509.DNSName(host)
        if host[0].isdigit():
            named = x509.IPAddress(ipaddress.ip_address(host))
        made = self._named(subject, now - timedelta(days=2), now + ends, key.public_key())
        made = made.add_extension(x509.SubjectAlternativeName([named]), critical=False)
        cert, secret = self.folder / f"{host}.crt", self.folder / f"{host}.key"
        cert.write_bytes(made.sign(self.key, hashes.SHA256()).public_bytes(PEM))
        form = serialization.PrivateFormat.PKCS8
        secret.write_bytes(key.private_bytes(PEM, form, serialization.NoEncryption()))
        return tls_context(cert, secret)

    def _named(self, subject: x509.Name, begins: datetime, ends: datetime, key: Any) -> Any:
        made = x509.CertificateBuilder().subject_name(subject).issuer_name(self.subject).public_key(key)
        made = made.serial_number(x509.random_serial_number())
        return made.not_valid_before(begins).not_valid_after(ends)


Serve = Callable[[ssl.SSLContext | None], str]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def serve(hub: Any, tmp_path: Path) -> Iterator[Serve]:
    """serve(context) starts a hub with its front; gives its address."""
    behind = str(tmp_path / "hub.sock")
    server: Any = create_server(hub.app, unix_socket=behind, threads=2)
    threading.Thread(target=server.run, daemon=True).start()
    fronts: list[Front] = []

    def start(tls: ssl.SSLContext | None) -> str:
        fronts.append(Front(hub.engine, behind, ("127.0.0.1", 0), tls))
        fronts[-1].start()
        return f"{'https' if tls else 'http'}://127.0.0.1:{fronts[-1].port}"

    yield start
    for front in fronts:
        front.stop()
    server.task_dispatcher.shutdown()
    server.close()


@pytest.fixture
def database(founded_file: tuple[str, dict[str, str]], tmp_path: Path) -> tuple[str, dict[str, str]]:
    """One kind of database will do for what is said about the line."""
    model, tokens = founded_file
    return str(shutil.copy(model, tmp_path / "hub.db")), dict(tokens)


def test_a_store_syncs_and_hears_hints_over_tls(
    hub: Any, serve: Serve, authority: Authority, make_shop: Any, order_form: Any
) -> None:
    url = serve(authority.context("127.0.0.1"))
    token, trusted = hub.tokens["S1"], str(authority.file)
    shop = make_shop("S1", HttpTransport(url, token, 10, trusted))
    hub.desk.publish_order(order_form("O1"))
    for _ in range(40):
        shop.advance("O1")
    shop.settle()
    assert len(hub.desk.events("S1")) == 40
    pokes: list[int] = []
    ear = HintLine(url, token, shop.wire.below.ask, lambda: pokes.append(1), timeout_s=10, ca_file=trusted)
    while not pokes:
        assert ear.turn() == 0, ear.heard
    hub.desk.publish_order(order_form("O2"))
    while len(pokes) < 2:
        assert ear.turn() == 0, ear.heard
    shop.settle()
    assert shop.replica.checksum("s:S1:orders") == hub.head("s:S1:orders")


def test_another_authority_is_not_believed(
    hub: Any, serve: Serve, authority: Authority, tmp_path: Path
) -> None:
    url, other = serve(authority.context("127.0.0.1")), Authority(tmp_path, "somebody's")
    for trusted in ("", str(other.file)):
        refused(url, hub, trusted, "authority this box does not trust")


def test_a_certificate_that_is_over_is_refused(hub: Any, serve: Serve, authority: Authority) -> None:
    url = serve(authority.context("127.0.0.1", -timedelta(days=1)))
    refused(url, hub, str(authority.file), "not good at this time")


@pytest.mark.parametrize("host", ["hq.example", "127.0.0.2"])
def test_a_certificate_of_another_host_is_refused(
    hub: Any, serve: Serve, authority: Authority, host: str
) -> None:
    refused(serve(authority.context(host)), hub, str(authority.file), "of another host")


def test_a_server_without_tls_is_no_hq(hub: Any, serve: Serve, authority: Authority) -> None:
    url = serve(None).replace("http:", "https:")
    refused(url, hub, str(authority.file), "no TLS")


def refused(url: str, hub: Any, trusted: str, why: str) -> None:
    """Exchange and ear alike find no line, and say why."""
    token = hub.tokens["S1"]
    line = HttpTransport(url, token, 10, trusted)
    with pytest.raises(LineDown, match=why):
        line.post("/sync/v1/pull", b'{"proto":1,"stream":"x"}')
    ear = HintLine(url, token, line.ask, lambda: None, timeout_s=10, ca_file=trusted)
    assert ear.turn() > 0
    assert ear.heard == "LINE_DOWN"


def test_large_answers_and_many_requests_pass_the_front_whole(
    hub: Any, serve: Serve, authority: Authority
) -> None:
    from sync.messages import Product

    names = {f"P{n}": f"茶{n}" * 20 for n in range(4000)}
    hub.desk.publish_products([Product(sku=s, gtin="", name_zh=n, name_en=n) for s, n in names.items()])
    line = HttpTransport(serve(authority.context("127.0.0.1")), hub.tokens["S1"], 30, str(authority.file))
    ask = b'{"proto":1,"stream":"x","max_bytes":4000000}'
    pages = [line.post("/sync/v1/pull", ask) for _ in range(3)]
    assert {page.count(b'"t":"op"') for page in pages} == {4000 + 3}
    assert line._session is not None, "the connection was kept"


def test_who_says_nothing_whole_keeps_nobody_out(hub: Any, serve: Serve) -> None:
    """The server behind has two threads and 100 places; hundreds of half-said requests reach none of them."""
    url = serve(None)
    where = ("127.0.0.1", int(url.rpartition(":")[2]))
    token = hub.tokens["S1"]
    with ExitStack() as held:
        for _ in range(300):
            half = held.enter_context(socket.create_connection(where))
            half.sendall(b"POST /sync/v1/up HTTP/1.1\r\nHost: x\r\n")
        line = HttpTransport(url, token, 10)
        for _ in range(3):
            assert b"checkpoint" in line.post("/sync/v1/pull", b'{"proto":1,"stream":"x"}')


def test_one_address_takes_only_so_many_places(serve: Serve) -> None:
    where = ("127.0.0.1", int(serve(None).rpartition(":")[2]))
    with ExitStack() as held:
        dripping = [held.enter_context(socket.create_connection(where)) for _ in range(NEAR)]
        for one in dripping:
            one.sendall(POST)
        answered(where, b"HTTP/1.1 503")
        for one in dripping[:10]:
            one.close()
        answered(where, b"HTTP/1.1 401")


POST = b"POST /sync/v1/up HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 9\r\n\r\n"


def answered(where: tuple[str, int], wanted: bytes) -> None:
    """Asks until the answer begins so: connections are noticed a moment after they came or went."""
    deadline = time.monotonic() + 10
    heard = b""
    while not heard.startswith(wanted):
        assert time.monotonic() < deadline, heard
        with socket.create_connection(where, timeout=10) as one:
            one.sendall(POST + b"123456789")
            heard = one.recv(100)
