"""A store's books opened by a command on the store's own box, beside the daemon; what stands against it in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from config.loader import load
from config.schema import Settings, SettingsRefused

if TYPE_CHECKING:
    from edge.records.books import Books


@contextmanager
def own_books(path: Path) -> Iterator[tuple[Settings, Books]]:
    """The settings in `path` and the books they name, closed afterwards.

    Raises ClickException for settings that are refused, a key that is elsewhere or wrong, and a file (also one of the
    command's own) that cannot be read or written.
    """
    from edge.db import WrongKey
    from edge.owner import KeyElsewhere, key_as_owner
    from edge.records.books import open_books

    try:
        settings = load(path)
        books = open_books(Path(settings.store.state_dir), key_as_owner(settings), settings.store.timezone)
        try:
            yield settings, books
        finally:
            books.close()
    except SettingsRefused as refused:
        raise click.ClickException("\n".join(map(str, refused.problems))) from refused
    except (KeyElsewhere, WrongKey) as refused:
        raise click.ClickException(str(refused)) from refused
    except OSError as error:
        raise click.ClickException(f"{error.strerror}: {error.filename}") from error
