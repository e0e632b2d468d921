"""Taking in a store's journal: each fact exactly once, in order, with a verdict; nothing is ever turned away."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.exc import IntegrityError, OperationalError

from sync.hub import kept
from sync.hub.binding import locked_stream
from sync.hub.boots import boots_after
from sync.hub.bulk import update_rows
from sync.hub.case_rows import open_case
from sync.hub.database import hq_epoch, write
from sync.hub.envelope import Line, Refused, Upload
from sync.hub.feed import publish
from sync.hub.judging import Source, Touched, Unfit
from sync.hub.kept import APPLIED, REJECTIONS, Judged, applied
from sync.hub.return_desk import returned_changes
from sync.hub.rows import changes_of
from sync.hub.schema import case_file, ingest_event, ingest_stream
from sync.hub.schema import store as store_table
from sync.hub.whole_batch import take_whole
from sync.hub.working_set import WorkingSet
from sync.messages import UP_KINDS, Event, Up, UpAnswer, Verdict, fact_of, moment_of

log = logging.getLogger("sync.hub")

BREAKER_CODE = "HQ_BUG_SUSPECTED"
BREAKER_EVENTS = 5
BREAKER_SHARE = 0.2
BREAKER_RETRY_S = 60
WAIVED_MIN = 60


def take(
    engine: Engine, store: str, upload: Upload, *, at: str, next_s: float, by_hand: bool = False
) -> UpAnswer:
    """Takes in one upload of an authenticated store in one transaction; raises Refused.

    `by_hand`: a person brings it; then a closed stream is taken as well.
    """
    if upload.header.store != store:
        raise Refused(403, "forbidden")
    try:
        outcome = write(engine, lambda conn: _take(conn, store, upload, at, next_s, by_hand=by_hand))
    except MassPoison as poison:
        write(engine, lambda conn: _alarm(conn, store, upload, at))
        raise poison from None
    if isinstance(outcome, Refused):
        raise outcome
    return outcome


class MassPoison(Refused):
    """Most of a batch would be quarantined: rather this HQ is wrong than a day of a store."""

    def __init__(self) -> None:
        super().__init__(503, BREAKER_CODE, retry_s=BREAKER_RETRY_S)


def _alarm(conn: Connection, store: str, upload: Upload, at: str) -> None:
    """One open case a store while its batches are turned back; a person may waive the breaker."""
    same = {"store": store, "code": BREAKER_CODE, "state": "open"}
    if conn.execute(select(case_file).filter_by(**same)).first() is None:
        open_case(conn, BREAKER_CODE, "", store, upload.header.stream, upload.header.from_, at)
    log.error("most of a batch would be quarantined: rolled back", extra={"store": store})


def _take(
    conn: Connection, store: str, upload: Upload, at: str, next_s: float, *, by_hand: bool
) -> UpAnswer | Refused:
    stream = locked_stream(conn, store, upload, at, by_hand=by_hand)
    if stream.state == "frozen":
        return Refused(409, "fork")
    if stream.state == "closed" and not by_hand:
        return Refused(403, "stream_closed")
    repeats = _repeats(conn, upload, stream.last_seq)
    if repeats is None:
        return _freeze(conn, store, upload, at, "STREAM_FORK")
    fresh = [line for line in upload.lines if line.seq > stream.last_seq]
    _check_chain(fresh, stream.last_seq, stream.last_sha)
    boots = boots_after(stream, upload.header.boot) if fresh else {}
    if boots is None:
        return _freeze(conn, store, upload, at, "STREAM_TWO_BOOTS")
    acked = fresh[-1].seq if fresh else stream.last_seq
    epoch = hq_epoch(conn)
    verdicts: list[Verdict] = []
    if fresh:
        late = stream.state != "open"
        sources = [Source(store, upload.header.stream, line.seq, late, at) for line in fresh]
        moved = {"stream": upload.header.stream, "last_seq": acked, "last_sha": fresh[-1].sha, **boots}
        verdicts = _judge_all(conn, sources, fresh, moved)
    return UpAnswer(
        acked=acked,
        durable=stream.durable_seq,
        hq_epoch=epoch,
        server_time=at,
        results=(*repeats, *verdicts),
        next_s=next_s,
    )


def _repeats(conn: Connection, upload: Upload, last_seq: int) -> list[Verdict] | None:
    """Verdicts on lines HQ already has; None when one of them is another fact than HQ's."""
    old = {line.seq: line.sha for line in upload.lines if line.seq <= last_seq}
    if not old:
        return []
    here = (ingest_event.c.stream == upload.header.stream) & ingest_event.c.seq.between(min(old), max(old))
    found: list[Verdict] = []
    for row in conn.execute(select(ingest_event).where(here).order_by(ingest_event.c.seq)):
        if not hmac.compare_digest(row.sha, old[row.seq]):
            return None
        if row.verdict != APPLIED:
            found.append(Verdict(row.seq, row.verdict, row.code, row.case_id))
    return found


def _freeze(conn: Connection, store: str, upload: Upload, at: str, code: str) -> Refused:
    stream = upload.header.stream
    conn.execute(update(ingest_stream).where(ingest_stream.c.stream == stream).values(state="frozen"))
    case = open_case(conn, code, "", store, stream, upload.header.from_, at)
    log.error("stream frozen: two journals under one name", extra={"store": store, "case": case})
    return Refused(409, "fork")


def _check_chain(fresh: list[Line], last_seq: int, last_sha: str) -> None:
    seq, sha = last_seq, last_sha
    for line in fresh:
        if line.seq != seq + 1 or line.prev != sha:
            raise Refused(409, "gap", expected=seq + 1)
        seq, sha = line.seq, line.sha


def _judge_all(
    conn: Connection, sources: list[Source], fresh: list[Line], moved: dict[str, Any]
) -> list[Verdict]:
    """Takes the facts in, publishes what follows, writes their journal's row; returns what was not simply applied."""
    # Nearly every batch holds no bad fact and is taken in with a few statements; only one that does pays for a
    # savepoint a fact.
    judged_all = take_whole(conn, sources, fresh, moved)
    if judged_all is None:
        judged_all = _one_by_one(conn, sources, fresh)
        update_rows(conn, ingest_stream, ("stream",), [moved])
    return [
        Verdict(line.seq, judged.verdict, judged.code, judged.case)
        for line, judged in zip(fresh, judged_all, strict=True)
        if judged.verdict != APPLIED
    ]


def _one_by_one(conn: Connection, sources: list[Source], fresh: list[Line]) -> list[Judged]:
    touched = Touched()
    store, at = sources[0].store, sources[0].at
    judged_all = [_judge(conn, source, line) for source, line in zip(sources, fresh, strict=True)]
    for judged in judged_all:
        touched.absorb(judged.touched)
    quarantined = sum(judged.verdict == "quarantined" for judged in judged_all)
    # A release of HQ that rejects everything must not quarantine a day's sales: rolled back, asked again later.
    tripped = quarantined > max(BREAKER_EVENTS, BREAKER_SHARE * len(fresh))
    if tripped and not _waived(conn, store, at):
        raise MassPoison
    publish(conn, [*changes_of(conn, store, touched, at), *returned_changes(conn, touched)], at)
    return judged_all


def _waived(conn: Connection, store: str, at: str) -> bool:
    """Whether a person let this store's batch pass, lately; good for one."""
    oldest = int(moment_of(at).timestamp()) // 60 - WAIVED_MIN
    same = (store_table.c.store == store) & (store_table.c.waived >= oldest)
    return conn.execute(update(store_table).where(same).values(waived=0)).rowcount == 1


def _judge(conn: Connection, source: Source, line: Line) -> Judged:
    taken = bool(kept.known_ids(conn, [line]))
    if taken:
        judged = _quarantine("DUPLICATE_ID")
    elif line.event is None:
        judged = _quarantine("OPAQUE")
    else:
        judged = judge_event(conn, source, line.event)
    kept.keep(conn, [source], [line], [judged], taken=taken)
    return judged


def judge_event(
    conn: Connection, source: Source, event: Event, overtaken: Callable[[Up], bool] = lambda _: False
) -> Judged:
    """Takes one event in, in a savepoint of its own; where `overtaken` says so, its order's state stays as it is."""
    try:
        fact = fact_of(event)
    except msgspec.ValidationError:
        return _quarantine("BAD_FACT" if event.k in UP_KINDS else "UNKNOWN_KIND")
    try:
        try:
            judged = _in_savepoint(conn, source, fact, overtaken)
        except IntegrityError:
            # A row that another transaction made meanwhile; it is there to be read now. A fault of the fact stays one.
            judged = _in_savepoint(conn, source, fact, overtaken)
    except Unfit as unfit:
        return _quarantine(unfit.code)
    except OperationalError:
        raise
    except REJECTIONS as error:
        # Its kind only: the text of such an error may quote the fact.
        why = {"store": source.store, "seq": source.seq, "error": type(error).__name__}
        log.error("a fact could not be taken in", extra=why)  # noqa: TRY400
        return _quarantine("EFFECT_FAILED")
    return judged


def _in_savepoint(conn: Connection, source: Source, fact: Up, overtaken: Callable[[Up], bool]) -> Judged:
    with conn.begin_nested():
        rows = WorkingSet(conn, source.store, [fact])
        kept = rows.states() if overtaken(fact) else {}
        judged = applied(rows, source, fact, Touched())
        rows.set_states(kept)
        rows.write()
    return judged


def _quarantine(code: str) -> Judged:
    return Judged("quarantined", code, "", Touched())
