"""What an HQ must do with boxes: in by an invitation, again by their key, and half in once they are replaced."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.admission import (
    ENROLL_PATH,
    TOKEN_PATH,
    EnrollAnswer,
    EnrollRequest,
    Invitation,
    TokenAnswer,
    TokenRequest,
    enroll_words,
    token_words,
)
from sync.conformance.hq_kit import Asker, HqKit, Journal, Reply, StoreAt, refused, said
from sync.conformance.report import Broken, Clauses, Skipped, expect
from sync.messages import canonical

T = TypeVar("T", bound=msgspec.Struct)

clause: Clauses[HqKit] = Clauses()

_BEYOND = {
    "/sync/v1/roster": {"after": 0},
    "/sync/v1/config/status": {
        "nonce": "kit",
        "applied": 0,
        "tried": 0,
        "result": "applied",
        "daemon": "kit",
    },
    "/sync/v1/ask/phone": {"kid": 1, "hash": "0" * 64},
}
"""What a box asks beside facts and rows."""


@dataclass
class Box:
    """A box of the kit's own: its key, its journal, and the name that HQ gave it."""

    store: str
    asker: Asker
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    stream: str = field(default_factory=lambda: str(uuid.uuid4()))
    device: str = ""
    server_time: str = ""

    def comes_in(self, invitation: Invitation) -> None:
        """Is taken in by HQ; raises Broken."""
        public = self.key.public_key().public_bytes_raw().hex()
        proof = self.key.sign(enroll_words(invitation.token, public, self.stream)).hex()
        asked = EnrollRequest(self.store, invitation.token, public, self.stream, proof, "kit", "kit")
        answer = _understood(self.post(ENROLL_PATH, asked), EnrollAnswer)
        expect(answer.store == self.store, f"taken in as {answer.store!r} instead of {self.store!r}")
        self.device, self.server_time = answer.device, answer.server_time

    def at_hq(self) -> StoreAt:
        """Itself with a new bearer; raises Broken."""
        nonce = secrets.token_hex(16)
        signature = self.key.sign(token_words(self.device, self.server_time, nonce)).hex()
        asked = TokenRequest(self.device, self.server_time, nonce, signature)
        return StoreAt(self.store, _understood(self.post(TOKEN_PATH, asked), TokenAnswer).bearer, self.asker)

    def post(self, path: str, asked: msgspec.Struct) -> Reply:
        """A request without a bearer."""
        headers = {"Content-Type": "application/json"}
        return self.asker.ask("POST", path, msgspec.json.encode(asked), headers)


def _understood(reply: Reply, kind: type[T]) -> T:
    expect(reply.status == 200, f"{reply.status}: {said(reply)}")
    try:
        return msgspec.json.decode(reply.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Broken(f"an answer that is none: {said(reply)}") from None


def _former(kit: HqKit) -> Journal:
    """The journal of a box that spoke and was replaced since; made once, for it takes both invitations."""
    if kit.former is not None:
        return kit.former
    if len(kit.invitations) != 2:
        raise Skipped("needs two invitations of one store")
    one, two = Box(kit.invited, kit.one.asker), Box(kit.invited, kit.one.asker)
    one.comes_in(kit.invitations[0])
    journal = Journal(one.at_hq(), one.stream)
    journal.add(2)
    journal.sent()
    reply = journal.store.pull(stream=one.stream)
    expect(reply.status == 200, f"{reply.status} for the pull of a store's only box: {said(reply)}")
    two.comes_in(kit.invitations[1])
    # A new bearer: one that was given before may be believed until it is over, whatever became of the box.
    journal.store = one.at_hq()
    kit.former = journal
    return journal


@clause("box.once")
def once(kit: HqKit) -> None:
    """An invitation takes one box in; whoever shows it again is 403 `invitation`."""
    _former(kit)
    box = Box(kit.invited, kit.one.asker)
    public = box.key.public_key().public_bytes_raw().hex()
    token = kit.invitations[0].token
    proof = box.key.sign(enroll_words(token, public, box.stream)).hex()
    refused(
        box.post(ENROLL_PATH, EnrollRequest(box.store, token, public, box.stream, proof)), 403, "invitation"
    )


@clause("box.late")
def late(kit: HqKit) -> None:
    """A box that was replaced is let in to bring what its journal still holds."""
    journal = _former(kit)
    first = len(journal.events) + 1
    journal.add(2)
    journal.sent(first)


@clause("box.replaced")
def replaced(kit: HqKit) -> None:
    """Whatever else it asks is 403 `device_replaced`, with the last fact of its journal that HQ has."""
    journal = _former(kit)
    wanted = len(journal.events)
    body = refused(journal.store.pull(stream=journal.stream), 403, "device_replaced")
    expect(body.get("up_acked") == wanted, f"up_acked is {body.get('up_acked')!r} after {wanted} facts")
    for path, asked in _BEYOND.items():
        refused(journal.store.ask(path, canonical(asked)), 403, "device_replaced")


@clause("box.own")
def own(kit: HqKit) -> None:
    """A box brings no journal but its own."""
    foreign = Journal(_former(kit).store)
    foreign.add(1)
    refused(foreign.send(), 403, "forbidden")
