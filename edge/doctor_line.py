"""The check-up walks the way to HQ: interface, router, name, port, certificate, answer. Sends nothing of ours."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from config.schema import HqSettings
from edge.domain.checkup_line import Probe
from sync.uploading import UP_PATH

_PATIENCE_S = 5.0
_UP_FLAGS = 0x3
"""RTF_UP and RTF_GATEWAY of linux/route.h."""
_HEARD = 0x2
"""ATF_COM of linux/if_arp.h: the neighbour's hardware address is known."""


def probed(hq: HqSettings) -> Probe | None:
    """How far one gets on the way to HQ now; None where the settings name none. Takes at most some 15 s."""
    if not hq.url:
        return None
    parts = urlsplit(hq.url)
    host, tls = parts.hostname or "", parts.scheme == "https"
    found = Probe(host, parts.port or (443 if tls else 80))
    try:
        entries = socket.getaddrinfo(host, found.port, type=socket.SOCK_STREAM)
    except OSError:
        return msgspec.structs.replace(found, resolved=False, link=linked(), router=router_heard())
    local = all(ipaddress.ip_address(str(one[4][0]).partition("%")[0]).is_loopback for one in entries)
    found = msgspec.structs.replace(found, local=local)
    try:
        plain = socket.create_connection((host, found.port), timeout=_PATIENCE_S)
    except ConnectionRefusedError:
        return msgspec.structs.replace(found, reached="refused")
    except OSError as error:
        word = "timeout" if isinstance(error, TimeoutError) else "unreachable"
        return msgspec.structs.replace(found, reached=word, link=local or linked(), router=router_heard())
    with plain:
        if not tls:
            return _asked(found, plain, parts.path)
        return _wrapped(found, plain, parts.path, hq.ca_file)


def _wrapped(found: Probe, plain: socket.socket, base: str, ca_file: str) -> Probe:
    from requests.utils import DEFAULT_CA_BUNDLE_PATH

    try:
        context = ssl.create_default_context(cafile=ca_file or DEFAULT_CA_BUNDLE_PATH)
        with context.wrap_socket(plain, server_hostname=found.host) as line:
            days = (
                ssl.cert_time_to_seconds(str((line.getpeercert() or {})["notAfter"])) - time.time()
            ) / 86_400
            return _asked(msgspec.structs.replace(found, days=days), line, base)
    except ssl.SSLCertVerificationError as error:
        # Codes of OpenSSL's x509_vfy.h: 9 not yet valid, 10 expired, 62 and 64 another host or address.
        word = {9: "time", 10: "time", 62: "name", 64: "name"}.get(error.verify_code, "authority")
        return msgspec.structs.replace(found, tls=word)
    except ssl.SSLError:
        return msgspec.structs.replace(found, tls="none")
    except FileNotFoundError:
        return msgspec.structs.replace(found, tls="authority")
    except OSError:
        return found


def _asked(found: Probe, line: socket.socket, base: str) -> Probe:
    """Asks in a way that HQ refuses and a log-in page of the network does not."""
    asked = http.client.HTTPConnection(found.host, found.port, timeout=_PATIENCE_S)
    asked.sock = line
    with suppress(OSError, http.client.HTTPException, ValueError):
        sent = datetime.now(UTC)
        asked.request("GET", base.rstrip("/") + UP_PATH, headers={"Connection": "close"})
        answer = asked.getresponse()
        taken = datetime.now(UTC) - sent
        kind = answer.getheader("Content-Type", "")
        page = answer.status == 200 and "html" in kind
        found = msgspec.structs.replace(found, status=answer.status, page=page)
        if told := answer.getheader("Date"):
            # A whole second is all that the header tells: its middle, at the middle of the exchange.
            theirs = parsedate_to_datetime(told).timestamp() + 0.5
            found = msgspec.structs.replace(found, drift_s=round((sent + taken / 2).timestamp() - theirs, 1))
    return found


def linked() -> bool:
    """Whether an interface other than the loopback has a cable or a radio link, and an address."""
    for folder in Path("/sys/class/net").glob("*"):
        with suppress(OSError):
            if (
                folder.name != "lo"
                and (folder / "carrier").read_text().strip() == "1"
                and _addressed(folder.name)
            ):
                return True
    return False


def _addressed(interface: str) -> bool:
    routes = Path("/proc/net/route").read_text("ascii").splitlines()[1:]
    six = Path("/proc/net/if_inet6")
    named = [line.split()[-1] for line in six.read_text("ascii").splitlines()] if six.exists() else []
    return any(line.split()[0] == interface for line in routes) or interface in named


def router_heard() -> bool | None:
    """Whether the way out has a next hop that was heard; None where the way out is no IPv4 one that can be judged."""
    with suppress(OSError, ValueError):
        for line in Path("/proc/net/route").read_text("ascii").splitlines()[1:]:
            words = line.split()
            if words[1] == "00000000" and int(words[3], 16) & _UP_FLAGS == _UP_FLAGS:
                return _neighbour(str(ipaddress.ip_address(bytes.fromhex(words[2])[::-1])))
        six = Path("/proc/net/ipv6_route")
        if six.exists() and any(
            line.startswith("0" * 32 + " 00 ") and not line.endswith(" lo")
            for line in six.read_text().splitlines()
        ):
            return None
        return False
    return None


def _neighbour(router: str) -> bool | None:
    for line in Path("/proc/net/arp").read_text("ascii").splitlines()[1:]:
        words = line.split()
        if words[0] == router:
            return bool(int(words[2], 16) & _HEARD)
    return None
