"""HQ's desk for shoppers' screens: what they say of products, by which ways those are got, baskets for phones."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, func, insert, select, update

from edge.domain.catalogue import FOR_ADULTS
from edge.domain.distance import km10_between
from sync.goods import Node
from sync.guiding import (
    CartAsk,
    CartSaid,
    Option,
    OptionKind,
    OptionsAsk,
    OptionsSaid,
    Ranked,
    Review,
    Variant,
)
from sync.hub.database import snapshot, write
from sync.hub.feed import Change, publish, put
from sync.hub.guide_tables import phone_cart, screen_count
from sync.hub.ordering_price import product_of
from sync.hub.ordering_tables import screen_order
from sync.hub.phone_links import address, keep_link, link_of, sha, token_of
from sync.hub.price_rules import price_of
from sync.hub.publishing import NotPossible
from sync.hub.rows import CATALOG, NODES
from sync.hub.schema import feed
from sync.hub.ways import Ways, ways_in
from sync.messages import stamp

CART_LIVES = timedelta(hours=2)
"""How long a phone may come with a basket's address."""
NOTIFY_LIVES = timedelta(days=1)
_Place = tuple[Node, int]
"""A place, and tenths of a kilometre to it."""


class ScreenDesk:
    """The verbs of HQ about screens. Raises NotPossible, with words for a person."""

    def __init__(self, engine: Engine, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """`now` gives aware times."""
        self._engine = engine
        self._now = now

    # ---- what screens say ----

    def say(self, rows: Iterable[Review | Ranked | Variant]) -> int:
        """Publishes reviews, ranked lists and variants, chain-wide; how many rows that changed."""
        changes = [put(CATALOG, row) for row in rows]
        return write(self._engine, lambda conn: publish(conn, changes, stamp(self._now())))

    def unsay(self, tb: str, names: Iterable[str]) -> int:
        """Takes reviews, lists or variants back by their key."""
        changes = [Change(CATALOG, tb, name, None) for name in names]
        return write(self._engine, lambda conn: publish(conn, changes, stamp(self._now())))

    def cart_link(self, url: str) -> None:
        """Where phones go with a basket: https, the token is added to it."""
        if not url.startswith("https://") or len(url) > 300:
            raise NotPossible("only https, and at most 300 characters")
        write(self._engine, lambda conn: keep_link(conn, url))

    # ---- what screens ask ----

    def options(self, store: str, asked: OptionsAsk) -> OptionsSaid:
        """Every way to get so many pieces at this store, by the places' published figures; the best first."""
        with snapshot(self._engine) as conn:
            return OptionsSaid(tuple(ways_of(conn, store, asked.sku, asked.qty, self._now())))

    def cart(self, store: str, asked: CartAsk) -> CartSaid:
        """A basket for a phone; the same nonce of a store gets the same one, also after its time."""

        def work(conn: Connection) -> CartSaid:
            link, token = link_of(conn), token_of(conn, "cart", store, asked.nonce)
            known = conn.execute(select(phone_cart).where(phone_cart.c.token_sha == sha(token))).one_or_none()
            if known is not None:
                return CartSaid("", known.cart, address(link, t=token), known.until)
            if not link or product_of(conn, asked.sku) is None:
                return CartSaid(why="unknown")
            ways = {way.option for way in ways_of(conn, store, asked.sku, asked.qty, self._now())}
            if asked.option and asked.option not in ways:
                return CartSaid(why="gone")
            return self._make(conn, store, asked, link, token)

        return write(self._engine, work)

    def opened(self, token: str) -> dict[str, Any]:
        """The basket of a phone that came with this token; raises NotPossible for one unknown or over."""

        def work(conn: Connection) -> dict[str, Any]:
            same, at = phone_cart.c.token_sha == sha(token), stamp(self._now())
            row = conn.execute(select(phone_cart).where(same).with_for_update()).mappings().one_or_none()
            if row is None or row["until"] < at:
                raise NotPossible("this basket is unknown or over")
            if not row["opened_at"]:
                conn.execute(update(phone_cart).where(same).values(opened_at=at))
            return {name: row[name] for name in row if not name.endswith("_sha")}

        return write(self._engine, work)

    # ---- what came of it ----

    def counts(self, store: str = "") -> list[dict[str, Any]]:
        """What screens counted, by campaign and kind: campaign, what, n."""
        table = screen_count.c
        query = select(table.campaign, table.what, func.sum(table.n).label("n"))
        query = query.where(table.store == store) if store else query
        grouped = query.group_by(table.campaign, table.what).order_by(table.campaign, table.what)
        with snapshot(self._engine) as conn:
            return [{**row, "n": int(row["n"])} for row in conn.execute(grouped).mappings()]

    def credits(self, store: str = "") -> list[dict[str, Any]]:
        """Baskets handed to phones, by who is credited: store, screen, guide, purpose, made, opened."""
        table = phone_cart.c
        whose = (table.store, table.screen, table.guide, table.purpose)
        opened = func.count(func.nullif(table.opened_at, ""))
        query = select(*whose, func.count().label("made"), opened.label("opened"))
        query = query.where(table.store == store) if store else query
        with snapshot(self._engine) as conn:
            rows = conn.execute(query.group_by(*whose).order_by(*whose)).mappings()
            return [dict(row) for row in rows]

    # ---- inside ----

    def _make(self, conn: Connection, store: str, asked: CartAsk, link: str, token: str) -> CartSaid:
        now = self._now()
        until = stamp(now + (NOTIFY_LIVES if asked.purpose == "notify" else CART_LIVES))
        cart = str(uuid.uuid4())
        whose = {"screen": asked.screen, "guide": asked.guide, "campaign": asked.campaign}
        what = {"purpose": asked.purpose, "sku": asked.sku, "qty": asked.qty, "option": asked.option}
        hashes = {"nonce_sha": sha(asked.nonce), "token_sha": sha(token)}
        times = {"at": stamp(now), "until": until, "opened_at": ""}
        conn.execute(insert(phone_cart).values(cart=cart, store=store, **whose, **what, **hashes, **times))
        return CartSaid("", cart, address(link, t=token), until)


def ways_of(conn: Connection, store: str, sku: str, qty: int, now: datetime) -> list[Option]:
    """Every way to get so many pieces at this store, the best first. What adults only may have is paid where somebody
    looks at them; everything else that has a price may be paid at the screen."""
    rules, product = ways_in(conn), product_of(conn, sku)
    places = _places(conn, store)
    left = _sellable(conn, sku, [node for node, _ in places])
    has = [place for place in places if left.get(place[0].node, 0) >= qty + rules.safety]
    shops = [place for place in has if place[0].kind == "store" and place[0].node != store]
    made = partial(_way, rules, now)
    found = [made("pickup_there", place) for place in shops[: rules.stores]]
    far = [place for place in has if place[0].kind != "store"]
    riders = [place for place in has if _rides(rules, place, store)]
    if riders:
        found.append(made("instant", riders[0], fen=rules.ride_fen))
    if far:
        found.append(made("next_day", far[0], fen=rules.send_fen))
        found.append(made("pickup_here", far[0], node_as=store))
    here = product is not None and FOR_ADULTS.isdisjoint(product.flags) and bool(price_of(conn, sku))
    return [msgspec.structs.replace(way, here=here, **_named(conn, way, store)) for way in found]


def _way(
    rules: Ways, now: datetime, kind: OptionKind, place: _Place, *, fen: int = 0, node_as: str = ""
) -> Option:
    node, km10 = place
    names, ready = (node.name_zh, node.name_en, 0 if node_as else km10), stamp(now + rules.after(kind))
    return Option(f"{kind}:{node.node}", kind, node_as or node.node, *names, ready, fen)


def _rides(rules: Ways, place: _Place, store: str) -> bool:
    """Whether a rider goes there; how far a place is that is not this store has to be known."""
    node, km10 = place
    near = node.node == store or 0 < km10 * 100 <= rules.ride_m
    return node.kind != "warehouse" and near and rules.ride_m > 0


def _named(conn: Connection, way: Option, store: str) -> dict[str, str]:
    """For what is collected here the name of this store, if HQ has one."""
    if way.node != store:
        return {}
    found = conn.scalar(select(feed.c.d).where((feed.c.tb == "shop") & (feed.c.id == store)))
    shop = msgspec.json.decode(found) if found else {}
    return {name: str(shop[name]) for name in ("name_zh", "name_en") if name in shop}


def _places(conn: Connection, store: str) -> list[_Place]:
    """Every place and how far it is from this store: its own, then the nearest first, last where nobody knows."""
    asked = (feed.c.bucket == NODES) & (feed.c.tb == "node") & (feed.c.op == "put")
    rows = conn.scalars(select(feed.c.d).where(asked))
    nodes = [msgspec.convert({"tb": "node", **msgspec.json.decode(d)}, Node) for d in rows]
    here = next(((node.lat_e5, node.lon_e5) for node in nodes if node.node == store), (0, 0))
    found = [
        (node, km10_between(here, (node.lat_e5, node.lon_e5)) if node.node != store else 0) for node in nodes
    ]
    return sorted(found, key=lambda one: (one[0].node != store, one[1] == 0, one[1], one[0].node))


def _sellable(conn: Connection, sku: str, nodes: list[Node]) -> dict[str, int]:
    names = [f"{node.node}:{sku}" for node in nodes]
    here = (
        (feed.c.bucket == NODES) & (feed.c.tb == "node_stock") & (feed.c.op == "put") & feed.c.id.in_(names)
    )
    rows = [msgspec.json.decode(d) for d in conn.scalars(select(feed.c.d).where(here))]
    mine = screen_order.c
    kept = select(mine.source, mine.qty, mine.ended_at, mine.state).where(mine.sku == sku)
    promised = conn.execute(kept.where(mine.state != "lapsed")).all()
    return {row["node"]: row["sellable"] - _promised(promised, row["node"], row["at"]) for row in rows}


def _promised(orders: Sequence[Any], node: str, at: str) -> int:
    """Pieces that a figure of that time does not know to be somebody's."""
    mine = [one for one in orders if one.source == node]
    return sum(one.qty for one in mine if one.state == "waiting" or one.ended_at > at)
