"""The store as its pages see it: a frozen set of desks and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from edge.desks.backroom import Backroom
from edge.desks.benefits import BenefitDesk
from edge.desks.catalogue import CatalogueDesk
from edge.desks.customers import Customers
from edge.desks.events import EventDesk
from edge.desks.figures import FiguresDesk
from edge.desks.front import Front
from edge.desks.fulfilment import FulfilmentDesk
from edge.desks.goods import StockDesk
from edge.desks.guide import GuideDesk
from edge.desks.hand_over import HandOverDesk
from edge.desks.lane import LaneDesk
from edge.desks.pickup import PickupDesk
from edge.desks.plugged import PlugDesk
from edge.desks.printing import PrintDesk
from edge.desks.return_work import ReturnWork
from edge.desks.returns import ReturnDesk
from edge.desks.sale_scans import SaleRoom
from edge.desks.scans import ScanDesk
from edge.desks.screens import ScreenDesk
from edge.desks.staff import StaffDesk
from edge.desks.status import StatusDesk
from edge.desks.tender import TenderDesk
from edge.desks.till import Till
from edge.desks.upkeep import UpkeepDesk


@dataclass(frozen=True)
class Store:
    """What `kiosk_ui` is given: one desk a job of the shop."""

    scans: ScanDesk
    pickup: PickupDesk
    hand_over: HandOverDesk
    fulfilment: FulfilmentDesk
    goods: StockDesk
    backroom: Backroom
    benefits: BenefitDesk
    catalogue: CatalogueDesk
    customers: Customers
    staff: StaffDesk
    guide: GuideDesk
    printing: PrintDesk
    plugs: PlugDesk
    till: Till
    tender: TenderDesk
    sales: SaleRoom
    returns: ReturnDesk
    front: Front
    return_work: ReturnWork
    upkeep: UpkeepDesk
    events: EventDesk
    status: StatusDesk
    figures: FiguresDesk
    screens: ScreenDesk
    lane: LaneDesk
