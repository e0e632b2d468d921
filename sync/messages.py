"""The door of the sync room: every message between a store and HQ, protocol version 1.

`Up` facts travel from the store's journal to HQ; `Down` rows travel from HQ's feed to the store's
replica. Both are frozen msgspec types, so that encoding, decoding and validation are one table.
Money is integer minor units (fen), times are RFC 3339 strings in UTC with milliseconds and `Z`.

    SyncFault
    |-- LineDown          no answer, or none that is ours (time-out, garbage, a captive portal)
    |-- HubBusy           429/503: come back after `retry_s`
    |-- NotAdmitted       401/403: this store's credential is not accepted
    |   |-- NotEnrolled     nothing to show: no request was made
    |   |-- BearerOver      401 expired: a new bearer is needed
    |   |-- ClocksApart     401 clock: HQ says what time it is
    |   `-- DeviceRevoked   401 device_revoked: HQ shut this box out
    |       `-- DeviceReplaced  403 device_replaced: another box took its place; facts are taken, nothing is told
    |-- Gap               409 GAP: HQ expects another sequence number
    |-- Fork              409 FORK: HQ holds another fact under our sequence number
    |-- EnvelopeRefused   400/413: this batch cannot be read; send less
    `-- VersionRefused    422: HQ does not speak our protocol version
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from typing import Annotated, Any, get_args

import msgspec

from sync.benefits import (
    Coupon,
    CouponClaimed,
    CouponKey,
    CouponRedeemed,
    CouponReleased,
    JoinLink,
    JoinOffered,
    JoinScene,
    LookupKey,
    Member,
    MemberChange,
    MemberErase,
    MemberErased,
    MemberKey,
    MemberMerge,
    MemberRevealed,
    PointsEarned,
    PointsGrant,
    PointsSpent,
    Repurchase,
)
from sync.deposits import Deposit, DepositsUp
from sync.figures import Count, Fen, Kid, Note, Seq, Whole
from sync.goods import GOODS_KEYS, Barcode, GoodsDown, GoodsUp
from sync.guiding import GUIDING_KEYS, GuidingDown, ScreenCounted
from sync.ordering import OrderPaid, ScreenOrder
from sync.paying_words import PayUp
from sync.picks import PicksUp
from sync.returning import ReturnAccepted, ReturnedElsewhere, ReturnState
from sync.selling import Selling
from sync.selling_rules import SELLING_KEYS, SellingDown
from sync.signed import Signed
from sync.snapshot_words import Snap
from sync.tickets import TicketsUp

PROTOCOL = 1
HINT_PATH = "/sync/v1/hint"
MAX_EVENTS = 500
MAX_BYTES = 1 << 20
GENESIS = "0" * 64

# ---- Up: what happened in the store --------------------------------------------------------------


class HandedLine(msgspec.Struct, frozen=True):
    """`qty` of one order line given to the customer; each is also a stock movement of -qty."""

    line: Seq
    sku: Note
    qty: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class PickupCollected(msgspec.Struct, frozen=True, tag="pickup.collected", tag_field="k"):
    """Goods of an order were handed over: a fact, whatever HQ thinks of the order by now."""

    pickup: Note
    order: Note
    gen: int
    state: Note
    lines: tuple[HandedLine, ...]
    unit: int = 0
    manual: bool = False
    forced: bool = False
    offline: bool = False
    balance_settled: Fen = 0


class PickupAnnulled(msgspec.Struct, frozen=True, tag="pickup.annulled", tag_field="k"):
    """A hand-over recorded by mistake was taken back before the goods left; reverses its lines."""

    pickup: Note
    order: Note
    gen: int
    state: Note
    lines: tuple[HandedLine, ...]


class OrderAdvanced(msgspec.Struct, frozen=True, tag="order.advanced", tag_field="k"):
    """The fulfilment of an order moved on (accepted, picking, packed, ready ...)."""

    order: Note
    gen: int
    event: Note
    state: Note
    shelf: Note = ""
    reason: Note = ""


class LeaseReturned(msgspec.Struct, frozen=True, tag="lease.returned", tag_field="k"):
    """The store gave an order back at HQ's request: from now on it hands nothing of it over."""

    order: Note
    gen: int
    cmd: Note


class DrawerOpened(msgspec.Struct, frozen=True, tag="drawer.opened", tag_field="k"):
    """Somebody had a cash drawer opened, for this reason; `unasked`: its sensor saw it open without a command."""

    drawer: Note
    opening: Note
    reason: Note


class DrawerClosed(msgspec.Struct, frozen=True, tag="drawer.closed", tag_field="k"):
    """How that opening ended: `shut` after `open_s` seconds, or `blocked`, when it had never opened."""

    drawer: Note
    opening: Note
    how: Note
    open_s: Count = 0


class Opaque(msgspec.Struct, frozen=True, tag="opaque", tag_field="k"):
    """An event HQ could not read, sent as bytes under its own number: HQ quarantines it, the rest pass.

    `raw_b64` is the canonical event in base64, or its beginning where it is larger than HQ takes.
    """

    seq: Seq
    id: str
    raw_b64: str
    prev: str
    sha: str


Up = (
    PickupCollected
    | PickupAnnulled
    | OrderAdvanced
    | LeaseReturned
    | DrawerOpened
    | DrawerClosed
    | GoodsUp
    | PicksUp
    | Selling
    | ReturnAccepted
    | PayUp
    | CouponRedeemed
    | CouponReleased
    | PointsEarned
    | PointsSpent
    | MemberChange
    | CouponClaimed
    | MemberRevealed
    | MemberErased
    | JoinOffered
    | TicketsUp
    | DepositsUp
    | ScreenCounted
    | OrderPaid
)


class Actor(msgspec.Struct, frozen=True):
    """Who did it and where: station, and the operator's staff number (never a name)."""

    station: str
    op: str = ""


class Clk(msgspec.Struct, frozen=True):
    """The store's clock then: state ok|unsynced|suspect, offset to HQ in ms, boot, monotonic ms."""

    s: str
    off_ms: int
    boot: str
    mono_ms: int


class Event(msgspec.Struct, frozen=True):
    """One row of the store's journal. `d` is the `Up` fact without its kind; `sha` covers all but itself."""

    seq: Seq
    id: str
    k: str
    v: int
    at: str
    clk: Clk
    biz: str
    actor: Actor
    d: dict[str, Any]
    prev: str
    sha: str = ""


class UpHeader(msgspec.Struct, frozen=True, tag="hdr", tag_field="t"):
    """First line of an upload. `depth`: facts that HQ had not acknowledged when it was made."""

    proto: int
    store: str
    stream: str
    hq_epoch: str | None
    from_: Seq = msgspec.field(name="from")
    n: Count = 0
    boot: str = ""
    clock: dict[str, Any] = {}
    depth: Count | None = None


class Verdict(msgspec.Struct, frozen=True, omit_defaults=True):
    """What HQ made of one event when it was not simply `applied`."""

    seq: Seq
    verdict: str
    code: str = ""
    case: str = ""


class UpAnswer(msgspec.Struct, frozen=True):
    """HQ's answer to an upload: everything up to `acked` is committed there."""

    acked: Count
    durable: Count
    hq_epoch: str
    server_time: str
    results: tuple[Verdict, ...] = ()
    next_s: float = 15.0


# ---- Down: what HQ says --------------------------------------------------------------------------


class Product(msgspec.Struct, frozen=True, tag="product", tag_field="tb", omit_defaults=True):
    """A thing that is sold. `picture` is a reference into the store's own picture set, `plu` its number on labels
    of the shop's scales, `grams` the weight of one piece (0: nobody knows) and `grams_off` by how much it may
    differ, `zone` and `place` where it lies, `min_stock` the pieces below which it is to be refilled."""

    sku: str
    gtin: str
    name_zh: str
    name_en: str
    category: str = ""
    picture: str = ""
    flags: tuple[str, ...] = ()
    brand: str = ""
    tags: tuple[str, ...] = ()
    tax_code: str = ""
    unit: str = ""
    plu: str = ""
    grams: Count = 0
    grams_off: Count = 0
    zone: str = ""
    place: str = ""
    min_stock: Count = 0


class Price(msgspec.Struct, frozen=True, tag="price", tag_field="tb"):
    """The price of a product in this store's price zone; `book` is the price book's version."""

    sku: str
    fen: Count
    book: str


class Stock(msgspec.Struct, frozen=True, tag="stock", tag_field="tb"):
    """On-hand units of a product at this store as HQ counts them, own facts up to `upto_seq` included."""

    sku: str
    on_hand: Whole
    stream: str
    upto_seq: Count
    at: str


class OrderLine(msgspec.Struct, frozen=True):
    """A line of a click-and-collect order."""

    line: Seq
    sku: str
    name_zh: str
    name_en: str
    qty: Seq
    unit_fen: Count
    picture: str = ""
    flags: tuple[str, ...] = ()


class HandedBy(msgspec.Struct, frozen=True):
    """`qty` of an order line that the journal `stream` handed over; `unit` where a code of one unit was redeemed."""

    stream: str
    line: Seq
    qty: Seq
    unit: Count = 0


class Order(msgspec.Struct, frozen=True, tag="order", tag_field="tb"):
    """A click-and-collect order published (that is: leased) to this store.

    `handed`: what was handed over of an order that is open still. A store counts what other journals handed over
    (its own disk before it was replaced) on top of what stands in its own.
    """

    order: str
    gen: Seq
    store: str
    channel: str
    mode: str
    state: str
    lines: tuple[OrderLine, ...]
    name_masked: str
    phone_tail: str
    paid_fen: Count
    due_fen: Count
    ready_by: str
    hold_until: str
    numeric_code: str = ""
    shelf: str = ""
    lease_until: str = ""
    placed_at: str = ""
    store_name_zh: str = ""
    store_name_en: str = ""
    handed: tuple[HandedBy, ...] = ()
    service: str = "pickup"
    carrier: str = ""
    waybill: str = ""
    promised: str = ""
    ring: str = ""
    substitutes: bool = False
    card: str = ""


class OrderCommand(msgspec.Struct, frozen=True, tag="cmd", tag_field="tb"):
    """HQ asks something of a leased order; `kind` is cancel_requested."""

    cmd: str
    order: str
    gen: Seq
    kind: str
    at: str


class PickupKey(msgspec.Struct, frozen=True, tag="pickup_key", tag_field="tb"):
    """A public Ed25519 key (hex) under which pickup codes are valid; two at a time for roll-over."""

    kid: Kid
    public: str
    not_after: str = ""


class Revocation(msgspec.Struct, frozen=True, tag="revocation", tag_field="tb"):
    """A pickup code withdrawn by HQ, named by its nonce (hex)."""

    nonce: str
    order: str


class Staff(msgspec.Struct, frozen=True, tag="staff", tag_field="tb"):
    """Who may sign in here: role cashier or lead, argon2id hash of the PIN, SHA-256 (hex) of the badge."""

    staff: str
    name: str
    role: str
    pin_hash: str
    badge_sha: str = ""


class Shop(msgspec.Struct, frozen=True, tag="shop", tag_field="tb"):
    """A store of the chain by its number, for slips and for "that order is at ..."."""

    store: str
    name_zh: str
    name_en: str
    address_zh: str = ""
    address_en: str = ""
    phone: str = ""


class ConfigWord(msgspec.Struct, frozen=True, tag="config", tag_field="tb"):
    """How HQ wants this store set up: a signed Bundle (sync.configured), and where its money sections were signed
    in an earlier one, that one as `proof`."""

    id: str
    word: Signed
    proof: Signed | None = None


Down = (
    Product
    | Barcode
    | Price
    | Stock
    | Order
    | OrderCommand
    | PickupKey
    | Revocation
    | Staff
    | Shop
    | ConfigWord
    | GoodsDown
    | GuidingDown
    | ReturnState
    | ReturnedElsewhere
    | Coupon
    | Member
    | PointsGrant
    | CouponKey
    | MemberKey
    | LookupKey
    | MemberMerge
    | MemberErase
    | JoinLink
    | JoinScene
    | ScreenOrder
    | Repurchase
    | SellingDown
    | Deposit
)
DOWN_KINDS: dict[str, type[msgspec.Struct]] = {
    str(kind.__struct_config__.tag): kind for kind in get_args(Down)
}
UP_KINDS: dict[str, type[msgspec.Struct]] = {str(kind.__struct_config__.tag): kind for kind in get_args(Up)}


class Cursor(msgspec.Struct, frozen=True):
    """How far a bucket was read: its epoch and the last sequence applied."""

    e: str
    seq: Count


class PullRequest(msgspec.Struct, frozen=True):
    """What the store asks of the feed. `snap`: it can load snapshots, though not of the buckets in `pages`.

    `boot`, `clock` and `depth` as in an upload, for HQ's people.
    """

    proto: int
    stream: str
    buckets: dict[str, Cursor] = {}
    wait_s: float = 0.0
    max_rows: int = 5000
    max_bytes: int = MAX_BYTES
    nacks: tuple[dict[str, Any], ...] = ()
    snap: bool = False
    pages: tuple[str, ...] = ()
    boot: str = ""
    clock: dict[str, Any] = {}
    depth: Count | None = None


class Head(msgspec.Struct, frozen=True):
    """A bucket at HQ: epoch, newest sequence, live rows and their checksum (16 hex digits)."""

    e: str
    seq: Count
    n: Count
    ck: str


class Checkpoint(msgspec.Struct, frozen=True, tag="checkpoint", tag_field="t"):
    """First line of a pull: what to subscribe to and where each bucket stands."""

    cp: str
    up_acked: Count
    subscribe: tuple[str, ...]
    heads: dict[str, Head]
    server_time: str
    hq_epoch: str = ""


class Op(msgspec.Struct, frozen=True, tag="op", tag_field="t"):
    """One row of a bucket: put (with `d`) or del."""

    b: str
    seq: Seq
    op: str
    tb: str
    id: str
    ver: Count
    d: dict[str, Any] | None = None


class Reset(msgspec.Struct, frozen=True, tag="reset", tag_field="t", omit_defaults=True):
    """The store's copy of this bucket is void: drop it, then read it again from the start.

    With `snap` the start is that file, and no row of the bucket is in this page.
    """

    b: str
    why: str
    snap: Snap | None = None


class Complete(msgspec.Struct, frozen=True, tag="complete", tag_field="t"):
    """Last line of a pull; without it the page is not whole."""

    cp: str
    more: bool
    next_s: float


PullLine = Checkpoint | Op | Reset | Complete


ROW_KEYS: dict[str, str] = {
    "product": "sku",
    "barcode": "gtin",
    "price": "sku",
    "stock": "sku",
    "order": "order",
    "cmd": "cmd",
    "pickup_key": "kid",
    "revocation": "nonce",
    "staff": "staff",
    "shop": "store",
    "config": "id",
    **GOODS_KEYS,
    **GUIDING_KEYS,
    "return_state": "ret",
    "returned_elsewhere": "sale",
    "coupon": "coupon",
    "member": "member",
    "points_grant": "grant",
    "coupon_key": "kid",
    "member_key": "kid",
    "lookup_key": "kid",
    "member_merge": "member",
    "member_erase": "cmd",
    "join_link": "link",
    "join_scene": "scene",
    "screen_order": "order",
    "repurchase": "offer",
    **SELLING_KEYS,
    "deposit": "deposit",
}
"""The field of each Down kind whose text is the row's `id` in its bucket."""

MODES = frozenset({"whole", "quantity", "unit"})
STATES = frozenset(
    "allocated accepted rejected picking short packed ready handing partial picked_up expired restocked "
    "cancel_requested cancelled".split()
)
ROLES = frozenset({"cashier", "lead"})
SERVICES = frozenset({"pickup", "delivery"})
CARRIERS = frozenset({"", "own", "third"})


_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)


# ---- Encoding ------------------------------------------------------------------------------------


def canonical(value: Any) -> bytes:
    """Canonical JSON: UTF-8, keys sorted, no spaces. Both sides hash exactly these bytes."""
    return msgspec.json.encode(value, order="sorted")


def sha_of(event: Event) -> str:
    """SHA-256 (hex) over the canonical event without its `sha`."""
    body = msgspec.to_builtins(event)
    del body["sha"]
    return hashlib.sha256(canonical(body)).hexdigest()


def fact_of(event: Event) -> Up:
    """Reads the typed fact out of an event; raises msgspec.ValidationError when it is not one we know."""
    # By its one type: msgspec takes a union to pieces anew at each call, ten times the work.
    kind: Any = UP_KINDS.get(event.k, Up)
    fact: Up = msgspec.convert({**event.d, "k": event.k}, kind)
    return fact


def body_of(fact: Up) -> dict[str, Any]:
    """The `d` of a fact: its fields without the kind."""
    body: dict[str, Any] = msgspec.to_builtins(fact)
    del body["k"]
    return body


def kind_of(fact: Up) -> str:
    """The kind of a fact, as it stands on the wire."""
    return str(fact.__struct_config__.tag)


def row_of(op: Op) -> Down:
    """Reads the typed row out of a put; raises msgspec.ValidationError when it is not one we can use."""
    kind: Any = DOWN_KINDS.get(op.tb, Down)
    row: Down = msgspec.convert({**(op.d or {}), "tb": op.tb}, kind)
    if bad := check_row(row):
        raise msgspec.ValidationError(f"{op.tb}.{bad} is not what the protocol allows")
    return row


def check_row(row: Down) -> str:
    """The first field whose text means nothing to the other side (a time, a state ...), or "". Both ends ask."""
    match row:
        case Order():
            times: tuple[str, ...] = ("ready_by", "hold_until", "lease_until", "placed_at", "promised")
            words = {"mode": MODES, "state": STATES, "service": SERVICES, "carrier": CARRIERS}
        case PickupKey() | CouponKey() | MemberKey() | LookupKey():
            times, words = ("not_after",), {}
        case JoinLink():
            times, words = ("until",), {}
        case Staff():
            times, words = (), {"role": ROLES}
        case Coupon() | Deposit():
            times, words = ("not_before", "not_after"), {}
        case Member():
            times, words = ("points_at",), {}
        case PointsGrant():
            return "" if is_stamp(row.not_after) else "not_after"
        case ReturnState() | MemberMerge() | MemberErase() | JoinScene() | ScreenOrder():
            return "" if is_stamp(row.at) else "at"
        case OrderCommand() | Stock():
            return "" if is_stamp(row.at) else "at"
        case _:
            return ""
    bad = [name for name in times if (text := getattr(row, name)) and not is_stamp(text)]
    bad += [name for name, known in words.items() if getattr(row, name) not in known]
    return bad[0] if bad else ""


def id_of(row: Down) -> str:
    """The `id` of a row: the text of its key field."""
    return str(getattr(row, ROW_KEYS[table_of(row)]))


def table_of(row: Down) -> str:
    """The `tb` of a row, as it stands on the wire."""
    return str(row.__struct_config__.tag)


def row_body(row: Down) -> dict[str, Any]:
    """The `d` of a row: its fields without the table name."""
    body: dict[str, Any] = msgspec.to_builtins(row)
    del body["tb"]
    return body


def stamp(moment: datetime) -> str:
    """An aware time as it stands on the wire: RFC 3339, UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment_of(text: str) -> datetime:
    """The moment an RFC 3339 text names, in UTC; raises ValueError for any other text, also without a zone.

    Years before 2000 and from 2200 on are no times of a shop; arithmetic near the ends of the calendar fails.
    """
    if not _RFC3339.fullmatch(text):
        raise ValueError("not a time of RFC 3339")
    moment = datetime.fromisoformat(text)
    if not 2000 <= moment.year < 2200:
        raise ValueError("not a time of this age")
    return moment.astimezone(UTC)


def is_stamp(text: str) -> bool:
    """Whether the text is what `stamp` writes: only such times can be compared as text."""
    try:
        return stamp(moment_of(text)) == text
    except ValueError:
        return False


def row_hash(tb: str, row_id: str, ver: int, d: dict[str, Any]) -> int:
    """First 8 bytes of SHA-256(canonical([tb, id, ver, d])), unsigned; summed mod 2^64 per bucket."""
    return int.from_bytes(hashlib.sha256(canonical([tb, row_id, ver, d])).digest()[:8], "big")


class SyncFault(Exception):
    """The exchange with HQ did not work; retried, and shown to store IT."""

    code = "SYNC_FAULT"


class LineDown(SyncFault):
    """HQ does not answer, or what answers is not HQ."""

    code = "LINE_DOWN"


class HubBusy(SyncFault):
    """HQ asks for patience."""

    code = "HUB_BUSY"

    def __init__(self, retry_s: float) -> None:
        super().__init__(retry_s)
        self.retry_s = retry_s


class NotAdmitted(SyncFault):
    """HQ does not accept this store's credential."""

    code = "NOT_ADMITTED"


class NotEnrolled(NotAdmitted):
    """This box has nothing to show HQ: it was never enrolled."""

    code = "NOT_ENROLLED"


class BearerOver(NotAdmitted):
    """The bearer has run out; a new one is to be had."""


class ClocksApart(NotAdmitted):
    """HQ finds our time too far from its own, which it tells."""

    code = "CLOCKS_APART"

    def __init__(self, server_time: str) -> None:
        super().__init__(server_time)
        self.server_time = server_time


class DeviceRevoked(NotAdmitted):
    """HQ shut this box out: personal data go, the journal stays for whoever brings it in by hand."""

    code = "DEVICE_REVOKED"


class DeviceReplaced(DeviceRevoked):
    """Another box is this store's now. `up_acked`: the last fact of this journal at HQ, None if it did not say."""

    code = "DEVICE_REPLACED"
    up_acked: int | None = None


class Gap(SyncFault):
    """HQ expects another sequence number."""

    code = "GAP"

    def __init__(self, expected: int) -> None:
        super().__init__(expected)
        self.expected = expected


class Fork(SyncFault):
    """HQ holds another fact under one of our sequence numbers."""

    code = "FORK"


class EnvelopeRefused(SyncFault):
    """HQ cannot read this batch."""

    code = "ENVELOPE"


class VersionRefused(SyncFault):
    """HQ speaks another protocol version."""

    code = "VERSION"
