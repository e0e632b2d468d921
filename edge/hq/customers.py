"""store-edge hub coupons, members: what customers have, and what stores may know of them."""

from __future__ import annotations

from typing import Any

import click

from edge.hq.doing import JSON, WHO, adds_import, doing, give_file, looking, said, say
from edge.hub_cli import DATABASE

OUT = click.argument("out", metavar="OUT")
FORM = click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "ndjson"]),
    help="Else what OUT's ending says; ndjson to `-`.",
)
STORE = click.option("--store", default="", help="Of this store only.")
LIMIT = click.option(
    "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most."
)
_COUPON_STATES = click.Choice(["live", "used", "revoked"])


@click.group("coupons")
def coupons() -> None:
    """Coupons: class A for any number of uses, B once at one store, C once anywhere."""


adds_import(
    coupons,
    "coupons.import",
    lambda to: to.coupons(),
    "Issue the coupons in FILE: coupon, cls, yuan, title_zh, title_en, store, not_before, not_after, offline_yuan, "
    "offline_per_hour.",
)


@coupons.command("issue")
@click.argument("coupon")
@click.option("--cls", type=click.Choice(["A", "B", "C"]), required=True, help="How often, and where.")
@click.option("--yuan", required=True, help="The most it takes off: 5 or 12.50.")
@click.option("--title-zh", required=True, help="What it is called, Chinese.")
@click.option("--title-en", required=True, help="What it is called, English.")
@click.option("--store", default="", help="Class B: the one store.")
@click.option("--from", "not_before", default="", help="Good from then on: 2026-01-05T00:00:00.000Z.")
@click.option("--until", "not_after", default="", help="Good until then.")
@click.option("--offline-yuan", default="0", help="Class C: taken without a line up to this amount.")
@click.option("--offline-per-hour", default="0", help="Class C: and so often in an hour and store.")
@DATABASE
@WHO
@JSON
def issue(database: str, who: str, *, as_json: bool, **facts: str) -> None:
    """Issue COUPON."""
    from sync.hub.benefit_forms import coupon_of
    from sync.hub.benefits import BenefitDesk
    from sync.hub.sheet import RowRefused

    try:
        one = coupon_of(facts, "csv")
    except RowRefused as refused:
        raise click.ClickException(str(refused)) from refused
    with doing(database, who, "coupons.issue", one.coupon) as engine:
        BenefitDesk(engine).issue([one])
    said({"coupon": one.coupon}, f"coupon {one.coupon} is issued", as_json=as_json)


@coupons.command("list")
@STORE
@click.option("--state", type=_COUPON_STATES, help="Only those.")
@LIMIT
@DATABASE
@JSON
def list_coupons(database: str, store: str, state: str | None, limit: int, *, as_json: bool) -> None:
    """List coupons by name: coupon, class, yuan, title, store, until when, state."""
    from itertools import islice

    from sync.hub import exports

    names = ("coupon", "cls", "yuan", "title_zh", "title_en", "store", "not_after", "state")
    with looking(database) as engine:
        found = islice(exports.coupons(engine, store, state or "", form="csv"), limit)
        say(({name: row[name] for name in names} for row in found), as_json=as_json)


@coupons.command("uses")
@click.argument("coupon")
@DATABASE
@JSON
def uses(coupon: str, database: str, *, as_json: bool) -> None:
    """List the uses of COUPON that HQ heard of: use, store, stream, seq, fen, released."""
    from sync.hub.benefits import BenefitDesk

    with looking(database) as engine:
        say(BenefitDesk(engine).uses(coupon), as_json=as_json)


@coupons.command("withdraw")
@click.argument("coupon")
@DATABASE
@WHO
@JSON
def withdraw(coupon: str, database: str, who: str, *, as_json: bool) -> None:
    """Withdraw COUPON. A store that has not heard yet may still take it: that use stands, with a case."""
    from sync.hub.benefits import BenefitDesk

    with doing(database, who, "coupons.withdraw", coupon) as engine:
        BenefitDesk(engine).revoke(coupon)
    said({"coupon": coupon, "state": "revoked"}, f"coupon {coupon} is withdrawn", as_json=as_json)


@coupons.command("export")
@OUT
@FORM
@STORE
@click.option("--state", type=_COUPON_STATES, help="Only those.")
@DATABASE
def export_coupons(out: str, form: str | None, store: str, state: str | None, database: str) -> None:
    """Write coupons as they stand to OUT (`-` is standard output)."""
    from sync.hub import exports
    from sync.hub.benefit_forms import COUPON_COLUMNS

    with looking(database) as engine:
        give_file(
            out, form, COUPON_COLUMNS, lambda kind: exports.coupons(engine, store, state or "", form=kind)
        )


@click.group("members")
def members() -> None:
    """Members: profiles that stores may know, points, and what stores propose."""


adds_import(
    members,
    "members.import",
    lambda to: to.members(),
    "Add or change the members in FILE: member, tier, name_masked, card_tail, phone_tail, language, marketing, stores "
    "(between spaces), points (of a new one).",
)


@members.command("list")
@STORE
@LIMIT
@click.option("--after", default="", help="Those after this member.")
@DATABASE
@JSON
def list_members(database: str, store: str, limit: int, after: str, *, as_json: bool) -> None:
    """List members by token: member, tier, masked name, half of the tails, stores, points."""
    from itertools import dropwhile, islice

    from sync.hub import exports

    with looking(database) as engine:
        found = dropwhile(lambda row: row["member"] <= after, exports.members(engine, store, form="csv"))
        say((_masked(row) for row in islice(found, limit)), as_json=as_json)


@members.command("change")
@click.argument("member")
@click.option("--tier", help="Another tier.")
@click.option("--name-masked", help="Another masked name, like 李*.")
@click.option("--card-tail", help="Other last digits of the card.")
@click.option("--phone-tail", help="Other last digits of the telephone.")
@click.option("--language", help="Another language.")
@click.option("--marketing", help="Another word on marketing.")
@click.option("--store", "stores", multiple=True, help="Only these stores hold the profile from now on.")
@DATABASE
@WHO
@JSON
def change(
    member: str, stores: tuple[str, ...], database: str, who: str, *, as_json: bool, **said_of: str | None
) -> None:
    """Change MEMBER's profile; its stores get the new version. What was said is on no record, that it was is."""
    from datetime import UTC, datetime

    from sync.hub.benefit_files import change_member, checked_change
    from sync.hub.database import write
    from sync.messages import stamp

    fields = {name: text for name, text in said_of.items() if text is not None}
    if not fields and not stores:
        raise click.UsageError("nothing is to be changed; see --help")
    about = f"{member[:60]} {' '.join(sorted(fields))}{' stores' if stores else ''}"
    with doing(database, who, "members.change", about) as engine:
        checked_change(engine, member, fields, stores)
        at = stamp(datetime.now(UTC))
        word = write(engine, lambda conn: change_member(conn, member, fields, stores or None, at))
    said({"member": member, "ver": word.ver}, f"version {word.ver} of the profile", as_json=as_json)


@members.command("proposals")
@DATABASE
@click.option(
    "--state",
    type=click.Choice(["open", "overtaken", "accepted", "declined"]),
    default="open",
    show_default=True,
)
@JSON
def proposals(database: str, state: str, *, as_json: bool) -> None:
    """List what stores propose: change, store, member, field, value, version it was made on, state."""
    from sync.hub.benefits import BenefitDesk

    with looking(database) as engine:
        say(
            (
                {
                    "change": row["change_id"],
                    **{name: row[name] for name in ("store", "member", "field")},
                    "value": _half(row["value"]) if row["field"] == "phone_tail" else row["value"],
                    "base_ver": row["base_ver"],
                    "state": row["state"],
                }
                for row in BenefitDesk(engine).proposals(state)
            ),
            as_json=as_json,
        )


@members.command("accept")
@click.argument("change")
@DATABASE
@WHO
@JSON
def accept(change: str, database: str, who: str, *, as_json: bool) -> None:
    """Make the profile what the store proposed in CHANGE."""
    from sync.hub.benefits import BenefitDesk

    with doing(database, who, "members.accept", change) as engine:
        word = BenefitDesk(engine).accept(change)
    said({"change": change, "ver": word.ver}, f"version {word.ver} of the profile", as_json=as_json)


@members.command("decline")
@click.argument("change")
@DATABASE
@WHO
@JSON
def decline(change: str, database: str, who: str, *, as_json: bool) -> None:
    """Leave the profile as it is."""
    from sync.hub.benefits import BenefitDesk

    with doing(database, who, "members.decline", change) as engine:
        BenefitDesk(engine).decline(change)
    said({"change": change, "state": "declined"}, "the profile stays as it is", as_json=as_json)


@members.command("export")
@OUT
@FORM
@STORE
@DATABASE
def export_members(out: str, form: str | None, store: str, database: str) -> None:
    """Write members, whose names are masked, with their points to OUT (`-` is standard output)."""
    from sync.hub import exports
    from sync.hub.benefit_forms import MEMBER_COLUMNS

    with looking(database) as engine:
        give_file(out, form, MEMBER_COLUMNS, lambda kind: exports.members(engine, store, form=kind))


def _masked(row: dict[str, Any]) -> dict[str, Any]:
    names = ("member", "tier", "name_masked", "card_tail", "phone_tail", "stores", "points")
    return {name: _half(row[name]) if name.endswith("_tail") else row[name] for name in names}


def _half(tail: str) -> str:
    """The last half of a few digits: enough to tell two people apart, too few to tell who they are."""
    return "*" * (len(tail) - len(tail) // 2) + tail[len(tail) - len(tail) // 2 :]
