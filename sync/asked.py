"""The door's part for what a store asks HQ while somebody waits: one question, one answer, three seconds."""

from __future__ import annotations

from typing import Annotated, Literal, Protocol

import msgspec

from sync.benefits import CouponKind, Member
from sync.figures import Count, Name, Note

ASK_S = 3.0
"""How long a till waits for such an answer, seconds."""
COUPON_PATH = "/sync/v1/ask/coupon"
PHONE_PATH = "/sync/v1/ask/phone"
REVEAL_PATH = "/sync/v1/ask/reveal"
REPURCHASE_PATH = "/sync/v1/ask/repurchase"
CLAIM_PATH = "/sync/v1/ask/claim"
REASONS = frozenset({"identity", "delivery", "complaint", "after_sales"})
"""Why what is hidden of a member may be shown; HQ answers for nothing else."""

Hex = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
CouponNo = Literal[
    "", "unknown", "used", "held", "withdrawn", "over", "elsewhere", "capped", "member", "partner"
]
"""Why HQ says no: `held` by another basket, `capped` for this member, `member`: it must know whose
it is to be, `partner` does not answer."""


class CouponAsk(msgspec.Struct, frozen=True):
    """May this coupon be used? `hold` keeps it for `lock` until `until`, `drop` lets it go again.

    `issuer` "" is HQ itself, else the third party whose voucher `coupon` is. `code` is the signed code's nonce.
    """

    op: Literal["hold", "drop"]
    coupon: Name
    lock: Name
    until: str
    issuer: Annotated[str, msgspec.Meta(max_length=32)] = ""
    code: Annotated[str, msgspec.Meta(max_length=64)] = ""
    member: Annotated[str, msgspec.Meta(max_length=64)] = ""


class CouponSaid(msgspec.Struct, frozen=True):
    """HQ's answer. `why` "" is yes; then what the coupon is, for one that the store knows nothing of."""

    why: CouponNo
    fen: Count = 0
    kind: CouponKind = "cash"
    title_zh: Note = ""
    title_en: Note = ""
    not_after: str = ""
    terms: Note = ""
    sku: Note = ""


class PhoneAsk(msgspec.Struct, frozen=True):
    """Whose phone or card number is it? Told by its hash under HQ's look-up key `kid`, never by itself."""

    kid: Count
    hash: Hex


class PhoneSaid(msgspec.Struct, frozen=True):
    """The member, None where HQ knows none (or more than one); `stale`: another look-up key counts by now."""

    member: Member | None = None
    stale: bool = False


class RevealAsk(msgspec.Struct, frozen=True):
    """What is hidden of a member, for a lead with a reason; the fact `member.revealed` says so in the journal.

    `proof`: what the store was shown of the member minutes ago, a code (MB1) or `<key>:<hash>` of a number.
    """

    member: Name
    reason: Note
    staff: Note
    proof: Annotated[str, msgspec.Meta(max_length=1024)] = ""


class RevealSaid(msgspec.Struct, frozen=True):
    """Shown for ten seconds and kept nowhere; "" is not known."""

    name: Note = ""
    phone: Note = ""


class RepurchaseAsk(msgspec.Struct, frozen=True):
    """Which coupon does this sale earn? The same sale gets the same answer."""

    sale: Name
    fen: Count
    at: str
    member: Annotated[str, msgspec.Meta(max_length=64)] = ""


class RepurchaseSaid(msgspec.Struct, frozen=True):
    """The coupon's code (CP1), "" where the sale earns none."""

    code: str = ""
    not_after: str = ""
    fen: Count = 0
    title_zh: Note = ""
    title_en: Note = ""


class ClaimAsk(msgspec.Struct, frozen=True):
    """A claim code (CC1) that a store printed while HQ could not be asked."""

    text: Annotated[str, msgspec.Meta(max_length=600)]


class ClaimSaid(RepurchaseSaid, frozen=True):
    """The coupon's code; `why` "unknown" for a text that no device of HQ's signed, "over", or "" ."""

    why: Literal["", "unknown", "over"] = ""


class AtHq(Protocol):
    """HQ as a till asks it. Every method waits at most `ASK_S` and raises SyncFault when there is no answer."""

    def coupon(self, asked: CouponAsk) -> CouponSaid:
        """Whether a coupon may be used."""
        ...

    def phone(self, asked: PhoneAsk) -> PhoneSaid:
        """Whose number that is."""
        ...

    def reveal(self, asked: RevealAsk) -> RevealSaid:
        """What is hidden of a member."""
        ...

    def repurchase(self, asked: RepurchaseAsk) -> RepurchaseSaid:
        """Which coupon a sale earns."""
        ...

    def claim(self, asked: ClaimAsk) -> ClaimSaid:
        """The coupon for a claim code."""
        ...
