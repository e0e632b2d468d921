"""Receipt printers on the shop's network that say so themselves: by mDNS, and by SNMP where an address is asked.

The two libraries are an extra (requirements/extra.txt). Many cheap printers answer neither: give those a fixed
address and look at their own test page.
"""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

RAW_PRINTING = "_pdl-datastream._tcp.local."
"""The service type of port 9100 (Bonjour printing specification)."""
_QUESTIONS = {
    "description": "1.3.6.1.2.1.1.1.0",  # sysDescr, RFC 3418
    "serial": "1.3.6.1.2.1.43.5.1.1.17.1",  # prtGeneralSerialNumber, RFC 3805
    "errors": "1.3.6.1.2.1.25.3.5.1.2.1",  # hrPrinterDetectedErrorState, RFC 2790
}
_ERRORS = (
    "low paper",
    "no paper",
    "low toner",
    "no toner",
    "door open",
    "jammed",
    "offline",
    "service requested",
)
MOST_ADDRESSES = 1024
_AT_ONCE = 64


class ExtraMissing(Exception):
    """What this needs is not installed; the words say how to get it."""


class TooManyAddresses(ValueError):
    """The networks that were named are larger than a shop's."""


@dataclass(frozen=True)
class Discovered:
    """A printer that answered: where, what it calls itself, what is wrong with it; `by` mdns or snmp."""

    host: str
    port: int
    by: str
    model: str
    serial: str = ""
    errors: tuple[str, ...] = ()


def announced(wait_s: float, interfaces: Sequence[str] | None = None) -> list[Discovered]:
    """Printers that announce themselves within `wait_s`, by address; `interfaces`: addresses of ours to listen on.

    Raises ExtraMissing, OSError (no network to listen on).
    """
    try:
        from zeroconf import InterfaceChoice, ServiceBrowser, Zeroconf
    except ImportError as error:
        raise ExtraMissing(_missing("zeroconf")) from error
    found: dict[tuple[str, int], Discovered] = {}
    names: list[tuple[str, str]] = []

    def changed(zeroconf: Any, service_type: str, name: str, state_change: Any) -> None:
        del zeroconf
        if state_change.name == "Added":
            names.append((service_type, name))

    with Zeroconf(interfaces=list(interfaces) if interfaces else InterfaceChoice.All) as net:
        browser = ServiceBrowser(net, RAW_PRINTING, handlers=[changed])
        time.sleep(wait_s)
        browser.cancel()
        for service_type, name in names:
            info = net.get_service_info(service_type, name, timeout=1000)
            if info is None:  # it announced itself and went away
                continue
            for host in info.parsed_addresses():
                said = {key: value or b"" for key, value in info.properties.items()}
                model = said.get(b"ty") or said.get(b"product", b"").strip(b"()")
                words = _plain(model) or _plain(name.removesuffix(f".{service_type}").encode())
                found[host, info.port or 9100] = Discovered(host, info.port or 9100, "mdns", words)
    return [found[where] for where in sorted(found)]


def addresses_in(networks: Iterable[str]) -> list[str]:
    """Every host address in addresses and networks (192.168.10.0/24); raises ValueError, TooManyAddresses."""
    hosts: list[str] = []
    for text in networks:
        network = ipaddress.ip_network(text, strict=False)
        if network.num_addresses + len(hosts) > MOST_ADDRESSES:
            raise TooManyAddresses(f"{text}: more than {MOST_ADDRESSES} addresses in all")
        hosts += [str(host) for host in network.hosts()]
    return hosts


def asked(hosts: Sequence[str], wait_s: float = 1.0, port: int = 161) -> list[Discovered]:
    """Who answers SNMP (v2c, community public: a question that changes nothing) of these addresses, in their order.

    Raises ExtraMissing.
    """
    try:
        import pysnmp.hlapi.v1arch.asyncio  # noqa: F401 - whether it is there
    except ImportError as error:
        raise ExtraMissing(_missing("pysnmp")) from error
    return [one for one in asyncio.run(_ask_all(hosts, wait_s, port)) if one is not None]


async def _ask_all(hosts: Sequence[str], wait_s: float, port: int) -> list[Discovered | None]:
    from pysnmp.hlapi.v1arch.asyncio import SnmpDispatcher

    dispatcher, few = SnmpDispatcher(), asyncio.Semaphore(_AT_ONCE)

    async def one(host: str) -> Discovered | None:
        async with few:
            return await _ask(dispatcher, host, wait_s, port)

    try:
        return list(await asyncio.gather(*map(one, hosts)))
    finally:
        dispatcher.close()


async def _ask(dispatcher: Any, host: str, wait_s: float, port: int) -> Discovered | None:
    from pysnmp.hlapi.v1arch.asyncio import (
        CommunityData,
        ObjectIdentity,
        ObjectType,
        UdpTransportTarget,
        get_cmd,
    )
    from pysnmp.proto.rfc1905 import NoSuchInstance, NoSuchObject

    target = await UdpTransportTarget.create((host, port), timeout=wait_s, retries=0)
    questions = [ObjectType(ObjectIdentity(oid)) for oid in _QUESTIONS.values()]
    trouble, status, _, answers = await get_cmd(
        dispatcher,
        CommunityData("public", mpModel=1),  # noqa: S508 - what printers answer; nothing secret is asked or told
        target,
        *questions,
        lookupMib=False,
    )
    if trouble or status:
        return None
    absent = (NoSuchInstance, NoSuchObject)
    said = {
        word: b"" if isinstance(value, absent) else bytes(value)
        for word, (_, value) in zip(_QUESTIONS, answers, strict=False)
    }
    # A router answers too; it has no paper.
    if not (said["serial"] or said["errors"] or b"print" in said["description"].lower()):
        return None
    errors = tuple(
        word for bit, word in enumerate(_ERRORS) if said["errors"][:1] and said["errors"][0] & 0x80 >> bit
    )
    return Discovered(host, 9100, "snmp", _plain(said["description"]), _plain(said["serial"]), errors)


def _plain(text: bytes) -> str:
    """Words of a stranger, fit for a terminal."""
    said = text.decode("utf-8", "replace").strip()
    return "".join(letter if letter.isprintable() else " " for letter in said)[:200]


def _missing(library: str) -> str:
    return f"{library} is not installed: .venv/bin/pip install --require-hashes -r requirements/extra.txt"
