"""The check-up looks into the books, beside a store that may run; changes nothing and upgrades nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from sqlcipher3 import dbapi2

from config.schema import Settings
from edge.clock import Clock, moment_of
from edge.db import Database, WrongKey
from edge.domain import checkup_books as judge
from edge.domain.checkup import Verdict
from edge.domain.checkup_line import admitted
from edge.owner import KeyElsewhere, key_as_owner
from edge.records import ledger_schema, replica_schema
from edge.records.chain import checked
from edge.records.enrolment import Enrolments
from edge.records.freshness import CLASSES, Freshness
from edge.records.journal import Journal
from edge.records.replica import Replica

_NAMED = 3
"""So many damages of a file are named."""


def looked_into(settings: Settings, trouble: str | None) -> Iterator[Verdict]:
    """The lines about the books. Root becomes their owner for this, for good.

    `trouble`: the code of the line's last fault as a running store says it; None: none runs.
    """
    state = Path(settings.store.state_dir)
    if not (state / "ledger.db").exists():
        yield judge.opened(f"{state / 'ledger.db'} is not there")
        return
    try:
        key = key_as_owner(settings)
        hq = Database(state / "hq.db", key, durable=False)
    except (KeyElsewhere, WrongKey, OSError, dbapi2.Error) as error:
        yield judge.opened(str(error))
        return
    with closing(hq):
        try:
            ledger = Database(state / "ledger.db", key, durable=True, beside=state / "hq.db")
        except (WrongKey, dbapi2.Error) as error:
            yield judge.opened(str(error))
            return
        with closing(ledger):
            yield from _lines(settings, hq, ledger, trouble)


def _lines(settings: Settings, hq: Database, ledger: Database, trouble: str | None) -> Iterator[Verdict]:
    damaged = False
    for name, file in (("replica", hq), ("ledger", ledger)):
        found = quick(file)
        damaged = damaged or bool(found)
        yield judge.whole(name, found, file.path.stat().st_size)
    yield judge.schema(*_steps(hq, ledger))
    if damaged:
        return  # what is read of such a file may be anything
    has_hq = bool(settings.hq.url)
    try:
        whole = checked(ledger)
        yield judge.chain(tuple(whole.faults), whole.facts, whole.head)
        clock = Clock(settings.store.timezone, _floor(hq))
        journal, replica = Journal(ledger, clock), Replica(ledger)
        first = journal.pending(journal.acked(), 1, 1)
        oldest_s = (clock.now() - moment_of(first[0].at)).total_seconds() if first else None
        yield judge.outbox(journal.depth(), oldest_s, has_hq=has_hq)
        heard = replica.heard_at()
        age_s = (clock.now() - moment_of(heard)).total_seconds() if heard else None
        ages = Freshness(ledger, clock, replica).now()
        late = tuple(age.name for age in ages if age.late and age.name in CLASSES)
        yield judge.data(age_s, late, has_hq=has_hq)
        if has_hq:
            known = Enrolments(ledger).now() is not None or bool(settings.hq.token_file)
            yield admitted(enrolled=known, trouble=trouble)
    except dbapi2.Error as error:
        yield judge.opened(f"{error}; an upgrade is due, see the schema line")


def quick(file: Database) -> tuple[str, ...]:
    """What SQLite's quick_check finds wrong with a file; every page of it is read, and its seal checked."""
    try:
        rows = file.read().execute(f"PRAGMA main.quick_check({_NAMED})").fetchall()
    except dbapi2.DatabaseError as error:
        return (str(error),)
    return tuple(str(row[0]) for row in rows if row[0] != "ok")


def _steps(hq: Database, ledger: Database) -> tuple[tuple[str, ...], tuple[str, ...]]:
    missing, unknown = [], []
    for name, file, wanted in (("hq", hq, replica_schema.NAMES), ("ledger", ledger, ledger_schema.NAMES)):
        try:
            done = {row[0] for row in file.read().execute("SELECT name FROM main._sqlite_migrations")}
        except dbapi2.DatabaseError:
            done = set()
        missing += [f"{name}:{step}" for step in wanted if step not in done]
        unknown += [f"{name}:{step}" for step in sorted(done - set(wanted))]
    return tuple(missing), tuple(unknown)


def _floor(hq: Database) -> datetime | None:
    row = hq.read().execute("SELECT value FROM meta WHERE key = 'floor'").fetchone()
    return moment_of(row[0]) if row else None
