"""A shop that is attacked: what it holds to the last row, what its security log says, and how it answers."""

from __future__ import annotations

import hashlib
import itertools
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from edge.daemon import Shop
from edge.domain.refusals import Refusal
from edge.domain.security import KINDS
from kiosk_ui.security import PLACE, SecurityLog
from kiosk_ui.web import create_app
from tests.conftest import PLAIN, SECRETS
from tests.founded import founded_shop
from tests.kiosk_ui.conftest import (
    LEAD_TOKEN,
    TOKEN,
    PaperPrinter,
    PretendHq,
    browser_like,
    settings_in,
    signed_in,
)

BOOKKEEPING = frozenset({"attempt", "session", "screen"})
"""Tables that an attack may touch anywhere: wrong tries are counted, and a look may end a session that is over."""
TOLD = frozenset(
    "code class station address times unsaid status method endpoint trace message asctime taskName".split()
)
"""All that a line of the security log may hold."""
_STATION = re.compile(r"[TGK]\d|")
_FIELD = re.compile(r"\\\{\w+\\\}")


@dataclass(eq=False)
class Ears(logging.Handler):
    """What the security log said."""

    lines: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(logging.DEBUG)

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(
            {k: v for k, v in vars(record).items() if k not in PLAIN | {"msg", "args"}}
            | {"message": record.getMessage()}
        )


@contextmanager
def listening() -> Iterator[Ears]:
    """Ears on the security log while it lasts."""
    ears, log = Ears(), logging.getLogger("store_edge.security")
    log.addHandler(ears)
    try:
        yield ears
    finally:
        log.removeHandler(ears)


@dataclass
class Ground:
    """One shop for many attacks: none of them may change it, so none can see another."""

    shop: Shop
    hq: PretendHq
    app: Flask
    desk: FlaskClient
    ears: Ears
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def state(self) -> dict[str, str]:
        """Every table of both files, as a hash of its rows."""
        told = {}
        for file, database in (("ledger", self.shop.books.ledger), ("hq", self.shop.books.hq)):
            read = database.read()
            for (name,) in read.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                rows = read.execute(f'SELECT * FROM "{name}"').fetchall()  # noqa: S608 - the schema's own names
                told[f"{file}.{name}"] = hashlib.sha256(repr(rows).encode("utf-8", "replace")).hexdigest()
        return told

    @contextmanager
    def unchanged(self, *but: str) -> Iterator[None]:
        """Nothing in any table changes, bookkeeping of tries and the named tables of the ledger excepted."""
        with self.shop.books.ledger.transaction() as tx:
            tx.execute("DELETE FROM attempt")  # each attack is somebody's first
        before = self.state()
        yield
        after = self.state()
        free = {f"ledger.{name}" for name in BOOKKEEPING | set(but)}
        assert {name for name in before if before[name] != after[name]} <= free

    def address(self) -> str:
        """Where nobody called from before: each attack is a row of its own in the security log."""
        number = next(self.numbers)
        return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"

    def nonce(self) -> str:
        """A number for one wish."""
        return f"attack-{next(self.numbers):08}"

    def program(self, *, lead: bool = False) -> FlaskClient:
        """A program with a token, at an address of its own."""
        client = self.app.test_client()
        token = LEAD_TOKEN if lead else TOKEN
        client.environ_base.update(HTTP_AUTHORIZATION=f"Bearer {token}", REMOTE_ADDR=self.address())
        return client

    def stranger(self) -> FlaskClient:
        """A browser that nobody signed in on, at an address of its own."""
        client = browser_like(self.app)
        client.environ_base["REMOTE_ADDR"] = self.address()
        return client

    def one_line(self, code: str, *quiet: str, address: str = "") -> dict[str, Any]:
        """The one line since the last look; it names `code`, and none of the words in `quiet` stands in it."""
        lines = self.hushed()
        assert [line["code"] for line in lines] == [code]
        (line,) = lines
        assert set(line) <= TOLD
        assert line["message"] == "security"
        assert line["class"] in KINDS
        assert _STATION.fullmatch(line["station"])
        if address:
            assert line["address"] == address
        text = repr({k: v for k, v in line.items() if k != "address"})
        assert not SECRETS.search(text)
        for word in quiet:
            assert len(word) < 6 or word not in text
        return line

    def hushed(self) -> list[dict[str, Any]]:
        """The lines since the last look; the log is as new."""
        lines, self.ears.lines[:] = list(self.ears.lines), []
        self.app.extensions[PLACE] = SecurityLog()  # it writes so many lines a minute and no more
        return lines

    def silence(self) -> None:
        """Nothing was worth a line."""
        assert self.ears.lines == []


@contextmanager
def standing(folder: Path) -> Iterator[Ground]:
    """The shop, its pages, a cashier signed in at T1, and ears on its security log."""
    settings = settings_in(folder)
    shop = founded_shop(settings, bytes(range(32)), {"P1": PaperPrinter()})
    hq = PretendHq(shop)
    hq.open()
    app = create_app(shop.store, settings, 8771)
    app.config["SERVER_NAME"] = "127.0.0.1"
    desk = signed_in(browser_like(app), "1001")
    with listening() as ears:
        yield Ground(shop, hq, app, desk, ears)
    shop.books.close()


def told_plainly(answer: TestResponse, code: str) -> None:
    """No fault of ours; the refusal is this one, and a person can read it in both languages with a next step."""
    assert answer.status_code < 500
    if answer.content_type == "application/problem+json":
        assert answer.json is not None
        assert answer.json["code"] == code
        for words in (answer.json["words"], answer.json["next"]):
            assert set(words) == {"zh", "en"}
            assert all(words.values())
        return
    assert "Traceback" not in answer.text
    assert any(pattern.search(answer.text) for pattern in _sentences(code)), code


def _sentences(code: str) -> list[re.Pattern[str]]:
    """What refusals of this code say in Chinese, whatever is filled in."""
    found, todo = [], [Refusal]
    while todo:
        kind = todo.pop()
        todo += kind.__subclasses__()
        if kind.code == code:
            found.append(re.compile(_FIELD.sub(".*", re.escape(kind.zh))))
    return found
