"""The number of a wish (its nonce), as all calls of /api/v1 hold it: one number, one call, one body."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from flask import Response, g, request

from edge.store import Store

_HERE = "store_edge_number"


@dataclass
class Numbers:
    """Before a call that changes something: NonceReused where its number stands for another wish of this program.

    What is done already the desks know by themselves and answer again; this is the same check in front of all of them,
    so that none can be forgotten. A number counts once its call succeeded.
    """

    store: Store
    token: str
    nonce: str = ""
    digest: str = ""

    def begin(self) -> None:
        """This request's calls are watched."""
        setattr(g, _HERE, self)

    def end(self, answer: Response) -> Response:
        """After the call."""
        if self.nonce and answer.status_code < 300:
            self.store.staff.api_wished(self.token, self.nonce, self.digest)
        return answer


def watched(body: object, nonce: str) -> None:
    """A body with a number was read; raises NonceReused."""
    found = g.get(_HERE)
    if not isinstance(found, Numbers):
        return
    text = json.dumps([request.method, request.path, body], sort_keys=True, ensure_ascii=False)
    found.nonce, found.digest = nonce, hashlib.sha256(text.encode()).hexdigest()
    found.store.staff.api_wish(found.token, found.nonce, found.digest)


def ended(answer: Response) -> Response:
    """After each call of /api/v1."""
    found = g.get(_HERE)
    return found.end(answer) if isinstance(found, Numbers) else answer
