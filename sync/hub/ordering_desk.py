"""HQ's orders that screens take money for: made for a member, priced here, paid by a fact, or lapsed."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, Engine, delete, insert, select
from sqlalchemy.exc import IntegrityError

from edge.domain import member_code
from sync.benefits import Member
from sync.guiding import Option
from sync.hub.benefit_tables import member as member_table
from sync.hub.counter_tables import member_merge
from sync.hub.database import snapshot, write
from sync.hub.guide_desk import ways_of
from sync.hub.member_proofs import claims_of
from sync.hub.ordering_price import product_of, total_of
from sync.hub.ordering_tables import member_place, screen_order
from sync.hub.phone_links import address, link_of, sha, token_of
from sync.hub.publishing import NotPossible
from sync.hub.schema import customer_order
from sync.messages import stamp
from sync.ordering import OrderAsk, OrderSaid, OrderWhy

PAY_WITHIN = timedelta(minutes=10)
"""How long a payment may begin."""
LAPSES_AFTER = timedelta(minutes=40)
"""How long an order waits in all: a payment that nobody knows the result of is told late."""
_SENT = frozenset({"next_day", "instant"})
_DIGITS = 8


@dataclass(frozen=True)
class _Whose:
    """A member as a code names one, merges followed; `fresh`: the code is this minute's."""

    member: str
    tier: str
    fresh: bool


class OrderingDesk:
    """The verbs of HQ about orders paid at screens. Raises NotPossible, with words for a person."""

    def __init__(
        self,
        engine: Engine,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        zone: str = "Asia/Shanghai",
    ) -> None:
        """`now` gives aware times; `zone`: whose clock price rules go by."""
        self._engine = engine
        self._now = now
        self._zone = ZoneInfo(zone)

    def ask(self, store: str, asked: OrderAsk) -> OrderSaid:
        """An order to be paid at the screen; the same nonce of a store gets the same one, however it stands."""

        def work(conn: Connection) -> OrderSaid:
            whose = self._whose(conn, asked.code)
            mine = (screen_order.c.store == store) & (screen_order.c.nonce_sha == sha(asked.nonce))
            known = conn.execute(select(screen_order).where(mine)).mappings().one_or_none()
            if known is not None:
                return self._again(conn, known, asked, whose)
            if whose is None or not whose.fresh:
                return OrderSaid(why="member")
            used = screen_order.c.code_sha == sha(asked.code)
            if conn.scalar(select(screen_order.c.order_no).where(used)) is not None:
                return OrderSaid(why="used")
            return self._made(conn, store, asked, whose)

        try:
            return write(self._engine, work)
        except IntegrityError:  # twice in one instant: the other one is there now
            return write(self._engine, work)

    def place(self, member: str, district: str, address: str) -> None:
        """Keeps where a member is sent things; a store is told the district only, "" for both forgets it."""

        def work(conn: Connection) -> None:
            conn.execute(delete(member_place).where(member_place.c.member == member))
            if district:
                row = {"member": member, "district": district[:64], "address": address}
                conn.execute(insert(member_place).values(**row))

        write(self._engine, work)

    def opened(self, token: str) -> dict[str, Any]:
        """The order of a phone that came with this token, with the code to collect it by once a store has it.

        Raises NotPossible for a token unknown.
        """
        with snapshot(self._engine) as conn:
            mine = screen_order.c.token_sha == sha(token)
            row = conn.execute(select(screen_order).where(mine)).mappings().one_or_none()
            if row is None:
                raise NotPossible("this order is unknown")
            same = customer_order.c.order_no == row["order_no"]
            code = conn.scalar(select(customer_order.c.numeric_code).where(same))
            return {**_plain(row), "numeric_code": code or ""}

    def listed(self, store: str = "") -> list[dict[str, Any]]:
        """Orders of screens, the oldest first: what, how it stands, by which attempt it was paid."""
        query = select(screen_order).order_by(screen_order.c.at, screen_order.c.order_no)
        query = query.where(screen_order.c.store == store) if store else query
        with snapshot(self._engine) as conn:
            return [_plain(row) for row in conn.execute(query).mappings()]

    # ---- inside ----

    def _made(self, conn: Connection, store: str, asked: OrderAsk, whose: _Whose) -> OrderSaid:
        ways = ways_of(conn, store, asked.sku, asked.qty, self._now())
        way = next((one for one in ways if one.option == asked.option and one.here), None)
        if way is None:
            return OrderSaid(why="gone")
        local = self._now().astimezone(self._zone).replace(tzinfo=None)
        goods = total_of(conn, store, product_of(conn, asked.sku), asked.qty, whose.tier, local)
        if not goods:
            return OrderSaid(why="unknown")
        district = ""
        if way.kind in _SENT:
            here = select(member_place.c.district).where(member_place.c.member == whose.member)
            district = str(conn.scalar(here) or "")
            if not district:
                return OrderSaid(why="address")
        row = self._row(store, asked, way, whose.member)
        token = token_of(conn, "order", store, asked.nonce)
        row |= {"token_sha": sha(token), "fen": goods + way.fen, "way_fen": way.fen, "district": district}
        conn.execute(insert(screen_order).values(**row))
        return _said(conn, row, token)

    def _row(self, store: str, asked: OrderAsk, way: Option, member: str) -> dict[str, Any]:
        now = self._now()
        return {
            "order_no": f"G{now:%y%m%d}{secrets.randbelow(10**_DIGITS):0{_DIGITS}d}",
            "store": store,
            "nonce_sha": sha(asked.nonce),
            "code_sha": sha(asked.code),
            "member": member,
            **{name: getattr(asked, name) for name in ("screen", "guide", "campaign", "sku", "qty")},
            "option": way.option,
            "kind": way.kind,
            "source": way.option.partition(":")[2],
            "ready": way.ready,
            "at": stamp(now),
            "pay_until": stamp(now + PAY_WITHIN),
            "lapses": stamp(now + LAPSES_AFTER),
            "state": "waiting",
            "number": "",
            "ended_at": "",
            "leased": 0,
        }

    def _again(self, conn: Connection, known: Any, asked: OrderAsk, whose: _Whose | None) -> OrderSaid:
        """The answer was lost: the same one, to the same member, whose code may be another minute's by now."""
        same = tuple(known[name] for name in ("sku", "qty", "option", "screen"))
        if same != (asked.sku, asked.qty, asked.option, asked.screen):
            return OrderSaid(why="nonce")
        if whose is None:
            return OrderSaid(why="member")
        if whose.member != known["member"]:
            return OrderSaid(why="nonce")
        token = token_of(conn, "order", known["store"], asked.nonce)
        return _said(conn, known, token)

    def _whose(self, conn: Connection, code: str) -> _Whose | None:
        claims = claims_of(conn, code, self._now())
        if claims is None:
            return None
        into = select(member_merge.c.into_member).where(member_merge.c.member == claims.member)
        name = str(conn.scalar(into) or claims.member)
        body = conn.scalar(select(member_table.c.body).where(member_table.c.member == name))
        tier = msgspec.json.decode(body, type=Member).tier if body else ""
        return _Whose(name, tier, member_code.fresh(claims, self._now())) if body else None


def _said(conn: Connection, row: Any, token: str) -> OrderSaid:
    link = link_of(conn)
    url = address(link, o=token) if link else ""
    # One that lapsed meanwhile is no longer to be had, however often its wish is repeated.
    why: OrderWhy = "gone" if row["state"] == "lapsed" else ""
    facts = {name: row[name] for name in ("fen", "way_fen", "pay_until", "district")}
    return OrderSaid(why=why, order=row["order_no"], url=url, **facts)


def _plain(row: Any) -> dict[str, Any]:
    return {name: row[name] for name in row if not name.endswith("_sha")}
