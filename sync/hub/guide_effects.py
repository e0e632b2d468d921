"""What the facts of shoppers' screens mean at HQ: counts for those who look at campaigns, orders that were paid."""

from __future__ import annotations

from sync.guiding import ScreenCounted
from sync.hub.guide_tables import screen_count
from sync.hub.judging import Source, Unfit
from sync.hub.ordering_tables import order_told
from sync.hub.working_set import WorkingSet
from sync.messages import is_stamp
from sync.ordering import OrderPaid


def counted(rows: WorkingSet, source: Source, fact: ScreenCounted) -> str:
    """Keeps the counts; nothing of them contradicts anything. Raises Unfit."""
    if not is_stamp(fact.since) or not is_stamp(fact.until):
        raise Unfit("BAD_FACT")
    where = {"stream": source.stream, "seq": source.seq, "store": source.store, "at": source.at}
    span = {"screen": fact.screen, "since": fact.since, "until": fact.until}
    for pos, one in enumerate(fact.counts):
        what = {"what": one.what, "campaign": one.campaign, "sku": one.sku, "n": one.n}
        rows.keep(screen_count, {**where, **span, "pos": pos, **what})
    return ""


def paid(rows: WorkingSet, source: Source, fact: OrderPaid) -> str:
    """Keeps the word; whether the order is still to be had is answered beside (`ordering_turns`)."""
    where = {"stream": source.stream, "seq": source.seq, "store": source.store, "at": source.at}
    what = {"order_no": fact.order, "fen": fact.fen, "number": fact.number, "channel": fact.channel}
    open_still = {"screen": fact.screen, "shift": fact.shift, "said": "", "said_at": ""}
    rows.keep(order_told, {**where, **what, **open_still})
    return ""
