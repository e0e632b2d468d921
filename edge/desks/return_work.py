"""The desk's side of counting a return: found, scanned up, said how it looks, and only then accepted."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from edge.desks.returns import ReturnDesk
from edge.domain.refusals import BadRequest, NotAllowed, PayCodeElsewhere, Refusal, UnknownThing
from edge.domain.return_refusals import OrderedNotGiven, WrongGoods
from edge.domain.return_views import Returned
from edge.domain.return_work import Work
from edge.domain.returns import Preview, Wanted
from edge.domain.scanned import PAY_KINDS, PLAIN, Rules, ScanKind, Scanned, classify
from edge.domain.staff import Act, Operator, Role

_TEXT = 64
_WHY = 120


@dataclass(frozen=True)
class ReturnWork:
    """One return at a time a station, kept in the ledger: a restart of the box loses no count.

    Every change carries a nonce; one that comes twice changes nothing more.
    """

    desk: ReturnDesk
    codes: Rules = PLAIN
    _said: dict[str, Refusal] = field(default_factory=dict)

    def at(self, station: str) -> Work | None:
        """What the station is at work on."""
        return self.desk.books.returns.work(station)

    def begin(self, text: str, operator: Operator) -> Work:
        """Finds a purchase and lays it on the desk in place of what lay there; raises what `ReturnDesk.find` does."""
        found = self.desk.find(text.strip()[:_TEXT], operator)
        work = Work(str(uuid.uuid4()), operator.staff, found)
        with self.desk.books.ledger.transaction() as tx:
            self.desk.books.returns.put_work(tx, operator.station, work)
        self.desk.poke(f"station:{operator.station}")
        return work

    def scan(self, text: str, operator: Operator, nonce: str) -> Work:
        """Goods count up; where nothing lies on the desk, the number of a purchase is looked for.

        Raises WrongGoods, ReturnTooMany and what `begin` raises.
        """
        here = self.at(operator.station)
        if here is None or (nonce not in here.done and self._is_purchase(text, here)):
            return self.begin(text, operator)
        seen = classify(text, rules=self.codes)
        if seen.kind in PAY_KINDS:
            raise PayCodeElsewhere

        def counted(work: Work) -> Work:
            names = self._names(seen, text)
            line = work.matching(names)
            if not work.misses(line) and (given := work.given_for(names)) is not None:
                raise OrderedNotGiven(name_zh=given.name_zh, name_en=given.name_en)
            if line is None:
                raise WrongGoods
            return work.one_more(line)

        return self._change(here.work, operator, nonce, counted)

    def takes(self, station: str, text: str, nonce: str) -> bool:
        """Whether a device's scan is of goods, or of another purchase, while a return lies on the station's desk.

        Then it is done with; what stands against it is said on the page that looks next (`said`).
        """
        here = self.at(station)
        if here is None:
            return False
        if not classify(text, rules=self.codes).names_goods and not self._is_purchase(text, here):
            return False
        try:
            self.scan(text, Operator(here.staff, here.staff, Role.CASHIER, station), nonce)
        except Refusal as refusal:
            self.say(station, refusal)
        return True

    def say(self, station: str, refusal: Refusal) -> None:
        """Keeps a refusal for the station's page."""
        self._said[station] = refusal
        self.desk.poke(f"station:{station}")

    def said(self, station: str) -> Refusal | None:
        """The newest refusal that nobody has read yet; told once."""
        return self._said.pop(station, None)

    def put(self, work: str, wanted: tuple[Wanted, ...], operator: Operator, nonce: str) -> Work:
        """What somebody says of lines by hand: how many, how they look, why, and where they go."""

        def said(here: Work) -> Work:
            for one in wanted:
                here = here.put(one)
            return here

        return self._change(work, operator, nonce, said)

    def lift(self, work: str, why: str, operator: Operator, nonce: str) -> Work:
        """A lead answers for term and exclusion, and says why; "" takes it back. Raises NotAllowed, BadRequest."""
        if not operator.may(Act.FORCE):
            raise NotAllowed
        if len(why) > _WHY or not why.isprintable():
            raise BadRequest(why="why")
        return self._change(work, operator, nonce, lambda here: replace(here, forced_why=why.strip()))

    def preview(self, here: Work, operator: Operator) -> tuple[Preview | None, Refusal | None]:
        """What it comes to as it is counted, or what stands against it; neither while nothing is counted.

        A purchase elsewhere is not asked for again: what HQ said when it was found is what counts here.
        """
        if not here.counted:
            return None, None
        try:
            bought = self.desk.purchases.fresh(here.bought)
            forced = bool(here.forced_why) and operator.may(Act.FORCE)
            return self.desk.preview(bought, here.counted, operator, forced=forced), None
        except Refusal as refusal:
            return None, refusal

    def accept(self, work: str, shown_fen: int, operator: Operator, nonce: str) -> Returned:
        """Takes the goods back as they were counted. Raises RefundChanged where it comes to another sum than was
        shown, and what `ReturnDesk.accept` raises."""
        done = self.desk.books.returns.by_nonce(nonce)
        if done is not None:
            return self.desk.view(done.ret)
        here = self._mine(work, operator)
        made = self.desk.accept(
            here.bought.source,
            here.bought.ref,
            here.counted,
            operator,
            nonce,
            forced=bool(here.forced_why),
            why=here.forced_why,
            shown_fen=shown_fen,
        )
        self.drop(work, operator)
        return made

    def drop(self, work: str, operator: Operator) -> None:
        """Clears the desk; nothing has happened yet that would have to be undone."""
        with self.desk.books.ledger.transaction() as tx:
            here = self.desk.books.returns.work(operator.station, tx)
            if here is not None and here.work == work:
                self.desk.books.returns.drop_work(tx, operator.station)
        self.desk.poke(f"station:{operator.station}")

    def _change(self, work: str, operator: Operator, nonce: str, act: Callable[[Work], Work]) -> Work:
        if not nonce:
            raise BadRequest(why="nonce")
        with self.desk.books.ledger.transaction() as tx:
            here = self.desk.books.returns.work(operator.station, tx)
            if here is None or here.work != work:
                raise UnknownThing
            if nonce in here.done:
                return here
            here = act(here).noted(nonce)
            self.desk.books.returns.put_work(tx, operator.station, here)
        self.desk.poke(f"station:{operator.station}")
        return here

    def _mine(self, work: str, operator: Operator) -> Work:
        here = self.at(operator.station)
        if here is None or here.work != work:
            raise UnknownThing
        return here

    def _is_purchase(self, text: str, here: Work) -> bool:
        """Whether this is the number of another purchase of this store; goods that lie on the desk come first."""
        known = self.desk.books.sales.by_receipt(text.strip())
        return known is not None and known.sale != here.bought.ref

    def _names(self, seen: Scanned, text: str) -> frozenset[str]:
        """Every name that the scanned goods have: SKU, numbers on the package, those of the catalogue."""
        wares = self.desk.books.wares
        numbers = set(seen.facts.numbers())
        if seen.kind is ScanKind.GTIN:
            numbers.add(seen.value.zfill(14))
        found = [wares.by_gtin(number) for number in numbers]
        skus = {one[0].sku for one in found if one is not None}
        if seen.facts.plu and (ware := wares.by_plu(seen.facts.plu)) is not None:
            skus.add(ware.sku)
        typed = {text.strip()} if not seen.names_goods else set()
        return frozenset(numbers | skus | typed)
