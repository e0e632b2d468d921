"""What systemd is told: ready, alive, stopping (sd_notify(3)); silent where there is no systemd."""

from __future__ import annotations

import os
import socket


def tell(state: str) -> None:
    """Sends one state line (READY=1, WATCHDOG=1, WATCHDOG=trigger, STOPPING=1) to the supervisor, if there is one."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
        try:
            sock.sendto(state.encode(), address)
        except OSError:
            # The supervisor went away; it will notice by itself.
            return


def watchdog_s() -> float | None:
    """How often systemd wants to hear from us, seconds; None: it does not watch."""
    usec = os.environ.get("WATCHDOG_USEC", "")
    return int(usec) / 1e6 if usec.isdigit() and int(usec) else None
