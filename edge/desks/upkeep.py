"""The upkeep desk: what whoever looks after the devices may see and do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from config.device_schema import PrinterSettings
from devices.ports import Aiming, Counting, Preview, Scanner
from devices.slip import Slip
from edge.desks.plugged import PlugDesk
from edge.desks.printing import PrintDesk
from edge.desks.slips import status_slip, test_page
from edge.desks.status import StatusDesk
from edge.domain.refusals import NotAllowed, UnknownThing
from edge.domain.staff import Act, Operator
from edge.domain.upkeep import DataAge, DeviceCard, DeviceChange, Upkeep
from edge.domain.views import JobView, LineWord

Draw = Callable[[Slip, PrinterSettings], bytes]
"""Draws a slip as that printer puts it on paper, PNG."""
_CAME_OUT = frozenset({"printed", "sent", "uncertain"})
_JOBS, _LOOKED_BACK = 12, 60
_LOOK_S = 2.0
_EXPECTED = frozenset({"orders", "cmd", "stock", "staff", "price", "catalog", "keys", "shops"})
"""Classes of data that every HQ has; without them something is missing here."""


@dataclass(frozen=True)
class UpkeepDesk:
    """Every verb takes the operator and raises NotAllowed for one who may not serve devices."""

    status: StatusDesk
    printing: PrintDesk
    plugs: PlugDesk
    printers: Mapping[str, PrinterSettings]
    draw: Draw
    _scanners: dict[str, object] = field(default_factory=dict)

    def knows(self, name: str, scanner: Scanner) -> None:
        """The root tells which scanners run, so that they can be asked what they dropped and what they see."""
        self._scanners[name] = scanner

    def board(self, operator: Operator) -> Upkeep:
        """Everything at one glance."""
        _allowed(operator)
        recent = self.printing.jobs(_LOOKED_BACK)
        newest = {job.printer: job for job in reversed(recent) if job.state in _CAME_OUT}
        return Upkeep(
            line=self.status.line(),
            devices=self._cards(),
            jobs=recent[:_JOBS],
            papers=tuple(newest[name] for name in sorted(newest)),
            cameras=tuple(name for name in sorted(self._scanners) if self._sees(name)),
            unknown=self.plugs.unknown(),
            swapped=self.plugs.swapped(),
            updates=tuple(DeviceChange(u.device, u.status.value, u.at) for u in self.status.updates()),
            ages=self._ages(),
        )

    def _ages(self) -> tuple[DataAge, ...]:
        """The classes of data that HQ speaks of at all; a class without a single word of it is none of this store's."""
        if self.status.word() is LineWord.ALONE:
            return ()
        ages = (DataAge(age.name, age.age_s, age.worst_s, age.word) for age in self.status.ages())
        return tuple(age for age in ages if age.age_s is not None or age.name in _EXPECTED)

    def paper(self, job: int, operator: Operator) -> bytes:
        """What a job puts on paper, as a picture (PNG); raises UnknownThing."""
        _allowed(operator)
        slip, printer = self.printing.printed_by(job)
        return self.draw(slip, self.printers.get(printer, PrinterSettings()))

    def test(self, printer: str, nonce: str, operator: Operator) -> JobView:
        """Queues a test page like any slip, once a nonce: nothing else ever speaks to the printer."""
        _allowed(operator)
        settings = self.printers.get(printer)
        if settings is None:
            raise UnknownThing
        # Worth nothing twice: of unknown fate it is not printed again by itself.
        page = test_page(printer, settings)
        return self.printing.submit(f"test:{nonce}", printer, operator.station, "", page, "voucher")

    def status_slip(self, printer: str, nonce: str, version: str, operator: Operator) -> JobView:
        """Queues a slip that says how the line, the devices and the slips are, once a nonce."""
        _allowed(operator)
        at = self.status.local(self.status.now())
        recent = self.printing.jobs(_LOOKED_BACK)
        page = status_slip(self.status.line(), self.status.devices(), recent, version, at)
        return self.printing.submit(f"status:{nonce}", printer, operator.station, "", page, "voucher")

    def cancel(self, job: int, operator: Operator) -> JobView:
        """Takes a waiting slip out of the queue; one whose bytes left us stays as it is."""
        _allowed(operator)
        return self.printing.cancel(job)

    def settle(self, job: int, operator: Operator, *, came_out: bool) -> JobView:
        """Says what became of a slip of unknown fate, after a look at the outlet."""
        _allowed(operator)
        return self.printing.settle(job, operator, came_out=came_out)

    def accept(self, device: str, operator: Operator) -> None:
        """The other device that was found at this one's address is meant."""
        _allowed(operator)
        self.plugs.accept(device)

    def look(self, camera: str, operator: Operator) -> Preview | None:
        """What the camera sees now; None while there is no picture; raises UnknownThing where there is no camera."""
        _allowed(operator)
        scanner = self._scanners.get(camera)
        if not isinstance(scanner, Aiming):
            raise UnknownThing
        return scanner.preview(_LOOK_S)

    def _cards(self) -> tuple[DeviceCard, ...]:
        return tuple(
            DeviceCard(
                health,
                dropped=self._dropped(health.name),
                prints=health.kind == "printer" and health.name in self.printers,
                sees=self._sees(health.name),
            )
            for health in self.status.devices()
        )

    def _dropped(self, name: str) -> int:
        scanner = self._scanners.get(name)
        return scanner.dropped if isinstance(scanner, Counting) else 0

    def _sees(self, name: str) -> bool:
        return isinstance(self._scanners.get(name), Aiming)


def _allowed(operator: Operator) -> None:
    if not operator.may(Act.SERVE_DEVICES):
        raise NotAllowed
