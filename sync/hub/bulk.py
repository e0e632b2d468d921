"""Many rows in one statement: a JSON array that PostgreSQL takes apart itself, executemany where that is as quick."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, bindparam, insert, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError

Rows = Sequence[dict[str, Any]]
_CURSOR = "rows sent together"


def rows_of(
    conn: Connection,
    table: Table,
    column: str,
    names: Iterable[str],
    *,
    only: tuple[str, ...] = (),
    also: Mapping[str, str] | None = None,
    lock: bool = False,
) -> Sequence[Any]:
    """The rows whose `column` is one of `names` and whose other columns are as `also` says; `only` these columns.

    `lock` takes and keeps them until the commit, in the order of `column`: two writers cannot wait for each other.
    One statement of constant text however many names: an IN list is rendered, parsed and planned anew each time.
    """
    listed = sorted(names)
    if not listed:
        return ()
    also = also or {}
    postgres = conn.dialect.name == "postgresql"
    statement = _select_text(table, column, only, tuple(also), lock, postgres)
    return conn.exec_driver_sql(statement, (bound_names(listed, postgres=postgres), *also.values())).all()


def bound_names(listed: Sequence[str], *, postgres: bool) -> str:
    """Names as the one value that `named_in` takes apart: an array as PostgreSQL writes it, which the driver would put
    together name by name, or a JSON text.
    """
    if not postgres:
        return msgspec.json.encode(listed).decode()
    if any('"' in name or "\\" in name for name in listed):
        listed = [name.replace("\\", "\\\\").replace('"', '\\"') for name in listed]
    return '{"' + '","'.join(listed) + '"}' if listed else "{}"


def named_in(*, postgres: bool) -> str:
    """A query of the names in one bound value, made by `bound_names`.

    No `= ANY(array)`: PostgreSQL goes through the array for every row of a table that it reads whole.
    """
    return "SELECT unnest(%s::text[])" if postgres else "SELECT value FROM json_each(?)"


def insert_rows(conn: Connection, table: Table, rows: Rows) -> None:
    """Inserts rows that all name the same columns."""
    if not rows:
        return
    if conn.dialect.name != "postgresql":
        conn.execute(insert(table), list(rows))
        return
    _send(conn, _insert_text(table, tuple(rows[0])), msgspec.json.encode(rows).decode())


def update_rows(conn: Connection, table: Table, keys: tuple[str, ...], rows: Rows) -> None:
    """Sets the other columns of the rows that `keys` name; all rows name the same columns."""
    if not rows:
        return
    if conn.dialect.name == "postgresql":
        _send(conn, _update_text(table, keys, tuple(rows[0])), msgspec.json.encode(rows).decode())
        return
    wanted = [table.c[name] == bindparam(f"k_{name}") for name in keys]
    values: dict[str, Any] = {name: bindparam(f"v_{name}") for name in rows[0] if name not in keys}
    named = [{("k_" if name in keys else "v_") + name: row[name] for name in row} for row in rows]
    conn.execute(update(table).where(*wanted).values(**values), named)


def delete_rows(conn: Connection, table: Table, column: str, names: Iterable[str]) -> None:
    """Deletes the rows whose `column` is one of `names`."""
    listed = sorted(names)
    if listed:
        postgres = conn.dialect.name == "postgresql"
        _send(conn, _delete_text(table, column, postgres), bound_names(listed, postgres=postgres))


@contextmanager
def sent_together(conn: Connection) -> Iterator[None]:
    """Rows inserted, updated and deleted within go to PostgreSQL one after the other, without waiting for each answer.

    Nothing may be read within. What the database refuses is raised at the end at the latest, as SQLAlchemy's error.
    """
    driver: Any = conn.dialect.loaded_dbapi
    if conn.dialect.name != "postgresql" or not driver.Pipeline.is_supported():
        yield
        return
    line: Any = conn.connection.driver_connection
    errors = driver.Error
    try:
        with line.pipeline(), line.cursor() as cursor:
            conn.info[_CURSOR] = cursor
            try:
                yield
            finally:
                del conn.info[_CURSOR]
    except errors as error:
        lost = conn.dialect.is_disconnect(error, line, None)
        if lost:
            conn.invalidate(error)
        raise DBAPIError.instance(
            "rows sent together",
            None,
            error,
            errors,
            hide_parameters=True,
            connection_invalidated=lost,
            dialect=conn.dialect,
        ) from error


def _send(conn: Connection, statement: str, value: str) -> None:
    cursor = conn.info.get(_CURSOR)
    if cursor is None:
        conn.exec_driver_sql(statement, (value,))
    else:
        cursor.execute(statement, (value,))


@cache
def _select_text(
    table: Table, column: str, only: tuple[str, ...], also: tuple[str, ...], lock: bool, postgres: bool
) -> str:
    listed, mark = ", ".join(only or table.c.keys()), "%s" if postgres else "?"
    within = f"IN ({named_in(postgres=postgres)})"
    more = "".join(f" AND {name} = {mark}" for name in also)
    # S608: names of our own tables and columns only; values are bound.
    text = f"SELECT {listed} FROM {table.name} WHERE {column} {within}{more}"  # noqa: S608
    if lock:
        text += f" ORDER BY {column}" + (" FOR UPDATE" if postgres else "")
    return text


@cache
def _delete_text(table: Table, column: str, postgres: bool) -> str:
    return f"DELETE FROM {table.name} WHERE {column} IN ({named_in(postgres=postgres)})"  # noqa: S608 - as above


@cache
def _insert_text(table: Table, names: tuple[str, ...]) -> str:
    listed = ", ".join(names)
    # S608 here and below: as above, names of our own tables and columns only; values are bound.
    return f"INSERT INTO {table.name} ({listed}) SELECT {listed} FROM {_recordset(table, names)}"  # noqa: S608


@cache
def _update_text(table: Table, keys: tuple[str, ...], names: tuple[str, ...]) -> str:
    values = ", ".join(f"{name} = r.{name}" for name in names if name not in keys)
    same = " AND ".join(f"{table.name}.{name} = r.{name}" for name in keys)
    return f"UPDATE {table.name} SET {values} FROM {_recordset(table, names)} WHERE {same}"  # noqa: S608


def _recordset(table: Table, names: tuple[str, ...]) -> str:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    types = ", ".join(f"{name} {table.c[name].type.compile(dialect)}" for name in names)
    return f"json_to_recordset(%s::json) AS r({types})"
