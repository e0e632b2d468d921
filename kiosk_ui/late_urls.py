"""A route whose URL builder is made when a page first links to it: most pages link to a few of 260."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule


class LateRule(Rule):
    """werkzeug's Rule; it compiles a program a route twice at start, nine tenths of what create_app costs.

    Leans on `Rule._compile_builder` of werkzeug 3: under another name it would only be as slow as before.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compiled = super()._compile_builder
        made: list[Callable[..., tuple[str, str]]] = []

        def build(rule: Rule, **values: Any) -> tuple[str, str]:
            # Two threads may both make it: the same one twice.
            if not made:
                made.append(compiled(append_unknown))
            return made[0](rule, **values)

        return build
