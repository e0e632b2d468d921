"""Shifts of screens where nobody sits: one a day, without cash, begun by whoever pays first, closed a day later."""

from __future__ import annotations

import contextlib
import logging
import secrets

from edge.clock import moment_of
from edge.desks.lane_places import SELF, shopper_at
from edge.desks.shifts import ShiftDesk
from edge.domain.refusals import Refusal
from edge.domain.selling_refusals import ShiftRuns

_log = logging.getLogger("store_edge.shifts")


def open_for_today(shifts: ShiftDesk, station: str) -> None:
    """Sees to it that a shift runs at a screen."""
    if shifts.at(station) is None:
        with contextlib.suppress(ShiftRuns):  # another thread was quicker
            shifts.open(0, shopper_at(station), secrets.token_hex(12))


def close_yesterdays(shifts: ShiftDesk, station: str) -> bool:
    """Ends a screen's shift of a day before; whether there was one to end."""
    shift = shifts.at(station)
    local, now = shifts.status.local, shifts.books.clock.now()
    if shift is None or shift.staff != SELF:
        return False
    if local(moment_of(shift.opened_at)).date() >= local(now).date():
        return False
    who = shopper_at(station)
    try:
        shifts.count({}, who, f"count:{shift.shift}")
        shifts.close(who, f"close:{shift.shift}")
    except Refusal as refusal:
        _log.warning("shift not closed", extra={"shift": shift.shift, "code": refusal.code})
        return False
    return True
