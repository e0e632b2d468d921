"""From 结算 to a sale at a kiosk: questions, a person's look, the payment and what it does to the screen."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass

from config.kiosk_schema import KioskSettings
from edge.desks.lane_basket import LaneBasket
from edge.desks.lane_members import LaneMembers
from edge.desks.lane_places import SELF, LanePlaces, shopper_at
from edge.desks.sale_scans import SaleRoom
from edge.desks.tender import TenderDesk
from edge.desks.tickets import TicketDesk
from edge.domain.lane_checks import Limits, Need, needs, open_needs
from edge.domain.lane_refusals import CheckPending, LaneMovedOn, WalletsAway
from edge.domain.lane_session import PAY_PLACES, Act, Asked, Here, Place, act_of, next_step
from edge.domain.payments import Channel
from edge.domain.refusals import BadRequest, Refusal
from edge.domain.selling import Basket, BasketState
from edge.domain.selling_refusals import EmptyBasket
from edge.domain.staff import Operator, Role
from edge.domain.ticket_refusals import TicketEnded
from edge.domain.tickets import Outcome, Ticket, TicketKind, TicketState

_KEEPS_SKU = frozenset({TicketKind.AGE, TicketKind.MAX_QTY, TicketKind.PRICE_ZERO, TicketKind.WEIGHT})


@dataclass(frozen=True)
class LaneCheckout:
    """The kiosk's side of store.sales.checkout and store.tender: there is no other payment."""

    places: LanePlaces
    basket: LaneBasket
    members: LaneMembers
    room: SaleRoom
    tender: TenderDesk
    tickets: TicketDesk
    rules: KioskSettings

    # ---- the way to paying ----

    def forward(self, station: str, nonce: str, **answered: str) -> Here:
        """结算, and the answer to each of its questions: the next page. People are called at once, and only once."""
        basket = self.basket.at(station)
        here = self.places.here(station)
        if basket is None or not (basket.lines or here.many("strangers")):
            raise EmptyBasket
        if answered:
            here = self.places.move(station, Act.NOTE, answered)
        self.members.best(station, f"{nonce}:best")
        here = self._call(station, here, basket, nonce)
        basket = self.basket.at(station) or basket
        act = next_step(self._asked(basket, here))
        if act is Act.PAY and not basket.lines:
            raise EmptyBasket
        here = self.places.move(station, act, {"checkout": "yes", "basket": basket.basket})
        return self._begin(station, basket, here) if act is Act.PAY else here

    def pending(self, here: Here, basket: Basket) -> tuple[Need, ...]:
        """What a person still has to look at."""
        return open_needs(self._needs(here, basket), here.facts)

    def ticket(self, here: Here, need: Need) -> Ticket | None:
        """The call that was made for it."""
        name = here.said(f"t{need.key}")
        return self.tickets.ticket(name) if name else None

    def drop(self, station: str, key: str, nonce: str) -> Here:
        """The shopper leaves the goods instead of waiting; the call is withdrawn."""
        here, basket = self.places.here(station), self.basket.at(station)
        need = next((one for one in self.pending(here, basket) if one.key == key), None) if basket else None
        if basket is None or need is None or not need.droppable:
            raise LaneMovedOn
        self._leave(station, need, nonce)
        self._withdraw(station, here.said(f"t{need.key}"))
        self.places.move(station, Act.NOTE, {f"t{need.key}": ""})
        left = self.basket.at(station)
        if left is None or not left.lines:
            return self.places.move(station, Act.BACK)
        return self.forward(station, f"{nonce}:on")

    def withdraw(self, station: str, here: Here) -> None:
        """Nobody waits there any more."""
        for name, ticket in here.facts.items():
            if name.startswith("tok:") or name == "help":
                self._withdraw(station, ticket)

    def withdraw_help(self, station: str, here: Here) -> None:
        """The shopper does not need anybody any more."""
        self._withdraw(station, here.said("help"))

    # ---- paying ----

    def pay_code(self, station: str, text: str, nonce: str) -> Here:
        """A wallet's code at the page that asks for it: whose it is its digits say. Raises WalletsAway, NoPayCode."""
        here, basket = self.places.here(station), self.basket.at(station)
        if basket is None or here.place is not Place.PAY:
            raise LaneMovedOn
        if basket.state is not BasketState.PAYING:
            here = self._begin(station, basket, here)
            basket = self.basket.at(station) or basket
        if basket.state is not BasketState.PAYING or not self.room.checkout.wallets():
            raise WalletsAway
        self.room.checkout.scan_code(basket.basket, text, shopper_at(station), nonce)
        return self.settle(station)

    def show_qr(self, station: str, channel: str, nonce: str) -> Here:
        """A code of ours that the shopper scans; raises ChannelClosed, WalletsOffline."""
        basket = self.basket.at(station)
        payment = self.room.checkout.payment(basket.basket) if basket else None
        if payment is None:
            raise LaneMovedOn
        try:
            wallet = Channel(channel)
        except ValueError:
            raise BadRequest(why="channel") from None
        self.tender.show_qr(payment.payment, wallet, shopper_at(station), nonce)
        return self.settle(station)

    def cancel(self, station: str) -> Here:
        """取消支付: the attempt is asked for once more and taken back; the basket stays, the payment too."""
        basket = self.basket.at(station)
        payment = self.room.checkout.payment(basket.basket) if basket else None
        if payment is not None and payment.holds:
            self.tender.stop(payment.payment, shopper_at(station))
        return self.settle(station)

    def back(self, station: str) -> Here:
        """From the page of paying back to the basket; what a wallet paid already goes back."""
        basket = self.basket.at(station)
        if basket is not None and basket.state is BasketState.PAYING:
            basket = self.room.checkout.unpay(basket.basket, shopper_at(station))
            if basket.state is BasketState.PAYING:
                return self.settle(station)
        return self.places.move(station, Act.BACK)

    def settle(self, station: str) -> Here:
        """The screen follows the payment, whoever looks first; a paid basket becomes a sale here."""
        try:
            return self._settled(station)
        except LaneMovedOn:
            return self.places.here(station)  # somebody looked at the same moment, and moved it already

    def _settled(self, station: str) -> Here:
        here = self.places.here(station)
        if here.place not in PAY_PLACES:
            return self._followed(station, here)
        basket = self.basket.at(station)
        if basket is None:
            return self._over(station, here)
        if basket.state is not BasketState.PAYING:
            if here.place is Place.PAY:
                return self._begin(station, basket, here)
            return self.places.move(station, Act.BACK)
        payment = self.room.checkout.payment(basket.basket)
        if payment is None:
            self.room.checkout.settled(basket.basket, shopper_at(station))
            return self.places.move(station, Act.BACK)
        act = act_of(payment)
        if act is Act.PAID:
            sale = self.room.checkout.complete(basket.basket, shopper_at(station), f"paid:{payment.payment}")
            return self.places.move(station, Act.PAID, {"sale": sale.sale})
        attempt = payment.attempt
        if act is Act.LOSE and attempt is not None and attempt.call_staff:
            here = self._help(station, here, attempt.number)
        return self._shown(station, here, act)

    def free(self, station: str, operator: Operator, nonce: str) -> Here:
        """Staff free a kiosk whose payment is unclear; the work on it goes on. Raises NothingUnclear."""
        basket = self.basket.at(station)
        if basket is None:
            raise LaneMovedOn
        who = Operator(operator.staff, operator.name, operator.role, station)
        self.room.checkout.set_aside(basket.basket, who, nonce)
        return self.places.move(station, Act.REST)

    # ---- inside ----

    def _begin(self, station: str, basket: Basket, here: Here) -> Here:
        """The price is kept from here on, where a wallet can be asked at all; else the page says how to pay."""
        total = int(self.room.selling.bill(basket).total_fen)
        if not (self.room.checkout.wallets() or not total):
            return here
        if self.pending(here, basket):
            self.places.move(station, Act.BACK)
            return self.places.say(station, CheckPending())
        self.basket.opened(station)
        nonce = f"lane:{basket.basket}:{basket.version}"
        try:
            self.room.checkout.pay(basket.basket, total, shopper_at(station), nonce)
        except Refusal as refusal:
            self.places.move(station, Act.BACK)
            return self.places.say(station, refusal)
        return here if total else self.settle(station)

    def _shown(self, station: str, here: Here, act: Act) -> Here:
        target = {
            Act.PAY: Place.PAY,
            Act.SUBMIT: Place.PAYING,
            Act.ASK: Place.USERPAYING,
            Act.LOSE: Place.UNKNOWN,
        }
        if here.place is target[act]:
            return here
        failed = act is Act.PAY and here.place is not Place.PAY
        return self.places.move(station, act, {"failed": "yes" if failed else ""})

    def _over(self, station: str, here: Here) -> Here:
        """Somebody completed it, took it to a desk or set it aside."""
        sale = self.room.selling.books.sales.of_basket(here.said("basket"))
        if sale is not None:
            return self.places.move(station, Act.PAID, {"sale": sale.sale})
        return self.places.move(station, Act.REST)

    def _asked(self, basket: Basket, here: Here) -> Asked:
        bags = set(self.rules.bags)
        none = not any(line.sku in bags for line in basket.lines)
        choices = bool(self.members.choices(basket.station, basket, {}, {}))
        return Asked(
            bags=bool(bags) and self.rules.asks_bags and none and not here.said("bagged"),
            member=not basket.member and not here.said("membered"),
            coupons=choices and not here.said("couponed"),
            checks=bool(self.pending(here, basket)),
        )

    def _needs(self, here: Here, basket: Basket) -> tuple[Need, ...]:
        limits = Limits(self.rules.most_pieces, self.rules.most_removed, self.rules.spot_check_mille)
        odd = tuple(map(int, here.many("odd")))
        return needs(basket, here.many("strangers"), int(here.said("removed") or 0), limits, odd)

    def _call(self, station: str, here: Here, basket: Basket, nonce: str) -> Here:
        wanted = self.pending(here, basket)
        told: dict[str, str] = {}
        for need in wanted:
            if not here.said(f"t{need.key}"):
                sku = need.about if need.kind in _KEEPS_SKU else ""
                wish = hashlib.sha256(f"{nonce}:{need.key}".encode()).hexdigest()[:32]
                made = self.tickets.open(need.kind, station, SELF, wish, sku=sku)
                told[f"t{need.key}"] = made.ticket
        keys = {f"t{need.key}" for need in wanted}
        for name, ticket in here.facts.items():
            if name.startswith("tok:") and name not in keys:
                self._withdraw(station, ticket)
                told[name] = ""
        return self.places.move(station, Act.NOTE, told) if told else here

    def _followed(self, station: str, here: Here) -> Here:
        """What staff said to the calls of this kiosk; the way to paying goes on by itself."""
        basket, waited = self.basket.at(station), here.place is Place.INTERVENTION
        if basket is None or not any(name.startswith("tok:") for name in here.facts):
            return here
        ended = [(need, self.ticket(here, need)) for need in self.pending(here, basket)]
        answered = [(need, one) for need, one in ended if one is not None and one.state is TicketState.CLOSED]
        for need, ticket in answered:
            here = self._answered(station, need, ticket, basket)
        if not answered or not waited:
            return here
        left = self.basket.at(station)
        if left is None or not left.lines or here.said("dropped"):
            return self.places.move(station, Act.BACK, {"dropped": here.said("dropped")})
        if self.pending(here, left):
            return self.places.move(station, Act.CHECK)
        return self.forward(station, f"on:{left.basket}:{here.rev}")

    def _answered(self, station: str, need: Need, ticket: Ticket, basket: Basket) -> Here:
        """Approved it stands; denied the goods go; a call that ended otherwise is made again."""
        name = f"t{need.key}"
        if ticket.outcome == Outcome.APPROVED.value:
            if need.kind is TicketKind.AGE:
                looked = Operator(ticket.staff, ticket.staff_name, Role.CASHIER, station)
                self.room.selling.age_checked(basket.basket, looked, f"age:{ticket.ticket}")
            if need.kind is TicketKind.UNKNOWN_ITEM:
                self._leave(station, need, f"seen:{ticket.ticket}")
            return self.places.move(station, Act.NOTE, {need.key: "yes", name: ""})
        if ticket.outcome != Outcome.DENIED.value:
            return self.places.move(station, Act.NOTE, {name: ""})
        if need.droppable:
            self._leave(station, need, f"no:{ticket.ticket}")
        return self.places.move(station, Act.NOTE, {name: "", "dropped": need.kind.value})

    def _leave(self, station: str, need: Need, nonce: str) -> None:
        if need.kind is TicketKind.UNKNOWN_ITEM:
            self.basket.forget(station, need.about)
        elif need.kind is TicketKind.MAX_QTY:
            self.basket.limit(station, need.lines, self.rules.most_pieces, nonce[:48])
        else:
            self.basket.remove(station, need.lines, nonce[:48])

    def _help(self, station: str, here: Here, number: str) -> Here:
        if here.said("help"):
            return here
        made = self.tickets.unclear(station, SELF, number)
        return self.places.move(station, Act.NOTE, {"help": made.ticket})

    def _withdraw(self, station: str, ticket: str) -> None:
        if ticket:
            with contextlib.suppress(TicketEnded):
                self.tickets.withdraw(ticket, station, SELF, f"gone:{ticket}")
