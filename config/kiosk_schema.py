"""The part of the settings about shoppers' kiosks: hours, limits, checks by staff, bags, pickup and boxes."""

from __future__ import annotations

from typing import Annotated

import msgspec

Clock = Annotated[str, msgspec.Meta(pattern=r"^(([01]\d|2[0-3]):[0-5]\d)?$")]
_Few = Annotated[int, msgspec.Meta(ge=0, le=100)]
_Words = Annotated[str, msgspec.Meta(max_length=40)]


class KioskSettings(msgspec.Struct, frozen=True):
    """Kiosks of this store: stations of kind kiosk; times are the store's own clock."""

    opens: Clock = ""
    """When kiosks begin to sell, HH:MM; with `closes` empty: round the clock."""
    closes: Clock = ""
    """When kiosks stop to sell, HH:MM; orders are still collected. Before `opens`: past midnight."""
    most_lines: Annotated[int, msgspec.Meta(ge=1, le=200)] = 40
    """Lines of a kiosk's basket; larger ones go to the desk."""
    most_pieces: Annotated[int, msgspec.Meta(ge=1, le=999)] = 12
    """Pieces of one product from which on a person looks at them."""
    most_removed: _Few = 6
    """Lines that a shopper takes out again before a person looks; 0: any number."""
    spot_check_mille: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0
    """How many baskets of a thousand a person looks through before they are paid."""
    bags: tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=64)], ...] = ()
    """SKUs of the bags on sale, as they are offered; empty: none are."""
    asks_bags: bool = True
    """Whether a shopper who took no bag is asked once, before paying."""
    kept_minutes: Annotated[int, msgspec.Meta(ge=1, le=240)] = 10
    """How long a basket that was left behind can be taken up again at a desk, minutes."""
    receipt_url: Annotated[str, msgspec.Meta(pattern=r"^(https://[!-~]{1,200})?$")] = ""
    """HQ's page for receipts on a phone, shown as a QR; empty: paper only."""
    pickup_at_zh: _Words = "服务台"
    """Where orders are handed over, Chinese."""
    pickup_at_en: _Words = "the service desk"
    """Where orders are handed over, English."""
    locker: Annotated[str, msgspec.Meta(max_length=32)] = ""
    """Name of the bank of boxes (`lockers`) that kiosks open for orders in it; empty: staff hand over."""
    locker_shelf: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{1,4}$")] = "BOX"
    """How the shelf codes of the boxes begin: BOX-07 is box 7."""
