"""The plug desk and its workers: devices that nobody uses, devices that are somebody else since yesterday."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.schema import Settings
from devices.hotplug import Hotplug
from devices.ports import Identity, Status
from edge.daemon import Shop, build_shop
from edge.desks.plugged import another
from edge.domain.refusals import UnknownThing
from edge.plugging import Plugging
from tests.devices.made_up_machine import MadeUpMachine
from tests.edge.conftest import KEY, settings_in

FRONT = Identity("mac:00:26:ab:00:00:01", "EPSON", "TM-T20", "X5LR0001", "1.0")
SPARE = Identity("mac:00:26:ab:00:00:02", "EPSON", "TM-T20", "X5LR0002", "1.0")


@pytest.fixture
def box(tmp_path: Path) -> MadeUpMachine:
    return MadeUpMachine(tmp_path / "machine")


@pytest.fixture
def store(shop: Shop) -> Shop:
    shop.store.status.device("front", "printer", "online")
    return shop


def detail(shop: Shop) -> str:
    return next(one.detail for one in shop.store.status.devices() if one.name == "front")


def met(shop: Shop, identity: Identity, address: str = "192.168.10.31:9100") -> bool:
    return shop.store.plugs.met("front", "printers", address, identity)


# ---- who is who --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "now", "changed"),
    [
        (FRONT, SPARE, True),
        (FRONT, FRONT, False),
        # The same printer on another network card, or with newer firmware.
        (FRONT, Identity(SPARE.key, "EPSON", "TM-T20", "X5LR0001", "2.0"), False),
        # It did not tell its number this time (no paper): its address on the network still does.
        (FRONT, Identity(FRONT.key), False),
        (FRONT, Identity(SPARE.key), True),
        # Clones: all of them have the same number.
        (Identity("mac:1", "", "POS-80", "00000000"), Identity("mac:2", "", "POS-80", "00000000"), True),
        (Identity("mac:1", "", "POS-80", "0123456789"), Identity("mac:2", "", "POS-80", "0123456789"), True),
        (Identity("", "", "POS-80"), Identity("", "", "POS-58"), True),
        (Identity("", "", "POS-80"), Identity("", "", "POS-80"), False),
        (Identity(""), FRONT, False),
        # Two scanners without serial numbers, each in the other's socket.
        (Identity("usb:0c2e:0720@pci-1:1.0"), Identity("usb:0c2e:0720@pci-2:1.0"), True),
        (Identity("usb:0c2e:0720:S1"), Identity("usb:0c2e:0720@pci-2:1.0"), True),
        (Identity("node:ttyS0"), Identity("usb:0c2e:0720:S1"), False),
    ],
)
def test_two_pieces_of_hardware_or_one(known: Identity, now: Identity, changed: bool) -> None:
    assert another(known, now) is changed


# ---- the alarm ---------------------------------------------------------------------------------------------


def test_another_device_at_the_address_is_an_alarm_until_a_person_answers(store: Shop) -> None:
    assert met(store, FRONT)
    assert met(store, FRONT)
    assert detail(store) == ""
    assert not met(store, SPARE)
    assert detail(store) == "IDENTITY_CHANGED"
    (swap,) = store.store.plugs.swapped()
    assert (swap.device, swap.address) == ("front", "192.168.10.31:9100")
    assert (swap.known, swap.seen) == ("EPSON TM-T20 X5LR0001", "EPSON TM-T20 X5LR0002")
    store.store.plugs.accept("front")
    assert detail(store) == ""
    assert met(store, SPARE)
    assert not met(store, FRONT), "the old one is the stranger now"


def test_a_swap_is_a_change_of_status_once(store: Shop) -> None:
    met(store, FRONT)
    for _ in range(2):
        met(store, SPARE)
    changes = [one.device for one in store.store.status.updates() if one.status is Status.IDENTITY_CHANGED]
    assert changes == ["front"]


def test_a_stranger_s_words_are_kept_short_and_harmless(store: Shop) -> None:
    assert met(store, FRONT)
    hostile = Identity("mac:9", "EVIL\x1b]0;x\x07", "TM-T88\u202e" + "x" * 100_000, "X9")
    assert not met(store, hostile)
    (swap,) = store.store.plugs.swapped()
    assert swap.seen.startswith("EVIL ]0;x TM-T88 x")
    assert len(swap.seen) < 300
    (row,) = store.books.identities.all()
    assert row.seen is not None
    assert len(row.seen.model) == 120
    assert not met(store, hostile)  # and it is the same stranger the next time
    assert len(store.books.identities.all()) == 1


def test_the_old_one_coming_back_ends_the_alarm(store: Shop) -> None:
    met(store, FRONT)
    assert not met(store, SPARE)
    assert met(store, FRONT)
    assert detail(store) == ""
    assert store.store.plugs.swapped() == ()


def test_a_fault_is_said_before_the_alarm_and_the_alarm_after_it(store: Shop) -> None:
    met(store, FRONT)
    met(store, SPARE)
    store.store.status.device("front", "printer", "blocked", "OUT_OF_PAPER")
    assert detail(store) == "OUT_OF_PAPER"
    store.store.status.device("front", "printer", "online")
    assert detail(store) == "IDENTITY_CHANGED"


def test_the_alarm_outlives_the_daemon(settings: Settings) -> None:
    first = build_shop(settings, KEY, {})
    met(first, FRONT)
    met(first, SPARE)
    first.books.close()
    second = build_shop(settings, KEY, {})
    second.store.plugs.recover()
    second.store.status.device("front", "printer", "online")
    assert detail(second) == "IDENTITY_CHANGED"
    second.books.close()


def test_an_answer_from_another_process_is_heard(store: Shop, settings: Settings) -> None:
    met(store, FRONT)
    met(store, SPARE)
    elsewhere = build_shop(settings, KEY, {})
    elsewhere.store.plugs.accept("front")
    elsewhere.books.close()
    assert met(store, SPARE)
    assert detail(store) == ""


def test_a_new_address_in_the_settings_is_a_person_s_word(store: Shop) -> None:
    met(store, FRONT)
    assert met(store, SPARE, "192.168.10.40:9100")


def test_what_a_device_says_later_is_kept_with_what_it_said_before(store: Shop) -> None:
    met(store, Identity("mac:1"))
    met(store, Identity("mac:1", "EPSON", "TM-T20", "X5LR0001"))
    assert met(store, Identity("mac:1"))
    assert not met(store, Identity("mac:2", "EPSON", "TM-T20", "X5LR0002"))


def test_there_is_nothing_to_accept_where_nothing_changed(store: Shop) -> None:
    met(store, FRONT)
    for name in ("front", "back"):
        with pytest.raises(UnknownThing):
            store.store.plugs.accept(name)


# ---- what nobody uses, and who is woken --------------------------------------------------------------------


def plugging(shop: Shop, box: MadeUpMachine, tmp_path: Path, poked: list[str], **scanners: str) -> Plugging:
    tables = {name: {"station": "T1", "port": port} for name, port in scanners.items()}
    settings = settings_in(tmp_path, scanners=tables)
    return Plugging(settings, shop.store, poked.append, box.machine, Hotplug(lambda: None, sweep_s=0.001))


def test_a_plugged_device_without_a_setting_is_listed_with_the_lines_it_needs(
    shop: Shop, box: MadeUpMachine, tmp_path: Path
) -> None:
    used = box.serial(0, "1", serial="S1")
    box.serial(1, "2", serial="S2")
    worker = plugging(shop, box, tmp_path, [], desk=str(used))
    worker.turn()
    (free,) = shop.store.plugs.unknown()
    link = box.machine.dev / "serial/by-id/usb-Honeywell_USB_Scanner_S2-if00"
    assert (free.path, free.kind, free.identity) == (str(link), "serial", "Honeywell USB Scanner S2")
    assert free.suggestion == f'[scanners.NAME]\ndriver = "serial"\nstation = "STATION"\nport = "{link}"\n'
    box.unplug("tty", "ttyACM1", "ttyACM1")
    worker.look()
    assert shop.store.plugs.unknown() == ()


def test_plug_and_unplug_wake_the_waiting_ones_once_each(
    shop: Shop, box: MadeUpMachine, tmp_path: Path
) -> None:
    poked: list[str] = []
    worker = plugging(shop, box, tmp_path, poked)
    for change in (lambda: None, lambda: box.serial(0, "1"), lambda: box.unplug("tty", "ttyACM0", "ttyACM0")):
        poked.clear()
        change()
        worker.look()
        worker.look()
        assert poked.count("plugs") == 1


def test_two_scanners_without_numbers_that_changed_places_are_seen(
    shop: Shop, box: MadeUpMachine, tmp_path: Path
) -> None:
    """By kernel names: after a reboot each has the other's. By socket: nothing happened."""
    first = box.serial(0, "1")
    second = box.serial(1, "2")
    by_path = box.machine.dev / "serial/by-path"
    sockets = [by_path / f"pci-0000:00:14.0-usb-0:{number}:1.0" for number in (1, 2)]
    names = {"a": str(first), "b": str(second), "c": str(sockets[0]), "d": str(sockets[1])}
    for name in names:
        shop.store.status.device(name, "scanner", "online")
    plugging(shop, box, tmp_path, [], **names).look()
    for number in (0, 1):
        box.unplug("tty", f"ttyACM{number}", f"ttyACM{number}")
    box.serial(1, "1")
    box.serial(0, "2")
    plugging(shop, box, tmp_path, [], **names).look()
    alarms = {one.name for one in shop.store.status.devices() if one.detail == "IDENTITY_CHANGED"}
    assert alarms == {"a", "b"}
