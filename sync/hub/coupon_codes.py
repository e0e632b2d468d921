"""Coupons that HQ signs: codes issued, sales promised a coupon, claims of stores honoured once."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, time, timedelta

import msgspec
from sqlalchemy import Connection, Engine, Row, delete, insert, select

from edge.domain import coupon_code
from edge.domain.pickup_code import CodeInvalid
from sync.asked import ClaimSaid, RepurchaseSaid
from sync.benefits import Coupon, Repurchase
from sync.hub.benefit_tables import coupon
from sync.hub.benefits import check_coupon
from sync.hub.bulk import insert_rows
from sync.hub.counter_keys import newest, sign_with
from sync.hub.counter_tables import claim, promise, repurchase_offer
from sync.hub.database import write
from sync.hub.feed import publish, put
from sync.hub.publishing import NotPossible
from sync.hub.rows import COUPONS
from sync.hub.sale_tables import sale
from sync.hub.schema import device
from sync.messages import moment_of, stamp

SHOP_HOURS = timedelta(hours=8)
"""China has one zone; what ends with a day ends by it. A store that claims says its own end."""


class CouponCodes:
    """The verbs. Raises NotPossible, with words for a person."""

    def __init__(self, engine: Engine, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """`now` gives aware times."""
        self._engine = engine
        self._now = now

    def issue(self, coupons: Iterable[Coupon]) -> list[str]:
        """Issues coupons as signed codes (CP1), all or none; no row is published: stores hear of their use alone."""
        listed = list(coupons)

        def work(conn: Connection) -> list[str]:
            for one in listed:
                check_coupon(conn, one)
            return _issued(conn, listed, self._now())

        return write(self._engine, work)

    def code(self, name: str) -> str:
        """A code for a coupon that was issued; each has a nonce of its own."""

        def work(conn: Connection) -> str:
            row = conn.execute(select(coupon).where(coupon.c.coupon == name)).one_or_none()
            if row is None or row.state != "live":
                raise NotPossible(f"coupon {name} is {row.state if row else 'not there'}")
            return _sealed(conn, msgspec.json.decode(row.body, type=Coupon), self._now())

        return write(self._engine, work)

    def offer(self, word: Repurchase) -> None:
        """From now on a sale of `min_fen` or more earns this."""

        def work(conn: Connection) -> None:
            values = msgspec.structs.asdict(word)
            conn.execute(delete(repurchase_offer).where(repurchase_offer.c.offer == word.offer))
            conn.execute(insert(repurchase_offer).values(**values))
            publish(conn, [put(COUPONS, word)], stamp(self._now()))

        write(self._engine, work)

    def promised(self, store: str, sale: str, fen: int, at: str) -> RepurchaseSaid:
        """The coupon that this sale earns; the same sale gets the same one.

        `fen` is what the store says that it came to; where HQ has the sale itself, its own sum counts.
        """

        def work(conn: Connection) -> RepurchaseSaid:
            before = _promise(conn, store, sale)
            if before is not None:
                return _said(conn, before)
            net = _net(conn, store, sale)
            word = _best(conn, fen if net is None else net)
            if word is None:
                return RepurchaseSaid()
            sold = max(moment_of(at), self._now() - timedelta(days=1))
            local = min(sold, self._now()) + SHOP_HOURS
            ends = datetime.combine(local.date() + timedelta(days=word.days + 1), time(), UTC) - SHOP_HOURS
            return _said(conn, self._promise(conn, store, sale, word, ends, ""))

        return write(self._engine, work)

    def honoured(self, text: str) -> ClaimSaid:
        """The coupon for a claim code that a store printed: once, however often and wherever it is shown."""

        def work(conn: Connection) -> ClaimSaid:
            try:
                claims = _genuine(conn, text)
            except CodeInvalid:
                return ClaimSaid(why="unknown")
            before = _promise(conn, claims.store, claims.sale)
            if before is None:
                if claims.not_after <= self._now():
                    return ClaimSaid(why="over")
                word = _owed(conn, claims)
                if word is None:
                    return ClaimSaid(why="unknown")
                before = self._promise(conn, claims.store, claims.sale, word, claims.not_after, claims.nonce)
            said = _said(conn, before)
            return ClaimSaid(said.code, said.not_after, said.fen, said.title_zh, said.title_en)

        return write(self._engine, work)

    def _promise(
        self, conn: Connection, store: str, sale: str, word: Repurchase, ends: datetime, nonce: str
    ) -> Row[tuple[object, ...]]:
        name = f"RP{uuid.uuid4().hex[:18].upper()}"
        one = Coupon(
            name, "C", word.fen, word.title_zh, word.title_en, not_after=stamp(ends), kind="repurchase"
        )
        code = _issued(conn, [one], self._now())[0]
        conn.execute(insert(promise).values(store=store, sale=sale, coupon=name, code=code, claim=nonce))
        made = _promise(conn, store, sale)
        if made is None:
            raise NotPossible("the promise was not kept")
        return made


def _issued(conn: Connection, listed: list[Coupon], now: datetime) -> list[str]:
    codes = [_sealed(conn, one, now) for one in listed]
    rows = [
        {
            "coupon": one.coupon,
            "cls": one.cls,
            "store": one.store,
            "state": "live",
            "body": msgspec.json.encode(one).decode(),
        }
        for one in listed
    ]
    if len({row["coupon"] for row in rows}) < len(rows):
        raise NotPossible("a coupon is there twice")
    insert_rows(conn, coupon, rows)
    return codes


def _sealed(conn: Connection, one: Coupon, now: datetime) -> str:
    kid, seed = newest(conn, "coupon", stamp(now))
    if not one.not_after:
        raise NotPossible(f"coupon {one.coupon}: a signed code has an end")
    claims = coupon_code.CouponClaims(
        kid,
        one.coupon,
        one.cls,
        one.fen,
        moment_of(one.not_after),
        secrets.token_hex(coupon_code.NONCE_BYTES),
        one.store,
        one.terms,
        one.kind,
        one.sku,
        # Of what HQ counts by member a signature says nothing.
        online=one.online or one.per_member > 0,
    )
    try:
        return coupon_code.issue(claims, sign_with(seed))
    except ValueError as error:
        raise NotPossible(f"coupon {one.coupon} does not fit into a code: {error}") from error


def _genuine(conn: Connection, text: str) -> coupon_code.ClaimClaims:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    said = coupon_code.peek_claim(text)
    row = conn.execute(select(device).where(device.c.device == said.device)).one_or_none()
    # A box that was replaced said what it said while it was the store's; one that was shut out is believed nothing.
    if row is None or row.store != said.store or row.state == "revoked":
        raise CodeInvalid("device")
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(row.public))

    def verify(signature: bytes, message: bytes) -> bool:
        try:
            public.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    return coupon_code.read_claim(text, verify)


def _owed(conn: Connection, claims: coupon_code.ClaimClaims) -> Repurchase | None:
    """What the claim is worth: as the store's fact says where that is in, else the smallest offer there is.

    Never more than the best offer that the sale earns by HQ's own rule, as far as HQ has the sale.
    """
    fact = conn.execute(select(claim).where(claim.c.nonce == claims.nonce)).one_or_none()
    query = select(repurchase_offer).order_by(repurchase_offer.c.fen, repurchase_offer.c.offer)
    net = _net(conn, claims.store, claims.sale)
    offers = [Repurchase(*row) for row in conn.execute(query)]
    earned = [one for one in offers if net is None or one.min_fen <= net]
    if fact is None or not earned:
        return earned[0] if earned else None
    same = [one for one in earned if one.fen == fact.fen]
    if same:
        return same[0]
    worth = min(fact.fen, earned[-1].fen)
    return Repurchase("claim", 0, worth, 7, "复购券", "Coupon for your next visit")


def _net(conn: Connection, store: str, name: str) -> int | None:
    """What a sale came to, where HQ has it."""
    found = conn.scalar(select(sale.c.net_fen).where((sale.c.sale == name) & (sale.c.store == store)))
    return None if found is None else int(found)


def _best(conn: Connection, fen: int) -> Repurchase | None:
    query = select(repurchase_offer).where(repurchase_offer.c.min_fen <= fen)
    row = conn.execute(query.order_by(repurchase_offer.c.fen.desc(), repurchase_offer.c.offer)).first()
    return None if row is None else Repurchase(*row)


def _promise(conn: Connection, store: str, sale: str) -> Row[tuple[object, ...]] | None:
    same = (promise.c.store == store) & (promise.c.sale == sale)
    return conn.execute(select(promise).where(same)).one_or_none()


def _said(conn: Connection, row: Row[tuple[object, ...]]) -> RepurchaseSaid:
    body = conn.scalar(select(coupon.c.body).where(coupon.c.coupon == row.coupon))
    one = msgspec.json.decode(str(body), type=Coupon)
    return RepurchaseSaid(str(row.code), one.not_after, one.fen, one.title_zh, one.title_en)
