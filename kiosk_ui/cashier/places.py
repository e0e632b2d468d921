"""Where a scan belongs on the cashier's pages: one table, every kind of code in it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from edge.domain.receipt_numbers import is_receipt_number
from edge.domain.refusals import PayCodeElsewhere, Refusal
from edge.domain.scanned import ScanKind
from edge.domain.scanned_refusals import GoodsUnknown
from edge.domain.selling import Basket
from edge.domain.staff import Operator
from edge.domain.views import SeenScan
from edge.store import Store
from kiosk_ui.cashier import stage
from kiosk_ui.cashier.stage import Stage


class Place(Enum):
    """A place that a code leads to."""

    PICKUP = "pickup"
    NUMBER = "number"  # an order's, or that of a basket which somebody put aside
    COUPON = "coupon"
    MEMBER = "member"
    BADGE = "badge"
    GOODS = "goods"
    NOT_HERE = "not_here"
    NAMELESS = "nameless"  # a receipt, a bag's label, a claim, an SKU, or nothing of ours


PLACES: Mapping[ScanKind, Place] = {
    ScanKind.PICKUP: Place.PICKUP,
    ScanKind.PICKUP_DIGITS: Place.PICKUP,
    ScanKind.ORDER: Place.NUMBER,
    ScanKind.COUPON: Place.COUPON,
    ScanKind.MEMBER: Place.MEMBER,
    ScanKind.CARD: Place.MEMBER,
    ScanKind.BADGE: Place.BADGE,
    ScanKind.PAY_WECHAT: Place.NOT_HERE,
    ScanKind.PAY_ALIPAY: Place.NOT_HERE,
    ScanKind.PAY_UNIONPAY: Place.NOT_HERE,
    ScanKind.PAY_OTHER: Place.NOT_HERE,
    ScanKind.GTIN: Place.GOODS,
    ScanKind.VARIABLE: Place.GOODS,
    ScanKind.GS1: Place.GOODS,
    ScanKind.URL: Place.NAMELESS,
    ScanKind.UNKNOWN: Place.NAMELESS,
}
"""What beside it is looked at first: a picker's goods and bags (picks.py), coupons and members (customers.py)."""


def place_stage(store: Store, scan: SeenScan, operator: Operator) -> Stage:
    """The stage of a scan that no page with work in hand took."""
    match PLACES[scan.kind]:
        case Place.PICKUP | Place.COUPON | Place.MEMBER:
            return stage.pickup(store, scan, operator)
        case Place.NUMBER:
            basket = _suspended(store, scan)
            return _basket(basket, scan) if basket is not None else stage.pickup(store, scan, operator)
        case Place.BADGE:
            return Stage("badge", f"badge:{scan.id}", {"scan": scan})
        case Place.GOODS:
            return _goods(store, scan, operator)
        case Place.NOT_HERE:
            return stage.refused(PayCodeElsewhere(), operator, scan, status=200)
        case Place.NAMELESS:
            return _nameless(store, scan, operator)


def _suspended(store: Store, scan: SeenScan) -> Basket | None:
    text = _text(store, scan)
    return next((one for one in store.sales.selling.suspended() if one.code == text), None) if text else None


def _basket(basket: Basket, scan: SeenScan) -> Stage:
    return Stage("basket", f"basket:{scan.id}:{basket.version}", {"scan": scan, "basket": basket})


def _goods(store: Store, scan: SeenScan, operator: Operator) -> Stage:
    ware = None
    try:
        ware = store.catalogue.by_code(store.catalogue.read(_text(store, scan)))
    except GoodsUnknown:
        ware = None
    except Refusal as refusal:
        return stage.refused(refusal, operator, scan, status=200)
    frame = None if ware is None else store.guide.glance(ware)
    facts = {"scan": scan, "frame": frame, "goods": ware, "nonce": stage.fresh_nonce()}
    return Stage("product", f"product:{scan.id}:{ware and ware.sku}:{ware and ware.on_hand}", facts)


def _nameless(store: Store, scan: SeenScan, operator: Operator) -> Stage:
    text = _text(store, scan)
    if is_receipt_number(text):
        return Stage("receipt", f"receipt:{scan.id}", {"scan": scan, "receipt": text})
    seen = store.catalogue.read(text)
    if seen.names_goods or (text and len(text) <= 64 and store.catalogue.by_sku(text) is not None):
        return _goods(store, scan, operator)
    address = scan.kind is ScanKind.URL
    return Stage("unknown", f"error:{scan.id}:unknown", {"scan": scan, "address": address})


def _text(store: Store, scan: SeenScan) -> str:
    """What was scanned; "" where it is kept no more."""
    try:
        return store.scans.text(scan.id, scan.station)
    except Refusal:
        return ""
