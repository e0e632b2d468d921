"""Payments put together: the tender desk, whoever moves the money, and the workers that ask them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

from config.schema import Settings
from edge.desks.attempting import Attempting
from edge.desks.drawers import DrawerDesk
from edge.desks.pay_hand import PayHand
from edge.desks.pay_views import PayViews
from edge.desks.paying import PayWorkers
from edge.desks.refunding import Refunding
from edge.desks.settling import Settling
from edge.desks.staff import StaffDesk
from edge.desks.status import Poke, StatusDesk
from edge.desks.tender import TOPIC, TenderDesk
from edge.domain.payment_port import PaymentProvider
from edge.domain.payment_steps import ChannelRules, Pace
from edge.domain.payment_terms import Terms
from edge.domain.payments import Channel
from edge.hq_line import credential
from edge.records.books import Books
from edge.workers import Worker

_PATIENCE_S = 90.0
"""A call may take a new bearer, a connection and an answer, each with its own limit."""


def tender_desk(
    settings: Settings, books: Books, status: StatusDesk, drawers: DrawerDesk, poke: Poke
) -> TenderDesk:
    """The desk over the books; nobody is asked for anything yet."""
    terms, hand = terms_of(settings), PayHand(books.ledger.key)
    settling, views = Settling(books, status), PayViews(books, status, terms, hand)
    back = Refunding(books, drawers, settling, views, poke)
    begin = Attempting(books, status, terms, views)
    return TenderDesk(books, status, drawers, terms, hand, settling, views, begin, back, poke)


def pay_workers(
    tender: TenderDesk, staff: StaffDesk, providers: Mapping[Channel, PaymentProvider]
) -> PayWorkers:
    """What calls these providers for that desk."""
    desk = tender
    desk.hand.serve({channel.value for channel in providers})
    rows = (desk.books, staff, desk.status, desk.terms, desk.hand, desk.settling)
    return PayWorkers(*rows, providers, desk.poke, desk.back)


def hire_payers(settings: Settings, tender: TenderDesk, staff: StaffDesk, hire: Callable[..., None]) -> None:
    """Takes on as many workers as calls may run at a time; none where only cash is taken."""
    providers = providers_of(settings, tender.books)
    if not providers:
        tender.hand.serve(set())
        return
    work = pay_workers(tender, staff, providers)
    for number in range(settings.payments.workers):
        hire(Worker(f"payments {number + 1}", work.turn, _PATIENCE_S), TOPIC, "line")


def terms_of(settings: Settings) -> Terms:
    """The agreement that the settings describe."""
    asked = settings.payments
    here = asked.provider != "none" and (asked.provider != "hq" or bool(settings.hq.url))
    wechat = ChannelRules(
        wait_ms=_ms(asked.wechat_wait_s),
        poll_ms=_ms(asked.poll_s),
        calm_ms=_ms(asked.reverse_after_s),
        qr_ms=_ms(asked.qr_s),
    )
    alipay = ChannelRules(
        wait_ms=_ms(asked.alipay_wait_s), poll_ms=_ms(asked.poll_s), calm_ms=0, qr_ms=_ms(asked.qr_s)
    )
    return Terms(
        store=settings.store.id,
        provider=asked.provider,
        by_hq=asked.provider == "hq",
        codes=tuple(Channel(one) for one in asked.codes) if here else (),
        qr=tuple(Channel(one) for one in asked.qr) if here else (),
        rules={Channel.WECHAT: wechat, Channel.ALIPAY: alipay, Channel.UNIONPAY: wechat},
        lanes={name: number for number, name in enumerate(sorted(settings.stations), 1)},
        pace=Pace(submit_ms=_ms(asked.submit_s), stuck_ms=_ms(asked.stuck_s), unsure_ms=_ms(asked.unsure_s)),
        subject=asked.subject,
    )


def providers_of(settings: Settings, books: Books) -> dict[Channel, PaymentProvider]:
    """Whoever moves the money of each wallet. What a shop without them never needs is imported here."""
    wallets = (Channel.WECHAT, Channel.ALIPAY, Channel.UNIONPAY)
    match settings.payments.provider:
        case "hq" if settings.hq.url:
            from paying.gateway import GatewayProvider

            return dict.fromkeys(wallets, GatewayProvider(_posts(settings, books)))
        case "direct":
            from paying.direct import accounts

            return accounts(settings.payments)
        case "scripted":
            from paying.scripted import ScriptedProvider

            scripted = ScriptedProvider(settings.payments.script, lambda: time.monotonic_ns() // 1_000_000)
            return dict.fromkeys(wallets, scripted)
        case _:
            return {}


def _posts(settings: Settings, books: Books) -> Callable[[str, bytes], bytes]:
    """Requests to HQ's gateway, over a connection of each thread's own: a till must not wait for another's shopper."""
    from sync.transport import HttpTransport

    hq, own = settings.hq, threading.local()

    def post(path: str, body: bytes) -> bytes:
        line: HttpTransport | None = getattr(own, "line", None)
        if line is None:
            shown = credential(hq, books)
            line = own.line = HttpTransport(hq.url, shown, settings.payments.read_s, hq.ca_file)
        return line.post(path, body)

    return post


def _ms(seconds: float) -> int:
    return int(seconds * 1000)
