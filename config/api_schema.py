"""The settings of other programs in the shop: who may call /api/v1, for which stations, and which parts of it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from config.device_schema import Name

ApiScope = Literal[
    "pickup",
    "scan",
    "status",
    "till",
    "goods",
    "stock",
    "picks",
    "sales",
    "returns",
    "coupons",
    "members",
    "events",
    "tickets",
    "metrics",
]


class ApiClientSettings(msgspec.Struct, frozen=True):
    """Another program in the shop that may call /api/v1."""

    token_sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")] = "0" * 64
    """SHA-256 (hex) of its bearer token; the token itself is never stored."""
    stations: tuple[Name, ...] = ()
    """The stations in whose name it may act."""
    role: Literal["cashier", "lead"] = "cashier"
    """As whom it acts: what a cashier may, or a lead."""
    scopes: tuple[ApiScope, ...] = ("pickup", "scan", "status", "till")
    """Which parts of the API it may call."""
