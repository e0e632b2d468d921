"""A batch without a bad fact, as nearly all are: taken in whole, with what it has stores told, in a few statements."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from sync.hub import kept
from sync.hub.bulk import sent_together, update_rows
from sync.hub.envelope import Line
from sync.hub.feed import Place, locked, store
from sync.hub.judging import Held, Source, Touched, Unfit
from sync.hub.kept import REJECTIONS, Judged, applied
from sync.hub.return_desk import returned_changes
from sync.hub.rows import changes_of
from sync.hub.schema import ingest_stream
from sync.hub.working_set import WorkingSet
from sync.messages import fact_of

_WORTH_IT = 2


def take_whole(
    conn: Connection, sources: list[Source], fresh: list[Line], moved: dict[str, Any]
) -> list[Judged] | None:
    """Verdicts on the facts, everything written and published; `moved` is the row of their journal as it is then.

    None where there is a bad one among them: nothing is changed, each wants a savepoint of its own.
    """
    if len(fresh) < _WORTH_IT or any(line.event is None for line in fresh):
        return None
    if len({line.id for line in fresh}) < len(fresh) or kept.known_ids(conn, fresh):
        return None
    try:
        facts = [fact_of(line.event) for line in fresh if line.event]
        with conn.begin_nested():
            rows, touched = WorkingSet(conn, sources[0].store, facts), Touched()
            each = zip(sources, facts, strict=True)
            judged = [applied(rows, source, fact, touched) for source, fact in each]
            _write(conn, rows, sources, fresh, judged, moved, touched)
    except OperationalError:
        raise
    except (Unfit, msgspec.ValidationError, *REJECTIONS):
        return None
    return judged


def _write(
    conn: Connection,
    rows: WorkingSet,
    sources: list[Source],
    fresh: list[Line],
    judged: list[Judged],
    moved: dict[str, Any],
    touched: Touched,
) -> None:
    # What stores are told stands in memory nearly always. Everything is read first then, so that one write follows the
    # other without an answer in between, and the feed's rows are made while the database writes the rest.
    ahead = rows.tells(touched)
    places = _told(conn, rows.held(written=False), touched, sources[0]) if ahead else []
    with sent_together(conn):
        rows.write()
        kept.keep(conn, sources, fresh, judged)
        update_rows(conn, ingest_stream, ("stream",), [moved])
        store(conn, places, sources[0].at)
    if not ahead:
        places = _told(conn, rows.held(written=True), touched, sources[0])
        with sent_together(conn):
            store(conn, places, sources[0].at)


def _told(conn: Connection, held: Held, touched: Touched, source: Source) -> list[Place]:
    changes = changes_of(conn, source.store, touched, source.at, held)
    return locked(conn, [*changes, *returned_changes(conn, touched)])
