"""A push before it is signed: for every store of the scope one whole Bundle, and which of them touch money."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, func, select

from config.layers import changed_sections
from sync.configured import BUNDLE_ID, MAX_BUNDLE, Bundle, Scope, Source
from sync.configuring import approved, money_of
from sync.hub import trust
from sync.hub.bulk import insert_rows
from sync.hub.config_merge import Revision, applies, in_force, merged
from sync.hub.config_tables import box, offer, revision
from sync.hub.publishing import NotPossible
from sync.hub.schema import store as store_table
from sync.messages import ConfigWord, stamp
from sync.signed import NotTrusted, Roster, Signed, sign

GOOD_FOR = timedelta(days=90)
"""How long a bundle is good unless said otherwise; past it stores go on and complain."""
_LOST = 1_000_000
"""So many versions a restored HQ may have forgotten: beyond that a store's word does not lift its count, or one store
could use up the numbers of all."""
_NOT_HELD = ("staged", "replaced", "rolled_back", "rejected")
_CHUNK = 500


@dataclass(frozen=True)
class Wish:
    """What somebody wants said. `withdraws`: revisions that stop counting with it."""

    scope: Scope
    sections: Mapping[str, Any]
    by: str
    why: str = ""
    min_daemon: str = ""
    good_for: timedelta = GOOD_FOR
    withdraws: tuple[int, ...] = ()


@dataclass(frozen=True)
class Draft:
    """A push to be signed: per store its Bundle; `money` are the stores whose bundle a second person must sign,
    `proofs` what shows of the others that their money sections were signed so before."""

    rev: int
    at: datetime
    wish: Wish
    bundles: Mapping[str, Bundle]
    money: frozenset[str]
    proofs: Mapping[str, Signed]

    def signed(self, config: Iterable[bytes], money: Iterable[bytes] = ()) -> dict[str, Signed]:
        """Every bundle signed with the config keys, those that touch money also with the money keys (32-byte seeds)."""
        first, second = list(config), list(money)
        return {
            store: sign("config", bundle, [*first, *second] if store in self.money else first)
            for store, bundle in self.bundles.items()
        }


def make(conn: Connection, wish: Wish, at: datetime) -> Draft:
    """The draft of a wish as HQ stands now; raises NotPossible."""
    _unhindered(conn, wish)
    own_region = regions(conn)
    stores = [
        s for s in conn.scalars(select(store_table.c.store)) if applies(wish.scope, s, own_region.get(s, ""))
    ]
    if not stores:
        raise NotPossible("there is no store in this scope")
    rev = _next(conn)
    mine = Revision(rev, wish.scope, wish.sections, wish.by, stamp(at), wish.why)
    said = [*standing(conn, wish.withdraws), mine]
    before = _held(conn, stores)
    bundles: dict[str, Bundle] = {}
    alike: dict[tuple[int, ...], Bundle] = {}
    for store in sorted(stores):
        # Most stores of a chain hear the same: what they hear is put together once.
        key = tuple(one.rev for _, one in in_force(said, store, own_region.get(store, "")))
        made = alike.get(key) or alike.setdefault(
            key, _bundle(wish, said, store, own_region.get(store, ""), rev, at)
        )
        had = before[store].sections if store in before else {}
        changed = changed_sections(had, made.sections)
        bundles[store] = msgspec.structs.replace(made, store=store, changed=changed)
    proofs = _proofs(conn, bundles)
    money = {s for s, b in bundles.items() if s not in proofs and _touched(b, before.get(s))}
    return Draft(rev, at, wish, bundles, frozenset(money), proofs)


def _bundle(wish: Wish, said: Sequence[Revision], store: str, region: str, rev: int, at: datetime) -> Bundle:
    sections, origins = merged(said, store, region)
    used = {one.rev: one for one in said if one.rev in origins.values()}
    sources = {str(n): Source(one.scope, one.by, one.at, one.why) for n, one in sorted(used.items())}
    bundle = Bundle(
        version=rev,
        store=store,
        issued=stamp(at),
        expires=stamp(at + wish.good_for),
        sections=sections,
        min_daemon=wish.min_daemon,
        why=wish.why,
        origins=origins,
        sources=sources,
    )
    if len(msgspec.json.encode(bundle)) > MAX_BUNDLE:
        raise NotPossible(f"what store {store} would hear is larger than {MAX_BUNDLE // 1024} KiB")
    return bundle


def _unhindered(conn: Connection, wish: Wish) -> None:
    """One roll-out at a time: its stores must not get a second one before it is known how they bear the first."""
    if wish.scope.station and not wish.scope.store:
        raise NotPossible("a station is named with its store")
    if wish.scope.store:
        known_store(conn, wish.scope.store)
    busy = conn.execute(select(revision).where(revision.c.state.in_(("rolling", "halted")))).all()
    for row in busy:
        other = _scope(row)
        apart = (wish.scope.store and other.store and wish.scope.store != other.store) or (
            wish.scope.region and other.region and wish.scope.region != other.region
        )
        if not apart and row.rev not in wish.withdraws:
            raise NotPossible(
                f"revision {row.rev} is {row.state}; wait, or push in its stead (--instead {row.rev})"
            )


def _touched(bundle: Bundle, before: Bundle | None) -> bool:
    return money_of(bundle.sections) != (money_of(before.sections) if before else {})


def _proofs(conn: Connection, bundles: Mapping[str, Bundle]) -> dict[str, Signed]:
    """Per store the newest bundle that a second person signed and no store sent back, where this one says the same
    of money."""
    proofs: dict[str, Signed] = {}
    wanted = [store for store, bundle in bundles.items() if money_of(bundle.sections)]
    for some in _chunks(wanted):
        held = offer.c.store.in_(some) & (offer.c.money == 1) & offer.c.state.not_in(_NOT_HELD)
        newest = (
            select(offer.c.store, func.max(offer.c.version).label("version"))
            .where(held)
            .group_by(offer.c.store)
        )
        top = newest.subquery()
        same = (offer.c.store == top.c.store) & (offer.c.version == top.c.version)
        for row in conn.execute(select(offer.c.store, offer.c.word).join(top, same)):
            word = _word(row.word).word
            earlier = msgspec.json.decode(word.body, type=Bundle)
            if money_of(earlier.sections) == money_of(bundles[row.store].sections):
                proofs[row.store] = word
    return proofs


def _held(conn: Connection, stores: Sequence[str]) -> dict[str, Bundle]:
    """What each store holds as far as HQ knows: the newest version that it was offered and did not send back."""
    found: dict[str, Bundle] = {}
    for some in _chunks(stores):
        held = offer.c.store.in_(some) & offer.c.state.not_in(_NOT_HELD)
        top = (
            select(offer.c.store, func.max(offer.c.version).label("v"))
            .where(held)
            .group_by(offer.c.store)
            .subquery()
        )
        same = (offer.c.store == top.c.store) & (offer.c.version == top.c.v)
        for row in conn.execute(select(offer.c.store, offer.c.word).join(top, same)):
            found[row.store] = bundle_of(row.word)
    return found


def checked(draft: Draft, store: str, word: Signed | None, roster_now: Roster) -> ConfigWord:
    """The word as it will travel; raises NotPossible unless it is the draft's, signed by whom stores believe."""
    if word is None:
        raise NotPossible(f"the word to store {store} is not signed")
    money = store in draft.money
    try:
        bundle = approved(word, roster_now, money=money)
    except NotTrusted as refused:
        if refused.code == "MONEY":
            raise NotPossible(
                f"this changes {', '.join(sorted(money_of(draft.bundles[store].sections))) or 'money'}: a second "
                f"person's key is needed ({refused.detail})"
            ) from None
        raise NotPossible(f"stores would not believe this: {refused.code} {refused.detail}") from None
    if bundle != draft.bundles[store]:
        raise NotPossible(f"what is signed for store {store} is not what HQ says to it")
    return ConfigWord(id=BUNDLE_ID, word=word, proof=draft.proofs.get(store))


def backwards(conn: Connection, rev: int, by: str, why: str) -> Wish:
    """The wish that brings back what stood before a revision, in its scope."""
    row = conn.execute(select(revision).where(revision.c.rev == rev)).one_or_none()
    if row is None:
        raise NotPossible(f"no revision {rev}")
    if row.state == "withdrawn":
        raise NotPossible(f"revision {rev} is withdrawn already")
    scope = _scope(row)
    earlier = [one for one in standing(conn) if one.scope == scope and one.rev < rev]
    names = msgspec.json.decode(row.sections, type=dict[str, Any])
    before: dict[str, Any] = {name: {} for name in names}
    for one in earlier:
        before.update({name: value for name, value in one.sections.items() if name in names})
    return Wish(scope, before, by, why or f"back from revision {rev}", withdraws=(rev,))


def standing(conn: Connection, without: Sequence[int] = ()) -> list[Revision]:
    """The revisions that count, oldest first."""
    rows = conn.execute(
        select(revision).where(revision.c.state != "withdrawn").order_by(revision.c.rev)
    ).all()
    return [
        Revision(row.rev, _scope(row), msgspec.json.decode(row.sections), row.said_by, row.at, row.why)
        for row in rows
        if row.rev not in without
    ]


def regions(conn: Connection) -> dict[str, str]:
    """Which region each store is in; stores in none are left out."""
    return {row.store: row.region for row in conn.execute(select(box.c.store, box.c.region)) if row.region}


def counts(conn: Connection, revs: Sequence[int]) -> dict[int, dict[str, int]]:
    """Per revision how many stores are in which state."""
    found: dict[int, dict[str, int]] = {}
    query = select(offer.c.version, offer.c.state, func.count().label("n")).where(offer.c.version.in_(revs))
    for row in conn.execute(query.group_by(offer.c.version, offer.c.state)):
        found.setdefault(row.version, {})[row.state] = row.n
    return found


def roster(conn: Connection) -> Roster:
    """Whom stores believe now; raises NotPossible before HQ has a roster."""
    word = trust.present(conn)
    if word is None:
        raise NotPossible("HQ has no roster of keys yet: store-edge hub trust init")
    return msgspec.json.decode(word.body, type=Roster)


def known_store(conn: Connection, store: str) -> None:
    """Raises NotPossible for a store that HQ does not have."""
    if conn.scalar(select(store_table.c.store).where(store_table.c.store == store)) is None:
        raise NotPossible(f"no store {store}")


def bundle_of(text: str) -> Bundle:
    """The bundle in a word as it is kept."""
    return msgspec.json.decode(_word(text).word.body, type=Bundle)


def put_offers(conn: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Writes new offers, many at a time."""
    for start in range(0, len(rows), _CHUNK):
        insert_rows(conn, offer, rows[start : start + _CHUNK])


def _word(text: str) -> ConfigWord:
    return msgspec.convert({"tb": "config", **msgspec.json.decode(text)}, ConfigWord)


def _scope(row: Row[Any]) -> Scope:
    return Scope(row.region, row.store, row.station)


def _next(conn: Connection) -> int:
    """The next version: above all that HQ gave and above all that any store ever spoke of (HQ may be restored)."""
    given = conn.scalar(select(func.max(revision.c.rev))) or 0
    heard = conn.scalar(select(func.max(box.c.seen)).where(box.c.seen <= given + _LOST)) or 0
    return int(max(given, heard)) + 1


def _chunks(names: Sequence[str]) -> Iterable[Sequence[str]]:
    return (names[start : start + _CHUNK] for start in range(0, len(names), _CHUNK))
