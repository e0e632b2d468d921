"""What a return comes to: money, points and gifts, out of what each piece had cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from edge.domain.return_refusals import ReturnTooMany
from edge.domain.returns import Bought, PaidBy, Preview, Refunded, Wanted

CASH = "cash"


def preview(
    bought: Bought,
    wanted: Sequence[Wanted],
    *,
    gifts_earned: Mapping[str, int] | None = None,
    rest_fen: int | None = None,
    cash_step_fen: int = 0,
) -> Preview:
    """What these pieces bring: the stored allocation of each.

    `gifts_earned`: pieces of gifts that the rest still earns, by SKU and over all rules (None: all of them). What is
    out beyond that and does not come back with this return costs its listed price, but never more than is given back.
    `rest_fen`: what stays out would cost by itself under the rules of the sale, where the chain wants it so; then what
    goes back is what was paid less that. `cash_step_fen`: the smallest coin, see `in_coins`.
    """
    lines = tuple(_refunded(bought, one) for one in wanted)
    whole = _whole(bought, lines)
    due, gifts = _gifts_kept(bought, wanted, {} if whole else gifts_earned)
    stored = sum(one.fen for one in lines)
    out = sum(piece.net_fen for line in bought.lines for piece in line.pieces)
    dearer = rest_fen - (out - stored) if rest_fen is not None and not whole else 0
    # What earlier returns kept of it is not kept once more.
    exact = max(0, stored + bought.withheld_fen - gifts - dearer)
    gift_fen = min(max(0, gifts - bought.gifts_fen), max(0, stored + bought.withheld_fen - bought.gifts_fen))
    due_fen = max(0, exact + bought.rounded_fen)
    by_tender = in_coins(shares := spread(due_fen, bought.paid), bought.paid, cash_step_fen)
    fen = due_fen + sum(by_tender.values()) - sum(shares.values())
    earned = _share(bought.points, bought.net_fen - out + stored, bought.net_fen)
    return Preview(
        lines=lines,
        fen=fen,
        gift_fen=gift_fen,
        broken_fen=stored - exact - gift_fen,
        gifts_due=due,
        by_tender=by_tender,
        points_given=sum(one.points for one in lines),
        points_lost=max(0, earned - bought.points_back) if bought.member else 0,
        whole=whole,
        rounded_fen=exact - fen,
    )


def in_coins(shares: Mapping[str, int], paid: Sequence[PaidBy], step_fen: int) -> dict[str, int]:
    """The shares of `spread` with the cash in coins that there are: up to the next of `step_fen`, as a price in cash
    goes down to it, but never more than is left of what was paid in cash. What is given on top now goes off the
    next return.
    """
    found = dict(shares)
    cash = [one for one in paid if one.kind == CASH and one.left_fen > 0]
    due = sum(found.get(one.number, 0) for one in cash)
    more = -due % step_fen if step_fen else 0
    for one in cash:
        given = found.get(one.number, 0)
        step = min(more, one.left_fen - given)
        more -= step
        if given + step:
            found[one.number] = given + step
    return found


def spread(fen: int, paid: Sequence[PaidBy]) -> dict[str, int]:
    """Divides what goes back over the tenders by what each had paid (largest remainder, ties by their order).

    Never more to one than is left of it: what does not fit goes to those with room. Sums to `fen`, or to all that is
    left where that is less.
    """
    room = {one.number: one.left_fen for one in paid if one.left_fen > 0}
    shares = dict.fromkeys(room, 0)
    weights = {one.number: one.fen for one in paid}
    todo = min(fen, sum(room.values()))
    while todo:
        open_to = [number for number in room if shares[number] < room[number]]
        total = sum(weights[number] for number in open_to) or len(open_to)
        exact = {number: todo * (weights[number] or 1) for number in open_to}
        floors = {number: exact[number] // total for number in open_to}
        spare = todo - sum(floors.values())
        by_rest = sorted(open_to, key=lambda number: -(exact[number] % total))
        for number in by_rest[:spare]:
            floors[number] += 1
        for number in open_to:
            step = min(floors[number], room[number] - shares[number])
            shares[number] += step
            todo -= step
    return {number: share for number, share in shares.items() if share}


def estimated(order_lines: Sequence[tuple[int, int, int]], paid_fen: int) -> dict[int, tuple[int, ...]]:
    """What each piece of an online order cost where only its sum is known here: (line, qty, unit_fen) -> by line.

    `paid_fen` spread over the pieces by their listed price, largest remainder, ties by line and piece.
    """
    pieces = [(line, unit_fen) for line, qty, unit_fen in order_lines for _ in range(qty)]
    total = sum(fen for _, fen in pieces)
    exact = [paid_fen * fen for _, fen in pieces]
    shares = [value // total if total else 0 for value in exact]
    spare = paid_fen - sum(shares) if total else 0
    for at in sorted(range(len(pieces)), key=lambda at: -(exact[at] % total) if total else 0)[:spare]:
        shares[at] += 1
    found: dict[int, list[int]] = {}
    for (line, _), share in zip(pieces, shares, strict=True):
        found.setdefault(line, []).append(share)
    return {line: tuple(some) for line, some in found.items()}


def _refunded(bought: Bought, one: Wanted) -> Refunded:
    line = bought.line(one.line)
    if line is None or one.qty > line.left:
        raise ReturnTooMany(left=line.left if line else 0)
    pieces = line.pieces[: one.qty]
    return Refunded(
        one,
        line.sku,
        tuple(piece.unit for piece in pieces),
        sum(piece.net_fen for piece in pieces),
        sum(piece.points for piece in pieces),
    )


def _whole(bought: Bought, lines: Sequence[Refunded]) -> bool:
    """Whether nothing that was paid for is out any more once these are back."""
    back = {(one.wanted.line, unit) for one in lines for unit in one.units}
    out = ((line.line, piece.unit) for line in bought.lines if not line.gift for piece in line.pieces)
    return all(piece in back for piece in out)


def _gifts_kept(
    bought: Bought, wanted: Sequence[Wanted], earned: Mapping[str, int] | None
) -> tuple[tuple[int, ...], int]:
    """Lines of gifts that are due and what they are worth: those that neither came back nor are earned by the rest.

    A gift is as good as another of the same product, whichever rule gave it. What was paid a part of (换购) is worth
    its listed price less that; of dear and cheap ones the cheap ones are charged.
    """
    if earned is None:
        return (), 0
    coming = {one.line: one.qty for one in wanted}
    kept: dict[str, list[tuple[int, int]]] = {}
    for line in bought.lines:
        if line.gift:
            stay = line.pieces[coming.get(line.line, 0) :]
            worth = [(max(0, line.unit_fen - piece.net_fen), line.line) for piece in stay]
            kept.setdefault(line.sku, []).extend(worth)
    charged = [
        one for sku, some in kept.items() for one in sorted(some)[: max(0, len(some) - earned.get(sku, 0))]
    ]
    return tuple(sorted({line for worth, line in charged if worth})), sum(worth for worth, _ in charged)


def _share(points: int, fen: int, of_fen: int) -> int:
    """So many of the points as the part of the money; all of them for all of it."""
    if of_fen <= 0:
        return points if fen >= of_fen else 0
    return points * min(fen, of_fen) // of_fen
