"""What a screen hands to a phone: an address with a token, the same for the same wish, of which HQ keeps the hash."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b32encode
from urllib.parse import urlencode

from sqlalchemy import Connection, delete, insert, select

from sync.hub.schema import meta

_LINK = "cart_link"
"""The row of HQ's settings that says where phones go."""


def link_of(conn: Connection) -> str:
    """Where phones go; "" while HQ's people named no address."""
    return str(conn.scalar(select(meta.c.value).where(meta.c.key == _LINK)) or "")


def keep_link(conn: Connection, url: str) -> None:
    """Phones go there from now on."""
    conn.execute(delete(meta).where(meta.c.key == _LINK))
    conn.execute(insert(meta).values(key=_LINK, value=url))


def address(link: str, **facts: str) -> str:
    """The phone's address: HQ's own with a fact more."""
    return f"{link}{'&' if '?' in link else '?'}{urlencode(facts)}"


def token_of(conn: Connection, what: str, store: str, nonce: str) -> str:
    """The token that this wish of a store has, however often it is asked; it stands nowhere. `what`: cart or order."""
    key = str(conn.scalar(select(meta.c.value).where(meta.c.key == "bearer_key"))).encode()
    made = hmac.new(key, f"{what}\n{store}\n{nonce}".encode(), hashlib.sha256).digest()
    return b32encode(made[:15]).decode()


def sha(text: str) -> str:
    """A hash (hex) of what is kept nowhere as text."""
    return hashlib.sha256(text.encode()).hexdigest()
