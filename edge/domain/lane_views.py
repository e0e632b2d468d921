"""What a kiosk's page shows: the place, the basket with its price, and whatever the place is about."""

from __future__ import annotations

from dataclasses import dataclass

from edge.domain.counter_views import CouponView
from edge.domain.lane_checks import Need
from edge.domain.lane_session import Here, Place
from edge.domain.member_views import JoinView, MemberCard
from edge.domain.payment_views import PaymentView
from edge.domain.selling import Bill, Line, Sale
from edge.domain.tickets import Ticket
from edge.domain.views import StationView


@dataclass(frozen=True)
class LaneRow:
    """A line of the basket: `net_fen` before what comes off the whole, `saved_fen` off its own price, `off` why."""

    line: Line
    net_fen: int
    saved_fen: int
    off: tuple[str, str]
    fresh: bool


@dataclass(frozen=True)
class Ware:
    """A product to choose from; `fen` None: no price. `weighed`: it goes onto the scale."""

    sku: str
    name_zh: str
    name_en: str
    category: str
    fen: int | None
    weighed: bool
    inside: int = 0


@dataclass(frozen=True)
class Shelf:
    """A page of products: of a category, or of what fits typed letters; none chosen: the categories alone."""

    categories: tuple[tuple[str, int], ...] = ()
    category: str = ""
    letters: str = ""
    page: int = 0
    more: bool = False
    wares: tuple[Ware, ...] = ()


@dataclass(frozen=True)
class Choice:
    """A coupon to tick; `held` it is in the basket, `fen` it takes off now, `why` (zh, en) why it takes nothing."""

    name: str
    title_zh: str
    title_en: str
    held: bool
    fen: int
    why: tuple[str, str]
    usable: bool
    view: CouponView | None = None


@dataclass(frozen=True)
class Check:
    """Something a person has to look at, and how far that is; `name` (zh, en) of the goods."""

    need: Need
    name: tuple[str, str]
    category: str
    ticket: Ticket | None


@dataclass(frozen=True)
class Collected:
    """An order at the kiosk: `tail` of its number, pieces, where it waits; `box` 0: staff hand it over."""

    tail: str
    units: int
    shelf: str
    box: int
    stuck: bool


@dataclass(frozen=True)
class Papers:
    """How the receipt can be had: `printer` works, `phone` the text of a QR or ""; `chosen` what was taken. `coupon`
    and `invoice` are texts of QRs, "" for none."""

    printer: bool
    phone: str
    chosen: str
    coupon: str
    invoice: str


@dataclass(frozen=True)
class LaneView:
    """Everything a kiosk's page needs. `wait_s` is how long people waited for staff lately, about."""

    station: StationView
    here: Here
    place: Place
    closed: str
    hours: tuple[str, str]
    wallets: bool
    printer: bool
    bags: bool
    bill: Bill | None = None
    rows: tuple[LaneRow, ...] = ()
    offs: tuple[tuple[str, str, int], ...] = ()
    gifts: tuple[tuple[str, str], ...] = ()
    hint: tuple[str, str] = ("", "")
    member: MemberCard | None = None
    tier: str = ""
    phones: bool = False
    join: JoinView | None = None
    coupons: tuple[Choice, ...] = ()
    shelf: Shelf = Shelf()
    bag_wares: tuple[Ware, ...] = ()
    checks: tuple[Check, ...] = ()
    wait_s: int = 0
    payment: PaymentView | None = None
    sale: Sale | None = None
    papers: Papers | None = None
    collected: Collected | None = None
    help: Ticket | None = None
    said: tuple[str, str, str] = ("", "", "")
    pickup_at: tuple[str, str] = ("", "")
    kept_minutes: int = 0

    @property
    def total_fen(self) -> int:
        """What is due."""
        return int(self.bill.total_fen) if self.bill is not None else 0

    @property
    def saved_fen(self) -> int:
        """Less than the prices on the shelf."""
        return int(self.bill.priced.saved_fen) if self.bill is not None else 0

    @property
    def units(self) -> int:
        """Pieces in the basket."""
        return self.bill.basket.units if self.bill is not None else 0


@dataclass(frozen=True)
class LaneTile:
    """A kiosk as staff see it: `word` free | shopping | checking | paying | unclear | paused | closed; `calls` wait."""

    station: str
    label_zh: str
    label_en: str
    word: str
    units: int
    fen: int
    since_s: int
    calls: int
    paused: bool
