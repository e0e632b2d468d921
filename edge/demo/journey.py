"""The whole pickup journey once without a person, through the real pages, each hop required and timed."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from edge.demo.customers import encode
from edge.demo.ears import Ears
from edge.demo.hops import Hops, Missed, require
from edge.demo.papers import spoken
from edge.demo.shop import SHOPS, STORE, Ware
from edge.demo.stage import Stage
from edge.demo.till import Form, Till
from sync.messages import Order, OrderLine, stamp

_PHOTO_SEED = 7
_HERE = re.compile(r"本店现有\s*(\d+)")


class Journey:
    """Two orders from HQ to the counter and back: one with HQ there, one with the line cut."""

    def __init__(self, stage: Stage, hops: Hops) -> None:
        self._stage = stage
        self._hops = hops
        self._ware = next(w for w in stage.wares if w.on_hand >= 40 and not w.flags)
        self._pictures = stage.folder / "pictures"
        self._pictures.mkdir()
        self._out = contextlib.ExitStack()
        self._till = self._browser("T1")
        self._guide = self._browser("G1")
        self._replayed = Form("")
        self._result = ""

    def run(self) -> None:
        """All hops in order; raises JourneyBroken at the first that fails."""
        with self._out:
            self._trusted()
            first, code = self._arrives(1, 2)
            self._sign_in()
            self._photo(first, code)
            self._scanner(first, code)
            before = self._guide_scan()
            self._hand_over(first)
            self._slip(first)
            self._at_hq(first, before - 2)
            second, _ = self._arrives(2, 3)
            self._cut()
            self._offline(second, before - 2)
            self._lowered(second, before - 2, before - 5)
            self._restored(second, before - 5)
            self._again(second, before - 5)
            self._elsewhere(first, code)

    # ---- hops ----

    def _trusted(self) -> None:
        with self._hops.hop("store enrolled at HQ, the line speaks TLS", "门店已登记，线路 TLS 加密"):
            stage = self._stage
            boxes = [box for box in stage.desk.devices(STORE) if box["state"] == "active"]
            require(len(boxes) == 1, f"{len(boxes)} boxes are enrolled")
            require(
                spoken(stage.line.port, stage.papers.authority) in {"TLSv1.2", "TLSv1.3"}, "TLS is spoken"
            )
            require(not spoken(stage.line.port, None), "a stranger does not believe the demo's own authority")
            status, body = stage.api.status()
            require(status == 200 and body["line"]["word"] == "up", "the store is in touch with HQ")

    def _arrives(self, number: int, qty: int) -> tuple[Order, str]:
        """Publishes an order of the one product; returns it with its eight digits, and its signed code."""
        with self._hops.hop("order published at HQ, arrived at the store", "总部下单，订单到店"):
            desk = self._stage.desk
            order = desk.publish_order(_order(self._ware, number, qty))
            code = desk.issue_code(order.order, encode, not_after=_soon(), kid=number)
            self._wait(lambda: self._stage.api.look(code, "T1")[0] == 200, "the order arrives")
        return order, code

    def _sign_in(self) -> None:
        cashier = self._stage.people[0]
        with self._hops.hop("cashier signed in; a foreign page's form was refused", "店员登录，外站表单被拒"):
            form = self._till.page("/cashier/sign-in?station=T1").form("/cashier/sign-in")
            stolen = Form(form.action, {**form.fields, "staff": cashier.staff, "pin": cashier.pin})
            refused = self._till.submit(stolen, origin="http://evil.example")
            require(refused.status_code in {403, 421}, f"foreign origin answered {refused.status_code}")
            self._till.sign_in(cashier.staff, cashier.pin)
            require(self._till.page().key.startswith("home"), "HOME is shown")

    def _photo(self, order: Order, code: str) -> None:
        with self._hops.hop("photo of the customer's phone drawn", "生成手机取货码照片"):
            photo = photo_of(code, _PHOTO_SEED)
            (self._pictures / "phone.jpg").write_bytes(photo)
        with (
            self._hops.hop("camera read the photo, the page was told", "摄像头识读，页面收到通知"),
            self._ears("station:T1") as ears,
        ):
            drop(photo, self._stage.camera, ".jpg")
            ears.hear("station:T1")
        with self._hops.hop("order found on the cashier's page", "收银页显示订单"):
            self._shows(order)
            self._till.put_back()

    def _scanner(self, order: Order, code: str) -> None:
        with (
            self._hops.hop("serial scanner read the code, the page was told", "串口扫码枪识读，页面收到通知"),
            self._ears("station:T1") as ears,
        ):
            self._stage.scanner.scan(code)
            ears.hear("station:T1")
        with self._hops.hop("order found again, reserved for this desk", "再次找到订单并锁定"):
            self._shows(order)

    def _guide_scan(self) -> int:
        with (
            self._hops.hop("guide screen shows price and stock", "导购屏显示价格与库存"),
            self._ears("station:G1") as ears,
        ):
            self._stage.guide_scanner.scan(self._ware.gtin)
            ears.hear("station:G1")
            shown = self._on_hand()
            require(shown == self._ware.on_hand, f"{shown} on the screen, {self._ware.on_hand} in stock")
            require(f"{self._ware.fen / 100:.2f}" in self._guide.page("/guide/").text, "the price is shown")
        return shown

    def _hand_over(self, order: Order) -> None:
        with self._hops.hop("handed over", "确认交付"):
            _, result = self._till.hand_over()
            require(order.order[-4:] in self._till.page(result).text, "HANDED shows the tail")

    def _slip(self, order: Order) -> None:
        with self._hops.hop("slip printed, its picture kept", "小票已打印并存图"):
            papers = self._stage.printer.wait_papers(1, 20)
            require(papers, "a slip comes out")
            require("已核销" in papers[0].text and order.order in papers[0].text, "the slip names the order")
            (self._pictures / "slip.png").write_bytes(papers[0].png)

    def _at_hq(self, order: Order, left: int) -> None:
        with self._hops.hop("HQ knows, once; its stock is lower", "总部已收到，恰好一次"):
            self._wait(lambda: self._known(order) == 1, "the fact arrives at HQ")
            require(self._stage.desk.stock(STORE)[self._ware.sku] == left, "HQ's stock is lower")
            self._wait(lambda: self._on_hand() == left, "the guide screen counts it once")

    def _cut(self) -> None:
        with self._hops.hop("HQ's line cut, the store noticed", "切断总部线路，门店已察觉"):
            self._stage.line.cut()
            self._wait(lambda: self._stage.api.line()["word"] == "down", "the store notices")

    def _offline(self, order: Order, stock: int) -> None:
        with self._hops.hop("eight digits typed, found without HQ", "离线输入8位取货码，找到订单"):
            self._till.type_in(order.numeric_code)
            self._shows(order)
        with self._hops.hop("handed over offline, slip printed", "离线交付并打印小票"):
            self._replayed, self._result = self._till.hand_over()
            papers = self._stage.printer.wait_papers(2, 20)
            require(len(papers) == 2 and order.order in papers[1].text, "the second slip comes out")
            require("离线核销" in papers[1].text, "the slip says that HQ was away")
            require(self._known(order) == 0, "HQ cannot know yet")
            require(self._stage.desk.stock(STORE)[self._ware.sku] == stock, "HQ's stock stands still")

    def _lowered(self, order: Order, before: int, after: int) -> None:
        with self._hops.hop(
            f"guide screen: {before} -> {after} without HQ", f"导购屏库存 {before} → {after}（离线）"
        ):
            self._wait(lambda: self._on_hand() == after, "the guide screen shows less")
            require(self._known(order) == 0, "HQ cannot know yet")

    def _restored(self, order: Order, stock: int) -> None:
        with self._hops.hop("line restored: HQ knows, exactly once", "线路恢复：总部恰好收到一次"):
            self._stage.line.restore()
            self._wait(lambda: self._known(order) == 1, "the fact arrives at HQ")
            self._settled()
            require(self._known(order) == 1, "the fact is at HQ once")
            require(self._stage.desk.stock(STORE)[self._ware.sku] == stock, "HQ's stock is lower")
            require(self._on_hand() == stock, "the guide screen counts it once")

    def _again(self, order: Order, stock: int) -> None:
        with self._hops.hop("the same wish again changes nothing", "重复提交不再生效"):
            require(self._till.redeem(self._replayed) == self._result, "the stored answer comes")
            self._settled()
            require(self._known(order) == 1, "HQ heard of it once")
            require(len(self._stage.printer.papers) == 2, "no further slip")
            require(self._on_hand() == stock, "the stock stands still")

    def _elsewhere(self, order: Order, code: str) -> None:
        with self._hops.hop("second desk refused: already_collected", "另一服务台被拒：已取货"):
            other = self._browser("T2")
            colleague = self._stage.people[1]
            other.sign_in(colleague.staff, colleague.pin)
            other.type_in(code)
            key = other.page().key
            require(
                key.startswith("refused:") and key.endswith(":already_collected"), f"the page shows {key}"
            )
            status, body = self._stage.api.redeem(code, "T2", f"journey-{order.order}")
            require((status, body["code"]) == (409, "already_collected"), f"the API answers {status}")

    # ---- looking ----

    def _browser(self, station: str) -> Till:
        till = Till(self._stage.address.url, station)
        self._out.callback(till.close)
        return till

    def _ears(self, topic: str) -> Ears:
        return Ears(self._stage.address.web_port, self._stage.address.live_port, topic)

    def _wait(self, ready: Callable[[], bool], what: str) -> None:
        self._stage.wait(ready, what, 20)

    def _shows(self, order: Order) -> None:
        page = self._till.page()
        require(
            page.key.startswith("found:") and order.order in page.key,
            f"the page shows {page.key or 'no stage'}",
        )

    def _on_hand(self) -> int:
        shown = _HERE.search(self._guide.page("/guide/").text)
        if shown is None:
            raise Missed("the guide screen shows no stock")
        return int(shown[1])

    def _known(self, order: Order) -> int:
        """How many hand-overs of this order HQ has taken in."""
        facts: list[dict[str, Any]] = self._stage.desk.events(STORE)
        return sum(fact["kind"] == "pickup.collected" and fact["d"]["order"] == order.order for fact in facts)

    def _settled(self) -> None:
        self._wait(lambda: self._stage.api.line().get("outbox") == 0, "HQ acknowledges")


def photo_of(code: str, seed: int) -> bytes:
    """A phone that shows the code, photographed: JPEG."""
    import cv2

    from devices.phone_photo import phone_photo

    cv2.setNumThreads(
        1
    )  # OpenCV's threads spin against each other where the store runs on the same two cores
    return bytes(cv2.imencode(".jpg", phone_photo(code, seed), [cv2.IMWRITE_JPEG_QUALITY, 88])[1])


def drop(picture: bytes, folder: Path, suffix: str) -> None:
    """Puts a picture into a camera's folder, all at once."""
    name = f"{datetime.now(UTC):%H%M%S%f}"
    half = folder / f"{name}.part"
    half.write_bytes(picture)
    half.rename(folder / f"{name}{suffix}")


def _soon() -> datetime:
    return datetime.now(UTC) + timedelta(days=1)


def _order(ware: Ware, number: int, qty: int) -> Order:
    now = datetime.now(UTC)
    line = OrderLine(1, ware.sku, ware.name_zh, ware.name_en, qty, ware.fen, ware.category, ware.flags)
    return Order(
        order=f"HJ{now:%y%m%d}{number:03d}{4711 + number}",
        gen=1,
        store=STORE,
        channel="小程序 Mini program",
        mode="whole",
        state="ready",
        lines=(line,),
        name_masked="林*",
        phone_tail="0421",
        paid_fen=qty * ware.fen,
        due_fen=0,
        ready_by=stamp(now),
        hold_until=stamp(now + timedelta(days=2)),
        shelf=f"A-{number:02d}",
        placed_at=stamp(now - timedelta(hours=1)),
        store_name_zh=SHOPS[0].name_zh,
        store_name_en=SHOPS[0].name_en,
    )
