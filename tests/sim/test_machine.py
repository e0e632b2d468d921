"""The same world in Hypothesis' hands: it looks for a short story that breaks an invariant."""

from __future__ import annotations

from contextlib import ExitStack

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.sim.healing import heal
from tests.sim.run import WEIGHTS
from tests.sim.world import world

NUMBERS = st.integers(0, 2**32 - 1)


class Chain(RuleBasedStateMachine):
    """A chain of two stores and its HQ."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.world = self.stack.enter_context(world(0, stores=2))

    @rule(name=st.sampled_from(["order", "collect", "turn"]), number=NUMBERS)
    def trade(self, name: str, number: int) -> None:
        self.world.step(name, number)

    @rule(name=st.sampled_from(sorted(WEIGHTS)), number=NUMBERS)
    def happens(self, name: str, number: int) -> None:
        self.world.step(name, number)

    @rule()
    def good_days(self) -> None:
        heal(self.world)

    def teardown(self) -> None:
        try:
            heal(self.world)
        finally:
            self.stack.close()


TestChain = Chain.TestCase
TestChain.settings = settings(
    max_examples=5, stateful_step_count=20, suppress_health_check=list(HealthCheck), derandomize=True
)
