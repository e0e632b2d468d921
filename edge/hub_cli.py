"""store-edge hub: the reference HQ's command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from edge.domain import pickup_code

if TYPE_CHECKING:
    from sync.hub.keys import CodeClaims

DATABASE = click.option(
    "--database",
    default="hub.db",
    show_default=True,
    envvar="STORE_EDGE_HUB_DATABASE",
    help="HQ's database: a file, or a URL as postgresql+psycopg://hub@db/hub.",
)


def encode_code(claims: CodeClaims, sign: pickup_code.Sign) -> str:
    """The text of a pickup code, in the store's own format: HQ's side of `edge.domain.pickup_code`."""
    return pickup_code.issue(
        pickup_code.Claims(
            kid=claims.kid,
            store=claims.store,
            order=claims.order,
            gen=claims.gen,
            not_after=claims.not_after,
            nonce=claims.nonce,
            unit=claims.unit,
        ),
        sign,
    )


@contextmanager
def plainly() -> Iterator[None]:
    """Says in one line what HQ, its database or the disk refuses; exit status 1."""
    from sqlalchemy.exc import DatabaseError

    from sync.hub.publishing import NotPossible

    try:
        yield
    except NotPossible as refused:
        raise click.ClickException(str(refused)) from refused
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        raise click.ClickException(f"{error.strerror or type(error).__name__}{where}") from error
    except DatabaseError as error:
        raise click.ClickException(f"HQ's database cannot be used: {error.orig}") from error


@click.group()
def hub() -> None:
    """The reference HQ: publishes orders, takes in what happened in the stores."""
