"""Sums of money as people write them, without the currency's sign."""

from __future__ import annotations


def yuan(fen: int) -> str:
    """12.50 from 1250 fen, -0.02 from -2."""
    sign, rest = "-" if fen < 0 else "", abs(fen)
    return f"{sign}{rest // 100}.{rest % 100:02}"


def short(fen: int) -> str:
    """The same without decimals where there are none: 12 from 1200 fen."""
    return yuan(fen).removesuffix(".00")
