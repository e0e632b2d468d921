"""What an HQ must do with the questions of a till and of a screen: a clear answer, and nothing for a stranger."""

from __future__ import annotations

import uuid
from typing import Any

from sync.asked import CLAIM_PATH, COUPON_PATH, PHONE_PATH
from sync.conformance.hq_kit import HqKit, Reply, StoreAt, refused, said
from sync.conformance.report import Clauses, expect
from sync.guiding import CART_PATH, OPTIONS_PATH
from sync.messages import canonical
from sync.ordering import ORDER_PATH
from sync.returning import SOLD_PATH

clause: Clauses[HqKit] = Clauses()
_NO_CODE = "MB1.AAAA.BBBB"
_PATHS = (COUPON_PATH, PHONE_PATH, CLAIM_PATH, SOLD_PATH, OPTIONS_PATH, ORDER_PATH, CART_PATH)


def _asks(store: StoreAt, path: str, body: dict[str, Any]) -> Reply:
    return store.ask(path, canonical(body), {"Content-Type": "application/json"})


def _answer(store: StoreAt, path: str, body: dict[str, Any]) -> dict[str, Any]:
    reply = _asks(store, path, body)
    expect(reply.status == 200, f"{reply.status} for a question: {said(reply)}")
    return reply.json()


def _wish(**changes: Any) -> dict[str, Any]:
    wish = {"nonce": str(uuid.uuid4()), "sku": "kit.nothing", "option": "kit", "screen": "kit"}
    return wish | changes


@clause("ask.token")
def token(kit: HqKit) -> None:
    """A question without a valid token is 401, whatever is asked."""
    nobody = StoreAt(kit.one.number, "kit.nobody", kit.one.asker)
    for path in _PATHS:
        refused(_asks(nobody, path, {}), 401)


@clause("ask.body")
def body(kit: HqKit) -> None:
    """What is no question is 400: no JSON, no object, a field missing, a field of another kind."""
    for raw in (b"", b"{", b"[]", b"{}", canonical(_wish(qty="two")), canonical(_wish(qty=0))):
        refused(kit.one.ask(ORDER_PATH, raw, {"Content-Type": "application/json"}), 400)
        refused(kit.one.ask(CART_PATH, raw, {"Content-Type": "application/json"}), 400)


@clause("ask.sold")
def sold(kit: HqKit) -> None:
    """A purchase that nobody made is null, not an error."""
    found = _answer(kit.one, SOLD_PATH, {"text": f"kit-{uuid.uuid4()}"})
    expect(found.get("purchase", "") is None, f"purchase is {found.get('purchase')!r}")


@clause("ask.options")
def options(kit: HqKit) -> None:
    """A product that HQ does not have can be had nowhere."""
    found = _answer(kit.one, OPTIONS_PATH, {"sku": "kit.nothing"})
    expect(found.get("options") == [], f"options are {found.get('options')!r}")


@clause("ask.order")
def order(kit: HqKit) -> None:
    """An order is made for a code that a member shows now, and for nobody else; the answer says why."""
    for code in (_NO_CODE, "kit", "6212345678901234"):
        found = _answer(kit.one, ORDER_PATH, _wish(code=code))
        expect(found.get("why") in {"member", "unknown"}, f"why is {found.get('why')!r} for no member's code")
        expect(not found.get("order"), "an order for nobody")
        expect(not found.get("fen"), f"{found.get('fen')!r} to pay for nothing")


@clause("ask.cart")
def cart(kit: HqKit) -> None:
    """A cart of a product that HQ does not have has no address to go on at."""
    found = _answer(kit.one, CART_PATH, _wish(purpose="order"))
    expect(found.get("why") in {"unknown", "gone"}, f"why is {found.get('why')!r}")
    expect(not found.get("url"), "an address for nothing")


@clause("ask.paid")
def paid(kit: HqKit) -> None:
    """Money for an order that HQ does not know is taken in as a fact: it is not lost, and not asked for again."""
    journal = kit.journal()
    journal.add(1)
    facts = {
        "order": f"kit-{uuid.uuid4().hex[:12]}",
        "fen": 1,
        "number": uuid.uuid4().hex,
        "channel": "wechat",
        "payment": "kit",
        "screen": "kit",
        "shift": "",
    }
    journal.add(1, k="order.paid", d=facts)
    verdicts = {row["seq"]: row["verdict"] for row in journal.sent().get("results", [])}
    expect(verdicts.get(2) != "quarantined", "money for an unknown order was put aside unread")
