"""Members at the counter: HQ's profiles, merges and wishes, who was looked at here, who was shown a code to join."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from edge.db import Connection, Database
from sync.benefits import Member

_PROFILE = (
    "SELECT member, tier, ver, name_masked, card_tail, phone_tail, language, marketing, card_hash, badges, tags,"
    " points, points_at FROM hq.member WHERE {where}"
)
_MERGES = 8
"""How often one person may have been found to be another before this is a circle."""
NAMED_IN = (
    ("member_look", "member"),
    ("coupon_lock", "member"),
    ("coupon_use", "member"),
    ("repurchase_promise", "member"),
    ("basket", "member"),
)
"""Columns of the ledger that name members by their token and follow a merge."""
SOLD_TO = (("sale", "member"), ("goods_return", "member"))
"""Columns of what was booked: they keep the token they were booked with over a merge, and lose it when it is erased.
The journal is chained and keeps the token, which says nothing once HQ has forgotten whose it was, for thirty days."""
TAILS = ("basket", "sale")
"""Tables with the last digits of the card beside the token."""


@dataclass(frozen=True)
class LookRow:
    """Somebody was looked at. `trust` code (rotating), card (static number) or phone; `profile` as HQ had it then."""

    look: int
    station: str
    staff: str
    member: str
    trust: str
    tier: str
    profile: Member
    at: str
    revealed_at: str


@dataclass(frozen=True)
class JoinRow:
    """A code for joining that a screen showed; `result` as HQ said, "" while it has not."""

    scene: str
    station: str
    guide: str
    link: str
    url: str
    at: str
    until: str
    result: str


@dataclass(frozen=True)
class LinkRow:
    """HQ's link for joining."""

    link: str
    url: str
    title_zh: str
    title_en: str
    until: str


class Members:
    """Rows of hq.member and its neighbours, member_look, join_offer and member_order."""

    def __init__(self, ledger: Database) -> None:
        self._ledger = ledger

    # ---- HQ's word ----

    def profile(self, member: str) -> Member | None:
        """A member's profile as HQ last said."""
        return self._profile("member = ?", member)

    def by_card(self, card_hash: str) -> Member | None:
        """The member with this card."""
        return self._profile("card_hash = ? AND card_hash <> ''", card_hash)

    def _profile(self, where: str, value: str) -> Member | None:
        row = self._ledger.read().execute(_PROFILE.format(where=where), (value,)).fetchone()
        if row is None:
            return None
        texts = dict(zip(Member.__struct_fields__, row, strict=True))
        listed = {name: tuple(texts[name].split("\n")) if texts[name] else () for name in ("badges", "tags")}
        return Member(**{**texts, **listed})

    def keys(self) -> dict[int, tuple[str, str]]:
        """Key id -> (public key hex, not_after or "")."""
        rows = self._ledger.read().execute("SELECT kid, public, not_after FROM hq.member_key")
        return {row[0]: (row[1], row[2]) for row in rows}

    def lookup_key(self, now: str) -> tuple[int, bytes] | None:
        """The newest secret under which numbers are told at `now`, and its number."""
        row = (
            self._ledger.read()
            .execute(
                "SELECT kid, secret FROM hq.lookup_key WHERE not_after = '' OR not_after > ? ORDER BY kid DESC LIMIT 1",
                (now,),
            )
            .fetchone()
        )
        return None if row is None else (int(row[0]), bytes.fromhex(row[1]))

    def resolved(self, member: str, tx: Connection | None = None) -> str:
        """Who this token means by now."""
        for _ in range(_MERGES):
            row = (
                (tx or self._ledger.read())
                .execute("SELECT into_member FROM hq.member_merge WHERE member = ?", (member,))
                .fetchone()
            )
            if row is None:
                break
            member = str(row[0])
        return member

    def merges(self) -> list[tuple[str, str]]:
        """(former token, present token) of merges whose former token still stands in rows here."""
        found = []
        rows = self._ledger.read().execute("SELECT member FROM hq.member_merge ORDER BY member").fetchall()
        for (member,) in rows:
            if self._named(self._ledger.read(), member):
                found.append((str(member), self.resolved(member)))
        return found

    def link(self, now: str) -> LinkRow | None:
        """HQ's link for joining that is good at `now`."""
        row = (
            self._ledger.read()
            .execute(
                "SELECT link, url, title_zh, title_en, until FROM hq.join_link WHERE until = '' OR until > ?"
                " ORDER BY link DESC LIMIT 1",
                (now,),
            )
            .fetchone()
        )
        return None if row is None else LinkRow(*row)

    def wishes(self, limit: int) -> list[tuple[str, str]]:
        """(cmd, member) that HQ wants forgotten and that is not done yet, oldest first."""
        rows = self._ledger.read().execute(
            "SELECT e.cmd, e.member FROM hq.member_erase e LEFT JOIN main.member_order o ON o.cmd = e.cmd"
            " WHERE o.cmd IS NULL ORDER BY e.at LIMIT ?",
            (limit,),
        )
        return [(row[0], row[1]) for row in rows]

    # ---- who was looked at ----

    def look(self, look: int, tx: Connection | None = None) -> LookRow | None:
        """A look by its number."""
        row = (
            (tx or self._ledger.read())
            .execute(
                "SELECT look, station, staff, member, trust, tier, doc, at, revealed_at FROM member_look"
                " WHERE look = ? AND doc <> ''",
                (look,),
            )
            .fetchone()
        )
        if row is None:
            return None
        look, station, staff, member, trust, tier, doc, at, revealed_at = row
        profile = msgspec.json.decode(doc, type=Member)
        return LookRow(look, station, staff, member, trust, tier, profile, at, revealed_at)

    def of_scan(self, scan: int) -> int:
        """The look that this scan led to; 0: none yet."""
        row = self._ledger.read().execute("SELECT look FROM member_look WHERE scan = ?", (scan,)).fetchone()
        return int(row[0]) if row else 0

    def newest(self, station: str, since: str) -> int:
        """The newest look at a station since then; 0: none."""
        asked = "SELECT look FROM member_look WHERE station = ? AND at > ? AND doc <> '' ORDER BY look DESC LIMIT 1"
        row = self._ledger.read().execute(asked, (station, since)).fetchone()
        return int(row[0]) if row else 0

    def proved(self, member: str, since: str, tx: Connection) -> bool:
        """Whether this member showed more than a card's number since then."""
        asked = "SELECT 1 FROM member_look WHERE member = ? AND trust <> 'card' AND at >= ? LIMIT 1"
        return tx.execute(asked, (member, since)).fetchone() is not None

    def looked(self, tx: Connection, row: LookRow, scan: int) -> int:
        """Keeps a look; gives its number."""
        values = (row.station, row.staff, row.member, row.trust, row.tier, _doc(row.profile), row.at, scan)
        made = tx.execute(
            "INSERT INTO member_look (station, staff, member, trust, tier, doc, at, scan)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING look",
            values,
        )
        return int(made.fetchone()[0])

    def reveal(self, tx: Connection, look: int, at: str, nonce: str) -> None:
        """Notes when somebody had the hidden shown."""
        tx.execute("UPDATE member_look SET revealed_at = ?, nonce = ? WHERE look = ?", (at, nonce, look))

    def revealed(self, tx: Connection, nonce: str) -> bool:
        """Whether this wish to see the hidden was noted."""
        return tx.execute("SELECT 1 FROM member_look WHERE nonce = ?", (nonce,)).fetchone() is not None

    def put_away(self, before: str, gone: str) -> int:
        """Takes the profile out of looks older than `before`, and looks older than `gone` away; how many."""
        if not self._stale(before, gone):
            return 0
        with self._ledger.transaction(durable=False) as tx:
            n = tx.execute("UPDATE member_look SET doc = '' WHERE doc <> '' AND at < ?", (before,)).rowcount
            return int(n + tx.execute("DELETE FROM member_look WHERE at < ?", (gone,)).rowcount)

    def _stale(self, before: str, gone: str) -> bool:
        asked = "SELECT 1 FROM member_look WHERE (doc <> '' AND at < ?) OR at < ? LIMIT 1"
        return self._ledger.read().execute(asked, (before, gone)).fetchone() is not None

    # ---- joining ----

    def offered(self, tx: Connection, row: JoinRow, nonce: str) -> None:
        """Keeps a code for joining."""
        values = (row.scene, nonce, row.station, row.guide, row.link, row.url, row.at, row.until)
        tx.execute("INSERT INTO join_offer VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)

    def join(self, scene: str = "", nonce: str = "", tx: Connection | None = None) -> JoinRow | None:
        """A code for joining, by its scene or by the wish that made it."""
        asked = (
            "SELECT scene, station, guide, link, url, at, until FROM join_offer WHERE scene = ? OR nonce = ?"
        )
        row = (tx or self._ledger.read()).execute(asked, (scene, nonce)).fetchone()
        if row is None:
            return None
        # HQ's word is read beside the transaction: its file is not attached there.
        said = "SELECT result FROM hq.join_scene WHERE scene = ?"
        result = self._ledger.read().execute(said, (row[0],)).fetchone()
        values: tuple[str, ...] = (*row, result[0] if result else "")
        return JoinRow(*values)

    # ---- one person instead of two, or none ----

    def rename(self, tx: Connection, member: str, into: str) -> int:
        """Rows here that named `member` name `into`; how many."""
        tx.execute("UPDATE member_look SET doc = '' WHERE member = ?", (member,))
        return sum(
            tx.execute(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", (into, member)).rowcount
            for table, column in _present(tx)
        )

    def forget(self, tx: Connection, cmd: str, member: str, at: str) -> int:
        """Takes a member's token out of every row here; how many. The wish counts as done."""
        gone = tx.execute("DELETE FROM member_look WHERE member = ?", (member,)).rowcount
        for table in TAILS:
            # The rows are counted below, where they lose the token itself.
            tx.execute(f"UPDATE {table} SET card_tail = '' WHERE member = ?", (member,))
        for table, column in SOLD_TO:
            gone += tx.execute(f"UPDATE {table} SET {column} = '' WHERE {column} = ?", (member,)).rowcount
        gone += self.rename(tx, member, "")
        tx.execute("INSERT INTO member_order (cmd, member, at) VALUES (?, '', ?)", (cmd, at))
        return int(gone)

    def done(self, tx: Connection, cmd: str) -> bool:
        """Whether this wish of HQ's was done."""
        return tx.execute("SELECT 1 FROM member_order WHERE cmd = ?", (cmd,)).fetchone() is not None

    def _named(self, conn: Connection, member: str) -> bool:
        return any(
            conn.execute(f"SELECT 1 FROM main.{table} WHERE {column} = ? LIMIT 1", (member,)).fetchone()
            for table, column in _present(conn)
        )


def _present(conn: Connection) -> list[tuple[str, str]]:
    there = {row[0] for row in conn.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")}
    return [(table, column) for table, column in NAMED_IN if table in there]


def _doc(profile: Member) -> str:
    return msgspec.json.encode(profile).decode()
