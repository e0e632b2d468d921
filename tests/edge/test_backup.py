"""Backups: sealed, whole, tried against the ledger, and laid in without a fact of one number made twice."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from config.backup_schema import BackupSettings
from edge.backup_made import SUFFIX, make, proved, too_many
from edge.backup_restored import drill, lay_in
from edge.backup_seal import BackupRefused, head_of, new_recovery_key, opened
from edge.cli import main
from edge.db import WrongKey, connect
from edge.domain.staff import Operator, Role
from edge.records.books import RESTORING, open_books
from edge.records.chain import checked
from tests.edge.conftest import KEY, STORE
from tests.edge.sale_shop import Till, stocked

PRIVATE, PUBLIC = new_recovery_key()
SETTINGS = BackupSettings(recovery_key=PUBLIC)
SEED = "5e" * 32


@pytest.fixture
def sold(shop, hq) -> Any:
    """Two sales in the ledger of an enrolled box; HQ has nothing yet."""
    stocked(hq)
    till = Till(shop, Operator("1001", "李", Role.CASHIER, "T1")).open()
    for _ in range(2):
        till.scan("6901234567892")
        till.cash()
    with shop.books.ledger.transaction() as tx:
        tx.execute(
            "INSERT INTO enrolment (one, device, store, root_fpr, roster, at, seed) VALUES (1,'d',?,'r',?,'',?)",
            (STORE, '{"kind":"roster","body":"{}","signatures":[]}', SEED),
        )
    return till


def made(shop: Any, settings: BackupSettings = SETTINGS) -> Path:
    return make(shop.books.ledger, shop.books.clock, STORE, settings)[0]


def laid(file: Path, state: Path, key: bytes = KEY, **more: Any) -> Any:
    asked = {"private": b"", "hq_has": 0, "dry_run": False, **more}
    return lay_in(file, state, key, STORE, **asked)


def copy_of(shop: Any, state: Path) -> Path:
    """The shop's ledger as it lies there, closed."""
    state.mkdir()
    shop.books.ledger.read().execute("SELECT 1")
    with connect(shop.books.ledger.path, KEY) as live:
        live.execute("VACUUM INTO ?", (str(state / "ledger.db"),))
    return state


def flipped(file: Path, at: int) -> None:
    raw = bytearray(file.read_bytes())
    raw[at] ^= 1
    file.write_bytes(raw)


def test_a_backup_says_nothing_without_a_key_and_all_with_either(sold, tmp_path: Path) -> None:
    file = made(sold.shop)
    head, raw = head_of(file), file.read_bytes()
    journal = sold.shop.books.journal
    assert (head.store, head.stream, head.last) == (STORE, journal.stream_id(), journal.last_seq())
    assert head.head == checked(sold.shop.books.ledger).head
    for secret in (b"sale.completed", b"SQLite format 3", SEED.encode(), bytes.fromhex(SEED), KEY):
        assert secret not in raw
    assert file.stat().st_mode & 0o077 == 0
    with pytest.raises(BackupRefused, match="no key"):
        opened(file, tmp_path / "x", own_key=b"k" * 32, private=b"p" * 32)
    by_box = opened(file, tmp_path / "own", own_key=KEY)
    by_chain = opened(file, tmp_path / "chain", private=bytes.fromhex(PRIVATE))
    assert (by_box[1], by_box[2].hex(), by_chain[2]) == (by_chain[1], SEED, b"")
    for name in ("own", "chain"):
        assert proved(tmp_path / name, by_box[1]) == (
            type(head)(**{**_fields(head), **_blank}),
            "",
        ), "the device's key is in no copy"


_blank = {"store": "", "release": "", "at": "", "size": 0, "sha256": "", "recovery": ""}


def _fields(head: Any) -> dict[str, Any]:
    return {name: getattr(head, name) for name in head.__struct_fields__}


def test_a_backup_changed_anywhere_is_refused(sold, tmp_path: Path) -> None:
    file = made(sold.shop)
    size = file.stat().st_size
    for at in (0, 21, 60, 400, 700, size // 2, size - 1):
        hurt = tmp_path / f"hurt-{at}{SUFFIX}"
        shutil.copyfile(file, hurt)
        flipped(hurt, at)
        with pytest.raises(BackupRefused):
            opened(hurt, tmp_path / f"body-{at}", own_key=KEY)
    for name, raw in {"short": file.read_bytes()[:-1], "long": file.read_bytes() + b"x", "none": b""}.items():
        (tmp_path / name).write_bytes(raw)
        with pytest.raises(BackupRefused):
            opened(tmp_path / name, tmp_path / f"body-{name}", own_key=KEY)


def test_a_drill_holds_the_figures_against_a_ledger_that_went_on(sold) -> None:
    file = made(sold.shop)
    sold.scan("6901234567892")
    sold.cash()
    done = drill(file, sold.shop.books.ledger, KEY)
    figures = {name: (there, here) for name, there, here in done.figures}
    assert (done.faults, done.later > 0, figures["sales"]) == ([], True, ((2, 11980), (2, 11980)))
    assert drill(file, sold.shop.books.ledger, KEY, bytes.fromhex(PRIVATE)).faults == []
    with pytest.raises(BackupRefused, match="no key"):
        drill(file, sold.shop.books.ledger, KEY, b"p" * 32)
    with sold.shop.books.ledger.transaction() as tx:
        tx.execute("UPDATE sale SET net_fen = net_fen + 1 WHERE seq = (SELECT min(seq) FROM sale)")
    assert any("sales: (2, 11980)" in one for one in drill(file, sold.shop.books.ledger, KEY).faults)


def test_a_damaged_ledger_becomes_no_backup(sold) -> None:
    with sold.shop.books.ledger.transaction() as tx:
        tx.execute("UPDATE journal SET sha = 'x' WHERE seq = 2")
    with pytest.raises(BackupRefused, match="does not hold"):
        made(sold.shop)
    assert [file.name for file in (sold.shop.books.ledger.path.parent / "backups").iterdir()] == []


def test_restoring_never_makes_two_facts_of_one_number(sold, tmp_path: Path) -> None:
    file, state = made(sold.shop), tmp_path / "new"
    last = head_of(file).last
    with pytest.raises(BackupRefused, match="--hq-has"):
        laid(file, state, hq_has=None)
    with pytest.raises(BackupRefused, match=f"HQ has 3 facts \\({last + 1} to {last + 3}\\)"):
        laid(file, state, hq_has=last + 3)
    with pytest.raises(BackupRefused, match="S00421"):
        lay_in(file, state, KEY, "S1", private=b"", hq_has=0, dry_run=False)
    whole = copy_of(sold.shop, tmp_path / "whole")
    before = (whole / "ledger.db").read_bytes()
    with pytest.raises(BackupRefused, match="nothing to restore"):
        laid(file, whole)
    assert (whole / "ledger.db").read_bytes() == before
    assert not (state / "ledger.db").exists()


def test_a_broken_ledger_is_replaced_and_kept(sold, tmp_path: Path) -> None:
    file = made(sold.shop)
    sold.scan("6901234567892")
    sold.cash()
    now = sold.shop.books.journal.last_seq()
    state = copy_of(sold.shop, tmp_path / "state")
    # Not the first pages: such a ledger still says how far it went.
    flipped(state / "ledger.db", (state / "ledger.db").stat().st_size - 2000)
    hurt = (state / "ledger.db").read_bytes()
    plan, kept = laid(file, state, hq_has=1, dry_run=True)
    assert (kept, (state / "ledger.db").read_bytes() == hurt) == (None, True)
    assert (plan.lost, plan.unsent, plan.device) == (now - plan.head.last, plan.head.last - 1, True)
    _, kept = laid(file, state, hq_has=1)
    assert (kept / "ledger.db").read_bytes() == hurt
    books = open_books(state, KEY, "Asia/Shanghai")
    try:
        assert checked(books.ledger).faults == []
        assert books.journal.last_seq() == plan.head.last
        seed = books.ledger.read().execute("SELECT seed FROM enrolment").fetchone()
        assert seed == (SEED,)
    finally:
        books.close()


def test_another_box_gets_the_facts_but_not_the_device(sold, tmp_path: Path) -> None:
    file, state, key = made(sold.shop), tmp_path / "state", b"n" * 32
    plan, kept = laid(file, state, key, private=bytes.fromhex(PRIVATE))
    assert (plan.device, plan.lost, kept) == (False, None, None)
    books = open_books(state, key, "Asia/Shanghai")
    assert (books.enrolments.now(), checked(books.ledger).faults) == (None, [])
    books.close()


def test_no_store_starts_on_a_restore_that_was_cut_off(sold, tmp_path: Path) -> None:
    file, state = made(sold.shop), tmp_path / "state"
    state.mkdir()
    (state / RESTORING).touch()
    with pytest.raises(WrongKey, match="cut off"):
        open_books(state, KEY, "Asia/Shanghai")
    laid(file, state)
    open_books(state, KEY, "Asia/Shanghai").close()


def test_the_newest_and_the_last_of_each_day_are_kept() -> None:
    names = [f"S-1-202601{day:02}T{hour:02}0000Z-000000001-ab" for day in range(1, 6) for hour in range(24)]
    kept = sorted(set(names) - set(too_many(names, 3, 3)))
    assert kept == [names[71], names[95], *names[117:]]
    assert too_many(names[:2], 3, 0) == []


def test_the_commands_say_what_they_did(sold, tmp_path: Path) -> None:
    state = Path(sold.shop.books.ledger.path).parent
    (state / "edge.key").write_text(KEY.hex())
    (state / "edge.key").chmod(0o600)
    stick, settings, secret = tmp_path / "stick", tmp_path / "store.toml", tmp_path / "chain.key"

    def run(*words: str) -> Result:
        return CliRunner().invoke(main, ["backup", *words])

    told = run("key", str(secret))
    assert (secret.stat().st_mode & 0o777, run("key", str(secret)).exit_code) == (0o600, 1)
    text = f'[store]\nid = "{STORE}"\nstate_dir = "{state}"\n[stations.T1]\n{told.output}folder = "{stick}"\n'
    settings.write_text(text, "utf-8")
    at = ("--settings", str(settings))
    absent = run("now", *at)
    assert (absent.exit_code, "is the second disk mounted?" in absent.output) == (1, True), absent.output
    stick.mkdir()
    done = run("now", *at)
    assert done.exit_code == 0, done.output
    assert len(list(stick.iterdir())) == 1
    assert run("list", *at).output.count("box and chain") == 3
    tried = run("drill", *at, "--recovery-key", str(secret))
    assert (tried.exit_code, "it could be restored" in tried.output) == (0, True), tried.output
    refused = run("restore", str(next(stick.iterdir())), *at)
    assert (refused.exit_code, "nothing to restore" in refused.output) == (1, True), refused.output
