"""Printers found on the network: a real announcement and a real SNMP answer, both on the loopback."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from devices.discovery import (
    RAW_PRINTING,
    Discovered,
    ExtraMissing,
    TooManyAddresses,
    addresses_in,
    announced,
    asked,
)

SAID: dict[str, bytes] = {
    "1.3.6.1.2.1.1.1.0": b"EPSON TM-m30 print server\x1b[2J",
    "1.3.6.1.2.1.43.5.1.1.17.1": b"X5LR0001",
    "1.3.6.1.2.1.25.3.5.1.2.1": b"\x48",
}
ROUTER = {"1.3.6.1.2.1.1.1.0": b"RouterOS 7"}


@contextmanager
def responder(said: dict[str, bytes], *, silent: bool = False) -> Iterator[int]:
    """Answers SNMP GETs on a UDP port of its own with these values; what it lacks does not exist."""
    pytest.importorskip("pysnmp")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))

        def serve() -> None:
            while True:
                request, peer = line.recvfrom(4096)
                if not request:
                    return
                if not silent:
                    line.sendto(_answer(request, said), peer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield line.getsockname()[1]
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
                end.sendto(b"", line.getsockname())
            thread.join()


def _answer(request: bytes, said: dict[str, bytes]) -> bytes:
    from pyasn1.codec.ber import decoder, encoder
    from pysnmp.proto import api
    from pysnmp.proto.rfc1902 import OctetString
    from pysnmp.proto.rfc1905 import noSuchInstance

    v2c: Any = api.PROTOCOL_MODULES[api.SNMP_VERSION_2C]
    message, _ = decoder.decode(request, asn1Spec=v2c.Message())
    reply = v2c.apiMessage.get_response(message)
    asked_for = v2c.apiPDU.get_varbinds(v2c.apiMessage.get_pdu(message))
    values = [
        (oid, OctetString(said[str(oid)]) if str(oid) in said else noSuchInstance) for oid, _ in asked_for
    ]
    v2c.apiPDU.set_varbinds(v2c.apiMessage.get_pdu(reply), values)
    return bytes(encoder.encode(reply))


def test_a_printer_that_announces_itself_is_found_with_its_words() -> None:
    zeroconf = pytest.importorskip("zeroconf")
    here = socket.inet_aton("127.0.0.1")
    info = zeroconf.ServiceInfo(
        RAW_PRINTING,
        f"Front desk.{RAW_PRINTING}",
        addresses=[here],
        port=9107,
        properties={"ty": "EPSON TM-m30"},
        server="front.local.",
    )
    with zeroconf.Zeroconf(interfaces=["127.0.0.1"]) as net:
        net.register_service(info)
        for wait_s in (0.2, 1.0, 5.0):
            if found := [one for one in announced(wait_s, ["127.0.0.1"]) if one.port == 9107]:
                break
        net.unregister_service(info)
    assert found == [Discovered("127.0.0.1", 9107, "mdns", "EPSON TM-m30")]


def test_a_printer_that_is_asked_says_who_it_is_and_what_is_wrong() -> None:
    with responder(SAID) as port:
        (one,) = asked(["127.0.0.1"], 5.0, port)
    assert (one.host, one.by, one.serial) == ("127.0.0.1", "snmp", "X5LR0001")
    assert one.model == "EPSON TM-m30 print server [2J", "what could drive a terminal is taken out"
    assert one.errors == ("no paper", "door open")


def test_silence_and_routers_are_no_printers() -> None:
    with responder(ROUTER) as port:
        assert asked(["127.0.0.1"], 5.0, port) == []
    with responder({}, silent=True) as port:
        assert asked(["127.0.0.1"], 0.1, port) == []
    assert asked([], 0.1) == []


@pytest.mark.parametrize("ask", [lambda: announced(0.1), lambda: asked(["127.0.0.1"])])
def test_what_is_not_installed_is_said_in_words(
    ask: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The import system's own way of saying that a module is not there.
    for name in [
        *(name for name in sys.modules if name.split(".")[0] in ("zeroconf", "pysnmp")),
        "zeroconf",
        "pysnmp",
    ]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ExtraMissing, match=r"requirements/extra\.txt"):
        ask()


def test_networks_are_spelled_out_within_reason() -> None:
    assert addresses_in(["192.168.10.31", "192.168.10.0/30"]) == [
        "192.168.10.31",
        "192.168.10.1",
        "192.168.10.2",
    ]
    with pytest.raises(TooManyAddresses):
        addresses_in(["10.0.0.0/8"])
    with pytest.raises(ValueError, match="printer"):
        addresses_in(["printer"])
