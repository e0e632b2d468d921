"""QR codes for screens: crisp SVG with its quiet zone, dark on white whatever the scheme."""

from __future__ import annotations

from markupsafe import Markup

QUIET = 4
"""Modules of white around the code (ISO/IEC 18004)."""


def drawn(text: str) -> Markup:
    """The code as inline SVG that takes the size of its box; error correction M. Raises segno.DataOverflowError."""
    import segno

    code = segno.make(text, error="m", micro=False)
    shape = code.svg_inline(
        border=QUIET, omitsize=True, dark="#000", light="#fff", svgclass="code", lineclass=None
    )
    return Markup(shape)  # noqa: S704 - our own drawing, with no words in it
