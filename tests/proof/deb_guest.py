"""What runs inside the mini-PC of the package's proof: its whole life, from a bare Debian to a wiped one."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from guest_words import (
    FAR,
    FOLDER,
    LANE,
    SETTINGS,
    STATE,
    UNIT,
    Unusable,
    another,
    fenced,
    journal,
    learn,
    number,
    run,
    score,
    served,
    show,
    status_of,
    timed,
    tried,
    until,
    value,
)

HUB = "/root/hub.db"
HQ_URL = "http://127.0.0.1:8780"
STORE = "S00421"
GTIN = b"6901234567892"
SCANNER = Path("/dev/store-edge/scanner-desk-left")
PACKAGE = str(next(FOLDER.glob("*.deb")))
HQ = ("store-edge", "hub")
seen: dict[str, Any] = {}


def must(*command: str) -> str:
    code, said = tried(*command)
    if code:
        raise Unusable(f"{' '.join(command)}: {code}\n{said}")
    return str(said)


def apt(*words: str) -> Any:
    return tried("apt-get", "-q", "-y", *words)


def installed() -> None:
    """The first of the two commands. This machine has a network of its own with nobody in it."""
    seen["network"] = tried("ip", "-brief", "link")[1]
    seen["install_s"] = timed(lambda: seen.update(install=apt("install", PACKAGE)))
    if seen["install"][0]:
        raise Unusable(seen["install"][1])
    units = ("store-edge.service", "store-edge-lane.service")
    seen["enabled"] = {
        unit: run("systemctl", "is-enabled", unit) for unit in (*units, "store-edge-enroll.service")
    }
    seen["before"] = {unit: run("systemctl", "is-active", unit) for unit in units}
    seen["current"] = str(Path("/opt/store-edge/current").readlink())
    seen["version"] = must("store-edge", "--version")
    seen["bare nft"] = tried("nft", "-c", "-f", "/etc/store-edge/nftables.conf")


def hq() -> None:
    """A reference HQ on this machine, from the same package, with a store to be."""
    os.environ["STORE_EDGE_HUB_DATABASE"] = HUB
    keys = [word for role in ("root", "config", "money") for word in (f"--{role}", f"/root/{role}.key")]
    must(*HQ, "trust", "init", *keys)
    must(
        *HQ, "stores", "add", STORE, "--name-zh", "淮海路店", "--name-en", "Huaihai Road", "--address-zh", "1"
    )
    subprocess.Popen(
        [*HQ, "run", "--port", "8780", "--next-s", "1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )

    def there() -> bool:
        try:
            socket.create_connection(("127.0.0.1", 8780), 1).close()
        except OSError:
            return False
        return True

    until(there, 30)


def invitation() -> str:
    return str(run(*HQ, "stores", "invite", STORE, "--url", HQ_URL))


def enrolled() -> None:
    """The second of the two commands; from the first to a page."""
    seen["wrong"] = tried("store-edge", "enroll", str(FOLDER / "no-invitation.txt"))
    seen["wrong left"] = [SETTINGS.exists(), served()]
    must(*HQ, "stores", "invite", STORE, "--url", HQ_URL, "--png", "/root/invitation.png")

    def become() -> None:
        seen["enroll"] = tried("store-edge", "enroll", "/root/invitation.png")
        until(served, 30)

    seen["enroll_s"] = timed(become)
    if seen["enroll"][0]:
        raise Unusable(seen["enroll"][1])
    moments = show("ExecMainStartTimestampMonotonic", "ActiveEnterTimestampMonotonic")
    took = int(moments["ActiveEnterTimestampMonotonic"]) - int(moments["ExecMainStartTimestampMonotonic"])
    seen["ready_s"] = took / 1e6
    Path("/root/invitation.txt").write_text(invitation(), "utf-8")
    seen["again"] = tried("store-edge", "enroll", "/root/invitation.txt")
    seen["pages"] = {path: status_of(path) for path in ("/cashier/sign-in", "/guide/", "/nowhere")}
    seen["modes"] = {
        str(path): [oct(path.stat().st_mode & 0o777), path.owner(), path.group()]
        for path in (STATE, STATE / "ledger.db", SETTINGS, *Path("/etc/credstore.encrypted").iterdir())
    }
    seen["plain keys"] = run("grep", "-rlE", "^[0-9a-f]{64}$", "/etc/store-edge", "/etc/credstore.encrypted")
    seen["synced_s"] = until(lambda: waiting() == 0, 30)
    seen["devices at HQ"] = must(*HQ, "devices", "list", "--store", STORE)


def waiting() -> int:
    code, said = tried("store-edge", "outbox", "waiting", "--settings", str(SETTINGS))
    return int(said.split()[-1]) if not code and said.split()[-1].isdigit() else -1


def scanned() -> None:
    """A scanner on a serial line: heard by the devices unit, told to the store over its socket."""
    ours, theirs = os.openpty()
    import tty

    tty.setraw(theirs)
    name = os.ttyname(theirs)
    shutil.chown(name, "root", "dialout")
    Path(name).chmod(0o660)
    SCANNER.parent.mkdir(exist_ok=True)
    SCANNER.symlink_to(name)
    with SETTINGS.open("a", encoding="utf-8") as file:
        file.write(f'\n[scanners.desk-left]\nstation = "T1"\nport = "{SCANNER}"\n')
    must("store-edge", "check", str(SETTINGS))
    must("systemctl", "restart", UNIT)
    seen["scan_s"] = until(lambda: os.write(ours, GTIN + b"\r") and journal('"fact": "scan"'), 20)
    seen["lane user"] = show("User", "MainPID", "NRestarts", "ActiveState", unit=LANE)
    seen["lane holds it"] = [
        unit
        for unit in (UNIT, LANE)
        for link in Path(f"/proc/{number('MainPID', unit)}/fd").iterdir()
        if os.path.realpath(link) == name
    ]
    # Somebody of the store's group who is not the devices' user is not let in, whatever is shown.
    stranger = subprocess.Popen(
        [
            *("setpriv", "--reuid=store-edge-kiosk", "--regid=store-edge", "--clear-groups"),
            *("store-edge", "lane", "--own", "--name", "box", "--store", "unix:/run/store-edge/lane.sock"),
            *("--token-file", str(_token()), "--state", "/tmp/stranger"),  # noqa: S108 - nobody else is here
        ],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert stranger.stderr is not None
    seen["stranger"] = stranger.stderr.readline()
    stranger.kill()


def _token() -> Path:
    path = Path("/tmp/stranger.token")  # noqa: S108
    path.write_text("a token that is nobody's at all\n")
    shutil.chown(path, "store-edge-kiosk")
    path.chmod(0o600)
    folder = Path("/tmp/stranger")  # noqa: S108
    folder.mkdir(exist_ok=True)
    shutil.chown(folder, "store-edge-kiosk")
    return path


def killed() -> None:
    for unit, key in ((UNIT, "kill_s"), (LANE, "kill_lane_s")):
        pid = number("MainPID", unit)
        back = another(pid) if unit == UNIT else _another_lane(pid)
        os.kill(pid, signal.SIGKILL)
        seen[key] = timed(lambda back=back: until(back, 60))


def _another_lane(pid: int) -> Callable[[], bool]:
    return lambda: number("MainPID", LANE) not in (0, pid) and value("ActiveState", LANE) == "active"


def hung() -> None:
    """Both processes stand still at once; the watchdog of each finds it."""
    pids = {unit: number("MainPID", unit) for unit in (UNIT, LANE)}
    for pid in pids.values():
        os.kill(pid, signal.SIGSTOP)
    seen["hang_s"] = timed(lambda: until(another(pids[UNIT]), 90))
    seen["hang_lane_s"] = until(_another_lane(pids[LANE]), 60)
    seen["hang_said"] = journal("Watchdog timeout")
    until(Path("/run/store-edge/heartbeat").exists, 60)
    seen["heartbeat"] = Path("/run/store-edge/heartbeat").read_text()
    seen["heart"] = number("MainPID")


def probed() -> None:
    """The same probes with each unit's fence, and without one."""
    for name, device in (("unlisted", (10, 229)), ("listed", (4, 64))):
        os.mknod(f"/dev/{name}", 0o666 | 0o020000, os.makedev(*device))
        Path(f"/dev/{name}").chmod(0o666)
    Path("/home/open").mkdir(mode=0o777)
    Path("/home/open/note").write_text("a letter")
    victims = []
    for side, user in (("web", UNIT), ("devices", LANE)):
        one = subprocess.Popen(
            ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "sleep", "600"]
        )
        victims.append(one)
        (FOLDER / f"victim-{side}.pid").write_text(str(one.pid))
    with socket.create_server((FAR, 80)):
        seen["fence web"] = fenced(UNIT, "web")
        seen["fence devices"] = fenced(LANE, "devices")
        for side in ("web", "devices"):
            seen[f"no fence {side}"] = json.loads(run("python3", "/opt/minipc_probe.py", side) or "{}")
    for one in victims:
        one.kill()
    seen["scores"] = {unit: score(unit) for unit in (UNIT, LANE, "store-edge-backup", "store-edge-purge")}


def purged() -> None:
    """The package goes, the store stays: sales, keys and settings are there when it comes back."""
    until(lambda: waiting() >= 0, 5)
    seen["remembers"] = _remembered()
    seen["purge"] = apt("purge", "store-edge")
    seen["purged"] = {
        "served": served(),
        "code": Path("/opt/store-edge").exists(),
        "unit": Path("/usr/lib/systemd/system/store-edge.service").exists(),
        "ledger": (STATE / "ledger.db").exists(),
        "settings": SETTINGS.exists(),
        "keys": len(list(Path("/etc/credstore.encrypted").glob("store-edge.*"))),
    }
    seen["reinstall"] = apt("install", PACKAGE)
    seen["back_s"] = timed(lambda: until(served, 60))
    seen["remembers after"] = _remembered()


def _remembered() -> list[str]:
    """What only the old books know: the box's own journal, by number and length."""
    said = tried("store-edge", "outbox", "export", "/tmp/out", "--all", "--settings", str(SETTINGS))[1]  # noqa: S108
    Path("/tmp/out").unlink(missing_ok=True)  # noqa: S108
    return [word for line in said.splitlines() if "stream" in line for word in line.split()[-4:-2]] or [said]


def wiped() -> None:
    (FOLDER / "key").write_text(
        run(
            "systemd-creds", "decrypt", "--name=edge.key", "/etc/credstore.encrypted/store-edge.edge.key", "-"
        )
    )
    key = (FOLDER / "key").read_text().strip()
    seen["key length"] = len(key)
    (FOLDER / "key").unlink()
    seen["wipe wrong word"] = tried("store-edge", "wipe", "--yes-wipe", "S99999")
    seen["still serves"] = served()
    seen["wipe"] = tried("store-edge", "wipe", "--yes-wipe", STORE, "--json", "--lose-unsent")
    seen["wiped"] = {
        "served": served(),
        "state": sorted(path.name for path in STATE.iterdir()),
        "lane": sorted(path.name for path in Path("/var/lib/store-edge-lane").iterdir()),
        "keys": sorted(path.name for path in Path("/etc/credstore.encrypted").glob("store-edge.*")),
        "settings": SETTINGS.exists(),
    }
    seen["wipe twice"] = tried("store-edge", "wipe", "--yes-wipe", "NONE", "--json")


def unattended() -> None:
    """A box from an image: the file is there when it boots."""
    Path("/etc/store-edge/enroll.toml").write_text(f"invitation = '{invitation()}'\n", "utf-8")
    seen["unattended_s"] = timed(
        lambda: (run("systemctl", "start", "store-edge-enroll.service"), until(served, 60))
    )
    seen["unattended file"] = Path("/etc/store-edge/enroll.toml").exists()


def main() -> None:
    learn(seen, (installed, hq, enrolled, scanned, killed, hung, probed, purged, wiped, unattended))


if __name__ == "__main__":
    main()
