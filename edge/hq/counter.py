"""store-edge hub coupons code|claim, members code|join-link|merge|erase: what counters are shown and told."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.hq.customers import coupons, members
from edge.hq.doing import JSON, WHO, doing, said
from edge.hub_cli import DATABASE

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["coupons", "members"]
PNG = click.option(
    "--png", type=click.Path(path_type=Path, dir_okay=False), help="Draw the QR code into this file."
)


def shown(text: str, facts: dict[str, str], png: Path | None, *, as_json: bool) -> None:
    """A code as text and, on a terminal or in a file, as QR."""
    import segno

    qr = segno.make(text, error="m", micro=False)
    if png:
        qr.save(str(png), kind="png", scale=8, border=4)
    if as_json:
        click.echo(json.dumps({**facts, "code": text}))
        return
    if sys.stdout.isatty() and not png:
        qr.terminal(compact=True)
    click.echo(text)


@coupons.command("code")
@click.argument("coupon")
@PNG
@DATABASE
@WHO
@JSON
def coupon_code(coupon: str, png: Path | None, database: str, who: str, *, as_json: bool) -> None:
    """Sign a code (CP1) for COUPON and print its text (or its QR, on a terminal)."""
    from sync.hub.coupon_codes import CouponCodes

    with doing(database, who, "coupons.code", coupon) as engine:
        text = CouponCodes(engine).code(coupon)
        shown(text, {"coupon": coupon}, png, as_json=as_json)


@coupons.command("claim")
@click.argument("text")
@PNG
@DATABASE
@WHO
@JSON
def claim(text: str, png: Path | None, database: str, who: str, *, as_json: bool) -> None:
    """Honour a store's claim TEXT (CC1): print the coupon that its sale earned, the same one however often."""
    from sync.hub.coupon_codes import CouponCodes

    # The claim is somebody's coupon: the record has its end only.
    with doing(database, who, "coupons.claim", f"...{text[-8:]}") as engine:
        answer = CouponCodes(engine).honoured(text)
        if answer.why:
            words = {"unknown": "no store of ours signed this claim", "over": "this claim's time is over"}
            raise click.ClickException(words[answer.why])
        shown(answer.code, {"not_after": answer.not_after}, png, as_json=as_json)


@members.command("code")
@click.argument("member")
@PNG
@DATABASE
@WHO
@JSON
def member_code(member: str, png: Path | None, database: str, who: str, *, as_json: bool) -> None:
    """Print the code (MB1) that MEMBER's phone shows in this minute; good for a minute on either side."""
    from sync.hub.database import write
    from sync.hub.member_desk import MemberDesk

    def seen(_: Connection) -> None:
        """Nothing changes, and yet somebody was given a member's code: that goes on record."""

    with doing(database, who, "members.code", member) as engine:
        text = MemberDesk(engine).code(member)
        write(engine, seen)
        shown(text, {"member": member}, png, as_json=as_json)


@members.command("join-link")
@click.argument("link")
@click.argument("url")
@click.option("--title-zh", required=True, help="What joining is called, Chinese.")
@click.option("--title-en", required=True, help="What joining is called, English.")
@click.option("--until", default="", help="Shown until then: 2026-01-05T00:00:00.000Z.")
@DATABASE
@WHO
@JSON
def join_link(
    link: str, url: str, title_zh: str, title_en: str, until: str, database: str, who: str, *, as_json: bool
) -> None:
    """Make URL (https) the place where screens send those who want to join."""
    from sync.benefits import JoinLink
    from sync.hub.member_desk import MemberDesk

    with doing(database, who, "members.join-link", link) as engine:
        MemberDesk(engine).join_link(JoinLink(link, url, title_zh, title_en, until))
    said({"link": link, "url": url}, f"screens show {url}", as_json=as_json)


@members.command("merge")
@click.argument("member")
@click.argument("into")
@DATABASE
@WHO
@JSON
def merge(member: str, into: str, database: str, who: str, *, as_json: bool) -> None:
    """Say that MEMBER and INTO are one person: points and numbers go to INTO, every store hears of it."""
    from sync.hub.member_desk import MemberDesk

    with doing(database, who, "members.merge", f"{member} {into}") as engine:
        MemberDesk(engine).merge(member, into)
    said({"member": member, "into": into}, f"{member} is {into} from now on", as_json=as_json)


@members.command("erase")
@click.argument("member")
@click.option("--yes", is_flag=True, help="Do not ask back: this cannot be undone.")
@DATABASE
@WHO
@JSON
def erase(member: str, database: str, who: str, *, yes: bool, as_json: bool) -> None:
    """Forget MEMBER here, and ask every store to within a day."""
    from sync.hub.member_desk import MemberDesk

    if not yes:
        click.confirm(f"forget {member} for good?", abort=True, err=True)
    with doing(database, who, "members.erase", member) as engine:
        wishes = MemberDesk(engine).erase(member)
    said({"member": member, "stores": len(wishes)}, f"{len(wishes)} stores are asked", as_json=as_json)
