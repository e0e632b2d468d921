"""What a cashier's stage shows now: decided here, by the station's newest scan, and nowhere in the browser."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from edge.domain.orders import RedeemMode
from edge.domain.refusals import (
    NotReady,
    NotSignedIn,
    Refusal,
    UnknownOffline,
)
from edge.domain.staff import Act, Operator
from edge.domain.views import NOTHING, Behind, Candidate, Found, HandedOver, SeenScan
from edge.store import Store
from kiosk_ui.language import language, told


@dataclass(frozen=True)
class Stage:
    """A stage: its template, the facts for it, the HTTP status, and a key that changes when it would look different."""

    name: str
    key: str
    facts: Mapping[str, object] = field(default_factory=dict)
    status: int = 200

    @property
    def template(self) -> str:
        """The template's file."""
        return f"cashier/stage_{self.name}.html"


def fresh_nonce() -> str:
    """A number for one wish; every retry of the same form carries the same one."""
    return secrets.token_urlsafe(18)


def pickup(store: Store, scan: SeenScan, operator: Operator) -> Stage:
    """PICKUP_FOUND, or why not."""
    try:
        order = store.pickup.found(scan.id, operator)
    except NotSignedIn:
        raise
    except Refusal as refusal:
        return refused(refusal, operator, scan, status=200, behind=store.hand_over.behind(scan.id, operator))
    return found(order, scan, operator)


def found(order: Found, scan: SeenScan, operator: Operator) -> Stage:
    """PICKUP_FOUND: the shelf, the goods, and one thing to do."""
    left = 1 if order.unit else sum(line.left for line in order.lines)
    barred = order.lead_only is not None and not operator.may(Act.FORCE)
    facts = {
        "found": order,
        "order": order.order,
        "scan": scan,
        "left": left,
        "nonce": fresh_nonce(),
        "partial": order.order.mode is RedeemMode.QUANTITY and not order.unit and left > 1,
        "barred": barred,
        "flags": sorted({flag for line in order.lines for flag in line.flags}),
        "lead_words": _in_language(order.lead_only),
    }
    return Stage("found", f"found:{scan.id}:{order.order.order}:{order.order.gen}:{left}:{barred}", facts)


def refused(
    refusal: Refusal, operator: Operator, scan: SeenScan | None, *, status: int, behind: Behind = NOTHING
) -> Stage:
    """PICKUP_REFUSED: what, why, what now. A lead may go on where only our data are late.

    `behind`: the order, where it is known, and the hand-over that was before this try.
    """
    forceable = isinstance(refusal, UnknownOffline) and scan is not None and operator.may(Act.FORCE)
    facts = {
        "refusal": refusal,
        "words": told(refusal),
        "scan": scan,
        "forceable": forceable,
        "shelvable": isinstance(refusal, NotReady) and scan is not None and operator.may(Act.FORCE),
        "pickable": isinstance(refusal, NotReady),
        "nonce": fresh_nonce(),
        "order": behind.order,
        "record": behind.pickup,
    }
    return Stage("refused", f"refused:{scan.id if scan else 0}:{refusal.code}", facts, status)


def handed(store: Store, done: HandedOver, operator: Operator, *, stay: bool) -> Stage:
    """HANDED: done, and what may still be done about it."""
    in_time = store.status.now() < done.annul_until and not done.annulled
    facts = {
        "done": done,
        "annullable": in_time and operator.may(Act.ANNUL) and done.station == operator.station,
        "in_time": in_time,
        "line_word": store.status.line().word.value,
        "stay": stay or done.annulled,
        "nonce": fresh_nonce(),
        "units": sum(qty for _zh, _en, qty in done.handed),
    }
    key = f"handed:{done.pickup}:{done.job_state}:{done.job_reason}:{done.annulled}"
    return Stage("handed", key, facts)


def candidates(
    store: Store, rows: tuple[Candidate, ...], operator: Operator, *, waiting: bool = False
) -> Stage:
    """CANDIDATES: a list to choose from after asking the customer; it stays until something new is scanned."""
    current = store.scans.current(operator.station)
    return Stage(
        "candidates", f"candidates:{current.id if current else 0}", {"rows": rows, "all_waiting": waiting}
    )


def _in_language(both: tuple[str, str] | None) -> str:
    if both is None:
        return ""
    return both[1] if language() == "en" else both[0]
