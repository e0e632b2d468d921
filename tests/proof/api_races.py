"""Two programs redeem one code at once over the API of one real daemon; prints what happened as JSON."""

from __future__ import annotations

import argparse
import http.client
import json
import os
import sys
import tempfile
import time
from collections import Counter
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from bench.settings_file import write_toml
from bench.shop import KEY, TOKEN, raw_settings
from tests.proof.processes import WholeTill, free_port
from tests.proof.races import STATIONS, StartLine, fork, stock


def rival(port: int, place: int, codes: list[str], line: StartLine, out: Connection) -> None:
    """One program's side of all races: a result a race."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    http_line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    told = []
    for number, code in enumerate(codes, 1):
        body = json.dumps({"nonce": f"api-race-{number}-{place}", "code": code, "station": STATIONS[place]})
        line.leave(place, number)
        http_line.request("POST", "/api/v1/pickups/redeem", body, headers)
        answer = json.loads(http_line.getresponse().read())
        told.append("ok" if "pickup" in answer else answer.get("code", "?"))
    out.send(told)


def run(races: int, folder: Path) -> dict[str, Any]:
    """All races against one daemon."""
    here, there = Pipe()
    fork(lambda: stock(folder, races, belts=True, out=there))
    codes: list[str] = here.recv()
    os.wait()
    port = free_port()
    (folder / "edge.key").write_text(KEY.hex())
    (folder / "edge.key").chmod(0o600)
    web = {"port": port, "live_port": 0}
    write_toml(folder / "settings.toml", raw_settings(folder, web=web, log={"level": "error"}))
    till = WholeTill(folder / "settings.toml", port)
    till.start()
    assert till.ask("api-race-first", codes.pop(), time.monotonic() + 20)
    line, mouths, began = StartLine(), [Pipe() for _ in STATIONS], time.monotonic()
    rivals = [
        fork(lambda place=place: rival(port, place, codes, line, mouths[place][1]))  # type: ignore[misc]
        for place in range(len(STATIONS))
    ]
    told = [near.recv() for near, _ in mouths]
    took_s = time.monotonic() - began
    for pid in rivals:
        os.waitpid(pid, 0)
    till.kill()
    outcomes = Counter(" + ".join(sorted(both)) for both in zip(*told, strict=True))
    return {"races": len(codes), "seconds": round(took_s, 1), "outcomes": dict(outcomes)}


def main() -> int:
    """Exit code 1 if any race had another end than one winner."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--races", type=int, default=300)
    races = ask.parse_args().races
    with tempfile.TemporaryDirectory(prefix="store-edge-api-races-") as folder:
        found = run(races + 1, Path(folder))
    sys.stdout.write(json.dumps(found) + "\n")
    return 0 if found["outcomes"] == {"already_collected + ok": races} else 1


if __name__ == "__main__":
    sys.exit(main())
