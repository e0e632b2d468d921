"""The pickup code: one spelling a meaning, nothing believed before its signature."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from edge.crypto import signer, verifier
from edge.domain.pickup_code import Claims, CodeInvalid, issue, read

SEED = "11" * 32
PUBLIC = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(SEED)).public_key().public_bytes_raw().hex()
KEYS = {7: verifier(PUBLIC)}
GOOD = Claims(7, "S00421", "WX2026112200017", 3, datetime(2026, 12, 1, tzinfo=UTC), "00112233445566778899", 2)

claims = st.builds(
    Claims,
    kid=st.just(7),
    store=st.text("ABCDEFS0123456789", min_size=1, max_size=20),
    order=st.text("ABCWX0123456789-店", min_size=1, max_size=30),
    gen=st.integers(0, 65535),
    not_after=st.integers(0, 2**32 - 1).map(lambda s: datetime.fromtimestamp(s, UTC)),
    nonce=st.binary(min_size=10, max_size=10).map(bytes.hex),
    unit=st.integers(0, 65535),
)


@given(claims)
def test_what_goes_in_comes_out(given_claims: Claims) -> None:
    text = issue(given_claims, signer(SEED))
    assert re.fullmatch(r"PK1\.[A-Z2-7]+", text), "fits QR's alphanumeric mode"
    assert read(text, KEYS) == given_claims


@given(st.data())
def test_no_changed_character_survives(data: st.DataObject) -> None:
    text = issue(GOOD, signer(SEED))
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567.=a0 "))
    changed = text[:at] + other + text[at + 1 :]
    if changed != text:
        with pytest.raises(CodeInvalid):
            read(changed, KEYS)


@given(
    st.text(max_size=400) | st.text("PK1.ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", max_size=400).map("PK1.".__add__)
)
def test_rubbish_is_refused_and_nothing_else_happens(text: str) -> None:
    with pytest.raises(CodeInvalid):
        read(text, KEYS)


def signed(body: bytes) -> str:
    """A text under our own key whose meaning we choose: what an insider with the key could make."""
    from base64 import b32encode

    return "PK1." + b32encode(body + signer(SEED)(b"PK1." + body)).decode().rstrip("=")


@pytest.mark.parametrize(
    "body",
    [
        b"\x07",
        b"\x07" + bytes(18) + b"\x00\x00",  # empty store and order
        b"\x07" + bytes(18) + b"\x02A",  # store shorter than it says
        b"\x07" + bytes(18) + b"\x01S\x01O" + b"x",  # something behind the end
        b"\x07" + bytes(18) + b"\x01\xff\x01O",  # no UTF-8
        b"\x07" + bytes(18) + b"\x01S",
    ],
)
def test_a_signature_does_not_excuse_bad_claims(body: bytes) -> None:
    with pytest.raises(CodeInvalid):
        read(signed(body), KEYS)


def test_a_signature_for_something_else_is_no_code() -> None:
    text = issue(GOOD, lambda message: signer(SEED)(message[4:]))
    with pytest.raises(CodeInvalid):
        read(text, KEYS)


def test_roll_over_reads_both_keys_and_a_retired_one_no_more() -> None:
    old, new = SEED, "22" * 32
    fresh = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(new)).public_key().public_bytes_raw().hex()
    both = {7: verifier(PUBLIC), 8: verifier(fresh)}
    renewed = Claims(8, "S00421", "WX1", 1, datetime(2026, 12, 1, tzinfo=UTC), "00" * 10)
    assert read(issue(GOOD, signer(old)), both) == GOOD
    assert read(issue(renewed, signer(new)), both) == renewed
    with pytest.raises(CodeInvalid):
        read(issue(GOOD, signer(old)), {8: verifier(fresh)})


@pytest.mark.parametrize(
    "bad",
    [{"store": ""}, {"order": "x" * 256}, {"gen": 70000}, {"nonce": "00"}, {"kid": 300}],
)
def test_claims_that_do_not_fit_are_not_issued(bad: dict[str, Any]) -> None:
    facts = GOOD.__dict__ | bad
    with pytest.raises(ValueError):
        issue(Claims(**facts), signer(SEED))


def test_the_documented_vectors() -> None:
    page = (Path(__file__).parents[2] / "docs" / "pickup-code.md").read_text()
    vectors = json.loads(re.search(r"```json\n(.*?)```", page, re.DOTALL).group(1))  # type: ignore[union-attr]
    assert len(vectors) >= 4
    for vector in vectors:
        keys = {int(kid): verifier(public) for kid, public in vector["keys"].items()}
        if "claims" in vector:
            wanted = vector["claims"] | {"not_after": datetime.fromisoformat(vector["claims"]["not_after"])}
            assert read(vector["text"], keys) == Claims(**wanted), vector["what"]
        else:
            with pytest.raises(CodeInvalid):
                read(vector["text"], keys)


def test_time_is_kept_to_the_second() -> None:
    late = GOOD.not_after + timedelta(microseconds=999_999)
    text = issue(Claims(**(GOOD.__dict__ | {"not_after": late})), signer(SEED))
    assert read(text, KEYS).not_after == GOOD.not_after
