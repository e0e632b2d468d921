"""One order as HQ has it, with everything around it; and the codes issued for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, select, update

from sync.hub.database import snapshot, write
from sync.hub.feed import publish, put
from sync.hub.publishing import NotPossible
from sync.hub.rows import KEYS, order_of
from sync.hub.schema import case_file, command, customer_order, issued_code, order_line, pickup
from sync.messages import Revocation, stamp

_FACTS = (
    "order",
    "store",
    "gen",
    "state",
    "mode",
    "channel",
    "shelf",
    "ready_by",
    "hold_until",
    "lease_until",
)


def order_file(engine: Engine, order_no: str) -> dict[str, Any]:
    """The order's facts, `lines` with what was handed over, `asked`, `pickups`, `codes`, `cases`. No names, no codes'
    texts. Raises NotPossible."""
    with snapshot(engine) as conn:
        row = conn.execute(select(customer_order).where(customer_order.c.order_no == order_no)).one_or_none()
        if row is None:
            raise NotPossible(f"no order {order_no}")
        order = order_of(row)
        lines = select(order_line).where(order_line.c.order_no == order_no).order_by(order_line.c.line)
        return {
            **{name: getattr(order, name) for name in _FACTS},
            "cancel": row.cancel,
            "paid_fen": order.paid_fen,
            "due_fen": order.due_fen,
            "lines": [
                {"line": x.line, "sku": x.sku, "qty": x.qty, "handed": x.handed} for x in conn.execute(lines)
            ],
            "asked": _some(conn, command, order_no, ("at", "kind", "gen", "outcome")),
            "pickups": _some(conn, pickup, order_no, ("pickup", "store", "gen", "unit", "annulled")),
            "codes": _some(
                conn, issued_code, order_no, ("nonce", "gen", "unit", "kid", "not_after", "revoked")
            ),
            "cases": [
                f"c-{x['n']} {x['code']} {x['state']}"
                for x in _some(conn, case_file, order_no, ("n", "code", "state"))
            ],
        }


def codes_of(engine: Engine, order_no: str) -> list[str]:
    """The nonces of an order's codes that open it yet."""
    live = (issued_code.c.order_no == order_no) & (issued_code.c.revoked == 0)
    with snapshot(engine) as conn:
        return list(conn.scalars(select(issued_code.c.nonce).where(live).order_by(issued_code.c.nonce)))


def revoke_codes(engine: Engine, order_no: str, nonces: Sequence[str]) -> int:
    """Withdraws these codes of an order at every store; how many. Raises NotPossible for one that is not its own."""

    def work(conn: Connection) -> int:
        mine = (issued_code.c.order_no == order_no) & issued_code.c.nonce.in_(nonces)
        done = conn.execute(update(issued_code).where(mine).values(revoked=1)).rowcount
        if done < len(nonces) or not nonces:
            raise NotPossible(f"order {order_no} has no such code")
        publish(
            conn,
            [put(KEYS, Revocation(nonce=nonce, order=order_no)) for nonce in nonces],
            stamp(datetime.now(UTC)),
        )
        return done

    return write(engine, work)


def _some(conn: Connection, table: Any, order_no: str, names: tuple[str, ...]) -> list[dict[str, Any]]:
    columns = [table.c[name] for name in names]
    query = select(*columns).where(table.c.order_no == order_no).order_by(*columns)
    return [dict(row) for row in conn.execute(query).mappings()]
