"""What HQ's answer to a request stands for: an answer of ours, or a fault by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from sync.messages import (
    BearerOver,
    ClocksApart,
    DeviceReplaced,
    DeviceRevoked,
    EnvelopeRefused,
    Fork,
    Gap,
    HubBusy,
    LineDown,
    NotAdmitted,
    SyncFault,
    VersionRefused,
)

MAX_RETRY_S = 300.0
DEFAULT_RETRY_S = 30.0
_OURS = frozenset({"application/json", "application/x-ndjson"})


def fault_of(status: int, headers: Mapping[str, str], body: bytes) -> SyncFault | None:
    """The fault an answer stands for; None when it is a 200 of ours."""
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if status == 200:
        return None if kind in _OURS else LineDown("what answers is not HQ")
    said = _said(body) if kind in _OURS else {}
    if status == 409 and said.get("error") == "gap":
        expected = said.get("expected")
        return Gap(expected) if isinstance(expected, int) else LineDown("a gap without a number")
    if status == 409 and said.get("error") == "fork":
        return Fork()
    if status in {429, 503}:
        return HubBusy(_retry_s(headers.get("Retry-After", "")))
    if not said:
        # A proxy or a captive portal may say 401 or 403 just as well; only HQ's own word counts.
        return LineDown(f"what answers is not HQ ({status})")
    if status in {401, 403}:
        return _not_admitted(status, said)
    if status in {400, 413}:
        return EnvelopeRefused(str(status))
    return VersionRefused() if status == 422 else LineDown(f"HQ answers {status}")


def _not_admitted(status: int, said: Mapping[str, Any]) -> NotAdmitted:
    match said.get("error"):
        case "expired":
            return BearerOver(str(status))
        case "device_revoked":
            return DeviceRevoked(str(status))
        case "device_replaced":
            replaced, acked = DeviceReplaced(str(status)), said.get("up_acked")
            replaced.up_acked = acked if type(acked) is int and acked >= 0 else None
            return replaced
        case "clock" if isinstance(said.get("server_time"), str):
            return ClocksApart(said["server_time"])
    return NotAdmitted(str(status))


def _said(body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}


def _retry_s(text: str) -> float:
    # A date is allowed there, too; our hub never sends one and a clock may be wrong.
    return min(float(text), MAX_RETRY_S) if text.isascii() and text.isdigit() else DEFAULT_RETRY_S
