"""A box before it is a store's and after: the file for images, first settings, and an end that takes the keys first."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge import box, sealed, wipe_cli
from edge.box import NotReady, Wishes, own_address, read_drop, settings_text, within_reach
from sync.admission import Invitation

ASKED = Invitation(1, "https://hq.example", "t", "f", "S00421")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "one of invitation and invitation_file"),
        ('invitation = "a"\ninvitation_file = "b"', "one of invitation and invitation_file"),
        ('invitaton = "a"', "invitaton"),
        ("invitation = 7", "invitation"),
        ("invitation =", "Invalid value"),
    ],
)
def test_a_file_for_images_that_is_wrong_says_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    drop = tmp_path / "enroll.toml"
    drop.write_text(text, "utf-8")
    with pytest.raises(NotReady, match=said):
        read_drop(drop)


def test_a_file_for_images_is_a_secret_from_the_first_look(tmp_path: Path) -> None:
    drop = tmp_path / "enroll.toml"
    drop.write_text("invitation = 'words'\naddress = '192.168.10.5'\n", "utf-8")
    drop.chmod(0o644)
    assert (read_drop(drop).invitation, read_drop(drop).address) == ("words", "192.168.10.5")
    assert drop.stat().st_mode & 0o777 == 0o600


def test_which_store_it_is_must_be_said_by_somebody() -> None:
    assert 'id = "S00421"' in settings_text(ASKED, Wishes(address="10.0.0.1"))
    assert 'id = "S2"' in settings_text(ASKED, Wishes("S2", "10.0.0.1"))
    with pytest.raises(NotReady, match="--store"):
        settings_text(Invitation(1, "https://hq.example", "t", "f"), Wishes())


def test_the_fence_is_opened_only_for_an_hq_outside_the_shop_s_networks() -> None:
    assert within_reach("http://127.0.0.1:8780")
    assert within_reach("https://192.168.7.1/edge")
    assert not within_reach("https://203.0.113.9")
    assert own_address("http://127.0.0.1:8780") == "127.0.0.1"


@pytest.fixture
def enrolled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    places = {
        "STATE": "state",
        "LANE_STATE": "lane",
        "SETTINGS": "store.toml",
        "DROP_IN": "hq.conf",
        "UNATTENDED": "e.toml",
    }
    for name, place in places.items():
        monkeypatch.setattr(box, name, tmp_path / place)
    monkeypatch.setattr(sealed, "FOLDER", tmp_path)
    for inner in ("state/media", "lane"):
        (tmp_path / inner).mkdir(parents=True)
    for file in ("state/ledger.db", "state/media/a.png", "lane/lane.db", "store.toml", "hq.conf"):
        (tmp_path / file).write_text(file)
    for name in (sealed.EDGE_KEY, sealed.LANE_TOKEN):
        sealed.place_of(name).write_text("sealed")
    return tmp_path


def test_a_wiped_box_holds_nothing_and_is_wiped_again_without_harm(enrolled: Path) -> None:
    ended = wipe_cli._end(wipe_cli._Ended("S00421", 0))
    assert [Path(key).name for key in ended.keys] == ["store-edge.edge.key", "store-edge.lane-token"]
    assert sorted(path.name for path in enrolled.rglob("*")) == ["lane", "state"]
    assert wipe_cli._end(wipe_cli._Ended("S00421", 0)) == wipe_cli._Ended("S00421", 0)


def test_a_wipe_that_is_cut_off_has_taken_the_keys(enrolled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(_: Path) -> list[Path]:
        raise OSError("the plug was pulled")

    monkeypatch.setattr(wipe_cli, "_emptied", cut)
    with pytest.raises(OSError, match="plug"):
        wipe_cli._end(wipe_cli._Ended("S00421", 0))
    assert not [path for path in enrolled.iterdir() if path.name.startswith("store-edge.")]
    assert (enrolled / "store.toml").exists(), "says which store it is when the verb is run again"


def test_what_is_shredded_was_overwritten_first(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_bytes(b"k" * 64)
    with secret.open("rb") as held:
        sealed.shred(secret)
        left = held.read()
    assert not secret.exists()
    assert len(left) == 64
    assert b"kkkk" not in left
