"""Signed words of HQ: nothing is read that enough keys of the right role did not sign."""

from __future__ import annotations

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from sync.signed import (
    NotTrusted,
    Role,
    RoleName,
    Roster,
    Signed,
    fingerprint,
    first_roster,
    sign,
    signers,
    succeed,
    verify,
)

ROOT, NEXT, CONFIG, OTHER = (bytes([n]) * 32 for n in (1, 2, 3, 4))


def public(seed: bytes) -> str:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw().hex()


def role(*seeds: bytes, threshold: int = 1) -> Role:
    return Role(keys=tuple(public(seed) for seed in seeds), threshold=threshold)


def roster(version: int, **roles: Role) -> Roster:
    named: dict[RoleName, Role] = {"root": roles.pop("root", role(ROOT)), "config": role(CONFIG)}
    return Roster(version, "2026-01-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z", named)


class Bundle(msgspec.Struct):
    version: int


def refused(code: str) -> pytest.RaisesExc[NotTrusted]:
    return pytest.RaisesExc(NotTrusted, check=lambda error: error.code == code)


def test_what_the_role_signed_is_read() -> None:
    word = sign("config", Bundle(7), [CONFIG])
    assert verify(word, "config", role(CONFIG), Bundle) == Bundle(7)


@given(st.data())
def test_any_change_of_the_body_voids_the_signature(data: st.DataObject) -> None:
    word = sign("config", {"version": 7, "word": "价格"}, [CONFIG])
    at = data.draw(st.integers(0, len(word.body) - 1))
    letter = data.draw(st.characters().filter(lambda c: c != word.body[at]))
    changed = msgspec.structs.replace(word, body=word.body[:at] + letter + word.body[at + 1 :])
    assert signers(changed, role(CONFIG)) == frozenset()


def test_a_body_that_is_no_text_was_signed_by_nobody() -> None:
    word = msgspec.structs.replace(sign("config", Bundle(7), [CONFIG]), body="\ud800")
    with refused("SIGNATURE"):
        verify(word, "config", role(CONFIG), Bundle)
    with refused("BODY"):
        first_roster(word, "00")


def test_another_role_another_kind_and_nobody_are_refused() -> None:
    word = sign("config", Bundle(7), [OTHER])
    with refused("SIGNATURE"):
        verify(word, "config", role(CONFIG), Bundle)
    with refused("KIND"):
        verify(sign("snapshot", Bundle(7), [CONFIG]), "config", role(CONFIG), Bundle)
    relabelled = msgspec.structs.replace(sign("snapshot", Bundle(7), [CONFIG]), kind="config")
    with refused("SIGNATURE"):
        verify(relabelled, "config", role(CONFIG), Bundle)
    with refused("SIGNATURE"):
        verify(Signed("config", word.body, ()), "config", role(CONFIG), Bundle)


def test_a_key_counts_once_however_often_it_signs() -> None:
    word = sign("config", Bundle(7), [CONFIG, CONFIG])
    with refused("SIGNATURE"):
        verify(word, "config", role(CONFIG, OTHER, threshold=2), Bundle)
    assert verify(
        sign("config", Bundle(7), [CONFIG, OTHER]), "config", role(CONFIG, OTHER, threshold=2), Bundle
    )


def test_a_signed_body_that_is_no_such_thing_is_refused() -> None:
    with refused("BODY"):
        verify(sign("config", {"version": "seven"}, [CONFIG]), "config", role(CONFIG), Bundle)


def test_the_first_roster_has_the_pinned_root() -> None:
    word = sign("roster", roster(1), [ROOT])
    assert first_roster(word, fingerprint(role(ROOT))) == roster(1)
    with refused("ROOT"):
        first_roster(word, fingerprint(role(NEXT)))
    with refused("SIGNATURE"):
        first_roster(sign("roster", roster(1), [NEXT]), fingerprint(role(ROOT)))
    with refused("BODY"):
        first_roster(Signed("roster", "[]", ()), fingerprint(role(ROOT)))


def test_root_keys_roll_over_only_hand_in_hand_and_never_back() -> None:
    present, following = roster(1), roster(2, root=role(NEXT))
    for alone in (ROOT, NEXT):
        with refused("SIGNATURE"):
            succeed(present, sign("roster", following, [alone]))
    assert succeed(present, sign("roster", following, [ROOT, NEXT])) == following
    with refused("ROLLBACK"):
        succeed(following, sign("roster", roster(2, root=role(NEXT)), [NEXT]))
    without = msgspec.structs.replace(following, roles={"config": role(CONFIG)})
    with refused("BODY"):
        succeed(present, sign("roster", without, [ROOT, NEXT]))


def test_the_fingerprint_is_that_of_the_keys_in_any_order() -> None:
    assert fingerprint(role(ROOT, NEXT)) == fingerprint(role(NEXT, ROOT))
    assert fingerprint(role(ROOT, NEXT)) != fingerprint(role(ROOT, NEXT, threshold=2))
