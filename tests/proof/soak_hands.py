"""A day's people before the screens, out of a seed: what they scan and touch, at a kiosk, a guide screen and a till."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tests.kiosk_ui.kiosk_floor import CUP, MILK, STRANGE, TEA, WINE
from tests.proof.screens_shop import MEMBERS, WARES, ScreensShop, gtin
from tests.proof.soak_pages import Screen, Wall

PATIENCE_S = 0.25
"""How long a step waits for screens that may have nothing new to show."""
MONEY = frozenset({"paying", "userpaying", "unknown"})
TOUCHES = {
    "on": 6.0,
    "take": 2.0,
    "begin": 2.0,
    "leave": 1.5,
    "rate": 1.0,
    "again": 3.0,
    "stranger": 2.0,
    "open": 3.0,
    "home": 1.5,
    "answer": 3.0,
    "order": 1.0,
    "category": 1.0,
    "ask": 0.7,
    "join": 0.3,
    "park": 0.25,
    "help": 0.2,
    "drop": 0.3,
    "cancel": 0.3,
    "nobody": 0.2,
    "collect": 0.3,
    "phone": 0.3,
    "bring": 0.15,
    "rest": 0.3,
    "letter": 0.1,
    "find": 0.1,
}
"""How much likelier a touch is than another; what is not named: 0.5."""
_MORE = {
    "talk": 0.2,
    "ease": 0.12,
    "reload": 0.25,
    "privacy": 0.1,
    "warned": 0.15,
    "gone": 0.3,
    "finger": 1.0,
}


@dataclass
class Hands:
    """Everybody; `done` counts what was done. Same seed, same wishes; what the pages make of them takes its time."""

    shop: ScreensShop
    wall: Wall
    seed: int
    done: dict[str, int] = field(default_factory=dict)
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311

    def step(self) -> None:
        """Somebody does something before each screen, and every page looks round as it does every ten seconds."""
        screens = self.wall.screens.values()
        for one in screens:
            one.look()
        before = [one.states for one in screens]
        for one in screens:
            if one.kind == "display":
                self._till()
            elif one.name in MONEY and self.chance.random() < 0.85:
                self._note("waited for money")
            else:
                self._shopper(one)
        ends = time.monotonic() + PATIENCE_S
        while time.monotonic() < ends:
            moved = [one.look() or one.states > was for one, was in zip(screens, before, strict=True)]
            if all(moved):
                break
            self.wall.screens["guide"].page.wait_for_timeout(20)
        for one in screens:
            one.polls()

    def rest(self) -> None:
        """Everybody leaves, and every screen shows its first page."""
        kiosk, guide, display = self.wall.screens.values()
        for _ in range(12):
            kiosk.look()
            if kiosk.name == "attract":
                break
            if kiosk.name in MONEY or not kiosk.idle:
                self._staff()
                kiosk.until(3.0)
            self._gone(kiosk)
            kiosk.until(2.0)
        self._gone(guide)
        guide.until(4.0, "attract")
        basket = self.shop.ask("basket").get("basket")
        if basket:
            self.shop.tell("basket/unpay", basket=basket)
            self.shop.tell("basket/void", basket=basket, reason="left")
        display.until(1.0, "display-idle")

    # ---- shoppers ----

    def _shopper(self, screen: Screen) -> None:
        scans = self._scans(screen)
        buttons = [one for one in screen.buttons() if one]
        wishes: list[tuple[float, str, Callable[[], object]]] = [
            (TOUCHES.get(one.partition(" ")[0], 0.5), "touch", partial(self._touch, screen, one))
            for one in buttons
        ]
        wishes += [(weight, "scan", partial(screen.scan, text)) for weight, text in scans]
        for name, weight in _MORE.items():
            wishes.append((weight, name, partial(getattr(self, f"_{name}"), screen)))
        if screen.name in {"help", "intervention", "called"}:
            wishes.append((4.0, "staff", self._staff))
        _, name, act = self.chance.choices(wishes, [weight for weight, _, _ in wishes])[0]
        self._note(f"{screen.kind} {name}")
        act()

    def _scans(self, screen: Screen) -> Sequence[tuple[float, str]]:
        goods = [TEA, CUP, MILK, *(gtin(self.chance.randrange(WARES)) for _ in range(3))]
        ware = self.chance.choice(goods)
        whose = self.shop.member_code(self.chance.randrange(MEMBERS))
        if screen.kind == "guide":
            return (4.0, ware), (0.3, STRANGE), (0.2, self.shop.order), (0.2, whose)
        match screen.name:
            case "pay":
                head = self.chance.choice(("13", "28"))
                code = head + "".join(self.chance.choice("0123456789") for _ in range(16))
                return ((8.0, code),)
            case "attract" | "done" | "feedback" | "parked":
                return (4.0, ware), (0.6, self.shop.order)
            case "basket" | "bags" | "lookup":
                return (5.0, ware), (1.2, whose), (0.3, STRANGE), (0.2, WINE)
            case "member" | "coupons":
                return (3.0, whose), (0.3, ware)
            case _:
                return ()

    def _touch(self, screen: Screen, value: str) -> None:
        verb = value.partition(" ")[0]
        if verb in {"collect", "phone"} and screen.kind == "kiosk":
            field, text = ("#digits", "48151623") if verb == "collect" else ("#phone", "13800000000")
            screen.ask(
                "([at, text]) => { const one = document.querySelector(at); if (one) one.value = text; }",
                [field, text],
            )
        screen.touch(value)

    def _finger(self, screen: Screen) -> None:
        buttons = screen.buttons()
        if buttons:
            screen.finger(f'#stage button[name=do][value="{self.chance.choice(buttons)}"]:visible')

    def _talk(self, screen: Screen) -> None:
        tongue = self.chance.choice(("zh-CN", "en", "zh-Hant"))
        screen.ask(f"document.querySelector('.tongues button[lang^=\"{tongue[:2]}\"]')?.click()")

    def _ease(self, screen: Screen) -> None:
        ease = self.chance.choice(("large", "low"))
        screen.ask(f"document.querySelector('.ways button[value={ease}]')?.click()")

    def _reload(self, screen: Screen) -> None:
        screen.again()
        screen.key = ""

    def _privacy(self, screen: Screen) -> None:
        screen.ask("document.querySelector('.shop-foot a')?.click()")
        screen.until(3.0, "privacy")
        screen.again()

    def _warned(self, screen: Screen) -> None:
        """The question comes, and somebody is still there."""
        screen.look()
        if not (screen.idle and screen.warn):
            return
        screen.later(screen.idle + 1)
        screen.page.wait_for_timeout(300)
        if screen.ask("document.getElementById('idle-ask')?.open"):
            self._note("asked, and stayed")
        screen.finger("#idle-stay")

    def _gone(self, screen: Screen) -> None:
        """Nobody is there any more."""
        screen.look()
        if screen.idle:
            screen.later(screen.idle + screen.warn + 1)

    def _staff(self) -> None:
        for ticket in self.shop.ask("tickets").get("tickets", ()):
            name = ticket["ticket"]
            self.shop.tell(f"tickets/{name}/take")
            for outcome in ("approved", "helped"):
                if self.shop.tell(f"tickets/{name}/close", outcome=outcome).get("result") == "ok":
                    break
        self._note("staff came")

    # ---- the till ----

    def _till(self) -> None:
        here = self.shop.ask("basket")
        basket = here.get("basket")
        if not basket:
            self._note("till scan")
            self.shop.tell("basket/scan", text=gtin(self.chance.randrange(WARES)))
            return
        total, payment = here["total_fen"], here.get("payment")
        if payment:
            self._note("till money")
            self._money(basket, payment)
            return
        roll = self.chance.random()
        if roll < 0.6:
            self.shop.tell("basket/scan", text=gtin(self.chance.randrange(WARES)))
        elif roll < 0.65:
            self.shop.tell("basket/void", basket=basket, reason="left")
        elif roll < 0.82:
            self.shop.tell("basket/cash", basket=basket, given_fen=total + 500, shown_fen=total)
        else:
            self.shop.tell("basket/pay", basket=basket, shown_fen=total)
        self._note("till sale")

    def _money(self, basket: str, payment: dict[str, Any]) -> None:
        if payment["state"] == "paid":
            self.shop.tell("basket/complete", basket=basket)
        elif not payment["attempt"]:
            code = "13" + "".join(self.chance.choice("0123456789") for _ in range(16))
            self.shop.tell("basket/scan", text=code)
        else:
            self.shop.tell("basket/unpay", basket=basket)

    def _note(self, what: str) -> None:
        self.done[what] = self.done.get(what, 0) + 1
