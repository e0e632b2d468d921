"""What a store must do with an HQ that is slow, lying, forgetful or gone: lose nothing, double nothing, go on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sync.conformance.report import Broken, Clauses, expect
from sync.conformance.scripted_hq import PULL, UP, Heard, Said, ScriptedHq, error, lines_of, page, proven
from sync.messages import GENESIS, MAX_BYTES, MAX_EVENTS, PROTOCOL

_SHARED, _OWN = "g:catalog:CN", "g:price:CN"


@dataclass
class StoreKit:
    """A store under test, seen from its HQ."""

    hq: ScriptedHq
    need_facts: Callable[[int], None]
    """Has the store record so many facts (drawers opened, orders handed over: whatever it can)."""
    step: Callable[[int], bool]
    """Lets the nth moment of a wait pass; False when patience is over."""

    def until(self, seen: Callable[[], bool], words: str) -> None:
        """Waits until it was seen; raises Broken with these words when it never was."""
        moments = 0
        while not seen():
            if not self.step(moments):
                raise Broken(words)
            moments += 1

    def settled(self) -> None:
        """Waits until every fact is at HQ and a pull came after it."""
        self.until(lambda: bool(self.hq.pulls()), "the store never pulls")
        before = len(self.hq.pulls())
        self.until(lambda: len(self.hq.pulls()) >= before + 2, "the store does not go on pulling")

    def facts(self) -> list[dict[str, object]]:
        """What HQ has of the store's journal."""
        return max(self.hq.facts.values(), key=len, default=[])

    def uploaded(self, words: str) -> None:
        """Has the store record two facts and waits until HQ has them."""
        wanted = len(self.facts()) + 2
        self.need_facts(2)
        self.until(lambda: len(self.facts()) >= wanted, words)


clause: Clauses[StoreKit] = Clauses()
"""In this order: the last one stops the store's upload until a person acts."""


@clause("store.sends")
def sends(kit: StoreKit) -> None:
    """Facts arrive by themselves under a header that names store, journal and numbers."""
    kit.uploaded("no facts arrive")
    for upload in kit.hq.uploads():
        header, facts = upload.rows[0], upload.rows[1:]
        expect(header.get("proto") == PROTOCOL, f"proto is {header.get('proto')!r}")
        expect(header.get("store") == kit.hq.store, f"store is {header.get('store')!r}")
        expect(header.get("n") == len(facts), f"n is {header.get('n')!r} of {len(facts)} facts")
        expect(
            [fact["seq"] for fact in facts] == [header["from"] + n for n in range(len(facts))], "not dense"
        )
        expect(len(facts) <= MAX_EVENTS, f"{len(facts)} facts in a request")
        expect(sum(len(row) + 1 for row in upload.raw.splitlines()[1:]) <= MAX_BYTES, "more than a mebibyte")
        expect(bool(upload.bearer), "no bearer")


@clause("store.chain")
def chain(kit: StoreKit) -> None:
    """Every fact is hashed over its bytes and chained to the one before; no id comes twice."""
    kit.uploaded("no facts arrive")
    prev = GENESIS
    for fact in kit.facts():
        expect(proven(fact), f"the sha of fact {fact['seq']} is not that of its bytes")
        expect(fact["prev"] == prev, f"fact {fact['seq']} does not follow the one before it")
        prev = str(fact["sha"])
    ids = [fact["id"] for fact in kit.facts()]
    expect(len(set(ids)) == len(ids), "an id comes twice")


@clause("store.lost-answer")
def lost_answer(kit: StoreKit) -> None:
    """Facts whose answer was lost after HQ took them come again, byte for byte."""
    lost: list[tuple[Heard, int]] = []

    def lose(_: ScriptedHq, heard: Heard, honest: Callable[[], Said]) -> Said | None:
        if heard.path != UP:
            return None
        honest()
        lost.append((heard, len(kit.hq.uploads())))
        return Said(502, "text/html", b"<html>bad gateway</html>")

    kit.hq.tricks.append(lose)
    kit.need_facts(2)
    kit.until(lambda: bool(lost), "nothing is uploaded")
    upload, seen = lost[0]
    kit.until(lambda: len(kit.hq.uploads()) > seen, "the facts do not come again")
    first = upload.raw.splitlines()[1:]
    again = kit.hq.uploads()[seen].raw.splitlines()[1:]
    expect(again[: len(first)] == first, "other bytes than before")


@clause("store.captive-portal")
def captive_portal(kit: StoreKit) -> None:
    """A page of HTML with status 200 is no HQ: nothing counts as taken or read."""
    cursors = _cursors(kit)
    kit.hq.tricks += [_portal(UP), _portal(PULL)]
    kit.uploaded("the facts do not come after a portal's page")
    kit.settled()
    expect(_cursors(kit) == cursors, "cursors moved on a portal's page")


@clause("store.halves")
def halves(kit: StoreKit) -> None:
    """A fact that HQ cannot read is found by smaller batches and sent as `opaque`; the others pass."""
    poisoned = len(kit.facts()) + 2

    def choke(_: ScriptedHq, heard: Heard, honest: Callable[[], Said]) -> Said | None:
        if heard.path != UP or all(row.get("seq") != poisoned for row in heard.rows):
            return None
        if heard.rows[1].get("k") == "opaque":
            return honest()
        kit.hq.tricks.append(choke)
        return error(400, "envelope", line=1, why="event")

    kit.hq.tricks.append(choke)
    kit.need_facts(4)
    kit.until(lambda: len(kit.facts()) >= poisoned + 2, "the facts behind an unreadable one never come")
    kit.hq.tricks.clear()
    kinds = [fact["k"] for fact in kit.facts()[poisoned - 2 : poisoned + 2]]
    expect([kind == "opaque" for kind in kinds] == [False, True, False, False], f"kinds {kinds}")


@clause("store.patience")
def patience(kit: StoreKit) -> None:
    """503, 429 and 401 cost no fact: it comes when HQ is ready."""
    for status, word, retry in ((503, "busy", 1), (429, "busy", 1), (401, "unauthorized", 0)):
        kit.hq.tricks.append(_refusal(UP, error(status, word, retry)))
        kit.uploaded(f"the facts do not come after a {status}")


@clause("store.restored-hq")
def restored_hq(kit: StoreKit) -> None:
    """An HQ that was restored from a backup gets the facts that it lost again, the same ones."""
    kit.uploaded("no facts arrive")
    kit.settled()
    before = list(kit.facts())
    for facts in kit.hq.facts.values():
        del facts[-1:]
    kit.until(lambda: len(kit.facts()) >= len(before), "the lost facts do not come again")
    expect(kit.facts()[: len(before)] == before, "other facts than before")


@clause("store.whole-pages")
def whole_pages(kit: StoreKit) -> None:
    """A page that is cut off changes nothing; the rows are asked for again."""
    kit.settled()
    cursors, cuts = _cursors(kit), list[int]()

    def cut(_: ScriptedHq, heard: Heard, honest: Callable[[], Said]) -> Said | None:
        if heard.path != PULL:
            return None
        cuts.append(len(kit.hq.pulls()))
        return page(lines_of(honest())[:-1])

    kit.hq.put(_SHARED, "kit", "A", {"x": 1}, then=cut)
    kit.until(lambda: bool(cuts) and len(kit.hq.pulls()) > cuts[0], "no further pull after a cut page")
    after = kit.hq.pulls()[cuts[0]].rows[0]["buckets"].get(_SHARED)
    expect(after == cursors.get(_SHARED), f"the cursor is {after} after a cut page")
    kit.settled()
    expect(_cursors(kit)[_SHARED]["seq"] == kit.hq.buckets[_SHARED].head, "the rows were not read afterwards")


@clause("store.unknown")
def unknown(kit: StoreKit) -> None:
    """Lines and tables of a newer HQ are read past."""

    def newer(_: ScriptedHq, heard: Heard, honest: Callable[[], Said]) -> Said | None:
        if heard.path != PULL:
            return None
        lines = lines_of(honest())
        return page([lines[0] | {"later": 1}, {"t": "later", "x": 1}, *lines[1:]])

    kit.hq.tricks.append(newer)
    kit.hq.put(_SHARED, "kit_of_tomorrow", "B", {"x": [1, {"y": None}]})
    kit.settled()
    expect(_cursors(kit)[_SHARED]["seq"] == kit.hq.buckets[_SHARED].head, "the cursor stands still")


@clause("store.nack")
def nack(kit: StoreKit) -> None:
    """A row that cannot be used is reported, and the others are read."""
    kit.hq.put(_OWN, "price", "KIT1", {"sku": "KIT1", "fen": "much", "book": "kit"})
    kit.hq.put(_OWN, "price", "KIT2", {"sku": "KIT2", "fen": 100, "book": "kit"})
    kit.settled()
    said = [nack for pull in kit.hq.pulls() for nack in pull.rows[0].get("nacks", [])]
    expect([(one["b"], one["id"]) for one in said] == [(_OWN, "KIT1")], f"nacks {said}")
    expect(_cursors(kit)[_OWN]["seq"] == kit.hq.buckets[_OWN].head, "the cursor stands still")


@clause("store.checksum")
def checksum(kit: StoreKit) -> None:
    """A bucket whose checksum is not HQ's is read again from the start, and only that one."""
    kit.settled()

    def other_sum(_: ScriptedHq, heard: Heard, honest: Callable[[], Said]) -> Said | None:
        if heard.path != PULL:
            return None
        lines = lines_of(honest())
        lines[0]["heads"][_SHARED]["ck"] = "0" * 16
        return page(lines)

    seen = len(kit.hq.pulls())
    kit.hq.put(_SHARED, "kit", "C", {"x": 2}, then=other_sum)
    kit.until(
        lambda: any(_SHARED not in pull.rows[0]["buckets"] for pull in kit.hq.pulls()[seen:]),
        "the bucket is not read again",
    )
    whole = [pull.rows[0]["buckets"] for pull in kit.hq.pulls()[seen:]]
    expect(all(_OWN in buckets for buckets in whole), "another bucket is read again as well")


@clause("store.new-epoch")
def new_epoch(kit: StoreKit) -> None:
    """A bucket with a new epoch is read from its start."""
    kit.settled()
    kit.hq.buckets[_SHARED].epoch = "ekit"
    kit.settled()
    found = _cursors(kit).get(_SHARED)
    expect(found == {"e": "ekit", "seq": kit.hq.buckets[_SHARED].head}, f"the cursor is {found}")


@clause("store.fork")
def fork(kit: StoreKit) -> None:
    """After 409 fork nothing is uploaded any more until a person acts; the store goes on pulling."""
    kit.hq.tricks.append(_refusal(UP, error(409, "fork")))
    seen = len(kit.hq.uploads())
    kit.need_facts(2)
    kit.until(lambda: len(kit.hq.uploads()) > seen, "nothing is uploaded")
    kit.settled()
    expect(len(kit.hq.uploads()) == seen + 1, "it uploads on")


def _cursors(kit: StoreKit) -> dict[str, dict[str, object]]:
    """The cursors of the store's last pull."""
    pulls = kit.hq.pulls()
    return dict(pulls[-1].rows[0]["buckets"]) if pulls else {}


def _portal(path: str) -> Callable[[ScriptedHq, Heard, Callable[[], Said]], Said | None]:
    return _refusal(path, Said(200, "text/html", b"<html>log in here</html>"))


def _refusal(path: str, said: Said) -> Callable[[ScriptedHq, Heard, Callable[[], Said]], Said | None]:
    return lambda _, heard, __: said if heard.path == path else None
