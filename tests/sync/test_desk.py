"""What HQ's people do, and what they cannot."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sync.hub.database import open_hub
from sync.hub.desk import CodeClaims, HubDesk, ImportRefused, NotPossible
from sync.hub.schema import metadata
from sync.messages import Shop, Staff, canonical

LATER = datetime(2026, 2, 1, tzinfo=UTC)


def test_an_import_names_every_wrong_line_and_does_nothing(hub: Any, order_form: Any) -> None:
    hub.desk.publish_order(order_form("O1"))
    good = canonical(order_form("O2"))
    with pytest.raises(ImportRefused) as refused:
        hub.desk.import_orders([good, b"{", b"", good, b'{"order":1}'])
    assert [line for line, _ in refused.value.problems] == [2, 4, 5]
    twice = [canonical(order_form(f"O{n}", numeric_code="12345678")) for n in (5, 6)]
    more = [canonical(order_form("O1")), good, canonical(order_form("O3", store="S9")), *twice]
    with pytest.raises(ImportRefused) as refused:
        hub.desk.import_orders(more)
    assert [line for line, _ in refused.value.problems] == [1, 3, 5]
    assert [order.order for order in hub.desk.orders()] == ["O1"]
    assert hub.desk.import_orders([good, b"\n"]) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ready_by", "soon"),
        ("hold_until", "2026-01-12T17:00:00.000+08:00"),
        ("placed_at", "2026-01-12T09:00:00"),
        ("lease_until", "2026-01-12"),
        ("mode", "sideways"),
        ("state", "lost"),
    ],
)
def test_what_no_store_could_use_is_refused_by_name(
    hub: Any, order_form: Any, field: str, value: str
) -> None:
    bad = order_form("O2", **{field: value})
    with pytest.raises(NotPossible, match=field):
        hub.desk.publish_order(bad)
    with pytest.raises(ImportRefused) as refused:
        hub.desk.import_orders([canonical(order_form("O1")), b"{", canonical(bad)])
    assert [line for line, _ in refused.value.problems] == [2, 3]
    assert field in refused.value.problems[1][1]
    assert hub.desk.orders() == []
    hub.desk.publish_order(order_form("O2", ready_by="", hold_until=""))


def test_odd_staff_and_odd_keys_are_refused_by_name(hub: Any, shop: Any) -> None:
    good = Staff("s1", "李", "lead", "hash")
    with pytest.raises(NotPossible, match="role"):
        hub.desk.publish_staff("S1", [good, Staff("s2", "王", "owner", "hash")])
    with pytest.raises(NotPossible, match="not_after"):
        hub.desk.new_pickup_key(1, "tomorrow")
    hub.desk.new_pickup_key(1, "2026-02-01T00:00:00.000Z")
    shop.settle()
    assert shop.replica.usable("s:S1:staff") == {}
    assert list(shop.replica.usable("g:keys:CN")) == ["1"]


def test_a_code_is_for_the_order_or_one_of_its_units(hub: Any, order_form: Any) -> None:
    hub.desk.publish_order(order_form("O1", qty=2))
    hub.desk.new_pickup_key(1)
    units: list[int] = []

    def encode(claims: CodeClaims, _sign: Any) -> str:
        units.append(claims.unit)
        if claims.unit == 2:
            raise ValueError("too long")
        return "PK1.TEXT"

    for unit in (0, 1):
        hub.desk.issue_code("O1", encode, not_after=LATER, unit=unit)
    for unit in (-1, 3, 70_000):
        with pytest.raises(NotPossible, match="units 1 to 2"):
            hub.desk.issue_code("O1", encode, not_after=LATER, unit=unit)
    assert units == [0, 1]
    with pytest.raises(NotPossible, match="does not fit"):
        hub.desk.issue_code("O1", encode, not_after=LATER, unit=2)


def test_only_the_owner_can_read_hqs_files(tmp_path: Path) -> None:
    path = tmp_path / "private.db"
    path.touch(0o644)
    path.chmod(0o644)
    engine = open_hub(path)
    HubDesk(engine).new_pickup_key(1)
    modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    assert modes == dict.fromkeys(("private.db", "private.db-wal", "private.db-shm"), 0o600)
    for file in tmp_path.iterdir():
        file.chmod(0o644)
    again = open_hub(path)
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
    again.dispose()
    engine.dispose()
    with pytest.raises(OSError, match="No such file"):
        open_hub(tmp_path / "nowhere" / "hub.db")


def test_numeric_codes_are_eight_digits_and_differ(hub: Any, order_form: Any) -> None:
    codes = {hub.desk.publish_order(order_form(f"O{n}")).numeric_code for n in range(40)}
    assert len(codes) == 40
    assert all(len(code) == 8 and code.isdigit() for code in codes)
    with pytest.raises(NotPossible):
        hub.desk.publish_order(order_form("O99", numeric_code=codes.pop()))


def test_a_reissue_raises_the_generation_and_the_old_code_opens_a_case(
    hub: Any, shop: Any, order_form: Any
) -> None:
    first = hub.desk.publish_order(order_form("O1"))
    second = hub.desk.reissue("O1")
    assert (second.gen, second.numeric_code == first.numeric_code) == (2, False)
    shop.collect("O1", 2, gen=1)
    shop.settle()
    assert shop.journal.verdicts[1].code == "COLLECTED_OLD_GEN"
    assert shop.replica.usable("s:S1:orders")["O1"]["state"] == "picked_up"
    for verb in (hub.desk.reissue, hub.desk.request_cancel):
        with pytest.raises(NotPossible):
            verb("O1")


def test_codes_are_signed_under_live_keys_only(hub: Any, shop: Any, order_form: Any) -> None:
    hub.desk.publish_order(order_form("O1"))
    seen: list[tuple[CodeClaims, bytes]] = []

    def encode(claims: CodeClaims, sign: Any) -> str:
        seen.append((claims, sign(b"claims")))
        return "PK1.TEXT"

    with pytest.raises(NotPossible):
        hub.desk.issue_code("O1", encode, not_after=LATER)
    keys = {kid: hub.desk.new_pickup_key(kid) for kid in (1, 2)}
    with pytest.raises(NotPossible):
        hub.desk.new_pickup_key(3)
    assert hub.desk.issue_code("O1", encode, not_after=LATER, unit=2) == "PK1.TEXT"
    claims, signature = seen[0]
    assert (claims.kid, claims.store, claims.order, claims.gen, claims.unit) == (2, "S1", "O1", 1, 2)
    assert len(bytes.fromhex(claims.nonce)) == 10
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(keys[2].public)).verify(signature, b"claims")
    hub.desk.revoke_code(claims.nonce)
    hub.desk.retire_pickup_key(2)
    shop.settle()
    rows = shop.replica.usable("g:keys:CN")
    assert set(rows) == {"1", claims.nonce}
    with pytest.raises(NotPossible):
        hub.desk.issue_code("O1", encode, not_after=LATER, kid=2)
    assert not any("private" in row for row in rows.values())


def test_a_store_is_admitted_once_and_its_token_is_not_kept(hub: Any, tmp_path: Any) -> None:
    with pytest.raises(NotPossible):
        hub.desk.add_store(Shop("S1", "一", "One"))
    assert hub.desk.stores() == ["S1", "S2"]
    token = hub.tokens["S1"].encode()
    with hub.engine.connect() as conn:
        rows = [conn.execute(table.select()).all() for table in metadata.tables.values()]
    kept = repr(rows).encode() + b"".join(file.read_bytes() for file in tmp_path.glob("hub.db*"))
    assert b"S1" in kept
    assert token not in kept


def test_only_what_a_backup_holds_is_durable(hub: Any, shop: Any) -> None:
    shop.advance("O1")
    shop.settle()
    assert shop.journal.durable == 0
    hub.desk.mark_backed_up()
    shop.advance("O1")
    shop.settle()
    assert (shop.journal.acked(), shop.journal.durable) == (2, 1)
