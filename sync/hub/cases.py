"""Cases for people: contradictions that HQ took in anyhow, looked at and closed by somebody, with a reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, insert, select, update

from sync.hub.audit import who_acts
from sync.hub.database import snapshot, write
from sync.hub.fleet_schema import case_word
from sync.hub.publishing import NotPossible
from sync.hub.schema import case_file, customer_order, ingest_event
from sync.messages import stamp

_NAME = re.compile(r"c-([1-9][0-9]{0,17})", re.ASCII)
PAGE = 50
MAX_WHY = 500


class Cases:
    """The verbs on cases. Raises NotPossible, with words for a person, where one makes no sense."""

    def __init__(self, engine: Engine, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """`now` gives aware times."""
        self._engine = engine
        self._now = now

    def listed(
        self, *, state: str = "", store: str = "", after: str = "", limit: int = PAGE
    ) -> list[dict[str, Any]]:
        """Newest first, those before case `after`: case, code, store, order_no, stream, seq, opened_at, state ..."""
        query = select(case_file).order_by(case_file.c.n.desc()).limit(limit)
        if state:
            query = query.where(case_file.c.state == state)
        if store:
            query = query.where(case_file.c.store == store)
        if after:
            query = query.where(case_file.c.n < number_of(after))
        with snapshot(self._engine) as conn:
            return [_case(row) for row in conn.execute(query).mappings()]

    def shown(self, case: str) -> dict[str, Any]:
        """One case with how it was closed, the order as it is now, and the fact's kind and verdict."""
        number = number_of(case)
        with snapshot(self._engine) as conn:
            row = conn.execute(select(case_file).where(case_file.c.n == number)).mappings().one_or_none()
            if row is None:
                raise NotPossible(f"no case {case}")
            return {**_case(row), **_around(conn, row)}

    def close(self, case: str, why: str) -> None:
        """Closes an open case; `why` is for whoever asks later. Whose act is under way closed it."""
        number = number_of(case)

        def work(conn: Connection) -> None:
            if problem := case_problem(conn, case, why):
                raise NotPossible(problem)
            self._close(conn, number, why)

        write(self._engine, work)

    def settle(self, wanted: Sequence[tuple[int, str]]) -> int:
        """Closes these open cases (number, why), all or none; how many. Raises NotPossible."""

        def work(conn: Connection) -> int:
            for number, why in wanted:
                if problem := case_problem(conn, f"c-{number}", why):
                    raise NotPossible(problem)
                self._close(conn, number, why)
            return len(wanted)

        return write(self._engine, work)

    def _close(self, conn: Connection, number: int, why: str) -> None:
        open_one = (case_file.c.n == number) & (case_file.c.state == "open")
        # Somebody else may have closed it since it was looked at.
        if not conn.execute(update(case_file).where(open_one).values(state="closed")).rowcount:
            raise NotPossible(f"case c-{number} is closed already")
        said = {"closed_at": stamp(self._now()), "who": who_acts(), "why": why.strip()}
        conn.execute(insert(case_word).values(n=number, **said))


def case_problem(conn: Connection, case: str, why: str) -> str:
    """Why this case cannot be closed; "" if it can."""
    if not why.strip() or len(why.strip()) > MAX_WHY:
        return f"why a case is closed is said in 1 to {MAX_WHY} characters"
    try:
        number = number_of(case)
    except NotPossible as refused:
        return str(refused)
    state = conn.scalar(select(case_file.c.state).where(case_file.c.n == number))
    if state is None:
        return f"no case {case}"
    return "" if state == "open" else f"case {case} is closed already"


def number_of(case: str) -> int:
    """The number in a case's name, c-17; raises NotPossible for another text."""
    found = _NAME.fullmatch(case)
    if found is None:
        raise NotPossible(f"{case[:40]!r} is no case: they are named like c-17")
    return int(found[1])


def _case(row: RowMapping) -> dict[str, Any]:
    values = dict(row)
    return {"case": f"c-{values.pop('n')}", **values}


def _around(conn: Connection, row: RowMapping) -> dict[str, Any]:
    found: dict[str, Any] = {}
    word = conn.execute(select(case_word).where(case_word.c.n == row["n"])).mappings().one_or_none()
    if word is not None:
        found |= {"closed_at": word["closed_at"], "closed_by": word["who"], "why": word["why"]}
    here = (ingest_event.c.stream == row["stream"]) & (ingest_event.c.seq == row["seq"])
    fact = conn.execute(select(ingest_event.c.kind, ingest_event.c.verdict).where(here)).one_or_none()
    if fact is not None:
        found |= {"kind": fact.kind, "verdict": fact.verdict}
    order = customer_order.c.order_no == row["order_no"]
    now = conn.execute(select(customer_order).where(order)).one_or_none() if row["order_no"] else None
    if now is not None:
        found |= {"order_store": now.store, "order_gen": now.gen, "order_state": now.state}
    return found
