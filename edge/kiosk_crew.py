"""The kiosks put together: their desk over the desks that sell, take money, hand over and call."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from config.schema import Settings
from edge.desks.front import Front
from edge.desks.hand_over import HandOverDesk
from edge.desks.lane import LaneDesk
from edge.desks.lane_basket import LaneBasket
from edge.desks.lane_boxes import LaneBoxes
from edge.desks.lane_checkout import LaneCheckout
from edge.desks.lane_leaving import LaneLeaving
from edge.desks.lane_members import LaneMembers
from edge.desks.lane_paper import LanePaper
from edge.desks.lane_pickup import LanePickup
from edge.desks.lane_places import LanePlaces
from edge.desks.lane_scans import LaneScans
from edge.desks.lane_showing import LaneShowing
from edge.desks.lane_watch import LaneWatch
from edge.desks.pickup import PickupDesk
from edge.desks.sale_scans import SaleRoom
from edge.desks.tries import Tries
from edge.domain.idle import Waits
from edge.lanes import Lanes
from edge.records.guide import GuideRows
from edge.records.lane_sessions import LaneSessions
from edge.selling_crew import vouched
from edge.workers import Worker

if TYPE_CHECKING:
    from edge.store import Store


def kiosk_desk(
    settings: Settings,
    sales: SaleRoom,
    front: Front,
    pickup: PickupDesk,
    hand_over: HandOverDesk,
    lanes: Lanes,
) -> LaneDesk:
    """Makes the desk; touches no device yet."""
    staff, printing = sales.checkout.booking.staff, sales.checkout.booking.printing
    books, status, poke = printing.books, printing.status, printing.poke
    rules, rows = settings.kiosk, LaneSessions(books.ledger)
    waits = Waits(**msgspec.structs.asdict(settings.screens.idle))
    tries = Tries(books, settings.pickup.wrong_tries, (settings.pickup.lock_s,))
    places = LanePlaces(books, rows, staff, status, rules, waits, front.feedback, poke)
    basket = LaneBasket(places, sales, rules)
    members = LaneMembers(places, basket, sales, tries)
    checkout = LaneCheckout(places, basket, members, sales, sales.checkout.tender, front.tickets, rules)
    boxes = LaneBoxes(lanes.lockers(), rules, status)
    collecting = LanePickup(places, pickup, hand_over, front.tickets, boxes, tries)
    phones = vouched(settings, books, settings.kiosk.receipt_url, "receipt|")
    paper = LanePaper(places, sales.checkout.booking, phones)
    leaving = LaneLeaving(places, basket, checkout, sales, rows, rules)
    scans = LaneScans(places, basket, members, checkout, collecting, paper, leaving, sales, tries)
    showing = LaneShowing(places, basket, checkout, collecting, paper, GuideRows(books.ledger), rules)
    watch = LaneWatch(places, checkout, showing)
    return LaneDesk(
        places,
        scans,
        basket,
        members,
        checkout,
        collecting,
        paper,
        leaving,
        showing,
        boxes,
        watch,
    )


def scans_of(store: Store, others: Callable[[str, str, str], bool]) -> Callable[[str, str, str], bool]:
    """Gives a kiosk's scans to the kiosk desk, and everybody else's to whom they belonged before."""

    def takes(station: str, text: str, nonce: str) -> bool:
        return store.lane.takes(station, text, nonce) or others(station, text, nonce)

    return takes


def hire_kiosks(desk: LaneDesk, hire: Callable[..., None]) -> None:
    """Takes on who wipes kiosks that somebody left, where there are any."""

    def turn() -> float:
        return 0.0 if desk.turn() else 2.0

    if desk.places.all():
        hire(Worker("kiosks", turn, leave=desk.boxes.close), "tickets")
