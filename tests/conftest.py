"""What every test is given: a steady Hypothesis, and a canary that dies of secrets in the log."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = "/usr/bin/chromium"

# A deadline measures the machine, not the code.
settings.register_profile("store-edge", deadline=None, print_blob=True)
settings.load_profile("store-edge")

SECRETS = re.compile(
    r"PK1\.[A-Z2-7]{20}"  # pickup codes
    r"|SB1\.[A-Z2-7]{16}"  # badges
    r"|\$argon2id\$"  # PIN hashes
    r"|王\*|欧阳\*\*|张三"  # customers' names, masked or not
    r"|(?<![0-9A-Za-z])1[3-9]\d{9}(?![0-9A-Za-z])"  # mobile numbers
    r"|48151623|471101"  # the seeded pickup number and PIN
    r"|[Bb]earer\s+[A-Za-z0-9_-]{16}"  # tokens
)
"""What no log line may ever hold: seeded strings of the tests, and shapes of secrets."""
PLAIN = frozenset(logging.makeLogRecord({}).__dict__) - {"msg", "args"}
"""What every record has: times and thread numbers, which may look like anything."""


class Canary(logging.Handler):
    """Listens to every logger of ours at every level."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.sung: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        told = repr({key: value for key, value in record.__dict__.items() if key not in PLAIN})
        if record.exc_info:
            told += logging.Formatter().formatException(record.exc_info)
        if SECRETS.search(told):
            self.sung.append(told)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One for the whole process: Playwright does not run twice in one."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(autouse=True)
def canary() -> Iterator[Canary]:
    """Fails the test during which a secret was logged."""
    bird = Canary()
    logger = logging.getLogger("store_edge")
    before = logger.level
    logger.setLevel(logging.DEBUG)
    logger.addHandler(bird)
    yield bird
    logger.removeHandler(bird)
    logger.setLevel(before)
    assert not bird.sung, f"a secret was logged: {bird.sung[0][:300]}"
