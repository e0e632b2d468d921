"""What HQ tells screens, makes for phones and keeps of their counts; pictures on their way to a shop."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import Engine

from config.playlists import Media, media_kind
from edge.desks.media import MediaShelf, Unwhole
from sync.goods import Node, NodeStock
from sync.guiding import MEDIA_PATH, CartAsk, OptionsAsk, Review, Said, ScreenCount, ScreenCounted
from sync.hub.database import open_hub, write
from sync.hub.desk import HubDesk
from sync.hub.feed import publish, put
from sync.hub.guide_desk import ScreenDesk
from sync.hub.guide_effects import counted
from sync.hub.judging import Source, Unfit
from sync.hub.media import Media as Shelf
from sync.hub.media import media_beside
from sync.hub.publishing import NotPossible
from sync.hub.rows import NODES
from sync.hub.ways import change, shown
from sync.hub.web import create_hub
from sync.hub.working_set import WorkingSet
from sync.messages import Product, Shop, stamp
from sync.pieces import Gone, LoopPieces
from tests.spots import DEPOT, HERE, NEAR, OLD_TOWN

NOW = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40


class Headquarters:
    """HQ on a file, its clock in our hand, two shops and a warehouse."""

    def __init__(self, folder: Path) -> None:
        self.at = NOW
        self.engine: Engine = open_hub(folder / "hub.db")
        desk = HubDesk(self.engine, self.now)
        self.token = desk.add_store(Shop("S1", "一店", "One"))
        desk.add_store(Shop("S2", "二店", "Two"))
        desk.publish_products([Product("A1", "6901234567892", "茶", "Tea")])
        self.desk = ScreenDesk(self.engine, self.now)
        self.desk.cart_link("https://shop.example/go")
        places = (Node("S1", "store", "一店", "One", *HERE), Node("S2", "store", "二店", "Two", *OLD_TOWN))
        depots = (
            Node("W1", "warehouse", "仓", "Depot", *DEPOT),
            Node("F1", "forward", "前置仓", "Near depot", *NEAR),
        )
        self.publish(*places, *depots)

    def now(self) -> datetime:
        return self.at

    def publish(self, *rows: Node | NodeStock) -> None:
        changes = [put(NODES, row) for row in rows]
        write(self.engine, lambda conn: publish(conn, changes, stamp(self.at)))

    def have(self, **levels: int) -> None:
        self.publish(*(NodeStock(f"{n}:A1", n, "A1", q, stamp(self.at)) for n, q in levels.items()))

    def ways(self) -> list[str]:
        return [one.option for one in self.desk.options("S1", OptionsAsk("A1")).options]


@pytest.fixture
def hq(tmp_path: Path) -> Iterator[Headquarters]:
    made = Headquarters(tmp_path)
    yield made
    made.engine.dispose()


def test_only_ways_that_the_places_figures_bear_beyond_a_safety_stock(hq: Headquarters) -> None:
    assert hq.ways() == []
    hq.have(S1=50, S2=1, W1=1, F1=1)
    assert hq.ways() == ["instant:S1"], "what is here can be brought; nobody is sent for the last piece"
    hq.have(S1=0, S2=2, W1=2, F1=0)
    assert hq.ways() == ["pickup_there:S2", "instant:S2", "next_day:W1", "pickup_here:W1"]
    here = hq.desk.options("S1", OptionsAsk("A1")).options[-1]
    assert (here.node, here.name_zh) == ("S1", "一店"), "collected here, wherever it comes from"


def test_each_store_measures_from_itself_and_nobody_rides_to_a_place_that_is_nowhere(
    hq: Headquarters,
) -> None:
    hq.have(S2=9, F1=9)
    far = {one.option: one.km10 for one in hq.desk.options("S1", OptionsAsk("A1")).options}
    assert (far["pickup_there:S2"], far["instant:S2"]) == (8, 8)
    from_there = {one.option: one.km10 for one in hq.desk.options("S2", OptionsAsk("A1")).options}
    assert from_there["next_day:F1"] == 8, "not the 12 that it is from the other store"
    hq.publish(Node("S1", "store", "一店", "One"))
    assert "instant:S2" not in hq.ways()


def test_hqs_people_say_how_far_a_rider_goes_and_what_it_costs(hq: Headquarters) -> None:
    hq.have(S2=9, W1=9)
    assert change(hq.engine, ride_fen=900, send_fen=1200, collect_min=60).ride_m == 3000
    told = {one.kind: one for one in hq.desk.options("S1", OptionsAsk("A1")).options}
    assert (told["instant"].fen, told["next_day"].fen, told["pickup_here"].fen) == (900, 1200, 0)
    assert told["pickup_there"].ready == stamp(NOW + timedelta(hours=1))
    change(hq.engine, ride_m=700)
    assert "instant:S2" not in hq.ways()
    change(hq.engine, safety=9)
    assert hq.ways() == []
    with pytest.raises(NotPossible):
        change(hq.engine, ride_fen=-1)
    assert shown(hq.engine).ride_fen == 900


def test_a_basket_is_one_however_often_it_is_asked_for_and_its_token_stands_nowhere(hq: Headquarters) -> None:
    hq.have(W1=9)
    asked = CartAsk("nonce-1", "order", "A1", "G1", 1, "next_day:W1", "1001", "spring")
    first, again = hq.desk.cart("S1", asked), hq.desk.cart("S1", asked)
    assert first == again
    token = first.url.rpartition("=")[2]
    assert hq.desk.cart("S2", asked).url != first.url, "another shop's wish is another's"
    with hq.engine.connect() as conn:
        rows = conn.exec_driver_sql("SELECT * FROM phone_cart").all()
    assert len(rows) == 2
    assert token not in str(rows)
    assert hq.desk.opened(token)["guide"] == "1001"
    assert [(one["store"], one["made"], one["opened"]) for one in hq.desk.credits()] == [
        ("S1", 1, 1),
        ("S2", 1, 0),
    ]
    hq.at += timedelta(hours=3)
    with pytest.raises(NotPossible):
        hq.desk.opened(token)
    assert hq.desk.cart("S1", CartAsk("n2", "order", "A1", "G1", 1, "next_day:S9")).why == "gone"
    assert hq.desk.cart("S1", CartAsk("n3", "continue", "NOPE", "G1")).why == "unknown"


def test_counts_add_up_by_campaign_and_a_time_that_is_none_is_set_aside(hq: Headquarters) -> None:
    at = stamp(NOW)
    fact = ScreenCounted(
        "G1", at, at, (ScreenCount("shown", 5, "spring"), ScreenCount("viewed", 2, "", "A1"))
    )

    def take(seq: int, said: ScreenCounted) -> None:
        def work(conn: object) -> None:
            rows = WorkingSet(conn, "S1", [said])  # type: ignore[arg-type]
            counted(rows, Source("S1", "stream", seq, late=False, at=at), said)
            rows.write()

        write(hq.engine, work)

    take(1, fact)
    take(2, fact)
    assert hq.desk.counts("S1") == [
        {"campaign": "", "what": "viewed", "n": 4},
        {"campaign": "spring", "what": "shown", "n": 10},
    ]
    with pytest.raises(Unfit):
        take(3, ScreenCounted("G1", "yesterday", at, fact.counts))


def test_what_is_said_can_be_taken_back(hq: Headquarters) -> None:
    row = Review("A1", 47, 12, (Said("好"),))
    assert (hq.desk.say([row]), hq.desk.say([row]), hq.desk.unsay("review", ["A1"])) == (1, 0, 1)


def test_a_picture_travels_by_its_hash_in_pieces_and_another_one_is_thrown_away(
    hq: Headquarters, tmp_path: Path
) -> None:
    file = tmp_path / "tea.png"
    file.write_bytes(PNG)
    folder = media_beside(hq.engine)
    assert folder is not None
    named = Shelf(folder).add(file)
    assert named == Media(sha256(PNG).hexdigest(), len(PNG), "png")
    pieces = LoopPieces(create_hub(hq.engine, now=hq.now), hq.token, lambda *_: b"")

    def fetch(media: Media, start: int, length: int, into: object) -> None:
        pieces.fetch(MEDIA_PATH + media.sha256, start, min(length, 3000), into)  # type: ignore[arg-type]

    kept = MediaShelf(tmp_path / "media", 1 << 20)
    assert kept.missing([named]) == named
    assert kept.step(named, fetch)
    found = kept.file(named)
    assert found is not None
    assert found.read_bytes() == PNG
    assert kept.missing([named]) is None
    # A disk that lies, seen at the next start; then it is fetched anew.
    found.write_bytes(PNG[:-1] + b"x")
    anew = MediaShelf(tmp_path / "media", 1 << 20)
    assert anew.file(named) is None, "nothing is shown before it was verified"
    with pytest.raises(Unwhole):
        anew.step(named, fetch)
    assert anew.step(named, fetch)
    with pytest.raises(Gone):
        anew.step(Media("1" * 64, 10, "png"), fetch)


def test_the_shelf_has_a_size_and_forgets_what_nobody_names(tmp_path: Path) -> None:
    shelf = MediaShelf(tmp_path, 250)
    some = [Media(str(n) * 64, 100, "png") for n in range(3)]
    assert shelf.kept(some) == tuple(some[:2])
    for media in some:
        (tmp_path / media.sha256).write_bytes(b"x")
    shelf.tidy(some[1:2])
    assert [path.name for path in tmp_path.iterdir()] == [some[1].sha256]


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xd8\xff\xe0", "jpeg"),
        (b"RIFF....WEBPVP8 ", "webp"),
        (b"\x00\x00\x00\x18ftypmp42", "mp4"),
        (b"<svg", ""),
    ],
)
def test_a_file_is_what_it_begins_like(head: bytes, kind: str) -> None:
    assert media_kind(head) == kind


def test_no_script_comes_as_a_picture(hq: Headquarters, tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(b"<svg onload='1'/>")
    folder = media_beside(hq.engine)
    assert folder is not None
    with pytest.raises(NotPossible):
        Shelf(folder).add(tmp_path / "x.png")
