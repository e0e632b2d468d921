"""A member whom HQ wants forgotten stands in no row of the ledger afterwards, whatever table named them."""

from __future__ import annotations

from typing import Any

from edge.db import Connection

MEMBER, OTHER, TAIL, CMD = "m-canary-7f3a", "m-stays-11", "9731", "erase-1"
AT = "2026-01-05T10:00:00.000Z"
CHOSEN = {"state": "redeemed", "source": "sale", "trust": "card", "training": 0}
DONE = ("member_order", "member")
"""Which wishes of HQ's were done; since the first version its member is written empty."""


def naming(tx: Connection) -> dict[str, list[str]]:
    """Every table of the ledger with columns that name a member, and those columns."""
    found: dict[str, list[str]] = {}
    for (table,) in tx.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall():
        for column in columns(tx, table):
            if column["name"] in ("member", "card_tail") and (table, column["name"]) != DONE:
                found.setdefault(table, []).append(column["name"])
    return found


def columns(tx: Connection, table: str) -> list[dict[str, Any]]:
    """The columns of a table as SQLite tells them."""
    rows = tx.execute(f"SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_info('{table}')")  # noqa: S608
    return [dict(zip(("name", "type", "notnull", "default", "pk"), row, strict=True)) for row in rows]


def keep(tx: Connection, table: str, member: str) -> None:
    """A row of that table about this member, everything else as plain as its rules allow."""
    row: dict[str, Any] = {}
    for column in columns(tx, table):
        name, number = column["name"], column["type"] == "INTEGER"
        if name in ("member", "card_tail"):
            row[name] = member if name == "member" else TAIL
        elif name in CHOSEN:
            row[name] = "sold" if (table, name) == ("basket", "state") else CHOSEN[name]
        elif number and column["pk"]:
            continue
        elif column["notnull"] and column["default"] is None:
            # Another number and text for each: some must differ between rows.
            row[name] = 1 if number else f"{name}-{len(member)}"
    marks = ", ".join("?" * len(row))
    tx.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))  # noqa: S608


def everything(tx: Connection) -> str:
    """Every value of every table of the ledger."""
    tables = [row[0] for row in tx.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")]
    return "\n".join(repr(tx.execute(f"SELECT * FROM main.{table}").fetchall()) for table in tables)  # noqa: S608


def test_no_table_keeps_an_erased_member(shop) -> None:
    with shop.books.ledger.transaction() as tx:
        tx.execute("PRAGMA defer_foreign_keys = ON")
        tables = naming(tx)
        for table in tables:
            for member in (MEMBER, OTHER):
                keep(tx, table, member)
        tx.execute("UPDATE sale SET basket = (SELECT basket FROM basket WHERE basket.member = sale.member)")
        assert everything(tx).count(TAIL) == 4
        rows = shop.books.members.forget(tx, CMD, MEMBER, AT)
        assert {"sale", "goods_return", "basket", "coupon_use", "member_look"} <= tables.keys()
        assert rows == len(tables)
        for table, named in tables.items():
            for column in named:
                left = tx.execute(f"SELECT {column} FROM {table} WHERE {column} <> ''").fetchall()  # noqa: S608
                assert left == [(OTHER if column == "member" else TAIL,)], (table, column)
        assert MEMBER not in everything(tx)
        assert shop.books.members.done(tx, CMD)


def test_a_merge_leaves_what_was_booked(shop) -> None:
    with shop.books.ledger.transaction() as tx:
        tx.execute("PRAGMA defer_foreign_keys = ON")
        for table in ("basket", "sale", "goods_return"):
            keep(tx, table, MEMBER)
        tx.execute("UPDATE sale SET basket = (SELECT basket FROM basket)")
        assert shop.books.members.rename(tx, MEMBER, OTHER) == 1
        told = [
            tx.execute(f"SELECT member FROM {t}").fetchone()[0]  # noqa: S608
            for t in ("basket", "sale", "goods_return")
        ]
    assert told == [OTHER, MEMBER, MEMBER]
