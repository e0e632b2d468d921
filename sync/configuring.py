"""Whether a store believes HQ's word on its set-up: pinned keys, two signatures for money, never backwards; and what it
tells HQ of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

import msgspec

from sync.configured import (
    MONEY_SECTIONS,
    ROSTER_PATH,
    STATUS_PATH,
    Bundle,
    ConfigStatus,
    ConfigTaken,
    RosterAnswer,
    RosterRequest,
)
from sync.messages import ConfigWord, LineDown, moment_of
from sync.signed import NotTrusted, Roster, Signed, signers, succeed, verify

MOST_LEAP = 1_000_000
"""How far a version may be ahead of all that a store saw. HQ counts on after a store that is up to so far ahead of it:
whoever stole a key cannot use up the numbers that are left for the word that comes after the key was replaced."""


class Line(Protocol):
    """The wire to HQ (sync.ends.Transport)."""

    def post(self, path: str, body: bytes) -> bytes:
        """The body of HQ's 200 answer; raises SyncFault."""
        ...


def approved(word: Signed, roster: Roster, *, money: bool) -> Bundle:
    """The bundle, if the roster's config keys, and for `money` another one of its money keys, stand behind it.

    Raises NotTrusted: KIND, SIGNATURE, BODY; ROLE where the roster has no config keys; MONEY where the second
    signature is missing, or is the first one's key again.
    """
    role = roster.roles.get("config")
    if role is None:
        raise NotTrusted("ROLE", "the roster names no config keys")
    bundle = verify(word, "config", role, Bundle)
    if money:
        second = roster.roles.get("money")
        if second is None:
            raise NotTrusted("MONEY", "the roster names no money keys")
        one, other = signers(word, role), signers(word, second)
        if len(other) < second.threshold or len(one | other) < role.threshold + second.threshold:
            raise NotTrusted("MONEY", "a second person's key is missing")
    return bundle


def money_of(sections: Mapping[str, Any]) -> dict[str, Any]:
    """The sections that need a second signature where they change."""
    return {name: value for name, value in sections.items() if name in MONEY_SECTIONS}


def judge(
    said: ConfigWord, roster: Roster, store: str, good: Bundle | None, seen: int, now: datetime, daemon: str
) -> Bundle:
    """The bundle that this store may try next. `good`: what it has, `seen`: the highest version it ever took up.

    What changes money needs two signatures: its own, or those of an approved bundle (`proof`) that is newer than what
    the store has and says the same of money: so a box that missed it, or is new, need not bother a second person.
    Raises NotTrusted: those of `approved`, STORE, ROLLBACK, LEAP, EXPIRED, DAEMON (needs a newer release).
    """
    bundle = approved(said.word, roster, money=False)
    if bundle.store != store:
        raise NotTrusted("STORE", f"is for {bundle.store}")
    if bundle.version <= seen:
        raise NotTrusted("ROLLBACK", f"{bundle.version} after {seen}")
    if bundle.version > seen + MOST_LEAP:
        raise NotTrusted("LEAP", f"{bundle.version} after {seen}")
    try:
        over = moment_of(bundle.expires) < now
    except ValueError:
        raise NotTrusted("BODY", "expires") from None
    if over:
        raise NotTrusted("EXPIRED", bundle.expires)
    if _number(daemon) < _number(bundle.min_daemon):
        raise NotTrusted("DAEMON", f"needs {bundle.min_daemon}, this is {daemon}")
    had = money_of(good.sections) if good else {}
    if money_of(bundle.sections) != had:
        _proven(said, roster, bundle, good)
    return bundle


def _proven(said: ConfigWord, roster: Roster, bundle: Bundle, good: Bundle | None) -> None:
    try:
        approved(said.word, roster, money=True)
    except NotTrusted:
        if said.proof is None:
            raise
        earlier = approved(said.proof, roster, money=True)
        newer = earlier.version > (good.version if good else 0)
        same = money_of(earlier.sections) == money_of(bundle.sections)
        if not (newer and same and earlier.store == bundle.store):
            raise


def _number(text: str) -> tuple[int, ...]:
    """A release's number as one compares it; a text that is none counts as the lowest."""
    parts = text.split(".")
    return tuple(int(part) for part in parts) if all(part.isdecimal() for part in parts) else ()


def newer_roster(line: Line, present: Roster) -> tuple[Roster, Signed | None]:
    """The roster that HQ has by now, reached step by step from the present one; its word, or None where there is none.

    A step that is not believed ends the way: what was reached before it counts. Raises SyncFault.
    """
    body = line.post(ROSTER_PATH, msgspec.json.encode(RosterRequest(present.version)))
    try:
        answer = msgspec.json.decode(body, type=RosterAnswer)
    except (msgspec.DecodeError, RecursionError):
        raise LineDown("what answers is not HQ") from None
    reached: Signed | None = None
    for word in answer.rosters:
        try:
            present, reached = succeed(present, word), word
        except NotTrusted:
            break
    return present, reached


def report(line: Line, status: ConfigStatus) -> ConfigTaken:
    """Tells HQ what became of a version; a repeat is harmless. Raises SyncFault."""
    try:
        return msgspec.json.decode(line.post(STATUS_PATH, msgspec.json.encode(status)), type=ConfigTaken)
    except msgspec.DecodeError:
        raise LineDown("what answers is not HQ") from None
