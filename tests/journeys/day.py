"""A day of trade, told by a seed: who comes when, what goes wrong, and how it ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from edge.domain.drawers import Reason
from tests.journeys.day_frame import SLICE, WHOLE, Frame, Size
from tests.journeys.day_goods import GOODS, TILLS
from tests.journeys.day_till import Seen, nonce
from tests.journeys.day_town import town, who

__all__ = ["SLICE", "WHOLE", "Day", "Size", "day"]

RETURNS = ("some", "all", "gift kept", "gift brought", "order", "some", "all")
WORDS = (
    ("success", 60),
    ("userpaying 8", 8),
    ("refused", 8),
    ("declined 9", 4),
    ("system_error", 4),
    ("late_success 15", 4),
    ("no_answer", 4),
    ("reversal_refused 1", 2),
)


@dataclass
class Day(Frame):
    """The story: `run` opens, trades and closes; what is to be looked at afterwards stays in it."""

    def run(self) -> None:
        """From the morning's float to the Z reports."""
        self.open()
        acts = self.plan()
        marks = {
            0.15: self.rush,
            0.30: self.last_piece,
            0.45: self.at_noon,
            0.52: self.cut,
            0.75: self.heal,
            0.85: self.last_piece,
            0.92: self.rush,
        }
        due = sorted((int(share * len(acts)), n, what) for n, (share, what) in enumerate(marks.items()))
        done = 0
        while acts:
            while due and due[0][0] <= done:
                due.pop(0)[2]()
                self.town.work()
            self.town.time.go(self.rng.randrange(40, 160))
            act = acts.pop(0)
            if not self.one(act):
                acts.append(act)  # nobody there yet who could
            self.town.work()
            done += 1
            if done % 3 == 0:
                self.town.sync()
        self.close()

    def plan(self) -> list[str]:
        """Everything that is to happen, in the order of this seed."""
        size = self.size
        acts = (
            ["sale"] * (size.sales - 4 * size.rush - 4)
            + ["training"] * 3
            + ["drop", "no sale", "mistake", "forgotten"]
        )
        acts += ["pick"] * size.picks + ["pickup"] * size.pickups + ["return"] * size.returns
        self.rng.shuffle(acts)
        return acts

    def one(self, act: str) -> bool:
        """One thing that happens; False where it cannot yet."""
        match act:
            case "sale":
                while self.sell(self.free(self.rng)) is None:
                    self.town.work()
            case "training":
                self.train(self.free(self.rng))
            case "drop":
                self.drop(self.rng.choice(TILLS))
            case "no sale":
                drawers = self.town.store.till.drawers
                drawers.open("D1", Reason.NO_SALE, nonce("drawer"), who("T1", lead=True))
            case "mistake":
                self.mistake(self.free(self.rng))
            case "forgotten":
                self.forgotten(self.free(self.rng))
            case "pick":
                self.pick(*self.to_pick.pop(0))
            case "pickup":
                if not self.ready:
                    return False
                self.hand_over()
            case "return":
                turn = self.seen.did["returns"] % len(RETURNS)
                if not any(self.bring_back(kind) for kind in (RETURNS[turn], "some", "all")):
                    return False
                self.seen.did["returns"] += 1
        return True


@contextmanager
def day(folder: Path, seed: int, size: Size = WHOLE) -> Iterator[Day]:
    """Runs a day to its end; the shop is still open to look at."""
    rng = Random(seed)  # noqa: S311
    words, weights = zip(*WORDS, strict=True)
    script = rng.choices(words, weights, k=400)
    with town(folder, script) as here:
        told = Day(here, Seen(), rng, dict.fromkeys(GOODS, "morning"), size=size)
        told.run()
        yield told
