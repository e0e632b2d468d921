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


def light_of(standing: Standing) -> Light:
    """Red: nothing goes on without a person; amber: somebody should come; green: all is well."""
    if standing.drawer_open_long:
        return Light.RED_BLINKING
    if standing.blocked:
        return Light.RED
    return Light.AMBER if standing.look or standing.help_wanted else Light.GREEN
