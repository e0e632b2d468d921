"""When a price rule holds, judged: does it begin at all, does it ever open, is it in time for baskets that are open."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from edge.domain.promotion_book import minute
from edge.domain.promotion_rules import Rule, TierTerms, Window


def time_problems(rule: Rule, now: datetime | None) -> Iterator[str]:
    """What is wrong with a rule's times; `now` naive, the chain's clock: what is new must not begin before it."""
    for name in ("starts", "ends"):
        if (text := getattr(rule, name)) and not _is_minute(text):
            yield f"{name} {text} is not a day of the calendar"
    yield from start_problems(rule, now)
    if rule.ended:
        return
    if rule.ends and rule.ends <= rule.starts:
        yield f"it never opens: ends {rule.ends} is not after starts {rule.starts}"
    for number, window in enumerate(rule.windows, 1):
        if window.start == window.end:
            yield f"window {number} never opens: {window.start} to {window.end} is no time at all"
        elif window.start == "24:00":
            yield f"window {number} never opens: no day has a 24:00 of its own"
        elif _never(rule, window):
            yield f"window {number} never opens between starts and ends"


def _is_minute(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _never(rule: Rule, window: Window) -> bool:
    """Whether no day between starts and ends is one of the window's."""
    if not (rule.starts and rule.ends and _is_minute(rule.starts) and _is_minute(rule.ends)):
        return False
    day, end = datetime.fromisoformat(rule.starts), datetime.fromisoformat(rule.ends)
    midnight = day.replace(hour=0, minute=0)
    # What began yesterday may reach past midnight; after four years every day of month and week has been seen.
    for n in range(-1, min((end - midnight).days + 1, 1500)):
        one = midnight + timedelta(days=n)
        if (window.days and one.isoweekday() not in window.days) or (
            window.month_days and one.day not in window.month_days
        ):
            continue
        opens, closes = one + _after(window.start), one + _after(window.end)
        if closes <= opens:
            closes += timedelta(days=1)
        if opens < end and closes > day:
            return False
    return True


def start_problems(rule: Rule | TierTerms, now: datetime | None) -> Iterator[str]:
    """What is wrong with when something begins."""
    if not rule.starts:
        yield "starts is missing: a basket that is open keeps its rules, so a rule must say when it begins"
    elif now is not None and rule.starts < minute(now):
        yield f"starts {rule.starts} is over already: baskets of that time have been paid by other rules"


def _after(clock: str) -> timedelta:
    hours, minutes = clock.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes))
