"""What the lamp over a station shows: a pure function of how things stand there."""

from __future__ import annotations

from dataclasses import dataclass

from devices.ports import Light


@dataclass(frozen=True)
class Standing:
    """How things stand at a station: each field is a reason for somebody to come, the gravest first."""

    drawer_open_long: bool = False
    blocked: bool = False
    look: bool = False
    help_wanted: bool = False
    called: int = 0
    """0: nobody calls there; 1: somebody does, or help is on its way; 2 and 3: for half a minute, for a minute."""
    orders: int = 0
    """At a desk: 1 when an order has waited for acceptance for five minutes, 2 after ten."""


def light_of(standing: Standing) -> Light:
    """Red: nothing goes on without a person; amber: somebody should come; green: all is well."""
    if standing.drawer_open_long or standing.called > 2:
        return Light.RED_BLINKING
    if standing.blocked or standing.called > 1 or standing.orders > 1:
        return Light.RED
    waits = standing.look or standing.help_wanted or standing.called or standing.orders
    return Light.AMBER if waits else Light.GREEN
