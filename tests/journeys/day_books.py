"""All checks of a day of trade in one place."""

from __future__ import annotations

from tests.journeys.day import Day
from tests.journeys.day_money import Money
from tests.journeys.day_rest import Rest


def wrong(told: Day) -> list[str]:
    """Everything in the books that does not agree, each in a line of words."""
    money, rest = Money(told), Rest(told)
    checks = (
        money.takings,
        money.taxes,
        money.cash,
        money.wallets,
        money.numbers,
        money.paper,
        money.reports,
        rest.stock,
        rest.orders,
        rest.coupons,
        rest.points,
        rest.returns,
        rest.at_hq,
        rest.drawers,
    )
    return [f"{check.__name__}: {line}" for check in checks for line in check()]
