"""A fact as HQ keeps it: judged against rows in memory, written as it was received, with its verdict."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from sync.hub.bulk import insert_rows, rows_of
from sync.hub.effects import Effects
from sync.hub.envelope import Line
from sync.hub.judging import Source, Touched
from sync.hub.schema import ingest_event
from sync.hub.working_set import WorkingSet
from sync.messages import Up

APPLIED = "applied"
# Whatever a rejecting validator may throw; a database that is down or busy is none of them.
REJECTIONS = (SQLAlchemyError, LookupError, ValueError, TypeError, ArithmeticError)


@dataclass(frozen=True)
class Judged:
    """A verdict on one fact and what it touched, or what the batch did that it was taken in with."""

    verdict: str
    code: str
    case: str
    touched: Touched


def applied(rows: WorkingSet, source: Source, fact: Up, touched: Touched) -> Judged:
    """Takes one fact into the rows, notes what it `touched`; raises Unfit."""
    effects = Effects(rows, source, touched)
    code = effects.apply(fact)
    case = effects.open_case(code, fact) if code else ""
    return Judged("conflict" if code else APPLIED, code, case, touched)


def known_ids(conn: Connection, lines: list[Line]) -> set[str]:
    """Which of these facts' ids HQ has already, on whatever stream."""
    return {row.id for row in rows_of(conn, ingest_event, "id", [line.id for line in lines], only=("id",))}


def keep(
    conn: Connection, sources: list[Source], lines: list[Line], judged: list[Judged], *, taken: bool = False
) -> None:
    """Keeps facts as received, with their verdicts; `taken`: another fact has the id."""
    rows = [
        {
            "stream": source.stream,
            "seq": line.seq,
            "id": None if taken else line.id,
            "sha": line.sha,
            "kind": line.kind,
            "body": line.raw,
            "verdict": one.verdict,
            "code": one.code,
            "case_id": one.case,
            "late": int(source.late),
            "received_at": source.at,
        }
        for source, line, one in zip(sources, lines, judged, strict=True)
    ]
    insert_rows(conn, ingest_event, rows)
