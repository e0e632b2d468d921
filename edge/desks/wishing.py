"""One wish, one fact: a desk's verb that is done once however often it is asked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from edge.db import Connection
from edge.domain.refusals import BadRequest, NonceReused
from edge.records.books import Books
from edge.records.wishes import WishRow
from sync.messages import Up, body_of, kind_of

T = TypeVar("T")


@dataclass(frozen=True)
class Done:
    """What became of a wish: its fact's number, and what the verb keeps as its answer."""

    seq: int
    answer: str


def once(books: Books, nonce: str, asked: object, work: Callable[[Connection], Done]) -> tuple[Done, bool]:
    """Does the wish in one transaction on the ledger, or gives what was done before (True).

    Raises NonceReused when the nonce was used for another wish, BadRequest for one that names nothing.
    """
    if not nonce:
        raise BadRequest(why="nonce")
    digest = hashlib.sha256(repr(asked).encode()).hexdigest()
    with books.ledger.transaction() as tx:
        row = books.wishes.done(nonce, tx)
        if row is not None:
            if row.request_sha != digest:
                raise NonceReused
            return Done(row.seq, row.answer), True
        done = work(tx)
        books.wishes.add(tx, nonce, WishRow(digest, done.seq, done.answer))
    return done, False


def sound(fact: Up) -> Up:
    """The fact, if HQ could read it; raises BadRequest with the field that is wrong."""
    kind = type(fact)
    try:
        msgspec.convert({"k": kind_of(fact), **body_of(fact)}, kind)
    except msgspec.ValidationError as error:
        # Its place only: the text of such an error quotes no values, but a place is all that is needed.
        raise BadRequest(why=str(error).rpartition("$")[2].strip("`.") or "fields") from None
    return fact
