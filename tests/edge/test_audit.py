"""The journal as evidence: whoever holds the key and changes the past is found; an untouched chain passes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from edge.cli import main
from edge.domain.staff import Operator, Role
from edge.domain.views import RedeemRequest
from edge.records.chain import checked
from sync.messages import Event, canonical, sha_of
from tests.edge.conftest import KEY
from tests.edge.sale_shop import Till, stocked

SEQ = 3


@pytest.fixture
def sold(shop, hq) -> Any:
    """A till opened, three sales, all acknowledged by HQ; then one more that HQ has not heard of."""
    stocked(hq)
    till = Till(shop, Operator("1001", "李", Role.CASHIER, "T1")).open()
    for _ in range(3):
        till.scan("6901234567892")
        till.cash()
    shop.books.journal.mark_acked(shop.books.journal.last_seq(), 0)
    till.scan("6901234567908")
    till.cash()
    return shop


def faults(shop: Any, paper: str = "") -> list[str]:
    return checked(shop.books.ledger, paper).faults


def edit(shop: Any, sql: str, *values: Any) -> None:
    with shop.books.ledger.transaction() as tx:
        tx.execute("PRAGMA defer_foreign_keys=ON")
        tx.execute(sql, values)


def rebuilt(shop: Any, change: Callable[[dict[str, Any]], Any], at: int = SEQ) -> None:
    """One fact changed and every hash from there on made anew, the stream's head too: as the key's holder can."""
    with shop.books.ledger.transaction() as tx:
        rows = tx.execute("SELECT seq, body FROM journal WHERE seq >= ? ORDER BY seq", (at,)).fetchall()
        prev = ""
        for seq, body in rows:
            event = msgspec.json.decode(body, type=Event)
            if seq == at:
                change(event.d)
            event = msgspec.structs.replace(event, prev=prev or event.prev, sha="")
            event = msgspec.structs.replace(event, sha=sha_of(event))
            values = (canonical(event).decode(), event.sha, seq)
            tx.execute("UPDATE journal SET body = ?, sha = ? WHERE seq = ?", values)
            prev = event.sha
        tx.execute("UPDATE stream SET last_sha = ?", (prev,))


def test_an_untouched_chain_passes_also_after_a_repeat_of_hqs_word(sold) -> None:
    journal = sold.books.journal
    found = checked(sold.books.ledger)
    assert found.faults == []
    assert (found.facts, found.last, found.acked) == (journal.last_seq(), journal.last_seq(), found.last - 1)
    assert len(found.acked_sha) == 64
    journal.rewind(2)
    assert (faults(sold), journal.acked()) == ([], 1)
    journal.mark_acked(found.last, 0)
    journal.mark_acked(2, 0)
    assert (faults(sold), journal.acked()) == ([], found.last)
    assert faults(sold, found.head[:8].upper()) == []


TAMPERED = {
    "a byte of the content": (
        "UPDATE journal SET body = replace(body, '5990', '5991') WHERE seq = 3",
        "fact 3 is not",
    ),
    "a byte that is no text": (
        "UPDATE journal SET body = CAST(x'ff' || substr(body, 2) AS TEXT) WHERE seq = 3",
        "fact 3 cannot be read",
    ),
    "a field more": (
        "UPDATE journal SET body = '{\"x\":1,' || substr(body, 2) WHERE seq = 3",
        "fact 3 is not",
    ),
    "a hash": ("UPDATE journal SET sha = substr(sha, 2) || 'z' WHERE seq = 3", "fact 3 is not"),
    "the time beside it": ("UPDATE journal SET at = '2020' WHERE seq = 3", "fact 3: number"),
    "the kind beside it": ("UPDATE journal SET kind = 'basket.voided' WHERE seq = 3", "fact 3: number"),
    "the author": ("UPDATE journal SET body = replace(body, '1001', '3001') WHERE seq = 3", "fact 3 is not"),
    "the head": ("UPDATE stream SET last_sha = substr(last_sha, 2) || 'z'", "the chain ends at"),
    "the anchor": ("UPDATE stream SET anchor = 'f' || substr(anchor, 2)", "fact 1 does not follow"),
    "HQ's word": ("UPDATE stream SET acked = last_seq + 5", "HQ acknowledged"),
    "a sale's sum": ("UPDATE sale SET net_fen = 1 WHERE seq = 3", "a sale without its fact"),
    "a sale moved": (
        "UPDATE sale SET seq = 1 WHERE seq = 3",
        "fact of a sale that the ledger does not have: fact 3",
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_one_change_is_found_and_named(sold, what: str) -> None:
    sql, words = TAMPERED[what]
    edit(sold, sql)
    found = faults(sold)
    assert any(words in one for one in found), found


def _without(shop: Any, first: int, last: int) -> None:
    with shop.books.ledger.transaction() as tx:
        tx.execute("DELETE FROM movement WHERE seq BETWEEN ? AND ?", (first, last))
        tx.execute("DELETE FROM journal WHERE seq BETWEEN ? AND ?", (first, last))


def test_a_fact_taken_out_of_the_middle(sold) -> None:
    _without(sold, 3, 3)
    assert {"fact 3 is missing", "fact 4 does not follow the one before it"} <= set(faults(sold))


def test_a_tail_cut_off_even_with_the_head_put_right(sold) -> None:
    last = sold.books.journal.last_seq()
    _without(sold, last, last)
    assert any("the chain ends at" in one for one in faults(sold))
    edit(
        sold,
        "UPDATE stream SET last_seq = ?, last_sha = (SELECT sha FROM journal WHERE seq = ?)",
        last - 1,
        last - 1,
    )
    assert [one.partition(":")[0] for one in faults(sold)] == ["a sale without its fact"]
    _without(sold, last - 1, last - 1)
    edit(
        sold,
        "UPDATE stream SET last_seq = ?, last_sha = (SELECT sha FROM journal WHERE seq = ?)",
        last - 2,
        last - 2,
    )
    assert any("HQ acknowledged" in one for one in faults(sold))


def test_the_anchor_of_facts_that_went_with_age(sold) -> None:
    edit(sold, "UPDATE stream SET kept_from = 3, anchor = (SELECT sha FROM journal WHERE seq = 2)")
    assert "fact 1 should have gone with age" in faults(sold)
    _without(sold, 1, 2)
    assert faults(sold) == []
    edit(sold, "UPDATE stream SET anchor = (SELECT sha FROM journal WHERE seq = 4)")
    assert faults(sold) == ["fact 3 does not follow the one before it"]


def test_a_hand_over_and_a_drawer_stand_against_their_facts(shop, hq, cashier) -> None:
    hq.order()
    done = shop.store.hand_over.redeem(RedeemRequest(nonce="n1", code=hq.code()), cashier)
    assert faults(shop) == []
    edit(shop, "UPDATE pickup SET annulled_at = at")
    assert faults(shop) == [f"a hand-over taken back without its fact: {done.pickup}"]
    edit(shop, "UPDATE pickup SET annulled_at = '', order_id = 'WX1'")
    assert faults(shop) == ["a fact of a hand-over that the ledger does not have: fact 1"]
    edit(
        shop,
        "INSERT INTO drawer_opening (opening, nonce, drawer, station, staff, reason, outcome, at, boot, mono_ms)"
        " VALUES ('o-1', 'n-1', 'D1', 'T1', '1001', 'sale', 'ok', '', '', 0)",
    )
    assert "a drawer's opening without its fact: o-1" in faults(shop)


def test_two_facts_in_each_others_place(sold) -> None:
    with sold.books.ledger.transaction() as tx:
        tx.execute("PRAGMA defer_foreign_keys=ON")
        for was, becomes in ((3, 900), (4, 3), (900, 4)):
            tx.execute("UPDATE movement SET seq = ? WHERE seq = ?", (becomes, was))
            tx.execute("UPDATE journal SET seq = ? WHERE seq = ?", (becomes, was))
    found = faults(sold)
    assert "fact 3 does not follow the one before it" in found
    assert any(one.startswith("fact 4: number") for one in found)


def test_a_chain_made_anew_is_found_by_paper_and_by_what_hq_acknowledged(sold) -> None:
    paper = checked(sold.books.ledger).head[:8]
    rebuilt(sold, lambda d: d.update(channel="other"))
    found = faults(sold, paper)
    assert [one.partition(" ")[0] for one in found] == ["HQ", "no"], found
    # HQ turns such a chain back and says where it is; that must not wash the note.
    sold.books.journal.rewind(sold.books.journal.acked() + 1)
    assert any(one.startswith("HQ acknowledged") for one in faults(sold))


def test_a_chain_made_anew_after_hqs_word_is_found_by_the_row_it_was_made_for(sold) -> None:
    last = sold.books.journal.last_seq()
    rebuilt(sold, lambda d: d.update(net_fen=1), last)
    assert [one.partition(":")[0] for one in faults(sold)] == ["a sale without its fact"]


def test_the_command(sold, tmp_path) -> None:
    folder = sold.books.ledger.path.parent
    key = folder / "edge.key"
    key.write_text(KEY.hex())
    key.chmod(0o600)
    toml = tmp_path / "audited.toml"
    toml.write_text(f'[store]\nid = "S00421"\nstate_dir = "{folder}"\n[stations.T1]\nkind = "cashier"\n')

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["audit", *words, "--settings", str(toml)])
        return done.exit_code, done.output

    head = checked(sold.books.ledger).head
    last = sold.books.journal.last_seq()
    assert run("head") == (0, f"{last} {head}\n")
    code, said = run("verify", "--head", head[:8])
    assert (code, f"the paper's hash is that of fact {last}" in said) == (0, True), said
    assert run("verify", "--head", "xyz")[0] == 2
    assert run("verify", "--head", "0" * 8)[0] == 1
    assert len(run("list", "--kind", "sale", "--by", "1001")[1].splitlines()) == 4
    assert run("list", "--since", "2999") == run("list", "--by", "nobody") == (0, "")
    edit(sold, "UPDATE journal SET body = '{' WHERE seq = 3")
    code, said = run("verify", "--json")
    told = json.loads(said)
    assert (code, told["ok"], "fact 3 cannot be read" in told["faults"]) == (1, False, True)
