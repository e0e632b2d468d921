"""What HQ's people do: stores, catalogue, orders, codes, and looking at what came in."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, insert, select, update

from sync.admission import Invitation
from sync.hub import admitting, leases, publishing, trust
from sync.hub.database import write
from sync.hub.feed import Change, make_bucket, publish, put
from sync.hub.ingest import BREAKER_CODE
from sync.hub.keys import CodeClaims, EncodeCode, issue, new_key, retire_key
from sync.hub.publishing import ImportRefused, NotPossible
from sync.hub.rows import KEYS, SHOPS, order_of, staff_of, stock_of, stock_row, subscription
from sync.hub.schema import case_file, customer_order, device, ingest_event, ingest_stream, nack, stock_level
from sync.hub.schema import issued_code as issued
from sync.hub.schema import store as store_table
from sync.messages import Order, OrderCommand, PickupKey, Price, Product, Revocation, Shop, Staff, stamp
from sync.signed import Role, RoleName, Roster

__all__ = ["CodeClaims", "EncodeCode", "HubDesk", "ImportRefused", "NotPossible"]

BULK = 1000


class HubDesk:
    """The verbs of HQ. Raises NotPossible, with words for a person, where one makes no sense."""

    def __init__(self, engine: Engine, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """`engine` comes from schema.open_hub; `now` gives aware times."""
        self._engine = engine
        self._now = now

    # ---- stores ----

    def add_store(self, shop: Shop, token: str = "") -> str:
        """Admits a store and announces it to the chain; returns its bearer token, kept nowhere as text."""
        token = token or secrets.token_urlsafe(32)

        def work(conn: Connection) -> None:
            known = conn.scalar(select(store_table.c.store).where(store_table.c.store == shop.store))
            if known is not None:
                raise NotPossible(f"store {shop.store} is there already")
            row = {"store": shop.store, "token_sha": _sha(token), "created_at": self._at(), "waived": 0}
            conn.execute(insert(store_table).values(**row))
            for name in sorted(subscription(shop.store)):
                make_bucket(conn, name)
            publish(conn, [put(SHOPS, shop)], self._at())

        write(self._engine, work)
        return token

    def new_token(self, store: str, token: str = "") -> str:
        """Replaces a store's token; the former stops at once."""
        token = token or secrets.token_urlsafe(32)

        def work(conn: Connection) -> None:
            same = store_table.c.store == store
            if conn.execute(update(store_table).where(same).values(token_sha=_sha(token))).rowcount == 0:
                raise NotPossible(f"no store {store}")

        write(self._engine, work)
        return token

    def invite(self, store: str, url: str) -> Invitation:
        """An invitation for a new box of a store, to be shown once (as a QR code); good for a day and one use."""
        return write(self._engine, lambda conn: admitting.invite(conn, store, url, self._now()))

    def devices(self, store: str = "") -> list[dict[str, Any]]:
        """Enrolled boxes: device, store, stream, state (active, replaced, revoked), enrolled_at, hw, sw."""
        query = select(device).order_by(device.c.store, device.c.enrolled_at)
        rows = self._rows(query.where(device.c.store == store) if store else query)
        return [{name: value for name, value in row.items() if name != "public"} for row in rows]

    def revoke_device(self, name: str) -> None:
        """Shuts a box out at once."""
        write(self._engine, lambda conn: admitting.revoke(conn, name))

    def found_trust(self, root_seeds: Sequence[bytes], roles: Mapping[RoleName, Role]) -> Roster:
        """HQ's first roster of signing keys; the roots' private halves stay with the caller, offline."""
        return write(self._engine, lambda conn: trust.found(conn, root_seeds, roles, self._now()))

    def renew_trust(self, root_seeds: Sequence[bytes], roles: Mapping[RoleName, Role]) -> Roster:
        """The next roster; a new root needs the old root's keys and its own."""
        return write(self._engine, lambda conn: trust.renew(conn, root_seeds, roles, self._now()))

    def stores(self) -> list[str]:
        """The stores' numbers, sorted."""
        return [str(row["store"]) for row in self._rows(select(store_table.c.store).order_by("store"))]

    def publish_shop(self, shop: Shop) -> None:
        """Announces a changed name or address."""
        self._publish([put(SHOPS, shop)])

    def publish_staff(self, store: str, staff: Iterable[Staff]) -> int:
        """Who may sign in at a store from now on: these, nobody else."""

        def work(conn: Connection) -> int:
            return publishing.replace(conn, staff_of(store), "staff", list(staff), self._at())

        return write(self._engine, work)

    # ---- catalogue and stock ----

    def publish_products(self, products: Iterable[Product]) -> int:
        """Adds or changes products, a thousand a transaction; returns rows that changed."""
        return publishing.in_bulk(self._engine, products, self._at(), BULK)

    def publish_prices(self, prices: Iterable[Price]) -> int:
        """Adds or changes prices, a thousand a transaction; returns rows that changed."""
        return publishing.in_bulk(self._engine, prices, self._at(), BULK)

    def set_stock(self, store: str, sku: str, on_hand: int) -> None:
        """Opening or corrected units of one product at a store."""
        self.set_stocks(store, {sku: on_hand})

    def set_stocks(self, store: str, levels: Mapping[str, int]) -> None:
        """Opening or corrected units by product, as of everything this store has reported so far."""

        def work(conn: Connection) -> None:
            publishing.set_levels(conn, store, levels)
            rows = publishing.levels(conn, store, levels)
            publish(conn, [put(stock_of(store), stock_row(row, self._at())) for row in rows], self._at())

        write(self._engine, work)

    def stock(self, store: str) -> dict[str, int]:
        """On-hand units by product as HQ counts them."""
        rows = self._rows(select(stock_level).where(stock_level.c.store == store).order_by("sku"))
        return {str(row["sku"]): int(row["on_hand"]) for row in rows}

    # ---- orders ----

    def publish_order(self, order: Order) -> Order:
        """Leases an order to its store; returns it as published, with a numeric code if it had none."""
        return write(self._engine, lambda conn: publishing.lease(conn, [order], self._at())[0])

    def import_orders(self, lines: Iterable[str | bytes]) -> int:
        """Publishes orders from NDJSON, all or none; raises ImportRefused with every (line, problem)."""
        found = publishing.read_orders(lines)
        return write(self._engine, lambda conn: publishing.import_all(conn, found, self._at()))

    def request_cancel(self, order: str) -> OrderCommand:
        """Asks the store to give an order back; it answers with lease.returned or by having handed it over."""
        return write(self._engine, lambda conn: publishing.ask_cancel(conn, order, self._at()))

    def force_cancel(self, order: str) -> None:
        """Cancels an order whose store cannot be asked; a hand-over there meanwhile stands and opens a case."""
        write(self._engine, lambda conn: leases.force_cancel(conn, order, self._at()))

    def reassign(self, order: str, store: str, lease_until: str = "") -> Order:
        """Leases an order that its store gave back, or lost, to another one; a new generation with a new code."""
        return write(self._engine, lambda conn: leases.reassign(conn, order, store, self._now(), lease_until))

    def reissue(self, order: str, hold_until: str | datetime | None = None) -> Order:
        """A new generation with a new numeric code and hold; codes of the former one no longer open it.

        `hold_until` aware or RFC 3339, to come; without it three days from now, or the present one if that
        is later. An order that had expired can be collected again; one that is closed stays so.
        """
        return write(self._engine, lambda conn: publishing.reissue(conn, order, self._now(), hold_until))

    def orders(self, store: str = "") -> list[Order]:
        """Orders as published now, by number; of one store or all."""
        query = select(customer_order).order_by("order_no")
        if store:
            query = query.where(customer_order.c.store == store)
        with self._engine.connect() as conn:
            return [order_of(row) for row in conn.execute(query)]

    # ---- pickup codes ----

    def new_pickup_key(self, kid: int, not_after: str = "") -> PickupKey:
        """Makes an Ed25519 key pair and publishes its public half; at most two are live at a time."""
        return write(self._engine, lambda conn: new_key(conn, kid, not_after, self._at()))

    def retire_pickup_key(self, kid: int) -> None:
        """Withdraws a key: codes under it stop working at every store that hears of it."""
        write(self._engine, lambda conn: retire_key(conn, kid, self._at()))

    def issue_code(
        self,
        order: str,
        encode_code: EncodeCode,
        *,
        not_after: datetime,
        unit: int = 0,
        kid: int | None = None,
    ) -> str:
        """The text of a pickup code for this order (or one unit of it); newest live key unless `kid`."""
        return write(self._engine, lambda conn: issue(conn, order, encode_code, not_after, unit, kid))

    def revoke_code(self, nonce: str) -> None:
        """Withdraws one issued code, named by its nonce (hex)."""

        def work(conn: Connection) -> None:
            row = conn.execute(
                update(issued).where(issued.c.nonce == nonce).values(revoked=1).returning(issued.c.order_no)
            ).one_or_none()
            if row is None:
                raise NotPossible("no code with this nonce")
            publish(conn, [put(KEYS, Revocation(nonce=nonce, order=row.order_no))], self._at())

        write(self._engine, work)

    # ---- what came in ----

    def events(self, store: str) -> list[dict[str, Any]]:
        """A store's facts as received: stream, seq, id, kind, d, verdict, code, case, received_at."""
        query = (
            select(ingest_event)
            .join(ingest_stream, ingest_stream.c.stream == ingest_event.c.stream)
            .where(ingest_stream.c.store == store)
            .order_by(ingest_stream.c.bound_at, ingest_event.c.stream, ingest_event.c.seq)
        )
        return [_event(row) for row in self._rows(query)]

    def cases(self, store: str = "") -> list[dict[str, Any]]:
        """Cases for people: name, code, store, order, stream, seq, opened_at, state."""
        query = select(case_file).order_by("n")
        if store:
            query = query.where(case_file.c.store == store)
        return [{"case": f"c-{row.pop('n')}", **row} for row in self._rows(query)]

    def streams(self, store: str) -> list[dict[str, Any]]:
        """A store's journals: stream, last_seq, state (open, closing, closed, frozen)."""
        return self._rows(select(ingest_stream).where(ingest_stream.c.store == store).order_by("bound_at"))

    def nacks(self, store: str) -> list[dict[str, Any]]:
        """Rows this store could not use."""
        return self._rows(select(nack).where(nack.c.store == store).order_by("bucket", "tb", "id"))

    def waive_breaker(self, store: str) -> None:
        """Looked at it: the store's next bad batch really is that bad. It goes to quarantine and the rest moves on.

        Good for an hour: what comes later is another matter, for another look.
        """
        moment = int(self._now().timestamp()) // 60

        def work(conn: Connection) -> None:
            conn.execute(update(store_table).where(store_table.c.store == store).values(waived=moment))
            same = {"store": store, "code": BREAKER_CODE}
            conn.execute(update(case_file).filter_by(**same).values(state="closed"))

        write(self._engine, work)

    def mark_backed_up(self) -> None:
        """A backup holds everything taken in so far: stores may drop what is old enough."""
        same = update(ingest_stream).values(durable_seq=ingest_stream.c.last_seq)
        write(self._engine, lambda conn: conn.execute(same).rowcount)

    def _publish(self, changes: list[Change]) -> int:
        return write(self._engine, lambda conn: publish(conn, changes, self._at()))

    def _rows(self, query: Any) -> list[dict[str, Any]]:
        with self._engine.connect() as conn:
            return [dict(row) for row in conn.execute(query).mappings()]

    def _at(self) -> str:
        return stamp(self._now())


def _event(row: dict[str, Any]) -> dict[str, Any]:
    body = msgspec.json.decode(row.pop("body"))
    return {**row, "d": body.get("d", {})}


def _sha(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
