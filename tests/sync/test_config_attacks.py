"""Words that a store must not believe: tampered, replayed, frozen, of the wrong hand, for another shop."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from sync.configured import BUNDLE_ID, Bundle
from sync.configuring import MOST_LEAP, judge
from sync.hub.trust import public_of
from sync.messages import ConfigWord, stamp
from sync.signed import NotTrusted, Role, Roster, sign

ROOT, CONFIG, MONEY, STRANGER = (bytes([n]) * 32 for n in range(21, 25))

Forge = Callable[[Bundle], ConfigWord]


def signed(bundle: Bundle, *seeds: bytes, kind: Any = "config") -> ConfigWord:
    return ConfigWord(BUNDLE_ID, sign(kind, bundle, seeds or (CONFIG,)))


def tampered(bundle: Bundle) -> ConfigWord:
    word = signed(bundle).word
    return ConfigWord(BUNDLE_ID, msgspec.structs.replace(word, body=word.body.replace("debug", "error")))


def changed(bundle: Bundle, **values: Any) -> Bundle:
    return msgspec.structs.replace(bundle, **values)


PRICED = {"payments": {"poll_s": 9}}
ATTACKS: dict[str, tuple[Forge, str]] = {
    "tampered": (tampered, "SIGNATURE"),
    "stranger": (lambda b: signed(b, STRANGER), "SIGNATURE"),
    "wrong role": (lambda b: signed(b, MONEY), "SIGNATURE"),
    "root is no config key": (lambda b: signed(b, ROOT), "SIGNATURE"),
    "one key twice": (lambda b: signed(changed(b, sections=PRICED), CONFIG, CONFIG), "MONEY"),
    "wrong kind": (lambda b: signed(b, kind="snapshot"), "KIND"),
    "wrong store": (lambda b: signed(changed(b, store="S2")), "STORE"),
    "the same again": (lambda b: signed(changed(b, version=7)), "ROLLBACK"),
    "an older one": (lambda b: signed(changed(b, version=3)), "ROLLBACK"),
    "a leap": (lambda b: signed(changed(b, version=7 + MOST_LEAP + 1)), "LEAP"),
    "all numbers at once": (lambda b: signed(changed(b, version=(1 << 63) - 1)), "LEAP"),
    "more than all numbers": (lambda b: signed(changed(b, version=1 << 63)), "BODY"),
    "frozen": (lambda b: signed(changed(b, expires="2026-01-05T09:59:59.999Z")), "EXPIRED"),
    "no time": (lambda b: signed(changed(b, expires="soon")), "BODY"),
    "needs a newer release": (lambda b: signed(changed(b, min_daemon="1.10")), "DAEMON"),
    "one signature for money": (lambda b: signed(changed(b, sections=PRICED)), "MONEY"),
    "money hidden from `changed`": (lambda b: signed(changed(b, sections=PRICED, changed=())), "MONEY"),
    "money taken away": (lambda b: signed(changed(b, sections={})), "MONEY"),
}
NOW = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
OWN_ROSTER = Roster(
    1,
    stamp(NOW),
    stamp(NOW),
    {
        "root": Role((public_of(ROOT),)),
        "config": Role((public_of(CONFIG),)),
        "money": Role((public_of(MONEY),)),
    },
)
GOOD = Bundle(7, "S1", stamp(NOW), "2026-04-05T10:00:00.000Z", {"payments": {"poll_s": 7}})
NEXT = changed(GOOD, version=8, sections={"payments": {"poll_s": 7}, "log": {"level": "debug"}})


def test_an_honest_bundle_is_taken() -> None:
    far = changed(NEXT, version=7 + MOST_LEAP)
    assert judge(signed(far), OWN_ROSTER, "S1", GOOD, 7, NOW, "1.4.2") == far
    assert judge(signed(NEXT), OWN_ROSTER, "S1", GOOD, 7, NOW, "1.4.2") == NEXT
    assert judge(signed(changed(NEXT, sections=PRICED), CONFIG, MONEY), OWN_ROSTER, "S1", GOOD, 7, NOW, "1.4")


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_refused(attack: str) -> None:
    forge, code = ATTACKS[attack]
    with pytest.raises(NotTrusted) as refused:
        judge(forge(NEXT), OWN_ROSTER, "S1", GOOD, 7, NOW, "1.4.2")
    assert refused.value.code == code


@pytest.mark.parametrize(
    "proof",
    [
        signed(
            changed(GOOD, version=6, sections=PRICED), CONFIG, MONEY
        ).word,  # older than what the store has
        signed(changed(GOOD, version=9, sections=PRICED), CONFIG).word,
        signed(changed(GOOD, version=9, sections=PRICED, store="S2"), CONFIG, MONEY).word,
        signed(changed(GOOD, version=9), CONFIG, MONEY).word,  # of other money
    ],
)
def test_a_proof_that_proves_nothing_is_none(proof: Any) -> None:
    said = ConfigWord(BUNDLE_ID, signed(changed(NEXT, version=10, sections=PRICED)).word, proof)
    with pytest.raises(NotTrusted):
        judge(said, OWN_ROSTER, "S1", GOOD, 7, NOW, "1.0")


def test_a_key_that_stands_in_both_roles_is_one_person() -> None:
    both = Role((public_of(CONFIG), public_of(MONEY)))
    roster = msgspec.structs.replace(OWN_ROSTER, roles={**OWN_ROSTER.roles, "config": both, "money": both})
    priced = changed(NEXT, sections=PRICED)
    with pytest.raises(NotTrusted, match="MONEY"):
        judge(signed(priced, CONFIG), roster, "S1", GOOD, 7, NOW, "1.0")
    assert judge(signed(priced, CONFIG, MONEY), roster, "S1", GOOD, 7, NOW, "1.0") == priced
