"""HQ's price rules and tiers: files judged whole, versions published to every store, what is in force."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, Engine, select

from edge.domain.promotion_book import RuleBook
from edge.domain.promotion_lint import book_problems, rule_problems, tier_problems
from edge.domain.promotion_lint_crowds import book_warnings
from edge.domain.promotion_rules import Rule, TierTerms
from sync.hub.database import snapshot, write
from sync.hub.feed import Change, publish, put
from sync.hub.price_rule_forms import RULE_COLUMNS, rule_or_tier
from sync.hub.publishing import NotPossible
from sync.hub.rows import PRICE, PROMOTIONS
from sync.hub.schema import feed
from sync.hub.sheet import RowRefused, Sheet
from sync.messages import stamp
from sync.selling_rules import PriceRule, TierWord, promotion_row, tier_row

KEPT = timedelta(days=30)
"""How long a version stays published after a later one began: no basket is open longer."""
Said = Rule | TierTerms
Lint = Callable[[Iterable[Rule]], list[tuple[Rule, str]]]


@dataclass(frozen=True)
class Judged:
    """A file of rules as it was read: what it says, and everything that is wrong with it, by line."""

    said: tuple[Said, ...]
    problems: tuple[tuple[int, str], ...]
    warnings: tuple[tuple[int, str], ...] = ()
    """What is allowed and may not be meant."""


class PriceRuleDesk:
    """The verbs on price rules. Raises NotPossible, with words for a person."""

    def __init__(
        self,
        engine: Engine,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        zone: str = "Asia/Shanghai",
    ) -> None:
        """`now` gives aware times; `zone`: whose clock `starts` and `ends` are judged by, the stores' own decides."""
        self._engine = engine
        self._now = now
        self._zone = ZoneInfo(zone)

    def judge(self, sheet: Sheet) -> Judged:
        """Reads a file against the prices and rules that are published; changes nothing."""
        with snapshot(self._engine) as conn:
            return self._judge(conn, sheet)

    def take(self, sheet: Sheet) -> tuple[Judged, int]:
        """Publishes a file in which nothing is wrong, else nothing of it; how many rows changed."""

        def work(conn: Connection) -> tuple[Judged, int]:
            judged = self._judge(conn, sheet)
            return judged, 0 if judged.problems else self._publish(conn, judged.said)

        return write(self._engine, work)

    def publish(self, said: Iterable[Said]) -> int:
        """Publishes rules and tiers as they are, whenever they begin; raises NotPossible with all that is wrong."""
        listed = list(said)

        def work(conn: Connection) -> int:
            problems = self._problems(conn, list(enumerate(listed, 1)), None)
            if problems:
                raise NotPossible("; ".join(f"{number}: {problem}" for number, problem in problems))
            return self._publish(conn, listed)

        return write(self._engine, work)

    def listed(self) -> list[dict[str, Any]]:
        """Every version that is published: rule or tier, version, level, what it does, starts, ends, state."""
        with snapshot(self._engine) as conn:
            rules, tiers = _published(conn)
        now = self._local().strftime("%Y-%m-%dT%H:%M")
        newest = {name: version for name, version, starts in sorted(_versions(rules, tiers)) if starts <= now}
        return [_row(said, newest.get(_key(said), 0), now) for said in _all(rules, tiers)]

    def _judge(self, conn: Connection, sheet: Sheet) -> Judged:
        found: list[tuple[int, Said]] = []
        problems: list[tuple[int, str]] = []
        for line, cells in sheet.rows(RULE_COLUMNS):
            try:
                if isinstance(cells, RowRefused):
                    raise cells
                found.append((line, rule_or_tier(cells, sheet.form)))
            except RowRefused as refused:
                problems.append((line, str(refused)))
        problems += self._problems(conn, found, self._local())
        if not found and not problems:
            problems.append((1, "there is no rule in this file"))
        warnings = _together(_published(conn)[0], found, book_warnings)
        return Judged(tuple(said for _, said in found), tuple(sorted(problems)), tuple(sorted(warnings)))

    def _problems(
        self, conn: Connection, found: Sequence[tuple[int, Said]], now: datetime | None
    ) -> list[tuple[int, str]]:
        rules, tiers = _published(conn)
        there: dict[str, dict[int, Said]] = {}
        for said in _all(rules, tiers):
            there.setdefault(_key(said), {})[said.version] = said
        problems: list[tuple[int, str]] = []
        seen: dict[tuple[str, int], int] = {}
        for line, said in found:
            key = (_key(said), said.version)
            if key in seen:
                problems.append((line, f"{key[0]} version {key[1]} stands on line {seen[key]} already"))
            seen.setdefault(key, line)
            versions = there.get(_key(said), {})
            if versions.get(said.version) == said:
                continue
            if said.version <= max(versions, default=0):
                problems.append(
                    (line, f"version {said.version} is not above {max(versions)}, which is published")
                )
            if isinstance(said, TierTerms):
                problems += [(line, problem) for problem in tier_problems(said, now)]
            else:
                problems += [
                    (line, problem) for problem in rule_problems(said, now, lambda sku: price_of(conn, sku))
                ]
        return problems + _together(rules, found, book_problems)

    def _publish(self, conn: Connection, said: Iterable[Said]) -> int:
        changes = [put(PROMOTIONS, _wire(one)) for one in said]
        rules, tiers = _published(conn)
        at = stamp(self._now())
        written = publish(conn, changes, at)
        publish(conn, _outdated(_versions(rules, tiers), self._local() - KEPT), at)
        return written

    def _local(self) -> datetime:
        return self._now().astimezone(self._zone).replace(tzinfo=None)


def _key(said: Said) -> str:
    return f"tier {said.tier}" if isinstance(said, TierTerms) else said.rule


def _wire(said: Said) -> Any:
    body = msgspec.to_builtins(said)
    if isinstance(said, TierTerms):
        return tier_row(msgspec.convert(body, TierWord))
    return promotion_row(msgspec.convert(body, PriceRule))


def _published(conn: Connection) -> tuple[list[Rule], list[TierTerms]]:
    live = (feed.c.bucket == PROMOTIONS) & (feed.c.op == "put")
    rules: list[Rule] = []
    tiers: list[TierTerms] = []
    for row in conn.execute(select(feed.c.tb, feed.c.d).where(live).order_by(feed.c.id)):
        body = msgspec.json.decode(row.d)
        if row.tb == "tier":
            tiers.append(msgspec.convert(body["terms"], TierTerms))
        else:
            rules.append(msgspec.convert(body["rule"], Rule))
    return rules, tiers


def book_of(conn: Connection, local: datetime) -> RuleBook:
    """The rules and tiers of a moment, by the stores' clock."""
    return RuleBook.as_of(*_published(conn), local)


def rules_of(conn: Connection) -> list[Rule]:
    """Every version of every rule that is published."""
    return _published(conn)[0]


def price_of(conn: Connection, sku: str) -> int | None:
    """The price of a product, fen; None where none is published."""
    same = (feed.c.bucket == PRICE) & (feed.c.tb == "price") & (feed.c.id == sku) & (feed.c.op == "put")
    body = conn.scalar(select(feed.c.d).where(same))
    return int(msgspec.json.decode(body)["fen"]) if body else None


def _together(there: Iterable[Rule], found: Sequence[tuple[int, Said]], lint: Lint) -> list[tuple[int, str]]:
    """What is wrong with the new rules beside those that stay."""
    lines = {_key(said): line for line, said in found if isinstance(said, Rule)}
    newest = {rule.rule: rule for rule in sorted(there, key=lambda one: one.version)}
    newest |= {said.rule: said for _, said in found if isinstance(said, Rule)}
    return [(lines[rule.rule], problem) for rule, problem in lint(newest.values()) if rule.rule in lines]


def _all(rules: Iterable[Rule], tiers: Iterable[TierTerms]) -> Iterator[Said]:
    yield from rules
    yield from tiers


def _versions(rules: Iterable[Rule], tiers: Iterable[TierTerms]) -> list[tuple[str, int, str]]:
    return [(_key(said), said.version, said.starts) for said in _all(rules, tiers)]


def _outdated(versions: Sequence[tuple[str, int, str]], before: datetime) -> list[Change]:
    """Versions that a later one followed so long ago that no basket can need them."""
    limit = before.strftime("%Y-%m-%dT%H:%M")
    newest: dict[str, int] = {}
    for key, version, starts in versions:
        if starts <= limit:
            newest[key] = max(version, newest.get(key, 0))
    return [
        Change(
            PROMOTIONS,
            "tier" if key.startswith("tier ") else "promotion",
            f"{key.removeprefix('tier ')}@{n}",
            None,
        )
        for key, n, _ in versions
        if n < newest.get(key, 0)
    ]


def _row(said: Said, newest: int, now: str) -> dict[str, Any]:
    ends, ended = (said.ends, said.ended) if isinstance(said, Rule) else ("", False)
    state = "over" if ended or (ends and ends <= now) else "in force"
    if said.version < newest:
        state = "replaced"
    elif said.starts > now:
        state = "to come"
    return {
        "rule": said.rule if isinstance(said, Rule) else said.tier,
        "version": said.version,
        "level": said.level if isinstance(said, Rule) else "tier",
        "does": str(said.benefit.__struct_config__.tag) if isinstance(said, Rule) else "percent",
        "starts": said.starts,
        "ends": ends,
        "state": state,
    }
