"""Taking in a store's journal: each fact exactly once, in order, with a verdict; nothing is ever turned away."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError

from sync.hub.binding import locked_stream
from sync.hub.boots import boots_after
from sync.hub.bulk import insert_rows, rows_of
from sync.hub.case_rows import open_case
from sync.hub.database import hq_epoch, write
from sync.hub.effects import Effects
from sync.hub.envelope import Line, Refused, Upload
from sync.hub.feed import publish
from sync.hub.judging import Held, Source, Touched, Unfit
from sync.hub.return_desk import returned_changes
from sync.hub.rows import changes_of
from sync.hub.schema import case_file, ingest_event, ingest_stream
from sync.hub.schema import store as store_table
from sync.hub.working_set import WorkingSet
from sync.messages import UP_KINDS, Event, Up, UpAnswer, Verdict, fact_of, moment_of

log = logging.getLogger("sync.hub")

APPLIED = "applied"
BREAKER_CODE = "HQ_BUG_SUSPECTED"
BREAKER_EVENTS = 5
BREAKER_SHARE = 0.2
BREAKER_RETRY_S = 60
_WORTH_IT = 2
# Whatever a rejecting validator may throw; a database that is down or busy is none of them.
WAIVED_MIN = 60
_REJECTIONS = (SQLAlchemyError, LookupError, ValueError, TypeError, ArithmeticError)


@dataclass(frozen=True)
class Judged:
    """A verdict on one fact and what it touched."""

    verdict: str
    code: str
    case: str
    touched: Touched


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
    late = stream.state != "open"
    verdicts, touched, held = _judge_all(conn, store, upload.header.stream, fresh, late=late, at=at)
    publish(conn, [*changes_of(conn, store, touched, at, held), *returned_changes(conn, touched)], at)
    acked = fresh[-1].seq if fresh else stream.last_seq
    if fresh:
        same = ingest_stream.c.stream == upload.header.stream
        conn.execute(
            update(ingest_stream).where(same).values(last_seq=acked, last_sha=fresh[-1].sha, **boots)
        )
    return UpAnswer(
        acked=acked,
        durable=stream.durable_seq,
        hq_epoch=hq_epoch(conn),
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
    conn: Connection, store: str, stream: str, fresh: list[Line], *, late: bool, at: str
) -> tuple[list[Verdict], Touched, Held]:
    verdicts: list[Verdict] = []
    touched = Touched()
    quarantined = 0
    sources = [Source(store, stream, line.seq, late, at) for line in fresh]
    # Nearly every batch holds no bad fact and is taken in with a few statements; only one that does pays for a
    # savepoint a fact.
    judged_all, held = _judge_at_once(conn, sources, fresh)
    if judged_all is None:
        judged_all = [_judge(conn, source, line) for source, line in zip(sources, fresh, strict=True)]
    for line, judged in zip(fresh, judged_all, strict=True):
        touched.absorb(judged.touched)
        quarantined += judged.verdict == "quarantined"
        if judged.verdict != APPLIED:
            verdicts.append(Verdict(line.seq, judged.verdict, judged.code, judged.case))
    # A release of HQ that rejects everything must not quarantine a day's sales: rolled back, asked again later.
    tripped = quarantined > max(BREAKER_EVENTS, BREAKER_SHARE * len(fresh))
    if tripped and not _waived(conn, store, at):
        raise MassPoison
    return verdicts, touched, held


def _waived(conn: Connection, store: str, at: str) -> bool:
    """Whether a person let this store's batch pass, lately; good for one."""
    oldest = int(moment_of(at).timestamp()) // 60 - WAIVED_MIN
    same = (store_table.c.store == store) & (store_table.c.waived >= oldest)
    return conn.execute(update(store_table).where(same).values(waived=0)).rowcount == 1


def _judge_at_once(
    conn: Connection, sources: list[Source], fresh: list[Line]
) -> tuple[list[Judged] | None, Held]:
    """Verdicts on a batch without a bad fact, taken in whole, and what it holds; None when there is one, with nothing
    changed.
    """
    if len(fresh) < _WORTH_IT or any(line.event is None for line in fresh):
        return None, Held()
    if len({line.id for line in fresh}) < len(fresh) or _known_ids(conn, fresh):
        return None, Held()
    try:
        facts = [fact_of(line.event) for line in fresh if line.event]
        with conn.begin_nested():
            rows = WorkingSet(conn, sources[0].store, facts)
            judged = [_applied(rows, source, fact) for source, fact in zip(sources, facts, strict=True)]
            rows.write()
            _keep(conn, sources, fresh, judged)
    except OperationalError:
        raise
    except (Unfit, msgspec.ValidationError, *_REJECTIONS):
        return None, Held()
    return judged, rows.held()


def _judge(conn: Connection, source: Source, line: Line) -> Judged:
    taken = bool(_known_ids(conn, [line]))
    if taken:
        judged = _quarantine("DUPLICATE_ID")
    elif line.event is None:
        judged = _quarantine("OPAQUE")
    else:
        judged = judge_event(conn, source, line.event)
    _keep(conn, [source], [line], [judged], taken=taken)
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
    except _REJECTIONS as error:
        # Its kind only: the text of such an error may quote the fact.
        why = {"store": source.store, "seq": source.seq, "error": type(error).__name__}
        log.error("a fact could not be taken in", extra=why)  # noqa: TRY400
        return _quarantine("EFFECT_FAILED")
    return judged


def _in_savepoint(conn: Connection, source: Source, fact: Up, overtaken: Callable[[Up], bool]) -> Judged:
    with conn.begin_nested():
        rows = WorkingSet(conn, source.store, [fact])
        kept = rows.states() if overtaken(fact) else {}
        judged = _applied(rows, source, fact)
        rows.set_states(kept)
        rows.write()
    return judged


def _applied(rows: WorkingSet, source: Source, fact: Up) -> Judged:
    effects = Effects(rows, source)
    code = effects.apply(fact)
    case = effects.open_case(code, fact) if code else ""
    return Judged("conflict" if code else APPLIED, code, case, effects.touched)


def _known_ids(conn: Connection, lines: list[Line]) -> set[str]:
    """Which of these facts' ids HQ has already, on whatever stream."""
    return {row.id for row in rows_of(conn, ingest_event, "id", [line.id for line in lines], only=("id",))}


def _keep(
    conn: Connection, sources: list[Source], lines: list[Line], judged: list[Judged], *, taken: bool = False
) -> None:
    """Keeps facts as received, with their verdicts."""
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


def _quarantine(code: str) -> Judged:
    return Judged("quarantined", code, "", Touched())
