"""Snapshots: what HQ writes and offers, what a store believes of it, and that a cut line costs only what was cut."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard
from sqlalchemy import update

from sync.credentials import DeviceKey
from sync.enrolling import enroll
from sync.fetching import Fetcher
from sync.hub.database import new_bucket_epoch
from sync.hub.desk import HubDesk, NotPossible
from sync.hub.schema import bucket as bucket_table
from sync.hub.snapshots import KEEP, Snapshots
from sync.hub.trust import public_of
from sync.hub.web import create_hub
from sync.messages import Cursor, Head, LineDown, Op, Product, PullRequest, Reset
from sync.pieces import LoopPieces
from sync.pulling import read_page
from sync.signed import Role, sign
from sync.snapshot_words import Manifest, Snap, path_of
from sync.transport import LoopTransport

ROOT, CONFIG, BOX, THIEF = (bytes([n]) * 32 for n in range(21, 25))
CATALOG = "g:catalog:CN"
ROWS = 60
MASK = (1 << 64) - 1


def products(count: int = ROWS, name: str = "牛奶") -> list[Product]:
    return [
        Product(sku=f"P{n:04}", gtin=f"69{n:011}", name_zh=f'{name}"{n}', name_en="Milk\\n")
        for n in range(count)
    ]


class MemoryLoader:
    """A Loader into the replica in memory; says in how many looks it is ready."""

    def __init__(self, replica: Any) -> None:
        self.replica = replica
        self.highs: dict[str, Cursor] = {}
        self.started: list[Manifest] = []
        self.says: list[str | None] = []

    def high(self, bucket: str) -> Cursor:
        return self.highs.get(bucket, Cursor("", 0))

    def start(self, file: Path, manifest: Manifest) -> None:
        self.started.append(manifest)
        self.lines = zstandard.ZstdDecompressor().stream_reader(file.open("rb")).read()
        self.manifest = manifest

    def poll(self) -> str | None:
        if self.says and (word := self.says.pop(0)) != "":
            return word
        name, replica = self.manifest.bucket, self.replica
        for key in [key for key in replica.rows if key[0] == name]:
            del replica.rows[key]
        replica.sums.pop(name, None)
        for line in self.lines.splitlines():
            replica._count(msgspec.json.decode(line, type=Op))
        replica.places[name] = Cursor(self.manifest.epoch, self.manifest.seq)
        self.highs[name] = replica.places[name]
        return ""

    def rows(self) -> int:
        return 0


class CutPieces:
    """Pieces whose line is cut after so many bytes, each time it is asked."""

    def __init__(self, below: Any, after: int | None = None) -> None:
        self.below, self.after = below, after
        self.asked: list[tuple[str, int]] = []

    def fetch(self, path: str, start: int, length: int, into: Callable[[bytes], object]) -> None:
        self.asked.append((path, start))
        if self.after is None:
            self.below.fetch(path, start, length, into)
            return
        self.below.fetch(path, start, min(length, self.after), into)
        if length > self.after:
            raise LineDown("cut")


class World:
    """HQ with a roster and snapshots, and one enrolled store."""

    def __init__(self, hub: Any, memory_store: Any, folder: Path) -> None:
        self.hub, self.folder = hub, folder
        self.desk = HubDesk(hub.engine)
        self.desk.found_trust([ROOT], {"config": Role((public_of(CONFIG),))})
        self.snapshots = Snapshots(hub.engine, folder / "snaps", min_rows=20)
        self.app = create_hub(hub.engine, snapshots=self.snapshots)
        self.desk.publish_products(products())
        stream = str(uuid.uuid4())
        invitation = self.desk.invite("S1", "https://hq.example")
        self.enrolled = enroll(LoopTransport(self.app, "").ask, invitation, "S1", stream, BOX, "box", "0.1")
        self.shop = memory_store.Shop("S1", LoopTransport(self.app, ""))
        self.shop.journal.stream = stream
        self.line = LoopTransport(self.app, DeviceKey(self.enrolled.device, BOX, self.shop.clock))
        self.shop.wire.below = self.line
        self.pieces = CutPieces(LoopPieces(self.app, self.line._credential, self.line.ask))
        self.loader = MemoryLoader(self.shop.replica)
        self.told: list[tuple[str, int]] = []
        self.restart()

    def restart(self) -> None:
        role = self.enrolled.roster.roles.get("snapshot")
        self.fetcher = Fetcher(
            self.pieces,
            self.loader,
            self.folder / "store",
            lambda: role,
            lambda *said: self.told.append(said),
        )
        shop = self.shop
        shop.client = type(shop.client)(
            shop.wire, shop.journal, shop.replica, store_id="S1", clock=shop.clock, fetcher=self.fetcher
        )

    def pull(self, **more: Any) -> Any:
        request = PullRequest(proto=1, stream=self.shop.journal.stream, **more)
        return read_page(self.line.post("/sync/v1/pull", msgspec.json.encode(request)))

    def offer(self) -> Snap:
        """The offer as HQ makes it."""
        (reset,) = (r for r in self.pull(snap=True).resets if r.b == CATALOG)
        assert isinstance(reset.snap, Snap)
        return reset.snap

    def head(self) -> Head:
        head = self.pull().checkpoint.heads[CATALOG]
        assert isinstance(head, Head)
        return head

    def manifest(self) -> Manifest:
        return self.snapshots.kept(CATALOG)[0].manifest

    def level(self) -> None:
        """Turns until nothing is left to do, then compares the store's catalogue with HQ's."""
        self.shop.settle(200)
        for _ in range(200):
            self.shop.settle(200)
            if not self.fetcher.busy() and self.shop.replica.checksum(CATALOG) == self.hub.head(CATALOG):
                break
        assert self.shop.replica.checksum(CATALOG) == self.hub.head(CATALOG)


@pytest.fixture
def world(hub: Any, memory_store: Any, tmp_path: Path) -> Iterator[World]:
    made = World(hub, memory_store, tmp_path)
    yield made
    made.snapshots.wait()


@pytest.fixture
def lone(hub_builder: Any, memory_store: Any, tmp_path: Path) -> Iterator[World]:
    """On SQLite alone: what does not touch HQ's SQL."""
    hub = hub_builder(tmp_path / "hub.db")
    made = World(hub, memory_store, tmp_path)
    made.snapshots.build(CATALOG)
    yield made
    made.snapshots.wait()
    hub.engine.dispose()


def test_the_file_is_what_its_signed_word_says(world: World) -> None:
    manifest = world.snapshots.build(CATALOG)
    found = world.snapshots.file(manifest.sha256)
    assert found is not None
    body = found[1].read_bytes()
    raw = zstandard.ZstdDecompressor().stream_reader(body).read()
    assert (len(body), sha256(body).hexdigest()) == (manifest.bytes, manifest.sha256)
    assert (len(raw), sha256(raw).hexdigest()) == (manifest.raw_bytes, manifest.raw_sha256)
    lines = raw.splitlines()
    ops = [msgspec.json.decode(line, type=Op) for line in lines]
    assert [msgspec.json.encode(msgspec.json.decode(line), order="sorted") for line in lines] == lines
    assert [op.id for op in ops] == sorted(op.id for op in ops), (
        "by bytes, also where the database sorts otherwise"
    )
    assert (manifest.rows, manifest.ck) == world.hub.head(CATALOG)
    assert manifest.rows == len(ops)


def test_a_store_takes_the_file_and_then_what_changed_since(world: World) -> None:
    world.snapshots.build(CATALOG)
    world.desk.publish_products(products(5, "酸奶"))
    world.level()
    assert [m.bucket for m in world.loader.started] == [CATALOG]
    assert world.shop.replica.usable(CATALOG)["P0003"]["name_zh"].startswith("酸奶")
    pages = [op for page in world.shop.replica.pages for op in page if op.b == CATALOG]
    assert len(pages) == 5, "the rest came with the file"
    assert world.told[-1] == ("", 0)
    assert list((world.folder / "store").iterdir()) == []


def test_a_first_store_gets_pages_and_the_next_one_a_file(world: World) -> None:
    world.level()
    assert world.loader.started == []
    world.snapshots.wait()
    assert world.manifest().rows == world.hub.head(CATALOG)[0]
    assert world.offer().path == path_of(world.manifest().sha256)


def test_a_store_far_behind_gets_a_file_and_keeps_its_rows_meanwhile(lone: World) -> None:
    lone.level()
    lone.desk.publish_products(products(ROWS, "豆浆"))
    lone.snapshots.build(CATALOG)
    lone.loader.says = [None, None]
    before = len(lone.shop.replica.usable(CATALOG))
    while len(lone.loader.started) < 2:
        lone.shop.turn()
    assert len(lone.shop.replica.usable(CATALOG)) == before
    lone.level()
    assert lone.shop.replica.usable(CATALOG)["P0059"]["name_zh"].startswith("豆浆")


def test_who_cannot_load_files_is_offered_none(lone: World) -> None:
    assert [r.snap for r in lone.pull().resets] == []
    assert [r.snap for r in lone.pull(snap=True, pages=(CATALOG,)).resets] == []
    assert any(op.b == CATALOG for op in lone.pull().ops)


@pytest.mark.parametrize("name", ["s:S1:orders", "s:S1:staff", "s:S1:config", "s:S1:cmd"])
def test_no_file_holds_people(lone: World, name: str) -> None:
    with pytest.raises(NotPossible):
        lone.snapshots.build(name)
    assert lone.fetcher.offered(name, lone.offer(), Head("e1", 9, 9, "0" * 16)) == "BUCKET"


def test_without_a_roster_there_is_nothing_to_sign_with(hub: Any, tmp_path: Path) -> None:
    with pytest.raises(NotPossible):
        Snapshots(hub.engine, tmp_path / "snaps").build(CATALOG)


def test_old_files_go_and_the_newest_stay(lone: World) -> None:
    made = [lone.manifest()]
    for n in range(4):
        lone.desk.publish_products(products(1, f"新{n}"))
        made.append(lone.snapshots.build(CATALOG))
    kept = {one.manifest.sha256 for one in lone.snapshots.kept()}
    assert kept == {one.sha256 for one in made[-KEEP:]}
    assert len(list((lone.folder / "snaps").glob("*.zst"))) == KEEP


def test_a_bucket_that_is_not_the_stores_own_is_not_served(lone: World) -> None:
    lone.desk.set_stocks("S2", {f"P{n:04}": n for n in range(40)})
    other = lone.snapshots.build("s:S2:stock")
    client = lone.app.test_client()
    bearer = {"Authorization": f"Bearer {lone.line._credential.bearer(lone.line.ask)}"}
    assert client.get(path_of(other.sha256), headers=bearer).status_code == 403
    assert client.get(path_of(lone.manifest().sha256)).status_code == 401
    assert client.get(path_of("0" * 64), headers=bearer).status_code == 404
    assert client.get("/sync/v1/snap/..%2f..%2fhub.db.ndjson.zst", headers=bearer).status_code == 404
    part = client.get(path_of(lone.manifest().sha256), headers={**bearer, "Range": "bytes=10-19"})
    whole = client.get(path_of(lone.manifest().sha256), headers=bearer)
    assert (part.status_code, part.data) == (206, whole.data[10:20])


@pytest.mark.parametrize("after", [1, 7, 100, 333])
def test_a_line_cut_anywhere_is_taken_up_there_also_after_restarts(lone: World, after: int) -> None:
    lone.pieces.after = max(after, lone.manifest().bytes // 40)
    for _ in range(120):
        lone.restart()
        lone.shop.mono += 1000.0
        lone.shop.client.turn(lone.shop.mono)
        if lone.loader.started:
            break
    starts = [start for _, start in lone.pieces.asked]
    assert starts == sorted(set(starts)), "no byte was fetched twice"
    lone.pieces.after = None
    lone.level()
    assert len(lone.loader.started) == 1


@pytest.mark.parametrize("at", [0.0, 0.3, 0.999])
def test_a_changed_file_is_fetched_again_once_and_then_refused(lone: World, at: float) -> None:
    found = lone.snapshots.file(lone.manifest().sha256)
    assert found is not None
    body = bytearray(found[1].read_bytes())
    body[int(at * len(body))] ^= 1
    found[1].write_bytes(body)
    lone.level()
    assert lone.loader.started == []
    assert lone.fetcher.paged == {CATALOG}
    (said,) = lone.desk.nacks("S1")
    assert (said["bucket"], said["code"]) == (CATALOG, "SHA256")


def signed(lone: World, seed: bytes | None = None, **changes: Any) -> Snap:
    """HQ's newest word, changed, under another key or HQ's own."""
    from sync.hub import trust

    with lone.hub.engine.connect() as conn:
        own = trust.snapshot_seed(conn)
    manifest = msgspec.structs.replace(lone.manifest(), **changes)
    return Snap(path_of(manifest.sha256), sign("snapshot", manifest, [seed or own]))


def test_words_that_are_not_believed(lone: World) -> None:
    good, head = lone.offer(), lone.head()

    def said(snap: Snap) -> str:
        lone.restart()
        return lone.fetcher.offered(CATALOG, snap, head)

    assert said(signed(lone, THIEF)) == "SIGNATURE"
    assert said(signed(lone, CONFIG)) == "SIGNATURE", "a key of HQ's, but of another role"
    assert said(signed(lone, ROOT)) == "SIGNATURE"
    assert said(msgspec.structs.replace(good, word=sign("config", lone.manifest(), [CONFIG]))) == "KIND"
    assert said(signed(lone, bucket="s:S2:stock")) == "BUCKET"
    assert said(signed(lone, bucket="g:price:CN")) == "BUCKET"
    assert said(signed(lone, epoch="e9")) == "EPOCH"
    assert said(signed(lone, seq=head.seq + 1)) == "EPOCH"
    assert said(signed(lone, raw_bytes=1 << 36)) == "BODY", "larger than any of ours"
    assert said(msgspec.structs.replace(good, path="/sync/v1/snap/" + "0" * 64 + ".ndjson.zst")) == "PATH"
    assert said(good) == ""


def test_an_old_word_brings_no_old_price_back(lone: World) -> None:
    old, head = lone.offer(), lone.head()
    lone.level()
    lone.desk.publish_products(products(30, "新"))
    lone.level()
    lone.loader.highs[CATALOG] = lone.shop.replica.places[CATALOG]
    lone.shop.replica.reset(CATALOG, "checksum")
    lone.restart()
    assert lone.fetcher.offered(CATALOG, old, lone.head()) == "ROLLBACK"
    lone.loader.highs[CATALOG] = Cursor("another epoch", 10**9)
    lone.restart()
    assert lone.fetcher.offered(CATALOG, old, head) == ""


def test_a_file_replaced_amid_the_fetching_is_finished_or_given_up(lone: World) -> None:
    lone.pieces.after = lone.manifest().bytes // 3
    first = lone.manifest()
    lone.shop.client.turn(1000.0)
    lone.desk.publish_products(products(2, "甲"))
    lone.snapshots.build(CATALOG)
    lone.restart()
    lone.shop.client.turn(2000.0)
    assert {path for path, _ in lone.pieces.asked} == {path_of(first.sha256)}, "the one begun goes on"
    for n in range(KEEP):
        lone.desk.publish_products(products(2, f"乙{n}"))
        lone.snapshots.build(CATALOG)
    lone.pieces.after = None
    lone.level()
    assert lone.loader.started == [lone.manifest()], "gone at HQ: the newest instead"


def test_a_bucket_renumbered_at_hq_takes_its_files_along(world: World) -> None:
    world.snapshots.build(CATALOG)
    world.level()
    with world.hub.engine.begin() as conn:
        conn.execute(
            update(bucket_table).where(bucket_table.c.bucket == CATALOG).values(epoch=new_bucket_epoch())
        )
    resets = [r for r in world.pull(snap=True, buckets=world.shop.replica.places).resets if r.b == CATALOG]
    assert resets == [Reset(CATALOG, "epoch")], "a file of another life is not offered"
    world.level()


def test_a_full_disk_means_pages(lone: World) -> None:
    class Full:
        def fetch(self, path: str, start: int, length: int, into: Any) -> None:
            handle = os.open("/dev/full", os.O_WRONLY)
            try:
                os.write(handle, b"x")
            finally:
                os.close(handle)

    lone.pieces.below = Full()
    lone.level()
    assert lone.fetcher.paged == {CATALOG}
    assert lone.desk.nacks("S1")[0]["code"] == "DISK"
    assert list((lone.folder / "store").iterdir()) == []


def test_a_load_that_ends_early_is_tried_again_and_one_that_fails_is_not(lone: World) -> None:
    lone.loader.says = ["ENDED", None, "SUM"]
    lone.level()
    assert len(lone.loader.started) == 2
    assert lone.fetcher.paged == {CATALOG}
    assert lone.desk.nacks("S1")[0]["code"] == "SUM"


def test_a_load_that_always_ends_early_is_given_up(lone: World) -> None:
    lone.loader.says = ["ENDED"] * 9
    lone.level()
    assert len(lone.loader.started) == 3
    assert lone.desk.nacks("S1")[0]["code"] == "ENDED"
