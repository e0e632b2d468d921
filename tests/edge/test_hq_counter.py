"""HQ's verbs for the counter: keys by role, signed codes, claims, one person instead of two, deposits, vouchers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from edge.cli import main
from edge.crypto import verifier
from edge.domain import coupon_code, member_code
from sync.benefits import Member
from sync.hub.benefits import BenefitDesk
from sync.hub.database import open_hub
from sync.hub.desk import HubDesk
from sync.messages import Price, Shop


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where HQ's database is, with a store, a price and two members."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STORE_EDGE_HUB_DATABASE", str(tmp_path / "hub.db"))
    monkeypatch.setenv("STORE_EDGE_WHO", "li.na")
    engine = open_hub(tmp_path / "hub.db")
    HubDesk(engine).add_store(Shop("S1", "店", "Shop"))
    HubDesk(engine).publish_prices([Price("B2", 12_900, "w1")])
    for name in ("m-1", "m-2"):
        BenefitDesk(engine).put_member(Member(name, "gold", 1), ["S1"], 10)
    engine.dispose()
    return tmp_path


def hub(line: str) -> Result:
    return CliRunner().invoke(main, ["hub", *line.split()])


def told(line: str) -> dict[str, Any]:
    result = hub(f"{line} --json")
    assert result.exit_code == 0, (line, result.output)
    answer = json.loads(result.output.splitlines()[-1])
    assert isinstance(answer, dict)
    return answer


def refused(line: str) -> str:
    result = hub(line)
    assert result.exit_code == 1, (line, result.output)
    assert "Traceback" not in result.output
    return result.output


def acts() -> list[tuple[str, str]]:
    rows = [json.loads(line) for line in hub("audit list --json").output.splitlines()]
    return [(row["act"], row["about"]) for row in reversed(rows)]


def test_keys_have_a_role_and_a_listing_without_secrets(folder: Path) -> None:
    publics = {role: told(f"keys new 1 --role {role}")["public"] for role in ("pickup", "coupon", "member")}
    assert len(set(publics.values())) == 3
    assert told("keys new 1 --role lookup")["public"] == ""
    told("keys new 2 --role coupon --until 2099-01-01T00:00:00.000Z")
    assert "two keys are live" in refused("keys new 3 --role coupon")
    assert "was used before" in refused("keys new 1 --role member")
    told("keys retire 1 --role coupon")
    listed = hub("keys list").output
    assert f"coupon\t1\t{publics['coupon']}\t\tretired" in listed
    assert "lookup\t1\t\t\tlive" in listed
    with open_hub(folder / "hub.db").connect() as conn:
        secrets = conn.exec_driver_sql("SELECT private FROM counter_key WHERE private <> ''").scalars().all()
    assert len(secrets) == 3
    assert not any(secret in listed for secret in secrets)
    assert ("keys.retire", "coupon 1") in acts()


def test_a_coupon_is_signed_for_the_counter(folder: Path) -> None:
    hub("coupons issue TEA5 --cls A --yuan 5 --title-zh 茶 --title-en tea --until 2099-01-01T00:00:00.000Z")
    assert "no live coupon key" in refused("coupons code TEA5")
    public = told("keys new 1 --role coupon")["public"]
    text = told("coupons code TEA5 --png tea.png")["code"]
    claims = coupon_code.read(text, {1: verifier(public)})
    assert (claims.coupon, claims.fen) == ("TEA5", 500)
    assert (folder / "tea.png").read_bytes().startswith(b"\x89PNG")
    assert hub("coupons code TEA5").output.startswith("CP1.")
    assert "not there" in refused("coupons code TEA6")
    assert ("coupons.code", "TEA5") in acts()
    assert ("coupons.code", "TEA6") not in acts()


def test_a_claim_of_nobody_is_none() -> None:
    told("keys new 1 --role coupon")
    assert "no store of ours signed this claim" in refused("coupons claim CC1.AAAA.BBBB")


def test_a_members_code_link_merge_and_erasure_are_on_record() -> None:
    public = told("keys new 4 --role member")["public"]
    claims = member_code.read(told("members code m-1")["code"], {4: verifier(public)})
    assert (claims.member, claims.tier) == ("m-1", "gold")
    assert "only https" in refused("members join-link app http://x.example --title-zh 入会 --title-en Join")
    told("members join-link app https://x.example/j --title-zh 入会 --title-en Join")
    told("members merge m-1 m-2")
    assert "no such member" in refused("members code m-1")
    assert "20" in hub("members list").output.splitlines()[1]
    assert hub("members erase m-2").exit_code == 1  # nobody said yes
    assert told("members erase m-2 --yes")["stores"] == 1
    assert hub("members list").output == ""
    noted = [("members.code", "m-1"), ("members.join-link", "app"), ("members.merge", "m-1 m-2")]
    assert [act for act in acts() if act[0].startswith("members")] == [*noted, ("members.erase", "m-2")]


def test_deposits_are_judged_taken_in_and_given_back(folder: Path) -> None:
    head = "deposit,store,yuan,order,k_mille,rule,skus,units\n"
    wrong = {
        "D1,S9,20,,2000,,B2,1": "no store S9",
        "D1,S1,26,,2000,,B2,1": "more than 20 %",
        "D1,S1,20,,2000,,B3,1": "no price of B3",
        "D1,S1,20,,,,B2,1": "one of the two",
        "D1,S1,20,,500,,B2,1": "counts for itself",
        "D1,S1,20,,,none,B2,1": "no rule none",
        "D1,S1,0,,2000,,B2,1": "fen",
    }
    for row, why in wrong.items():
        (folder / "d.csv").write_text(f"{head}{row}\n")
        assert why in refused("deposits import d.csv"), row
    (folder / "d.csv").write_text(f"{head}D1,S1,20,TB1,2000,,B2,1\nD2,S1,50,TB2,2000,,B2,2\n")
    assert told("deposits import d.csv")["changed"] == 2
    assert told("deposits import d.csv")["changed"] == 0
    told("deposits refund D1 --why maker")
    assert "is refunded" in refused("deposits refund D1 --why again")
    rows = [json.loads(line) for line in hub("deposits list --json").output.splitlines()]
    assert [(row["deposit"], row["fen"], row["state"]) for row in rows] == [
        ("D1", 2000, "refunded"),
        ("D2", 5000, "live"),
    ]


@pytest.mark.parametrize(
    "word", ["groupbuy", "groupbuy:=5", "groupbuy:1=", "groupbuy:1=x", ":1=5", "g b:1=5"]
)
def test_a_voucher_that_is_none_is_said_before_hq_runs(word: str) -> None:
    result = CliRunner().invoke(main, ["hub", "run", "--voucher", word, "--port", "0"])
    assert (result.exit_code, "--voucher" in result.output) == (2, True)
