"""The books of the store: every table, opened once, handed to the desks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from edge.clock import Clock, moment_of
from edge.db import Database, WrongKey
from edge.records import ledger_schema, replica_schema
from edge.records.baskets import Baskets
from edge.records.catalogue import Catalogue
from edge.records.counter import Attempts, Scans, Sessions
from edge.records.counts import Counts
from edge.records.coupons import Coupons
from edge.records.deposits import Deposits
from edge.records.drawers import Drawers
from edge.records.enrolment import Enrolments
from edge.records.freshness import Freshness
from edge.records.identities import Identities
from edge.records.jobs import PrintJobs
from edge.records.journal import Journal
from edge.records.members import Members
from edge.records.payments import Payments
from edge.records.picks import Picks
from edge.records.pickups import Pickups
from edge.records.playlists import Playlists
from edge.records.replica import Replica
from edge.records.retention import Retention
from edge.records.returns import Returns
from edge.records.sales import Sales
from edge.records.search_index import SearchIndex, open_index
from edge.records.shelf import Shelf
from edge.records.shifts import Shifts
from edge.records.stockroom import Stockroom
from edge.records.tickets import Tickets
from edge.records.today import DayFigures
from edge.records.unrecognised import Unrecognised
from edge.records.wallet import Wallet
from edge.records.wares import Wares
from edge.records.wishes import Wishes

RESTORING = "restoring"
"""A mark in the state folder: a backup is being laid in, and the ledger is not to be trusted, nor founded anew."""


@dataclass(frozen=True)
class Books:
    """Two files of memory and the rows in them. `hq` is written by the sync worker alone."""

    ledger: Database
    hq: Database
    clock: Clock
    replica: Replica
    journal: Journal
    pickups: Pickups
    jobs: PrintJobs
    scans: Scans
    attempts: Attempts
    sessions: Sessions
    identities: Identities
    drawers: Drawers
    enrolments: Enrolments
    retention: Retention
    freshness: Freshness
    shelf: Shelf
    wallet: Wallet
    coupons: Coupons
    deposits: Deposits
    members: Members
    wishes: Wishes
    catalogue: Catalogue
    names: SearchIndex
    unrecognised: Unrecognised
    payments: Payments
    picks: Picks
    counts: Counts
    stockroom: Stockroom
    baskets: Baskets
    sales: Sales
    shifts: Shifts
    returns: Returns
    wares: Wares
    playlists: Playlists
    tickets: Tickets
    day_figures: DayFigures

    def close(self) -> None:
        """Closes both files."""
        self.ledger.close()
        self.hq.close()
        self.names.close()


def open_books(state_dir: Path, key: bytes, zone: str) -> Books:
    """Opens (or founds) ledger.db and hq.db in `state_dir`; raises WrongKey."""
    hq, ledger, clock = _files(state_dir, key, zone)
    (journal := Journal(ledger, clock)).found()
    shelf = Shelf(ledger, journal, replica := Replica(ledger))
    begun = partial(Books, ledger, hq, clock, replica, journal)
    return begun(
        pickups=Pickups(ledger),
        jobs=PrintJobs(ledger),
        scans=Scans(ledger),
        attempts=Attempts(ledger),
        sessions=Sessions(ledger),
        identities=Identities(ledger),
        drawers=Drawers(ledger),
        enrolments=Enrolments(ledger),
        retention=Retention(ledger, clock, replica),
        freshness=Freshness(ledger, clock, replica),
        shelf=shelf,
        wallet=Wallet(ledger, journal),
        coupons=Coupons(ledger),
        deposits=Deposits(ledger),
        members=Members(ledger),
        wishes=Wishes(ledger),
        catalogue=Catalogue(ledger),
        names=open_index(state_dir, key),
        unrecognised=Unrecognised(ledger),
        payments=Payments(ledger),
        picks=Picks(ledger, replica),
        counts=Counts(ledger),
        stockroom=Stockroom(ledger, shelf),
        baskets=Baskets(ledger),
        sales=Sales(ledger),
        shifts=Shifts(ledger),
        returns=Returns(ledger),
        playlists=Playlists(state_dir),
        wares=Wares(ledger),
        tickets=Tickets(ledger),
        day_figures=DayFigures(ledger),
    )


def _files(state_dir: Path, key: bytes, zone: str) -> tuple[Database, Database, Clock]:
    """HQ's word and the ledger beside it, with today's tables; a clock never behind what HQ has said."""
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (state_dir / RESTORING).exists():
        raise WrongKey(f"a restore was cut off in {state_dir}: run `store-edge backup restore` again")
    hq_path = state_dir / "hq.db"
    hq = Database(hq_path, key, durable=False)
    hq.migrate(replica_schema.migrations, replica_schema.NAMES)
    ledger = Database(state_dir / "ledger.db", key, durable=True, beside=hq_path)
    ledger.migrate(ledger_schema.migrations, ledger_schema.NAMES)
    row = hq.read().execute("SELECT value FROM meta WHERE key = 'floor'").fetchone()
    return hq, ledger, Clock(zone, moment_of(row[0]) if row else None)
