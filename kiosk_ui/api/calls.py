"""What a call of /api/v1 is: the scope it needs, what it asks, what it answers. The OpenAPI file is made from these."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from config.api_schema import ApiScope

View = TypeVar("View", bound=Callable[..., Any])
_MARK = "store_edge_call"


@dataclass(frozen=True)
class Call:
    """`scope` "" is open to everybody; `asked` the body's type (None: no body), `query` the parameters behind the
    question mark by name with their JSON Schema, `answer` types that the body at `status` may have (str: a text)."""

    scope: ApiScope | str
    asked: type[Any] | None = None
    answer: tuple[type[Any], ...] = ()
    status: int = 200
    query: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def call(
    scope: ApiScope,
    *,
    asked: type[Any] | None = None,
    answer: type[Any] | tuple[type[Any], ...] = (),
    status: int = 200,
    query: Mapping[str, Mapping[str, Any]] | None = None,
) -> Callable[[View], View]:
    """Marks a view as this call; a view of /api/v1 without the mark is refused to everybody."""

    def mark(view: View) -> View:
        setattr(
            view,
            _MARK,
            Call(scope, asked, answer if isinstance(answer, tuple) else (answer,), status, query or {}),
        )
        return view

    return mark


def open_call() -> Callable[[View], View]:
    """Marks a view that asks nobody who they are."""

    def mark(view: View) -> View:
        setattr(view, _MARK, Call(""))
        return view

    return mark


def call_of(view: Callable[..., Any] | None) -> Call | None:
    """The mark of a view; None where there is none."""
    found = getattr(view, _MARK, None)
    return found if isinstance(found, Call) else None
