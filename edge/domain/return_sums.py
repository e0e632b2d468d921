"""What a return comes to: money, points and gifts, out of what each piece had cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from edge.domain.return_refusals import ReturnTooMany
from edge.domain.returns import Bought, PaidBy, Preview, Refunded, Wanted


def preview(
    bought: Bought, wanted: Sequence[Wanted], *, gifts_lost: Iterable[int] = (), rest_fen: int | None = None
) -> Preview:
    """What these pieces bring: the stored allocation of each.

    `gifts_lost`: lines of gifts that the rest no longer earns. One that does not come back with this return costs its
    listed price, but never more than is given back. `rest_fen`: what stays out would cost by itself under the rules of
    the sale, where the chain wants it so; then what goes back is what was paid less that.
    """
    lines = tuple(_refunded(bought, one) for one in wanted)
    back = {(one.wanted.line, unit) for one in lines for unit in one.units}
    rest = [
        piece
        for line in bought.lines
        for piece in line.pieces
        if not line.gift and (line.line, piece.unit) not in back
    ]
    lost = {*gifts_lost} if rest else {line.line for line in bought.lines if line.gift}
    due = tuple(sorted(number for number in lost if _listed(bought, number, wanted)))
    stored = sum(one.fen for one in lines)
    out = sum(piece.net_fen for line in bought.lines for piece in line.pieces)
    gifts = sum(_listed(bought, number, wanted) for number in due)
    dearer = rest_fen - (out - stored) if rest_fen is not None and rest else 0
    # All that is kept of the purchase from now on; what earlier returns kept of it is not kept once more.
    fen = max(0, stored + bought.withheld_fen - gifts - dearer)
    gift_fen = min(max(0, gifts - bought.gifts_fen), max(0, stored + bought.withheld_fen - bought.gifts_fen))
    earned = _share(bought.points, bought.net_fen - out + stored, bought.net_fen)
    return Preview(
        lines=lines,
        fen=fen,
        gift_fen=gift_fen,
        broken_fen=stored - fen - gift_fen,
        gifts_due=due,
        by_tender=spread(fen, bought.paid),
        points_given=sum(one.points for one in lines),
        points_lost=max(0, earned - bought.points_back) if bought.member else 0,
        whole=not rest,
    )


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


def _listed(bought: Bought, number: int, wanted: Sequence[Wanted]) -> int:
    """The listed price of a gift's pieces that neither came back nor come back now."""
    line = bought.line(number)
    if line is None:
        return 0
    coming = sum(one.qty for one in wanted if one.line == number)
    return max(0, line.left - coming) * line.unit_fen


def _share(points: int, fen: int, of_fen: int) -> int:
    """So many of the points as the part of the money; all of them for all of it."""
    if of_fen <= 0:
        return points if fen >= of_fen else 0
    return points * min(fen, of_fen) // of_fen
