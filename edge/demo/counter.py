"""What a newcomer may do to the demo's devices: each verb acts on the stage and says what happened."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass
from datetime import UTC, datetime

from devices.simulated_scanner import SimulatedScanner
from edge.demo.customers import fresh_order, issue
from edge.demo.journey import drop, photo_of
from edge.demo.offers import CARDS
from edge.demo.shop import STORE, Ware
from edge.demo.stage import Stage
from sync.messages import Order

_SUFFIX = {b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg", b"RIFF": ".webp", b"BM": ".bmp", b"GIF8": ".gif"}
UNKNOWN_GTIN = "6900000000007"
SLOW_S = 1.0


class NotPossible(Exception):
    """This cannot be done; `zh` and `en` say why."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


@dataclass(frozen=True)
class Said:
    """What just happened, in both languages."""

    zh: str
    en: str


class Counter:
    """The devices as things to lay hands on. Safe from any thread: one verb at a time."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.last = Said("门店已开张，选一张订单扫一扫", "The shop is open. Pick an order and scan it")
        self.paper = self.cover_shut = self.power = True
        self._lock = threading.Lock()
        self._number = itertools.count(901)
        self._by_gtin = {ware.gtin: ware for ware in stage.wares}
        self.shelf = _window(stage.wares)

    def orders(self) -> list[Order]:
        """All orders as HQ knows them, the newest first."""
        return sorted(self.stage.desk.orders(), key=lambda order: order.placed_at, reverse=True)

    def order(self, number: str) -> Order:
        """One order by number; raises NotPossible."""
        for order in self.stage.desk.orders():
            if order.order == number:
                return order
        raise NotPossible("没有这张订单", "There is no such order")

    def code(self, number: str, unit: int) -> str:
        """The signed code of an order or one of its units; raises NotPossible."""
        issued = self.stage.codes.get(number)
        if issued is None or not 0 <= unit < len(issued.texts):
            raise NotPossible(
                "总部不再为这张订单签发二维码，可输入 8 位取货码",
                "HQ issues no QR code for this order; type its digits",
            )
        return issued.texts[unit]

    def scan(self, number: str, unit: int, how: str) -> None:
        """Lets a device read the order's code: `scanner`, `kiosk`, `camera` (a phone's photo), or `typed` at desk 2."""
        tail = number[-4:]
        with self._lock:
            if how == "typed":
                self.stage.api.scan(self.order(number).numeric_code, "T2")
                self.last = Said(f"已在服务台 2 输入 {tail} 的取货码", f"Typed the code of {tail} at desk 2")
            elif how == "camera":
                drop(photo_of(self.code(number, unit), unit + int(tail)), self.stage.camera, ".jpg")
                self.last = Said(
                    f"已把 {tail} 的手机照片放到摄像头前", f"Held the phone of {tail} before the camera"
                )
            elif how == "kiosk":
                self.stage.kiosk_scanner.scan(self.code(number, unit))
                self.last = Said(f"已在自助收银扫码 {tail}", f"Scanned {tail} at the kiosk")
            elif self.stage.scanner.plugged:
                self.stage.scanner.scan(self.code(number, unit))
                self.last = Said(f"已在服务台 1 扫码 {tail}", f"Scanned {tail} at desk 1")
            else:
                raise NotPossible("服务台 1 的扫码枪没有插上", "The scanner of desk 1 is unplugged")

    def badge(self, staff: str) -> None:
        """Lets the scanner of desk 1 read a badge."""
        with self._lock:
            person = next((person for person in self.stage.people if person.staff == staff), None)
            if person is None or not self.stage.scanner.plugged:
                raise NotPossible("服务台 1 的扫码枪没有插上", "The scanner of desk 1 is unplugged")
            self.stage.scanner.scan(person.badge)
            self.last = Said(
                f"已在服务台 1 扫 {person.name} 的工牌", f"Scanned {person.name_en}'s badge at desk 1"
            )

    def card(self, name: str) -> None:
        """Lets the scanner of desk 1 read what a customer shows (CARDS); raises NotPossible."""
        with self._lock:
            known = next((one for one in CARDS if one.name == name), None)
            text = self.stage.offers.text(name) if known else ""
            if known is None or not text:
                raise NotPossible("还没有小票：先完成一笔销售", "No receipt yet: complete a sale first")
            if not self.stage.scanner.plugged:
                raise NotPossible("服务台 1 的扫码枪没有插上", "The scanner of desk 1 is unplugged")
            self.stage.scanner.scan(text)
            self.last = Said(f"已在服务台 1 扫：{known.zh}", f"Scanned at desk 1: {known.en}")

    def show(self, picture: bytes) -> None:
        """Puts a picture before the camera of desk 1; raises NotPossible for anything but a picture."""
        suffix = next((suffix for head, suffix in _SUFFIX.items() if picture.startswith(head)), "")
        if not suffix:
            raise NotPossible(
                "请选择一张图片（PNG、JPEG、WebP、BMP、GIF）", "Choose a picture (PNG, JPEG, WebP, BMP, GIF)"
            )
        with self._lock:
            drop(picture, self.stage.camera, suffix)
            self.last = Said("已把图片放到摄像头前", "Held the picture before the camera")

    def ask(self, text: str, card: str = "") -> None:
        """Lets the guide screen's scanner read a barcode, or what a customer shows (CARDS); raises NotPossible."""
        with self._lock:
            told = self._shown(self.stage.guide_scanner, text, card)
            self.last = Said(f"导购屏已扫 {told.zh}", f"Scanned {told.en} at the guide screen")

    def serve_oneself(self, text: str, card: str) -> None:
        """Lets the kiosk's scanner read a barcode, or what a customer shows (CARDS); raises NotPossible."""
        with self._lock:
            told = self._shown(self.stage.kiosk_scanner, text, card)
            self.last = Said(f"自助收银已扫：{told.zh}", f"Scanned at the kiosk: {told.en}")

    def _shown(self, scanner: SimulatedScanner, text: str, card: str) -> Said:
        known = next((one for one in CARDS if one.name == card), None)
        shown = self.stage.offers.text(card) if known else text
        if not shown:
            raise NotPossible("没有可扫的内容", "There is nothing to scan")
        scanner.scan(shown)
        ware = self._by_gtin.get(shown)
        if known is not None:
            return Said(known.zh, known.en)
        return Said(ware.name_zh, ware.name_en) if ware else Said(shown, shown)

    def cable(self, deed: str) -> None:
        """`unplug` or `replug` the scanner of desk 1."""
        with self._lock:
            if deed == "unplug":
                self.stage.scanner.unplug()
                self.last = Said("已拔掉服务台 1 的扫码枪", "Unplugged the scanner of desk 1")
            else:
                self.stage.scanner.replug()
                self.last = Said("已插上服务台 1 的扫码枪", "Plugged the scanner of desk 1 in")

    def hq(self, deed: str) -> None:
        """`cut`, `slow` or `restore` the line to HQ."""
        with self._lock:
            if deed == "cut":
                self.stage.line.cut()
                self.last = Said("总部线路已切断，门店照常交付", "HQ's line is cut; the store goes on")
            elif deed == "slow":
                self.stage.line.slow(SLOW_S)
                self.last = Said(
                    "总部线路变慢：每段数据延迟 1 秒", "HQ's line is slow: a second for each piece of data"
                )
            else:
                self.stage.line.restore()
                self.last = Said("总部线路已恢复", "HQ's line is restored")

    def order_now(self) -> None:
        """A customer orders something: HQ publishes it, ready on the shelf."""
        with self._lock:
            now = datetime.now(UTC)
            order = self.stage.desk.publish_order(fresh_order(self.stage.wares, next(self._number), now))
            self.stage.codes[order.order] = issue(self.stage.desk, order, now)
            tail = order.order[-4:]
            self.last = Said(f"总部新下达订单 {tail}", f"HQ published a new order {tail}")

    def print_side(self, deed: str) -> None:
        """`take_paper`, `give_paper`, `open_cover`, `close_cover`, `power_off` or `power_on` at the printer."""
        printer = self.stage.printer
        with self._lock:
            if deed in {"take_paper", "give_paper"}:
                self.paper = deed == "give_paper"
                (printer.give_paper if self.paper else printer.take_paper)()
                self.last = (
                    Said("已装纸", "Paper is in") if self.paper else Said("已抽走纸", "The paper is gone")
                )
            elif deed in {"open_cover", "close_cover"}:
                self.cover_shut = deed == "close_cover"
                (printer.close_cover if self.cover_shut else printer.open_cover)()
                self.last = (
                    Said("上盖已合上", "Cover shut") if self.cover_shut else Said("上盖已打开", "Cover open")
                )
            elif deed in {"power_off", "power_on"}:
                self.power = deed == "power_on"
                (printer.power_on if self.power else printer.power_off)()
                self.last = (
                    Said("打印机已开机", "Printer on") if self.power else Said("打印机已断电", "Printer off")
                )

    def till(self, deed: str) -> None:
        """`shut` the drawer, or put `empty`, `apples` or `shaky` on the scale of desk 1."""
        stage = self.stage
        with self._lock:
            if deed == "shut":
                stage.printer.close_drawer()
                self.last = Said("钱箱已关上", "The drawer is shut")
            elif deed == "empty":
                stage.scale.put(0)
                self.last = Said("秤盘已清空", "The pan is empty")
            else:
                stage.scale.put(1250, state="moving" if deed == "shaky" else "rest")
                self.last = (
                    Said("秤盘在晃动", "The pan is shaking")
                    if deed == "shaky"
                    else Said("秤上放了 1.25 千克苹果", "1.25 kg of apples lie on the scale")
                )

    def taken_in(self) -> int:
        """How many facts of the store HQ has."""
        return len(self.stage.desk.events(STORE))


def _window(range_: tuple[Ware, ...]) -> tuple[Ware, ...]:
    """Goods to try at the guide screen: plenty, plenty, few and none of them."""
    wanted = (("龙井", 20, 200), ("苹果", 20, 200), ("马克杯", 1, 5), ("番茄薯片", 0, 0))
    found = []
    for name, least, most in wanted:
        fitting = [ware for ware in range_ if least <= ware.on_hand <= most]
        found.append(next((ware for ware in fitting if name in ware.name_zh), fitting[0]))
    return tuple(found)
