"""A shop with something the matter everywhere, for the page that looks after devices."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from datetime import timedelta

from devices.camera_preview import preview
from devices.decoding import decode
from devices.phone_photo import phone_photo
from devices.ports import Identity, OutOfPaper, Preview, Reading, Unconfirmed
from devices.slip import Slip, Text
from edge.clock import stamp
from edge.daemon import Shop
from edge.domain.views import PluggedDevice
from tests.kiosk_ui.conftest import Site


class PhotoCamera:
    """A scanner that sees one photo for ever, through the product's own preview; counts its looks."""

    dropped = 3

    def __init__(self) -> None:
        self.looks = 0
        self.plugged = True

    def open(self) -> None:
        return

    def read(self, wait_s: float) -> Sequence[Reading]:
        del wait_s
        return []

    def close(self) -> None:
        return

    def preview(self, wait_s: float) -> Preview | None:
        del wait_s
        self.looks += 1
        return _seen() if self.plugged else None


@functools.cache
def _seen() -> Preview:
    photo = phone_photo("PK1.AIM", 3, "easy")
    height, width = photo.shape[:2]
    seen = photo[height // 10 : height * 9 // 10, width // 10 : width * 9 // 10]
    return preview(photo, (10, 10, 90, 90), decode(seen))


def slip(number: int) -> Slip:
    return Slip(
        f"取货单 {number}", (Text("淮海路店", bold=True), Text(f"No. {number}", scale=2), Text("¥12.50"))
    )


def furnish(site: Site) -> PhotoCamera:
    """Devices in every state, slips of every fate, a swapped printer and something new in a socket."""
    store, printer = site.shop.store, site.printer
    for number, fault in enumerate((None, Unconfirmed("P1"), OutOfPaper("P1")), start=1):
        store.printing.submit(f"k{number}", "P1", "T1", "", slip(number), "voucher")
        if fault:
            printer.faults.append(fault)
        store.printing.turn("P1")
    store.status.device("scanner-desk-1", "scanner", "online", station="T1")
    store.status.device("camera-guide", "scanner", "online", station="G1")
    store.status.device("scanner-door", "scanner", "absent", "DEVICE_ABSENT", "G1")
    store.status.device("scale-1", "scale", "blocked", "DEVICE_CLAIMED", "T1")
    since = stamp(site.shop.books.clock.now() - timedelta(hours=5))
    with site.shop.books.ledger.transaction() as tx:
        for sku, kind in (("A1", "negative"), ("B2", "negative"), ("B2", "oversold")):
            site.shop.books.stockroom.alarm(tx, sku, kind, since)
        site.shop.books.counts.wanted(tx, "A1", "negative", since)
    camera = PhotoCamera()
    store.upkeep.knows("camera-guide", camera)
    store.plugs.met("P1", "printer", "127.0.0.1:9100", Identity("mac:1", "EPSON", "TM-T88VI", "X3KF000111"))
    store.plugs.met("P1", "printer", "127.0.0.1:9100", Identity("mac:2", "EPSON", "TM-T88VI", "X3KF000222"))
    path = "/dev/serial/by-id/usb-Newland_HR22-if00"
    lines = f'[scanners.NAME]\ndriver = "serial"\nstation = "STATION"\nport = "{path}"\n'
    store.plugs.sees((PluggedDevice(path, "serial", "Newland HR22 <b>S1</b>", lines),))
    return camera


def aged(shop: Shop, seconds: Mapping[str, int]) -> None:
    """HQ's word of these classes of data is so old; nothing else of it ever came."""
    now = shop.books.clock.now()
    with shop.books.hq.transaction() as tx:
        tx.execute("DELETE FROM cursor")
        for name, age in seconds.items():
            bucket = f"g:{name}:CN" if name in {"price", "catalog", "keys", "shops"} else f"s:S00421:{name}"
            heard = stamp(now - timedelta(seconds=age))
            tx.execute(
                "INSERT INTO cursor (bucket, epoch, seq, consistent_at) VALUES (?, 'e', 1, ?)",
                (bucket, heard),
            )
    shop.books.freshness.note()
