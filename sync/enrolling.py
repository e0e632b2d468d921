"""A new box asks HQ to be a store's: the invitation used, HQ's keys pinned."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.admission import ENROLL_PATH, EnrollAnswer, EnrollRequest, Invitation, enroll_words
from sync.credentials import Ask
from sync.messages import LineDown, NotAdmitted
from sync.signed import NotTrusted, Roster, Signed, first_roster


class InvitationRefused(Exception):
    """This box was not taken in; the message says why, for store IT."""


@dataclass(frozen=True)
class Enrolled:
    """What a box is from now on. `word` is the signed roster as received, `roster` what it says."""

    device: str
    store: str
    hq_epoch: str
    server_time: str
    root_fpr: str
    word: Signed
    roster: Roster


def read_invitation(text: str | bytes) -> Invitation:
    """The invitation in a QR code's text; raises InvitationRefused."""
    try:
        invitation = msgspec.json.decode(text, type=Invitation)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise InvitationRefused(
            "this is no invitation: it is the text of the QR code that HQ shows"
        ) from None
    if invitation.v != 1:
        raise InvitationRefused(f"the invitation is of version {invitation.v}; this release knows version 1")
    return invitation


def enroll(
    ask: Ask, invitation: Invitation, store: str, stream: str, seed: bytes, hw: str = "", sw: str = ""
) -> Enrolled:
    """Enrols this box's key and journal as `store`; raises InvitationRefused, or SyncFault where HQ is not reached.

    HQ's roster must hang on the root that the invitation names: whoever answers at the address is not believed
    otherwise. The invitation is used up by the answer, so a box that does not believe it needs a new one.
    """
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public = private.public_key().public_bytes_raw().hex()
    proof = private.sign(enroll_words(invitation.token, public, stream)).hex()
    request = EnrollRequest(store, invitation.token, public, stream, proof, hw[:200], sw[:200])
    try:
        answer = msgspec.json.decode(ask(ENROLL_PATH, msgspec.json.encode(request)), type=EnrollAnswer)
    except NotAdmitted:
        raise InvitationRefused(
            "HQ does not know this invitation, or it was used, or its day is over"
        ) from None
    except msgspec.DecodeError:
        raise LineDown("what answers is not HQ") from None
    try:
        roster = first_roster(answer.roster, invitation.root_fpr)
    except NotTrusted as refused:
        raise InvitationRefused(
            f"what answers at {invitation.url} does not hold the keys that the invitation names ({refused.code})"
        ) from None
    if answer.store != store:
        raise InvitationRefused(f"HQ says store {answer.store}, the settings {store}")
    root = invitation.root_fpr
    return Enrolled(
        answer.device, answer.store, answer.hq_epoch, answer.server_time, root, answer.roster, roster
    )
