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
@click.argument("invitation", type=_PATH)
@click.option("--settings", "path", type=_PATH, required=True, help="The store's settings (TOML).")
@click.option("--again", is_flag=True, help="Enrol a box that is enrolled already, as another device.")
def enroll(invitation: Path, path: Path, *, again: bool) -> None:
    """Make this box a store's with HQ's INVITATION: a file with its text, a picture of its QR code, or - (typed).

    The store must not be running. The invitation is good for one box and one day. In a shop the key is among the
    service's secrets: CREDENTIALS_DIRECTORY=/etc/store-edge/secrets
    """
    from edge.alone import AlreadyRunning, alone
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
        raise click.ClickException(f"HQ cannot be reached: {fault.code} {fault}") from fault
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
