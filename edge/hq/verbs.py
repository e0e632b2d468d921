"""Every verb and group of verbs that HQ's people have under store-edge hub."""

from __future__ import annotations

from edge.hq.cases import audit, cases, people, quarantine
from edge.hq.codes import issue_code, keys
from edge.hq.counter import coupons, members
from edge.hq.deposits import deposits
from edge.hq.escrow import grants
from edge.hq.goods import barcodes, events, prices, products, stock
from edge.hq.orders import orders
from edge.hq.places import nodes
from edge.hq.promotions import promotions
from edge.hq.returns import returns
from edge.hq.screens import screens
from edge.hq.stores import boxes, shops, staff, stores
from edge.hq.streams import outbox, streams
from edge.hq.upkeep import backup, tidy

VERBS = (
    issue_code,
    keys,
    stores,
    shops,
    boxes,
    staff,
    orders,
    products,
    barcodes,
    prices,
    promotions,
    stock,
    nodes,
    screens,
    coupons,
    deposits,
    members,
    grants,
    returns,
    cases,
    quarantine,
    events,
    streams,
    outbox,
    people,
    audit,
    backup,
    tidy,
)
