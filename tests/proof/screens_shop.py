"""A shop with a till, kiosks, a guide screen and a customer display: its books filled, then run as its own process."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import itertools
import json
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import msgspec

from config.api_schema import ApiScope
from config.schema import parse
from edge.clock import stamp
from edge.config_files import Kept
from edge.daemon import build_shop
from edge.domain import member_code
from edge.domain.member_code import MemberClaims
from edge.domain.screens import ScreenKind
from edge.domain.staff import Operator, Role
from sync.configured import Bundle
from sync.signed import Signed
from tests.kiosk_ui.conftest import STORE, PretendHq
from tests.kiosk_ui.kiosk_floor import GOODS, furnish

ROOT = Path(__file__).resolve().parents[2]
PLACES: dict[ScreenKind, str] = {"kiosk": "K1", "guide": "G1", "display": "T1"}
"""Which screen stands where; a second kiosk, K2, stands beside them."""
TOKEN = "a token of the till's own program, which lives as long as this proof"
LEAD = Operator("2001", "张志强", Role.LEAD, "T1")
MEMBERS, WARES = 60, 40


def free_port() -> int:
    """A TCP port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def answers(port: int) -> bool:
    """Whether a daemon is there and serves its pages; a port alone is taken before that."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with contextlib.closing(line), contextlib.suppress(OSError, http.client.HTTPException):
        line.request("HEAD", "/recovering?knock")
        return line.getresponse().status == 200
    return False


def member(number: int) -> str:
    """A member's number; it must never be left anywhere."""
    return f"m-canary-{number:04d}"


def gtin(number: int) -> str:
    """The GTIN of the n-th ware beyond the known ones, with its check digit (GS1 General Specifications, 7.9)."""
    body = f"690999{number:06d}"
    odd = sum(int(d) * (3 if at % 2 else 1) for at, d in enumerate(body))
    return f"{body}{-odd % 10}"


@dataclass
class ScreensShop:
    """The folder, the ports and the cookies of the screens; `start` and `end` may alternate."""

    folder: Path
    script: tuple[str, ...] = ("success",)
    more: dict[str, Any] = field(default_factory=dict)
    paces: dict[str, float] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    live: int = field(default_factory=free_port)
    cookies: dict[str, dict[str, str]] = field(default_factory=dict)
    order: str = ""
    hq: PretendHq | None = None
    child: subprocess.Popen[bytes] | None = None
    numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def raw(self) -> dict[str, Any]:
        """The settings; payments are quick, so that a day fits into minutes."""
        sha = hashlib.sha256(TOKEN.encode()).hexdigest()
        client = {"token_sha256": sha, "stations": ["T1"], "role": "lead", "scopes": list(get_args(ApiScope))}
        quick = {"poll_s": 0.5, "submit_s": 2.0, "wechat_wait_s": 6.0, "alipay_wait_s": 6.0}
        quick |= {"reverse_after_s": 1.0, "unsure_s": 3.0, **self.paces}
        return {
            "store": {"id": STORE, "state_dir": str(self.state)},
            "web": {"port": self.port, "live_port": self.live},
            "stations": {
                "T1": {"kind": "cashier", "label_zh": "1号台", "label_en": "Desk 1", "printer": "P1"},
                "K1": {"kind": "kiosk", "label_zh": "自助收银 1", "label_en": "Kiosk 1", "printer": "P1"},
                "K2": {"kind": "kiosk", "label_zh": "自助收银 2", "label_en": "Kiosk 2"},
                "G1": {"kind": "guide", "label_zh": "导购屏", "label_en": "Guide"},
            },
            "printers": {"P1": {"host": "127.0.0.1", "port": 9}},
            "payments": {"provider": "scripted", "script": list(self.script), "qr": ["alipay"], **quick},
            "kiosk": {"bags": ["BAG1", "BAG2"], "kept_minutes": 1},
            "api_clients": {"till": client},
            **self.more,
        }

    def found(self) -> None:
        """Fills the books as HQ would, binds the screens, and lets go of everything."""
        self.state.mkdir(mode=0o700, parents=True)
        key = secrets.token_bytes(32)
        (self.state / "edge.key").write_text(key.hex())
        (self.state / "edge.key").chmod(0o600)
        raw = self.raw()
        write_settings(self.folder / "store.toml", raw)
        shop = build_shop(parse(raw), key)
        self.hq = PretendHq(shop)
        self.hq.open()
        furnish(self.hq)
        stocked(self.hq)
        self.order = self.hq.code()
        bound: list[tuple[ScreenKind, str]] = [*PLACES.items(), ("kiosk", "K2")]
        for kind, place in bound:
            pairing = shop.store.screens.ask(kind)
            shop.store.screens.bind(pairing.code, place, LEAD, secrets.token_hex(8))
            token = shop.store.screens.taken(pairing.secret) or ""
            self.cookies[place] = {"name": f"screen_{kind}", "value": token, "url": self.url}
        shop.store.sales.shifts.open(0, LEAD, "float-01")
        shop.books.close()
        slides(self.state / "config")

    def start(self, *words: str) -> None:
        """The daemon, until its pages answer; `words` in place of `-m edge` start it otherwise."""
        command = [sys.executable, *(words or ("-m", "edge")), "run", "--settings"]
        log = (self.folder / "daemon.log").open("ab")
        self.child = subprocess.Popen(
            [*command, str(self.folder / "store.toml")], cwd=ROOT, stdout=log, stderr=log
        )
        log.close()
        while True:
            assert self.child.poll() is None, f"{self.child.returncode}: {self.last_words()}"
            if answers(self.port):
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.child.wait(0.02)

    def last_words(self) -> str:
        """The end of the daemon's log; of a crash, its beginning."""
        log = (self.folder / "daemon.log").read_text("utf-8", "replace")
        at = log.rfind("Fatal Python error")
        return log[max(0, at - 500) : at + 3000] if at >= 0 else log[-2000:]

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Ends it, kindly or not, and waits until it is gone."""
        if self.child is not None and self.child.poll() is None:
            self.child.send_signal(how)
            self.child.wait(30)

    def ask(self, path: str) -> dict[str, Any]:
        """The till's program asks GET /api/v1/stations/T1/PATH."""
        return self._call("GET", path, None)

    def tell(self, path: str, **body: Any) -> dict[str, Any]:
        """The same with POST; each wish has a number of its own."""
        return self._call("POST", path, json.dumps({"nonce": secrets.token_hex(12), **body}))

    def _call(self, verb: str, path: str, said: str | None) -> dict[str, Any]:
        head = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        with contextlib.closing(line):
            line.request(verb, f"/api/v1/stations/T1/{path}", said, head)
            answer: dict[str, Any] = json.loads(line.getresponse().read())
        return answer

    def member_code(self, number: int) -> str:
        """The rotating code on that member's phone."""
        assert self.hq is not None
        window = member_code.window_of(datetime.now(UTC))
        return member_code.issue(MemberClaims(1, member(number), "gold", window), self.hq.key.sign)


def stocked(hq: PretendHq) -> None:
    """Enough of everything, more wares, more members with coupons."""
    figure = {"on_hand": 90_000, "stream": "", "upto_seq": 0, "at": stamp(datetime.now(UTC))}
    for sku, *_rest in GOODS:
        hq.put(f"s:{STORE}:stock", "stock", sku, {"sku": sku, **figure})
    for n in range(WARES):
        kind = ("tea", "drinks", "snacks", "homeware")[n % 4]
        hq.product(f"X{n:03d}", gtin(n), f"日常商品 {n} 号", f"Everyday item {n}", kind, 500 + 37 * n, 90_000)
    profile = {"tier": "gold", "ver": 1, "name_masked": "王*", "phone_tail": "5678", "points": 1280}
    ends = {"not_after": "2099-01-01T00:00:00.000Z", "title_zh": "会员立减券", "title_en": "Member voucher"}
    for n in range(MEMBERS):
        row = {"member": member(n), "card_tail": f"{9000 + n}", **profile}
        hq.put(f"s:{STORE}:member", "member", member(n), row)
        for which in range(3):
            name = f"CANARYCOUPON{n:04d}{which}"
            worth = {"coupon": name, "cls": "A", "fen": 100 + 50 * which, "member": member(n), **ends}
            hq.put("g:coupon:CN", "coupon", name, worth)


def slides(folder: Path) -> None:
    """What HQ's signed word left behind once it was verified: three slides for whoever is not used."""
    shown = [
        {"title_zh": f"第 {n} 幅", "title_en": f"Slide {n}", "sku": sku, "seconds": 10, "campaign": f"c{n}"}
        for n, sku in enumerate(("A1", "B2", "X001"))
    ]
    bundle = Bundle(
        1, STORE, stamp(datetime.now(UTC)), "2099-01-01T00:00:00.000Z", {"playlists": {"all": shown}}
    )
    folder.mkdir(mode=0o700, exist_ok=True)
    word = Signed("config", msgspec.json.encode(bundle).decode(), ())
    (folder / "good.json").write_bytes(msgspec.json.encode(Kept(word, stamp(datetime.now(UTC)))))


def write_settings(path: Path, raw: dict[str, Any]) -> None:
    """The settings as TOML, by the library that edits pushed ones."""
    import tomlkit

    path.write_text(tomlkit.dumps(raw), "utf-8")


@dataclass(frozen=True)
class Figures:
    """What a process holds: resident memory (kB), open files, threads."""

    rss_kb: int
    files: int
    threads: int


def figures(pid: int) -> Figures:
    """Of a process of ours, from /proc (proc(5)); raises FileNotFoundError when it is gone."""
    status = Path(f"/proc/{pid}/status").read_text()
    said = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    return Figures(
        int(said["VmRSS"].split()[0]), len(list(Path(f"/proc/{pid}/fd").iterdir())), int(said["Threads"])
    )


def held_kb(pid: int) -> int:
    """What a process holds of memory that no file backs, shared pages by halves; 0 when it is gone.

    Pages of the program's own files are left out: they are cheaper the more browsers run on the machine.
    """
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    kinds = ("Pss_Anon:", "Pss_Shmem:")
    return sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith(kinds))
