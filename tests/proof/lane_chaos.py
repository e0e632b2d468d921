"""Two processes that are killed and a cable that is cut between them; and a look into both their books."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

from tests.edge.lane_rig import Cable


class Killed:
    """A process that is killed and started again."""

    def __init__(self, command: list[str], log: Path) -> None:
        self._command, self._log, self.kills = command, log, 0
        self._start()

    def _start(self) -> None:
        with self._log.open("ab") as log:
            self._child = subprocess.Popen([sys.executable, *self._command], stdout=log, stderr=log)

    def kill(self) -> None:
        """SIGKILL; whoever died by itself is a failure of the proof."""
        assert self._child.poll() is None, self._log.read_text()[-3000:]
        self._child.kill()
        self._child.wait()
        self.kills += 1
        self._start()

    def end(self) -> None:
        self._child.kill()
        self._child.wait()


class Chaos:
    """Kills either side, or cuts the cable, at moments drawn from a seed."""

    def __init__(
        self, random: Random, store: Killed, lane: Killed, cable: Cable | None, plan: tuple[str, ...] = ()
    ) -> None:
        self.planned = self._plan = list(plan)
        self._random, self._store, self._lane, self._cable = random, store, lane, cable
        self.met: Counter[str] = Counter()
        self._calm = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._calm.set()
        self._thread.join()

    def _run(self) -> None:
        planned = bool(self._plan)
        while not self._calm.wait(self._random.uniform(0.3, 2.5)) and bool(self._plan) is planned:
            deeds = self._plan[:1] or ["store", "lane", "both", "cut", "hold"][: 5 if self._cable else 3]
            deed = self._random.choice(deeds)
            del self._plan[:1]
            self.met[deed] += 1
            if deed in ("lane", "both"):
                self._lane.kill()
            if deed in ("store", "both"):
                self._store.kill()
            if self._cable and deed == "cut":
                self._cable.cut()
                self._calm.wait(self._random.uniform(0.0, 1.5))
                self._cable.mend()
            if self._cable and deed == "hold":
                self._cable.held = True
                self._calm.wait(self._random.uniform(0.2, 6.5))
                self._cable.mend()


def _read(path: Path, key: str, asked: str) -> list[Any]:
    from sqlcipher3 import dbapi2

    if not path.exists():
        return []
    db = dbapi2.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
    try:
        db.execute(f"PRAGMA key=\"x'{key}'\"")
        return list(db.execute(asked).fetchall())
    except dbapi2.Error:
        return []  # being made just now
    finally:
        db.close()


def in_lane(token: str, folder: Path) -> list[str]:
    import msgspec

    from devices.ports import Reading

    key = hashlib.sha256(b"store-edge lane book\0" + token.encode()).hexdigest()
    rows = _read(folder / "lane" / "lane.db", key, "SELECT body FROM reading ORDER BY id DESC LIMIT 20")
    return [msgspec.msgpack.decode(body, type=Reading).text for (body,) in rows]


def in_store(key: bytes, folder: Path, limit: int = 50) -> list[str]:
    asked = "SELECT text FROM scan ORDER BY id DESC"
    return [text for (text,) in _read(folder / "store" / "ledger.db", key.hex(), asked)[:limit]]
