"""A run of a world: so many steps out of one seed, a heal now and then."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.sim.healing import heal
from tests.sim.world import Broken, World, world

HEAL_EVERY = 150
WEIGHTS = {
    "turn": 40, "collect": 22, "retry": 4, "annul": 3, "shelve": 4, "tend": 5, "busy_hour": 2, "wait": 5, "cut": 1,
    "kill": 1, "power": 1, "jump": 1, "odd_fact": 1, "twin_id": 0.5, "rot": 0.5, "forge": 0.7, "clone": 0.5,
    "reimage": 0.7, "snoop": 1, "second_use": 0.5, "reopen_amid": 2, "order": 13, "code": 2, "cancel": 2, "force": 1,
    "reissue": 1.5, "reassign": 1.5, "stock": 1, "catalogue": 2, "withdraw": 1, "slow_writer": 2, "key": 0.5,
    "move": 6, "count": 2, "take_coupon": 4, "release_coupon": 1, "points": 5, "give_back": 2, "grant": 4, "coupon": 2,
    "sell": 10, "take_back": 5, "take_back_again": 1, "unfit": 2, "cash_up": 1, "pay_back": 1, "prices": 1,
    "pick": 6, "back_room": 3, "put_back": 1,
    "hq_kill": 0.5, "back_up": 0.4, "restore": 0.6, "bad_release": 0.5, "revoke": 0.5, "silence": 0.4, "weather": 3,
}  # fmt: skip
"""How often a step comes, of about 190."""


@dataclass(frozen=True)
class Report:
    """What a run did. `broken`: "" or the invariant that did not hold; `trace`: hash of all that happened."""

    seed: int
    steps: int
    trace: str
    counts: dict[str, int]
    broken: str = ""
    why: str = ""


def run(
    seed: int,
    steps: int,
    *,
    stores: int = 3,
    server: str = "",
    heal_every: int = HEAL_EVERY,
    weights: dict[str, float] | None = None,
) -> Report:
    """Runs a world; ends at the first invariant that does not hold."""
    chance = random.Random(seed)  # noqa: S311
    likely = WEIGHTS | (weights or {})
    names = list(likely)
    done = 0
    with world(seed, stores, server) as w:
        try:
            for done in range(1, steps + 1):
                name = chance.choices(names, [likely[n] for n in names])[0]
                w.step(name, chance.getrandbits(32))
                if done % heal_every == 0 or done == steps:
                    heal(w)
        except Broken as broken:
            return _report(w, done, broken.name, str(broken))
        return _report(w, done)


def _report(w: World, steps: int, broken: str = "", why: str = "") -> Report:
    return Report(w.seed, steps, w.trace.hexdigest(), dict(sorted(w.counts.items())), broken, why)
