"""The one state-machine helper: a table of states, events and what follows; a missing key is the refusal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

S = TypeVar("S")
E = TypeVar("E")


class IllegalMove(Exception):
    """This event cannot happen in this state."""

    def __init__(self, state: object, event: object) -> None:
        super().__init__(f"{event} is not possible in {state}")
        self.state = state
        self.event = event


def advance(table: Mapping[S, Mapping[E, S]], state: S, event: E) -> S:
    """The state after `event`; raises IllegalMove where the table has no such entry."""
    try:
        return table[state][event]
    except KeyError:
        raise IllegalMove(state, event) from None
