"""What becomes of a row of HQ's in hq.db: which table, which columns, and which of them an index covers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from edge.domain import orders, promotion_rules
from sync import benefits
from sync.benefits import Coupon, Member, PointsGrant
from sync.deposits import Deposit
from sync.goods import Inbound, Node, NodeStock, Quota
from sync.guiding import Ranked, Review, Variant
from sync.messages import canonical
from sync.ordering import ScreenOrder
from sync.returning import ReturnedElsewhere, ReturnState

Row = tuple[Any, ...]


@dataclass(frozen=True)
class WireTable:
    """A table of hq.db; `columns` in order, the first is the key. `apart`: columns under an index, which are
    written only where they changed."""

    name: str
    columns: tuple[str, ...]
    row_of: Callable[[dict[str, Any]], Row]
    apart: tuple[str, ...] = ()
    before: str = ""
    """What is to be noted of a row that comes by page before it is put over a former one; takes the row."""

    @property
    def key(self) -> str:
        """The column that holds the op's id."""
        return self.columns[0]

    def upsert(self) -> str:
        """Puts a row over a former one, all but the columns apart."""
        marks = ", ".join(f"?{n}" for n in range(1, len(self.columns) + 1))
        rest = [column for column in self.columns[1:] if column not in self.apart]
        changes = ", ".join(f"{column} = excluded.{column}" for column in rest)
        return f"INSERT INTO {self.name} VALUES ({marks}) ON CONFLICT ({self.key}) DO UPDATE SET {changes}"

    def mend(self) -> str:
        """Writes the columns apart where they differ; takes what `mended` gives."""
        changes = ", ".join(f"{column} = ?{n}" for n, column in enumerate(self.apart, 2))
        differs = " OR ".join(f"{column} <> ?{n}" for n, column in enumerate(self.apart, 2))
        return f"UPDATE {self.name} SET {changes} WHERE {self.key} = ?1 AND ({differs})"

    def mended(self, row: Row) -> Row:
        """The key and the columns apart of a row."""
        return (row[0], *(row[self.columns.index(column)] for column in self.apart))

    def delete(self) -> str:
        """Takes a row away by its key."""
        return f"DELETE FROM {self.name} WHERE {self.key} = ?"


def key_of(tb: str, row_id: str) -> str | int:
    """An op's id as it stands in the key column."""
    if tb.endswith("_key") and row_id.isascii() and row_id.isdecimal() and len(row_id) <= 3:
        return int(row_id)
    return row_id


def _fields(*names: str) -> Callable[[dict[str, Any]], Row]:
    return lambda d: tuple(d.get(name, "") for name in names)


def _order_row(d: dict[str, Any]) -> Row:
    # Decoded once here, so that a row the domain cannot read is set aside now and not at the counter.
    order = msgspec.convert(d, orders.Order)
    facts = (order.order, order.gen, order.state.value, order.numeric_code, order.phone_tail)
    return (*facts, order.ready_by, order.hold_until, canonical(d).decode())


def _product_row(d: dict[str, Any]) -> Row:
    flags = " ".join(d.get("flags", ()))
    # One length for all GTINs, as on the scan's side: a UPC-A is a GTIN-14 with leading zeros.
    gtin14 = str(d["gtin"]).zfill(14)
    texts = _fields("name_zh", "name_en", "category", "picture")(d)
    where = (*_fields("plu", "zone", "place")(d), d.get("min_stock", 0))
    about = (d.get("brand", ""), " ".join(d.get("tags", ())), *_fields("tax_code", "unit")(d))
    grams = (d.get("grams", 0), d.get("grams_off", 0))
    return (d["sku"], d["gtin"], gtin14, *texts, flags, *about, *grams, *where)


def _promotion_row(d: dict[str, Any]) -> Row:
    # Decoded once here: a rule that this store cannot price by is set aside now and not at the till.
    rule = msgspec.convert(d["rule"], promotion_rules.Rule)
    return (d["row"], rule.rule, rule.version, rule.starts, msgspec.json.encode(rule).decode())


def _tier_row(d: dict[str, Any]) -> Row:
    terms = msgspec.convert(d["terms"], promotion_rules.TierTerms)
    return (d["row"], terms.tier, terms.version, terms.starts, msgspec.json.encode(terms).decode())


def _elsewhere_row(d: dict[str, Any]) -> Row:
    word = msgspec.convert({**d, "tb": "returned_elsewhere"}, ReturnedElsewhere)
    return (word.sale, msgspec.json.encode(word.lines).decode(), word.whole_at)


def _review_row(d: dict[str, Any]) -> Row:
    word = msgspec.convert({**d, "tb": "review"}, Review)
    return (word.sku, word.stars10, word.reviews, msgspec.json.encode(word.says).decode())


def _screen_order_row(d: dict[str, Any]) -> Row:
    word = msgspec.convert({**d, "tb": "screen_order"}, ScreenOrder)
    return (word.order, word.state, word.at)


def _config_row(d: dict[str, Any]) -> Row:
    return (d["id"], canonical(d).decode())


def _same(name: str, *columns: str) -> WireTable:
    return WireTable(name, columns, _fields(*columns))


def _typed(name: str, kind: type[Any], fields: str, apart: tuple[str, ...] = ()) -> WireTable:
    """Fields with the defaults of the wire; a `d` that is none of this kind raises ValidationError."""
    names = tuple(fields.split())

    def row(d: dict[str, Any]) -> Row:
        word = msgspec.convert({**d, "tb": kind.__struct_config__.tag}, kind)
        values = (getattr(word, field) for field in names)
        return tuple("\n".join(value) if isinstance(value, tuple) else value for value in values)

    columns = tuple(_COLUMNS.get(field, field) for field in names)
    return WireTable(name, columns, row, apart)


_COLUMNS = {"grant": "grant_id", "into": "into_member", "order": "order_id"}


_COUPON = "coupon cls fen title_zh title_en state store not_before not_after offline_fen offline_per_hour"
_COUPON += " kind online terms sku per_member member"
_MEMBER = "member tier ver name_masked card_tail phone_tail language marketing"
_MEMBER += " card_hash badges tags points points_at"
_DEPOSIT = "deposit store fen order k_mille rule skus units member state not_before not_after"
_PRODUCT = tuple(
    "sku gtin gtin14 name_zh name_en category picture flags brand tags tax_code unit grams grams_off plu zone place"
    " min_stock".split()
)
# Names that are new: the index of names is made of them, later and elsewhere.
_RENAMED = (
    "INSERT INTO renamed (sku) SELECT ?1 WHERE NOT EXISTS"
    " (SELECT 1 FROM product WHERE sku = ?1 AND name_zh = ?4 AND name_en = ?5)"
    # A statement takes as many values as it names: a whole row.
    f" AND (?{len(_PRODUCT)} IS NULL OR TRUE)"
)
_ORDER = ("order_id", "gen", "state", "numeric_code", "phone_tail", "ready_by", "hold_until", "doc")
_CMD = ("cmd", "order_id", "gen", "kind", "at")
TABLES: Mapping[str, WireTable] = {
    "product": WireTable("product", _PRODUCT, _product_row, ("gtin", "gtin14", "plu"), _RENAMED),
    "barcode": WireTable(
        "barcode", ("gtin14", "sku", "units"), lambda d: (d["gtin"], d["sku"], d.get("units", 1))
    ),
    "price": _same("price", "sku", "fen", "book"),
    "stock": _same("stock", "sku", "on_hand", "stream", "upto_seq", "at"),
    "order": WireTable("click_order", _ORDER, _order_row, apart=("numeric_code", "phone_tail")),
    "cmd": WireTable("cmd", _CMD, _fields("cmd", "order", "gen", "kind", "at"), apart=("order_id",)),
    "pickup_key": _same("pickup_key", "kid", "public", "not_after"),
    "revocation": WireTable("revocation", ("nonce", "order_id"), _fields("nonce", "order")),
    "staff": _same("staff", "staff", "name", "role", "pin_hash", "badge_sha"),
    "shop": _same("shop", "store", "name_zh", "name_en", "address_zh", "address_en", "phone"),
    "config": WireTable("config", ("id", "doc"), _config_row),
    "quota": _typed("quota", Quota, "grant sku stream units recall web", apart=("sku",)),
    "substitute": WireTable("substitute", ("sku", "instead"), lambda d: (d["sku"], " ".join(d["instead"]))),
    "review": WireTable("review", ("sku", "stars10", "reviews", "says"), _review_row),
    "ranked": _typed("ranked", Ranked, "list skus"),
    "variant": _typed("variant", Variant, "sku family label_zh label_en rank", apart=("family",)),
    "node": _typed("node", Node, "node kind name_zh name_en lat_e5 lon_e5"),
    "node_stock": _typed("node_stock", NodeStock, "row node sku sellable at", apart=("sku",)),
    "inbound": _typed("inbound", Inbound, "row ref sku qty source due", apart=("sku",)),
    "promotion": WireTable("promotion", ("row", "rule", "version", "starts", "doc"), _promotion_row),
    "tier": WireTable("tier", ("row", "tier", "version", "starts", "doc"), _tier_row),
    "coupon": _typed("coupon", Coupon, _COUPON, apart=("member",)),
    "member": _typed("member", Member, _MEMBER, apart=("card_hash",)),
    "points_grant": _typed(
        "points_grant", PointsGrant, "grant member stream units not_after recall", apart=("member",)
    ),
    "coupon_key": _typed("coupon_key", benefits.CouponKey, "kid public not_after"),
    "member_key": _typed("member_key", benefits.MemberKey, "kid public not_after"),
    "lookup_key": _typed("lookup_key", benefits.LookupKey, "kid secret not_after"),
    "member_merge": _typed("member_merge", benefits.MemberMerge, "member into at"),
    "member_erase": _typed("member_erase", benefits.MemberErase, "cmd member at"),
    "join_link": _typed("join_link", benefits.JoinLink, "link url title_zh title_en until"),
    "join_scene": _typed("join_scene", benefits.JoinScene, "scene result at"),
    "screen_order": WireTable("screen_order", ("order_no", "state", "at"), _screen_order_row),
    "return_state": _typed("return_state", ReturnState, "ret state fen at note"),
    "returned_elsewhere": WireTable("returned_elsewhere", ("sale", "lines", "whole_at"), _elsewhere_row),
    "deposit": _typed("deposit", Deposit, _DEPOSIT, apart=("order_id",)),
    "repurchase": _typed("repurchase", benefits.Repurchase, "offer min_fen fen days title_zh title_en"),
}
"""Wire table -> table of hq.db."""
ABOUT_PEOPLE = (
    "order",
    "cmd",
    "member",
    "points_grant",
    "member_merge",
    "member_erase",
    "lookup_key",
    "deposit",
)
"""Wire tables that a box which was shut out must forget."""
