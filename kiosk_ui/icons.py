"""The icon set, read once from the vendored Lucide files and inlined, so that icons take the colour of their words."""

from __future__ import annotations

import re
from pathlib import Path

from markupsafe import Markup

_FOLDER = Path(__file__).parent / "static" / "vendor" / "lucide-1.62.0"
_INSIDE = re.compile(r"<svg\b[^>]*>(.*)</svg>", re.DOTALL)


class Icons:
    """Callable from templates: `icon("printer")`. Decorative by itself: the words beside it say the same."""

    def __init__(self) -> None:
        self._shapes = {}
        for path in sorted(_FOLDER.glob("*.svg")):
            inside = _INSIDE.search(path.read_text(encoding="utf-8"))
            if inside is not None:
                self._shapes[path.stem] = " ".join(inside.group(1).split())

    def names(self) -> list[str]:
        """All of them, sorted."""
        return sorted(self._shapes)

    def __call__(self, name: str, kind: str = "") -> Markup:
        """The icon as inline SVG with class `icon` and `kind`; raises KeyError for one that is not vendored."""
        shape = Markup(self._shapes[name])  # noqa: S704 - our own vendored file
        return Markup(
            '<svg class="icon {}" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{}</svg>'
        ).format(kind, shape)
