"""A day's script with the n-th change of a file failing, for every n: ENOSPC, EIO, a failing sync; figures as JSON."""

from __future__ import annotations

import argparse
import errno
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tests.proof import shim
from tests.proof.shim import CREATE, SYNC, TRUNCATE, WRITE

CHANGES = CREATE | WRITE | TRUNCATE
FAULTS = {
    "full for good": (errno.ENOSPC, CHANGES, 1),
    "full once": (errno.ENOSPC, CHANGES, 0),
    "write fails once": (errno.EIO, CHANGES, 0),
    "sync fails once": (errno.EIO, SYNC, 0),
}
"""Name -> the error, of which changes, and whether it stays."""


@dataclass
class Script:
    """A till's day in nine acts; each has a nonce of its own and may be asked for again."""

    shop: Any
    codes: list[str]
    told: dict[str, tuple[str, str]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def run(self, after: Callable[[str], None]) -> None:
        """All acts in order; `told` has what each was answered: ("ok", its id) or ("no", the refusal's code)."""
        from edge.domain.refusals import Refusal

        for name in ("open", "sale 1", "redeem 1", "sale 2", "return", "redeem 2", "drop", "count", "close"):
            act = getattr(self, "_" + name.split()[0])
            for _ in range(2):  # who is refused asks once more
                try:
                    self.told[name] = ("ok", act(name))
                    break
                except Refusal as refusal:
                    self.told[name] = ("no", refusal.code)
                    self.refused.append(name)
                except Exception:  # noqa: BLE001 - whatever a person at the till would meet is what is looked for
                    self.told[name] = ("traceback", traceback.format_exc(limit=-3))
                    break
                finally:
                    after(name)

    def _open(self, name: str) -> str:
        return str(self.shop.store.sales.shifts.open(20_000, _cashier(), name + "-nonce").shift)

    def _sale(self, name: str) -> str:
        desks, who = self.shop.store.sales, _cashier()
        known = self.shop.books.ledger.read().execute(
            "SELECT sale FROM sale WHERE nonce = ?", (name + "-cash",)
        )
        if (row := known.fetchone()) is not None:
            return str(row[0])
        basket = desks.selling.at("T1")
        if basket is None or basket.state == "open":  # else its price is settled, and it waits for the money
            for n, code in enumerate(_goods()):
                desks.scan(code, who, f"{name}-scan-{n}")
            basket = desks.selling.at("T1")
        total = int(desks.selling.bill(basket).total_fen)
        return str(desks.checkout.cash(basket.basket, total, total, who, name + "-cash").sale)

    def _redeem(self, name: str) -> str:
        from edge.domain.views import RedeemRequest

        code = self.codes[int(name[-1]) - 1]
        return str(
            self.shop.store.hand_over.redeem(
                RedeemRequest(nonce=name + "-nonce", code=code), _cashier()
            ).pickup
        )

    def _return(self, name: str) -> str:
        from edge.domain.returns import Condition, Fate, Reason, Source, Wanted

        wanted = (Wanted(1, 1, Condition.INTACT, Reason.NO_REASON, Fate.SHELF),)
        sale = self.told["sale 1"][1]
        return str(self.shop.store.returns.accept(Source.SALE, sale, wanted, _cashier(), name + "-nonce").ret)

    def _drop(self, name: str) -> str:
        from edge.domain.shifts import Taking

        self.shop.store.sales.shifts.move(Taking.DROP, 1000, "safe", _cashier(), name + "-nonce")
        return "dropped"

    def _count(self, name: str) -> str:
        return str(self.shop.store.sales.shifts.count({10_000: 1}, _cashier(), name + "-nonce").counted_fen)

    def _close(self, name: str) -> str:
        return str(self.shop.store.sales.shifts.close(_cashier(), name + "-nonce").shift)


def _cashier() -> Any:
    from edge.domain.staff import Operator, Role

    return Operator("2001", "张", Role.LEAD, "T1")


def _goods() -> tuple[str, ...]:
    from tests.edge.sale_shop import CUP, TEA

    return (TEA, TEA, CUP)


def built(folder: Path) -> Any:
    """The shop over the files in `folder`."""
    from tests.edge.conftest import KEY, PaperPrinter, settings_in
    from tests.founded import founded_shop

    return founded_shop(settings_in(folder), KEY, {"P1": PaperPrinter()})


def prepared(folder: Path) -> list[str]:
    """A shop with goods and two orders, closed; gives the orders' codes."""
    from tests.edge.conftest import PretendHq
    from tests.edge.sale_shop import stocked

    shop = built(folder)
    hq = PretendHq(shop)
    hq.open()
    stocked(hq)
    orders = ("WX2026112200017", "WX2026112200018")
    for n, order in enumerate(orders):
        hq.order(order, numeric_code=f"4815162{n}")
    codes = [hq.code(order) for order in orders]
    shop.books.close()
    return codes


def first_life(folder: Path, codes: list[str], fault: tuple[int, int, int], n: int, out: Connection) -> None:
    """The script with its n-th change failing; the process then dies as it is."""
    library = shim.inside()
    library.shim_watch(f"{folder}/".encode())
    script = Script(built(folder), codes)
    when: list[str] = []
    library.shim_arm(n, fault[0], fault[1], fault[2])
    script.run(lambda name: when.append(name) if library.shim_failed() and not when else None)
    failed = library.shim_failed()
    library.shim_arm(0, 0, 0, 0)
    out.send((script.told, when[:1], script.refused, failed))


def second_life(folder: Path, codes: list[str], out: Connection) -> None:
    """A process of its own, a good disk: everything is asked for again with the same nonces; then the books."""
    from tests.proof.crash_check import faults

    shop = built(folder)
    before = faults(shop.books)
    script = Script(shop, codes)
    script.run(lambda _: None)
    rows = {
        table: shop.books.ledger.read().execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
        for table in ("sale", "pickup", "goods_return", "shift")
    }
    wrong = before + faults(shop.books)
    shop.books.close()
    out.send((script.told, rows, wrong))


def forked(work: Callable[[Connection], None]) -> Any:
    """What `work` sends, done in a fork of this process; None where it died."""
    here, there = Pipe(duplex=False)
    pid = os.fork()
    if not pid:
        try:
            work(there)
        finally:
            os._exit(0)
    there.close()
    try:
        return here.recv()
    except EOFError:
        return None
    finally:
        here.close()
        os.waitpid(pid, 0)


@dataclass
class Tries:
    """Every n of one kind of fault."""

    base: Path
    work: Path
    codes: list[str]
    counts: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)

    def one(self, kind: str, n: int) -> int:
        """The n-th change fails, then a second life; gives how many changes failed."""
        shutil.rmtree(self.work, ignore_errors=True)
        shutil.copytree(self.base, self.work)
        lived = forked(lambda out: first_life(self.work, self.codes, FAULTS[kind], n, out))
        again = forked(lambda out: second_life(self.work, self.codes, out))
        if lived is None or again is None:
            self._bad("a life ended by itself", f"{kind} {n}")
            return 1
        told, when, refused, failed = lived
        self.counts[f"{kind}: tried"] += 1
        self.counts[f"{kind}: an act was refused"] += bool(refused)
        self._compare(f"{kind}, change {n}", told, again)
        if kind == "sync fails once" and when and when[0] in refused:
            self._after_sync(f"{kind}, change {n}", told, when[0])
        return int(failed)

    def _after_sync(self, where: str, told: Any, when: str) -> None:
        for name in list(told)[list(told).index(when) :]:
            self.counts["acts after a failed sync"] += 1
            if told[name][0] == "ok":
                self._bad("acknowledged after a failed sync", f"{where}, {name}")

    def _compare(self, where: str, told: Any, again: Any) -> None:
        later, rows, books = again
        for name, (word, what) in told.items():
            if word == "traceback":
                self._bad("a traceback at the till", f"{where}, {name}: {what}")
            if word == "ok" and later[name] != (word, what):
                self._bad("acknowledged and lost", f"{where}, {name}: {what}, then {later[name]}")
        for name, (word, what) in later.items():
            if word != "ok":
                self._bad("not done in the second life", f"{where}, {name}: {what}")
        if rows != {"sale": 2, "pickup": 2, "goods_return": 1, "shift": 1}:
            self._bad("done twice or in part", f"{where}: {rows}")
        for fault in books:
            self._bad("books", f"{where}: {fault}")

    def _bad(self, what: str, where: str) -> None:
        self.wrong[what] += 1
        self.first.setdefault(what, where)


def run(every: int, plant: str, kinds: list[str], folder: Path) -> dict[str, Any]:
    """All kinds, every n-th change."""
    began = time.process_time()
    codes = prepared(folder / "base")
    if plant:  # doubts_nothing: after a failed sync the ledger is written as if nothing had been
        from edge.db import Database

        Database.doubted = property(lambda _: False, lambda *_: None)  # type: ignore[assignment]
    tries = Tries(folder / "base", folder / "work", codes)
    for kind in kinds:
        n = 1
        while tries.one(kind, n):
            n += every
        tries.counts[f"{kind}: last change"] = n - every
    used = os.times()
    return {
        "plant": plant,
        **tries.counts,
        "cpu_s": round(time.process_time() - began + used.children_user + used.children_system, 1),
        "first": tries.first,
        "violations": dict(tries.wrong),
    }


def main() -> int:
    """Exit code 1 where a failing disk broke a promise. Starts itself anew with the library loaded."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--every", type=int, default=1, help="every so many changes only")
    ask.add_argument("--kind", action="append", choices=list(FAULTS))
    ask.add_argument("--plant", default="", choices=["", "doubts_nothing"])
    told = ask.parse_args()
    with tempfile.TemporaryDirectory(prefix="store-edge-faults-", dir="/dev/shm") as folder:
        if "SHIM_WATCH" not in os.environ:
            library = shim.compiled(Path(folder))
            if library is None:
                raise SystemExit("no gcc on this machine: no fault was injected, nothing is proven")
            command = [sys.executable, "-m", "tests.proof.disk_faults", *sys.argv[1:]]
            return subprocess.run(
                command, env=shim.environment(library, Path("/nowhere")), check=False
            ).returncode
        found = run(told.every, told.plant, told.kind or list(FAULTS), Path(folder))
    sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
    return 1 if found["violations"] else 0


if __name__ == "__main__":
    sys.exit(main())
