"""The network between boxes and HQ: a word of bad weather a request, chosen by the seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from sync.answers import fault_of
from sync.credentials import Credential, admitted
from sync.messages import LineDown
from sync.pulling import PULL_PATH
from sync.uploading import UP_PATH

Answer = tuple[int, dict[str, str], bytes]
Ask = Callable[[str, bytes, str], Answer]
JSON = {"Content-Type": "application/json"}
GARBAGE: Answer = (200, {"Content-Type": "text/html"}, b"<html>log in to the wifi</html>")
FAULTS = {
    "drop": 3,
    "lost": 4,
    "twice": 3,
    "late": 3,
    "cut": 2,
    "flip": 2,
    "garbage": 2,
    "html_as_json": 1,
    "storm": 2,
    "slow": 1,
}


@dataclass
class Weather:
    """How likely a request meets a fault (0 to 1), and which ones there are."""

    share: float = 0.0
    kinds: dict[str, int] = field(default_factory=lambda: dict(FAULTS))
    late: list[tuple[str, bytes, str]] = field(default_factory=list)
    """Requests that arrive once more, some time later."""

    def word(self, chance: random.Random) -> str:
        """What happens to this request; "" for nothing."""
        if chance.random() >= self.share:
            return ""
        names = list(self.kinds)
        return chance.choices(names, [self.kinds[name] for name in names])[0]


class Wire:
    """A Transport of one box: through the weather to HQ's front door."""

    def __init__(
        self, ask: Ask, weather: Weather, credential: Credential, chance: Callable[[], random.Random]
    ) -> None:
        """`chance` gives the source of chance of the present step."""
        self._ask = ask
        self._weather = weather
        self.credential = credential
        self._chance = chance
        self.cut = False
        self.posts = 0
        self._spoilt_in_a_row = 0
        self.flipped = False
        """Whether a byte of a pull was flipped since the store was last level with HQ."""

    def post(self, path: str, body: bytes) -> bytes:
        """See sync.ends.Transport."""
        return admitted(self.credential, self.ask, path, body)

    def post_within(self, path: str, body: bytes, within_s: float) -> bytes:
        """See sync.asking.Line: a machine's time passes by steps."""
        del within_s
        return self.post(path, body)

    def ask(self, path: str, body: bytes, bearer: str = "") -> bytes:
        """One request through the weather; raises SyncFault."""
        self.posts += 1
        if self.cut:
            raise LineDown("the line is cut")
        status, headers, answer = self._through(path, body, bearer)
        fault = fault_of(status, headers, answer)
        if fault is not None:
            raise fault
        return answer

    def _through(self, path: str, body: bytes, bearer: str) -> Answer:
        chance = self._chance()
        word = self._weather.word(chance)
        if word == "drop":
            raise LineDown("dropped")
        # A line that spoils every request carries none.
        again = word == "flip" and path == UP_PATH and self._spoilt_in_a_row >= 2
        if word == "flip" and path in {UP_PATH, PULL_PATH} and not again and chance.random() < 0.5:
            self._spoilt_in_a_row += path == UP_PATH
            body, word = self._flip(path, body, chance, 0), ""
        elif path == UP_PATH:
            self._spoilt_in_a_row = 0
        answer = self._ask(path, body, bearer)
        if word == "twice":
            answer = self._ask(path, body, bearer)
        if word == "late" and path == UP_PATH:
            self._weather.late.append((path, body, bearer))
        return self._spoilt(word, path, answer, chance)

    def _spoilt(self, word: str, path: str, answer: Answer, chance: random.Random) -> Answer:
        status, headers, body = answer
        if word in {"lost", "slow"}:
            raise LineDown("lost after HQ had done it")
        if word == "cut":
            return status, headers, body[: chance.randrange(len(body) + 1)]
        if word == "garbage":
            return GARBAGE
        if word == "html_as_json":
            return 200, JSON, GARBAGE[2]
        if word == "storm":
            return chance.choice(
                [(500, JSON, b"{}"), (503, {**JSON, "Retry-After": "7"}, b"{}"), (429, {}, b"")]
            )
        if word == "flip" and path == PULL_PATH and status == 200 and body.count(b"\n") > 2:
            # Not in the checkpoint: a wrong time that HQ vouches for is for TLS to keep out, and for nobody else.
            return status, headers, self._flip(path, body, chance, body.index(b"\n") + 1)
        return answer

    def _flip(self, path: str, body: bytes, chance: random.Random, first: int) -> bytes:
        if path == PULL_PATH:
            self.flipped = True
        where = chance.randrange(first, len(body))
        return body[:where] + bytes([body[where] ^ 1]) + body[where + 1 :]
