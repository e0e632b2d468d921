"""store-edge enroll: a new box becomes a store's."""

from __future__ import annotations

import platform
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from config.loader import load
from config.schema import Settings, SettingsRefused

if TYPE_CHECKING:
    from sync.admission import Invitation

_PATH = click.Path(path_type=Path)
_PICTURES = {".png", ".jpg", ".jpeg", ".webp"}


@click.command("enroll")
@click.argument("invitation", type=_PATH, required=False)
@click.option(
    "--settings",
    "path",
    type=_PATH,
    default=None,
    help="The store's settings (TOML), for a store set up by hand.",
)
@click.option("--again", is_flag=True, help="Enrol a box that is enrolled already, as another device.")
@click.option("--store", default="", help="The store's number, where the invitation does not say it.")
@click.option(
    "--address", default="", help="This machine's address in the shop; default: the one that faces HQ."
)
@click.option(
    "--alone", is_flag=True, help="A shop without an HQ: --store says its number, there is no INVITATION."
)
@click.option(
    "--unattended", is_flag=True, help="Take invitation and wishes from /etc/store-edge/enroll.toml."
)
def enroll(
    invitation: Path | None,
    path: Path | None,
    *,
    again: bool,
    store: str,
    address: str,
    alone: bool,
    unattended: bool,
) -> None:
    """Make this box a store's with HQ's INVITATION: a file with its text, a picture of its QR code, or - (typed).

    On a box of the package, as root: settings and secrets are made, the units started. With --settings the store must
    not be running, and nothing but its books is touched. The invitation is good for one box and one day. Exit code 75:
    HQ was not reached, try again.
    """
    if [unattended, alone, invitation is not None].count(True) != 1:
        raise click.UsageError("say INVITATION, --unattended or --alone")
    if path is not None and invitation is not None:
        _by_hand(invitation, path, again=again)
    else:
        _of_the_package(invitation, store, address, again=again, alone=alone)


def _of_the_package(invitation: Path | None, store: str, address: str, *, again: bool, alone: bool) -> None:
    """A bare box of the package becomes a store's; `invitation` None: the unattended one, or there is none."""
    from edge.box import UNATTENDED, Failed, NotReady, Wishes, become, become_alone, read_drop
    from edge.sealed import SealBroken, shred
    from sync.enrolling import InvitationRefused, read_invitation

    try:
        wishes = Wishes(store, address, again)
        if alone:
            click.echo(become_alone(wishes))
            return
        if invitation is None:
            drop = read_drop(UNATTENDED)
            wishes = Wishes(drop.store, drop.address, again)
            text = drop.invitation or _text(Path(drop.invitation_file))
        else:
            text = _text(invitation)
        done = become(text, read_invitation(text), wishes)
        if invitation is None:
            shred(UNATTENDED)
    except Failed as failed:
        click.echo(f"Error: {failed}", err=True)
        sys.exit(failed.code)
    except (NotReady, SealBroken, InvitationRefused, OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(done)


def _by_hand(invitation: Path, path: Path, *, again: bool) -> None:
    """The books of a store whose settings are there already become enrolled ones."""
    from edge.alone import AlreadyRunning, alone
    from edge.box import TRY_LATER
    from edge.db import WrongKey
    from edge.owner import KeyElsewhere, key_as_owner
    from sync.enrolling import InvitationRefused, read_invitation
    from sync.messages import SyncFault

    try:
        settings = load(path)
        asked = read_invitation(_text(invitation))
        key = key_as_owner(settings)
        with alone(Path(settings.store.state_dir)):
            done = _enrolled(settings, key, asked, again=again)
    except SettingsRefused as refused:
        raise click.ClickException("\n".join(map(str, refused.problems))) from refused
    except (InvitationRefused, AlreadyRunning, KeyElsewhere, WrongKey) as refused:
        raise click.ClickException(str(refused)) from refused
    except SyncFault as fault:
        click.echo(f"Error: HQ cannot be reached: {fault.code} {fault}", err=True)
        sys.exit(TRY_LATER)
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(done)


def _enrolled(settings: Settings, key: bytes, asked: Invitation, *, again: bool) -> str:
    from edge.clock import stamp
    from edge.records.books import open_books
    from edge.records.enrolment import EnrolmentRow
    from sync.enrolling import InvitationRefused
    from sync.enrolling import enroll as ask_hq
    from sync.transport import HttpTransport

    hq, store = settings.hq, settings.store
    if hq.url.rstrip("/") != asked.url.rstrip("/"):
        raise InvitationRefused(
            f"the invitation is to {asked.url}; the settings' hq.url is {hq.url or 'empty'}"
        )
    books = open_books(Path(store.state_dir), key, store.timezone)
    try:
        known = books.enrolments.now()
        if known is not None and not again:
            raise InvitationRefused(f"this box is enrolled since {known.at}; --again makes it another device")
        seed, line = secrets.token_bytes(32), HttpTransport(hq.url, "", hq.timeout_s, hq.ca_file)
        stream = books.journal.stream_id()
        done = ask_hq(
            line.ask, asked, store.id, stream, seed, platform.platform(terse=True), platform.python_version()
        )
        books.clock.saw_server_time(done.server_time)
        row = EnrolmentRow(done.device, done.store, done.root_fpr, done.word, stamp(books.clock.now()), seed)
        with books.ledger.transaction() as tx:
            books.enrolments.put(tx, row)
    finally:
        books.close()
    return f"store {done.store} is enrolled as device {done.device}; it believes HQ's roster {done.roster.version}"


def _text(source: Path) -> str:
    """The invitation's text, wherever it stands."""
    if str(source) == "-":
        return sys.stdin.read()
    if source.suffix.lower() not in _PICTURES:
        return source.read_text("utf-8")
    from devices.decoding import decode, load_image
    from devices.ports import DeviceFault

    try:
        codes = decode(load_image(source))
    except DeviceFault as fault:
        raise ValueError(str(fault)) from fault
    texts = [code.reading.text for code in codes if code.reading.text.startswith("{")]
    if len(texts) != 1:
        raise ValueError(f"{source} shows {len(texts)} invitations; one is needed")
    return texts[0]
