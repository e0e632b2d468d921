"""A shop's box as the package sets it up: its settings written, its secrets made, its units started."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import secrets
import socket
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from edge.sealed import EDGE_KEY, LANE_TOKEN, place_of, seal
from sync.admission import Invitation

SETTINGS = Path("/etc/store-edge/store.toml")
UNATTENDED = Path("/etc/store-edge/enroll.toml")
STATE = Path("/var/lib/store-edge")
LANE_STATE = Path("/var/lib/store-edge-lane")
DROP_IN = Path("/etc/systemd/system/store-edge.service.d/hq.conf")
UNITS = ("store-edge-lane.service", "store-edge.service", "store-edge-backup.timer")
TRY_LATER = 75
"""Exit code where HQ was not reached (EX_TEMPFAIL of sysexits.h): the same words may succeed later."""

_OWN_NETWORKS = tuple(
    ipaddress.ip_network(net)
    for net in (
        "127.0.0.0/8",
        "::1",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "fe80::/10",
        "fd00::/8",
    )
)
"""What store-edge.service lets the daemon talk to."""
_TOML = """# Store {store}. Every setting, its default and its meaning: /usr/share/doc/store-edge/docs/settings.md
# Changed something? store-edge check {path} && systemctl restart store-edge

[store]
id = "{store}"
state_dir = "{state}"

[web]
# Where tills, kiosks and guide screens call. 127.0.0.1: this machine alone.
host = "{address}"
allowed_hosts = {hosts}

[hq]
url = "{url}"

# What hangs on this machine is run by a unit of its own, store-edge-lane.service, which has no network.
[lane_port]
listen = "unix:/run/store-edge/lane.sock"

[lanes.box]
where = "unit"

[stations.T1]
label_zh = "服务台 1"
label_en = "Service desk 1"
"""


class NotReady(Exception):
    """This machine cannot become a store's box as it stands; the message says what to do."""


class Failed(Exception):
    """A step failed; `code` is the exit status to end with."""

    def __init__(self, words: str, code: int = 1) -> None:
        super().__init__(words)
        self.code = code


@dataclass(frozen=True)
class Wishes:
    """What store IT may say beside the invitation; "" leaves it to the box."""

    store: str = ""
    address: str = ""
    again: bool = False


class Drop(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file of an unattended enrolment: the invitation or the file that holds it, and the wishes."""

    invitation: str = ""
    invitation_file: str = ""
    store: str = ""
    address: str = ""


def read_drop(path: Path) -> Drop:
    """The unattended file's words; raises NotReady with what is wrong with them."""
    try:
        drop = msgspec.convert(tomllib.loads(path.read_text("utf-8")), Drop)
    except OSError as error:
        raise NotReady(f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise NotReady(f"{path}: {error}") from error
    if bool(drop.invitation) == bool(drop.invitation_file):
        raise NotReady(f"{path}: one of invitation and invitation_file is needed")
    if path.stat().st_mode & 0o077 and drop.invitation:
        path.chmod(0o600)  # an invitation is a secret until it is used
    return drop


def make_ready(asked: Invitation, wishes: Wishes) -> list[Path]:
    """Settings and secrets for this invitation, where there are none yet; gives the files that are new.

    Raises NotReady, SealBroken, OSError.
    """
    if os.geteuid() != 0:
        raise NotReady("only root makes a machine a store's: sudo store-edge enroll ...")
    if not STATE.is_dir():
        raise NotReady(f"{STATE} is not there; is the package installed?")
    if (STATE / "ledger.db").exists() and not place_of(EDGE_KEY).exists():
        raise NotReady(
            f"{STATE} holds a store's data and its key is gone; restore the key or run store-edge wipe"
        )
    for name in (EDGE_KEY, LANE_TOKEN):
        if not place_of(name).exists():
            seal(name, secrets.token_hex(32))
    new = []
    if not SETTINGS.exists():
        text = settings_text(asked, wishes)
        SETTINGS.write_text(text, "utf-8")
        os.chown(SETTINGS, 0, STATE.stat().st_gid)
        SETTINGS.chmod(0o640)
        new.append(SETTINGS)
    if asked.url and not DROP_IN.exists() and not within_reach(asked.url):
        DROP_IN.parent.mkdir(parents=True, exist_ok=True)
        host = urlsplit(asked.url).hostname
        told = (
            f"# HQ ({host}) is outside the shop's networks. Name its addresses here if they never change.\n"
        )
        DROP_IN.write_text(f"{told}[Service]\nIPAddressAllow=any\n", "utf-8")
        new.append(DROP_IN)
    return new


def settings_text(asked: Invitation, wishes: Wishes) -> str:
    """The first settings of a box; raises NotReady where nobody says which store it is."""
    store = wishes.store or asked.store
    if not store:
        raise NotReady("nobody says which store this is: say it with --store")
    address = wishes.address or own_address(asked.url)
    names = dict.fromkeys((address, "127.0.0.1", "localhost", socket.gethostname().lower()))
    hosts = "[" + ", ".join(f'"{name}"' for name in names if name) + "]"
    return _TOML.format(store=store, state=STATE, address=address, hosts=hosts, url=asked.url, path=SETTINGS)


def own_address(url: str) -> str:
    """The address of this machine that faces HQ, so the one that the shop's network knows; loopback if none does."""
    host = urlsplit(url).hostname or ""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect((host, 9))  # sends nothing: only asks the routing table
        return str(sock.getsockname()[0])
    return "127.0.0.1"


def within_reach(url: str) -> bool:
    """Whether every address of HQ's is one that the unit lets the daemon talk to; False where its name is unknown."""
    try:
        found = socket.getaddrinfo(urlsplit(url).hostname or "", None, type=socket.SOCK_STREAM)
    except OSError:
        return False
    told = {ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found}
    return all(any(one in net for net in _OWN_NETWORKS) for one in told)


def enroll_as_service(text: str, *, again: bool) -> str:
    """Runs the enrolment itself as the service's user, in a process that root leaves; raises Failed."""
    words = ["enroll", "-", "--settings", str(SETTINGS), *(["--again"] if again else [])]
    # -I as the package's own command has it: neither root's environment nor its folder has a say in what is run.
    done = subprocess.run(
        [sys.executable, "-I", "-m", "edge", *words], input=text, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Failed(done.stderr.strip().removeprefix("Error: ") or "not enrolled", done.returncode)
    return done.stdout.strip()


def under_systemd() -> bool:
    """Whether systemd runs this machine; it does not while an image is made."""
    return Path("/run/systemd/system").is_dir()


def _serves() -> bool:
    asked = ["systemctl", "--quiet", "is-active", "store-edge.service"]
    return subprocess.run(asked, check=False).returncode == 0


def systemctl(*words: str) -> None:
    """One word to systemd; raises Failed with its answer."""
    done = subprocess.run(["systemctl", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(done.stderr.strip() or f"systemctl {' '.join(words)} failed")


def become(text: str, asked: Invitation, wishes: Wishes) -> str:
    """The whole way from a bare box to a serving store; gives what to tell. Raises NotReady, Failed, SealBroken."""
    running = under_systemd() and _serves()
    if running and not wishes.again:
        raise NotReady("this box is a store's and serves; --again makes it another device")
    new = make_ready(asked, wishes)
    try:
        if running:
            systemctl("stop", "store-edge.service")
        told = enroll_as_service(text, again=wishes.again)
    except BaseException:
        # Settings of a try that failed must not stand in the way of the next; secrets are nobody's yet.
        for path in new:
            path.unlink(missing_ok=True)
        if running:
            systemctl("start", "store-edge.service")
        raise
    return _started(told)


def become_alone(wishes: Wishes) -> str:
    """A shop without an HQ: the same box, and nobody to ask. Raises NotReady, Failed, SealBroken, OSError."""
    if SETTINGS.exists():
        raise NotReady(f"{SETTINGS} is there already: this box is a store's; store-edge wipe ends it")
    make_ready(Invitation(1, "", "", ""), wishes)
    return _started(f"store {wishes.store} is set up without an HQ")


def _started(told: str) -> str:
    if not under_systemd():
        return f"{told}\nits units start with the machine"
    systemctl("daemon-reload")
    systemctl("enable", "--quiet", *UNITS)
    systemctl("restart", *UNITS)
    return f"{told}\nit serves; settings: {SETTINGS}"
