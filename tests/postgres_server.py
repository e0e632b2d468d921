"""A PostgreSQL of the tests' own: Debian's binaries, a fresh folder, a free port on loopback, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PATIENCE_S = 60.0


def binaries() -> Path | None:
    """The folder with initdb and postgres, newest version first; None where PostgreSQL is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: int(file.parts[-3]))
    if found:
        return found[-1].parent
    named = shutil.which("initdb")
    return Path(named).parent if named else None


@contextmanager
def running(*settings: str) -> Iterator[str]:
    """A server for the time of a `with` block; gives the URL of an empty database. `settings`: name=value.

    PostgreSQL refuses to run as root: there it runs as the package's own user.
    """
    tools = binaries()
    assert tools is not None, "PostgreSQL is not installed"
    user = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="store-edge-pg-"))
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)
    as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    data, port = folder / "data", free_port()
    initialise = [tools / "initdb", "-D", data, "-U", "hub", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]
    subprocess.run(initialise, check=True, capture_output=True, cwd=folder, **as_user)  # type: ignore[call-overload]
    options = [f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}", *settings]
    command = [tools / "postgres", "-D", data, *(word for option in options for word in ("-c", option))]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, **as_user)  # type: ignore[call-overload]
    try:
        _await(port, server)
        yield f"postgresql+psycopg://hub@127.0.0.1:{port}/postgres"
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(_PATIENCE_S)
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(port: int, server: subprocess.Popen[bytes]) -> None:
    import psycopg

    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            psycopg.connect(
                host="127.0.0.1", port=port, user="hub", dbname="postgres", connect_timeout=5
            ).close()
        except psycopg.OperationalError:
            assert server.poll() is None, "PostgreSQL ended at once"
            assert time.monotonic() < deadline, "PostgreSQL did not come up"
            time.sleep(0.05)
        else:
            return
