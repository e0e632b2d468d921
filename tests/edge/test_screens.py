"""Which browser stands at which station: codes, tokens, sending away; and how long each state waits."""

from __future__ import annotations

import secrets
from enum import Enum
from pathlib import Path

import pytest
from click.testing import CliRunner

from config.schema import Settings, SettingsRefused, parse
from edge.cli import main
from edge.clock import Clock
from edge.desks.screens import ScreenDesk
from edge.domain import guide_session, lane_session
from edge.domain.guide_session import IDLE_NAMES as guide_names  # noqa: N811
from edge.domain.idle import NEVER, STATES, Presence, Waits, idle_of
from edge.domain.lane_session import IDLE_NAMES as lane_names  # noqa: N811
from edge.domain.refusals import NonceReused, NotAllowed, TooManyTries, UnknownThing
from edge.domain.screen_refusals import PairingUnknown, ScreensWaiting, WrongPlace
from edge.domain.screens import KINDS, PAIRING_S, ScreenKind
from edge.domain.staff import Operator, Role
from edge.records.books import Books, open_books

LEAD = Operator("2001", "张志强", Role.LEAD, "T1")
KEY = bytes(range(32))
RAW = {
    "stations": {
        "T1": {"kind": "cashier"},
        "K1": {"kind": "kiosk"},
        "K2": {"kind": "kiosk", "screen": "local"},
        "G1": {"kind": "guide"},
    },
    "screens": {"idle": {"browse_s": 40}},
}


def n() -> str:
    return secrets.token_urlsafe(12)


class Shelf:
    """The desk over books on a disk, and a clock whose hands are moved by the test."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.settings: Settings = parse(RAW | {"store": {"state_dir": str(folder)}})
        self.folder, self.later_ms, self.poked = folder, 0, list[str]()
        real = Clock.mono_ms
        monkeypatch.setattr(Clock, "mono_ms", lambda clock: real(clock) + self.later_ms)
        self.open()

    def open(self) -> ScreenDesk:
        self.books: Books = open_books(self.folder, KEY, "Asia/Shanghai")
        self.desk = ScreenDesk(self.books, self.settings, self.poked.append)
        return self.desk

    def again(self) -> ScreenDesk:
        """The daemon dies and comes back."""
        self.books.close()
        return self.open()

    def bound(self, kind: ScreenKind = "kiosk", station: str = "K1") -> tuple[str, str]:
        """(id, token) of a screen that was bound and took its token."""
        pairing = self.desk.ask(kind)
        screen = self.desk.bind(pairing.code, station, LEAD, n())
        token = self.desk.taken(pairing.secret)
        assert token
        return screen.id, token


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    return Shelf(tmp_path, monkeypatch)


def test_a_screen_is_bound_by_its_code_and_stays_bound_over_a_restart(shelf: Shelf) -> None:
    desk = shelf.desk
    pairing = desk.ask("kiosk", "10.0.0.7")
    assert (len(pairing.code), pairing.left_s, desk.taken(pairing.secret)) == (6, PAIRING_S, None)
    assert desk.at(pairing.secret) is None, "the secret of a code opens nothing"
    spaced = f" {pairing.code[:3]} {pairing.code[3:]} "
    screen = desk.bind(spaced, "K1", LEAD, n())
    assert (screen.station, screen.kind, screen.bound_by) == ("K1", "kiosk", "2001")
    assert shelf.poked == ["screens"]
    token = desk.taken(pairing.secret)
    assert token
    here = shelf.again().at(token)
    assert here is not None
    assert (here.id, here.station, here.kind) == (screen.id, "K1", "kiosk")
    assert shelf.desk.at(token + "x") is None
    assert shelf.desk.at("") is None
    raw = (shelf.folder / "ledger.db").read_bytes() + (shelf.folder / "ledger.db-wal").read_bytes()
    assert token.encode() not in raw


def test_an_answer_that_was_lost_binds_nothing_and_a_used_token_is_given_once(shelf: Shelf) -> None:
    desk = shelf.desk
    pairing = desk.ask("guide")
    desk.bind(pairing.code, "G1", LEAD, n())
    lost, token = desk.taken(pairing.secret), desk.taken(pairing.secret)
    assert lost
    assert token
    assert desk.at(lost) is None, "only the newest holds"
    assert desk.at(token)
    assert desk.taken(pairing.secret) is None, "in use: nobody else gets one by this secret"
    with pytest.raises(PairingUnknown):
        desk.bind(pairing.code, "G1", LEAD, n())


def test_a_code_lives_ten_minutes_and_a_restart_of_the_box_ends_it(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairing, other = shelf.desk.ask("kiosk"), shelf.desk.ask("kiosk")
    shelf.later_ms = PAIRING_S * 1000 - 5000
    assert shelf.desk.pairing(pairing.secret)
    shelf.later_ms += 5000
    assert shelf.desk.pairing(pairing.secret) is None
    with pytest.raises(PairingUnknown):
        shelf.desk.bind(pairing.code, "K1", LEAD, n())
    shelf.later_ms = 0
    assert shelf.desk.pairing(other.secret)
    monkeypatch.setattr(Clock, "boot", lambda _: "another boot")
    assert shelf.desk.pairing(other.secret) is None


def test_who_may_and_where(shelf: Shelf) -> None:
    pairing = shelf.desk.ask("kiosk")
    cashier = Operator("1001", "李晓云", Role.CASHIER, "T1")
    with pytest.raises(NotAllowed):
        shelf.desk.bind(pairing.code, "K1", cashier, n())
    with pytest.raises(UnknownThing):
        shelf.desk.bind(pairing.code, "K9", LEAD, n())
    with pytest.raises(WrongPlace) as wrong:
        shelf.desk.bind(pairing.code, "G1", LEAD, n())
    assert "G1" in wrong.value.words("en").text
    nonce = n()
    first = shelf.desk.bind(pairing.code, "K1", LEAD, nonce)
    assert shelf.desk.bind(pairing.code, "K1", LEAD, nonce) == first, "asked twice, bound once"
    with pytest.raises(NonceReused):
        shelf.desk.bind(pairing.code, "K2", LEAD, nonce)
    with pytest.raises(NotAllowed):
        shelf.desk.revoke(first.id, cashier, n())


def test_guessing_is_paced_and_asking_has_a_limit(shelf: Shelf) -> None:
    codes = [shelf.desk.ask("kiosk", "10.0.0.7") for _ in range(9)]
    assert shelf.desk.pairing(codes[0].secret) is None, "the oldest of one address makes room"
    assert shelf.desk.pairing(codes[8].secret)
    for number in range(56):
        shelf.desk.ask("guide", f"10.0.1.{number}")
    with pytest.raises(ScreensWaiting):
        shelf.desk.ask("guide", "10.0.2.1")
    wrong = next(f"{number:06d}" for number in range(100) if f"{number:06d}" not in {c.code for c in codes})
    for _ in range(4):
        with pytest.raises(PairingUnknown):
            shelf.desk.bind(wrong, "K1", LEAD, n())
    with pytest.raises(TooManyTries):
        shelf.desk.bind(wrong, "K1", LEAD, n())
    with pytest.raises(TooManyTries):
        shelf.desk.bind(codes[8].code, "K1", LEAD, n())


def test_a_screen_that_was_sent_away_is_nobody_at_once(shelf: Shelf) -> None:
    screen, token = shelf.bound()
    other, other_token = shelf.bound("display", "T1")
    assert [one.id for one in shelf.desk.all()] == [screen, other]
    nonce = n()
    shelf.desk.revoke(screen, LEAD, nonce)
    shelf.desk.revoke(screen, LEAD, nonce)
    assert shelf.desk.at(token) is None
    assert shelf.desk.at(other_token)
    with pytest.raises(UnknownThing):
        shelf.desk.revoke(screen, LEAD, n())
    assert [one.id for one in shelf.again().all()] == [other]


def test_a_station_that_became_another_lets_its_screen_go(shelf: Shelf) -> None:
    _, token = shelf.bound()
    shelf.settings = parse({"stations": {"K1": {"kind": "guide"}}, "store": {"state_dir": str(shelf.folder)}})
    assert shelf.again().at(token) is None


def test_this_machines_own_screen_needs_no_code(shelf: Shelf) -> None:
    own = shelf.desk.local("kiosk")
    assert own is not None
    assert (own.station, own.kind) == ("K2", "kiosk")
    assert shelf.desk.local("guide") is None
    assert shelf.desk.local("display") is None
    two = {"stations": {name: {"kind": "kiosk", "screen": "local"} for name in ("K1", "K2")}}
    with pytest.raises(SettingsRefused, match=r"stations.K2.screen"):
        parse(two)


def test_the_command_line_binds_beside_the_daemon(shelf: Shelf) -> None:
    shelf.folder.joinpath("store.toml").write_text(
        f'[store]\nstate_dir = "{shelf.folder}"\n[stations.K1]\nkind = "kiosk"\n'
    )
    key = shelf.folder / "edge.key"
    key.write_text(KEY.hex())
    key.chmod(0o600)
    pairing = shelf.desk.ask("kiosk")

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["screens", *words, "--settings", str(shelf.folder / "store.toml")])
        return done.exit_code, done.output

    assert run("bind", pairing.code, "T9")[0] == 1
    code, said = run("bind", pairing.code, "K1")
    assert (code, "a kiosk at K1" in said) == (0, True), said
    token = shelf.desk.taken(pairing.secret)
    assert token
    assert shelf.desk.at(token)
    screen = said.partition(":")[0]
    assert screen in run("list")[1]
    assert run("revoke", screen) == (0, f"{screen}: revoked\n")
    assert shelf.desk.at(token) is None
    code, said = run("revoke", screen)
    assert (code, "Nothing found" in said) == (1, True)


def test_how_long_each_state_waits() -> None:
    waits = Waits(browse_s=40)
    assert set(STATES) == set(KINDS)
    for kind, states in STATES.items():
        for state, presence in states.items():
            idle = idle_of(kind, state, waits)
            held = presence in {Presence.HELD, Presence.NOBODY}
            assert (idle == NEVER) is held, state
            # WCAG 2.2.1: whoever is asked has 20 seconds; what just hides takes nothing that was typed.
            asked = presence in {Presence.BROWSE, Presence.PERSONAL}
            assert (idle.warn_s >= 20) is asked, state
    browse = idle_of("guide", "home", waits)
    assert [browse.asking(s) for s in (39.9, 40, 59.9, 60)] == [False, True, True, False]
    assert [browse.over(s) for s in (59.9, 60)] == [False, True]
    with pytest.raises(KeyError):
        idle_of("kiosk", "nowhere", waits)


HELD = {"HELP", "INTERVENTION", "PAYING", "USERPAYING", "CLEARING"}
"""Places of both tables where no time runs; at a kiosk UNKNOWN is money, too, at a guide screen a code nobody knows."""
HIDES = {"MEMBER", "DONE", "FEEDBACK", "PARKED", "JOINED", "THANKS"}
"""What goes without a question, where nothing that somebody typed or chose is lost."""
AT_KIOSK: list[tuple[ScreenKind, Enum, str]] = [("kiosk", one, lane_names[one]) for one in lane_session.Place]
AT_GUIDE: list[tuple[ScreenKind, Enum, str]] = [
    ("guide", one, guide_names[one]) for one in guide_session.Place
]


@pytest.mark.parametrize(("kind", "place", "name"), AT_KIOSK + AT_GUIDE)
def test_a_day_without_a_touch_at_every_place_of_both_tables(
    kind: ScreenKind, place: Enum, name: str
) -> None:
    idle = idle_of(kind, name, Waits())
    clock = range(86_400)
    asked = [second for second in clock if idle.asking(second)]
    over = next((second for second in clock if idle.over(second)), None)
    money = place.name in HELD or (kind, place.name) == ("kiosk", "UNKNOWN")
    hides = place.name in HIDES and (kind, place.name) != ("guide", "FEEDBACK")
    if money or place.name in {"ATTRACT", "CLOSED"}:
        assert (asked, over) == ([], None)
    elif hides:
        assert asked == []
        assert over in range(10, 31)
    else:
        assert over is not None
        assert asked == list(range(asked[0], over)), "asked until it is over, and not after"
        assert len(asked) >= 20, "WCAG 2.2.1: whoever is asked has twenty seconds"


def test_the_settings_waits_are_the_tables(shelf: Shelf) -> None:
    assert shelf.desk.idle("kiosk", "lookup").after_s == 90
    assert shelf.desk.idle("guide", "home").after_s == 40
    with pytest.raises(SettingsRefused, match="browse_warn_s"):
        parse({"screens": {"idle": {"browse_warn_s": 19}}})
