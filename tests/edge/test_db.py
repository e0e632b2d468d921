"""The two files: encrypted, durable, waiting their turn, and never half written."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2

from edge.db import Database, WrongKey, load_key
from edge.domain.refusals import ReadOnly
from edge.records import ledger_schema
from edge.records.books import open_books
from edge.selfcheck import takes_writes

KEY = bytes(range(32))


@pytest.fixture
def file(tmp_path: Path):
    database = Database(tmp_path / "a.db", KEY, durable=True)
    with database.transaction() as tx:
        tx.execute("CREATE TABLE t (n INTEGER NOT NULL) STRICT")
    yield database
    database.close()


def test_the_bundled_sqlite_has_no_wal_reset_bug() -> None:
    assert dbapi2.sqlite_version_info >= (3, 51, 3)


def test_nothing_readable_lies_on_the_disk(file: Database, tmp_path: Path) -> None:
    with file.transaction() as tx:
        tx.execute("CREATE TABLE secret (words TEXT) STRICT")
        tx.execute("INSERT INTO secret VALUES ('13800138000 canary')")
    for part in tmp_path.iterdir():
        blob = part.read_bytes()
        assert b"canary" not in blob
        assert b"SQLite format 3" not in blob


@pytest.mark.usefixtures("file")
def test_another_key_opens_nothing(tmp_path: Path) -> None:
    with pytest.raises(WrongKey):
        Database(tmp_path / "a.db", bytes(32), durable=True)


def test_a_failed_transaction_leaves_nothing(file: Database) -> None:
    with pytest.raises(dbapi2.IntegrityError), file.transaction() as tx:  # noqa: PT012 - the first must go too
        tx.execute("INSERT INTO t VALUES (1)")
        tx.execute("INSERT INTO t VALUES (NULL)")
    assert file.read().execute("SELECT count(*) FROM t").fetchone() == (0,)
    with file.transaction() as tx:
        tx.execute("INSERT INTO t VALUES (2)")


def test_readers_cannot_write(file: Database) -> None:
    with pytest.raises(dbapi2.OperationalError):
        file.read().execute("INSERT INTO t VALUES (1)")


def test_the_ledger_syncs_and_asks_not_to_only_where_told(file: Database) -> None:
    with file.transaction() as tx:
        assert tx.execute("PRAGMA synchronous").fetchone() == (2,)
    with file.transaction(durable=False) as tx:
        assert tx.execute("PRAGMA synchronous").fetchone() == (1,)
    with file.transaction() as tx:
        assert tx.execute("PRAGMA synchronous").fetchone() == (2,)


def test_two_processes_take_turns(file: Database, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from edge.db import Database\n"
        "d = Database(Path(sys.argv[1]), bytes(range(32)), durable=True)\n"
        "for _ in range(50):\n"
        "    with d.transaction() as tx:\n"
        "        n = tx.execute('SELECT count(*) FROM t').fetchone()[0]\n"
        "        tx.execute('INSERT INTO t VALUES (?)', (n,))\n"
    )
    root = str(Path(__file__).parents[2])
    run = [sys.executable, "-c", code, str(tmp_path / "a.db")]
    children = [subprocess.Popen(run, cwd=root, env=os.environ | {"PYTHONPATH": root}) for _ in range(2)]
    assert [child.wait(60) for child in children] == [0, 0]
    rows = [row[0] for row in file.read().execute("SELECT n FROM t ORDER BY n")]
    assert rows == list(range(100)), "a read and its write were never split by the other process"


def test_threads_take_turns(file: Database) -> None:
    def add() -> None:
        for _ in range(50):
            with file.transaction(durable=False) as tx:
                n = tx.execute("SELECT count(*) FROM t").fetchone()[0]
                tx.execute("INSERT INTO t VALUES (?)", (n,))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [row[0] for row in file.read().execute("SELECT n FROM t ORDER BY n")] == list(range(200))


def test_a_full_disk_is_a_refusal_and_no_partial_write(file: Database) -> None:
    with file.transaction() as tx:
        pages = tx.execute("PRAGMA page_count").fetchone()[0]
    file._writer.execute(f"PRAGMA max_page_count={pages + 1}")
    with pytest.raises(ReadOnly), file.transaction() as tx:
        tx.executemany("INSERT INTO t VALUES (?)", [(n,) for n in range(100_000)])
    assert file.read().execute("SELECT count(*) FROM t").fetchone() == (0,)
    file._writer.execute("PRAGMA max_page_count=1000000")
    with file.transaction() as tx:
        tx.execute("INSERT INTO t VALUES (1)")


def test_after_an_io_error_nothing_is_written_until_the_file_is_opened_anew(
    file: Database, tmp_path: Path
) -> None:
    assert takes_writes(file)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    # A write beyond the limit is EFBIG, which SQLite takes for a disk that fails.
    resource.setrlimit(resource.RLIMIT_FSIZE, ((tmp_path / "a.db-wal").stat().st_size, limits[1]))
    try:
        with pytest.raises(ReadOnly), file.transaction() as tx:
            tx.execute("INSERT INTO t VALUES (1)")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    with pytest.raises(ReadOnly), file.transaction():
        pytest.fail("a ledger that may have lost pages was written on")
    assert not takes_writes(file), "nobody would ask for the restart"
    again = Database(tmp_path / "a.db", KEY, durable=True)
    with again.transaction() as tx:
        tx.execute("INSERT INTO t VALUES (2)")
        assert tx.execute("SELECT n FROM t").fetchall() == [(2,)]
    again.close()


def test_a_failing_migration_leaves_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = (*ledger_schema.FIRST, "CREATE TABLE broken (")
    monkeypatch.setitem(ledger_schema.STEPS, "first", broken)
    with pytest.raises(dbapi2.OperationalError):
        open_books(tmp_path, KEY, "Asia/Shanghai")
    monkeypatch.undo()
    books = open_books(tmp_path, KEY, "Asia/Shanghai")
    assert books.journal.depth() == 0
    books.close()


def test_a_second_opening_imports_no_migration_tool(tmp_path: Path) -> None:
    open_books(tmp_path, KEY, "Asia/Shanghai").close()
    code = (
        "import sys; from pathlib import Path; from edge.records.books import open_books\n"
        "open_books(Path(sys.argv[1]), bytes(range(32)), 'Asia/Shanghai').close()\n"
        "sys.exit('sqlite_utils' in sys.modules)"
    )
    root = str(Path(__file__).parents[2])
    run = [sys.executable, "-c", code, str(tmp_path)]
    assert subprocess.run(run, cwd=root, env=os.environ | {"PYTHONPATH": root}, check=False).returncode == 0


def test_the_key_file_is_ours_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state" / "edge.key"
    key = load_key(path, create=True)
    assert len(key) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_key(path, create=True) == key
    path.chmod(0o644)
    with pytest.raises(WrongKey):
        load_key(path)
    path.chmod(0o440)
    with pytest.raises(WrongKey):
        load_key(path)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(path.parent))
    assert load_key(path) == key, "systemd's access lists show as group-readable"
    path.chmod(0o600)
    path.write_text("nonsense")
    with pytest.raises(WrongKey):
        load_key(path)
