"""store-edge devices: settings that keep their comments, devices that are tried, and answers to alarms."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from config.loader import load
from config.schema import SettingsRefused
from devices.plugged import Plugged, plugged
from devices.ports import Identity
from devices.simulated_printer import SimulatedPrinter
from devices.simulated_scanner import SimulatedScanner
from edge.adopt import NotAdopted, Wish, plan, write
from edge.cli import main
from edge.daemon import build_shop
from edge.file_key import key_of
from edge.plugging import standing
from tests.devices.made_up_machine import MadeUpMachine

TOML = """# Our shop.
[store]
state_dir = "STATE"

# The counter by the door.
[stations.T1]  # Xiao Li
label_zh = "服务台"

[scanners.desk]   # the old one
port = "/dev/old"
suffix = "none"   # set up by the supplier

# Where slips come out.
[printers.front]
host = "127.0.0.1"
port = 9100
# the end
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "store.toml"
    path.write_text(TOML.replace("STATE", str(tmp_path / "var")))
    path.chmod(0o640)
    return path


@pytest.fixture
def box(tmp_path: Path) -> MadeUpMachine:
    return MadeUpMachine(tmp_path / "machine")


def call(*words: object, stdin: str = "") -> Result:
    return CliRunner().invoke(main, ["devices", *map(str, words)], input=stdin)


def adopted(file: Path, found: tuple[Plugged, ...] = (), **wish: Any) -> tuple[list[str], list[str]]:
    """Lines added and taken away."""
    adoption = plan(file, Wish(**wish), found)
    write(file, adoption)
    lines = [line for line in adoption.diff.splitlines()[2:] if line[1:].strip()]
    return [one[1:] for one in lines if one[0] == "+"], [one[1:] for one in lines if one[0] == "-"]


# ---- adopt -------------------------------------------------------------------------------------------------


def test_an_adopted_device_is_added_under_its_stablest_name_and_nothing_else_changes(
    file: Path, box: MadeUpMachine
) -> None:
    node = box.serial(0, "1", serial="S1")
    link = box.machine.dev / "serial/by-id/usb-Honeywell_USB_Scanner_S1-if00"
    before = file.read_text()
    new, gone = adopted(
        file, plugged(box.machine), address=str(node), table="scanners", name="door", station="T1"
    )
    assert gone == []
    assert new == ["[scanners.door]", 'driver = "serial"', 'station = "T1"', f'port = "{link}"']
    assert file.read_text().startswith(before.rstrip()), "every comment is where it was"
    assert load(file).scanners["door"].port == str(link)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert list(file.parent.glob(".store.toml*")) == []


def test_a_device_that_is_there_already_gets_its_new_address_and_keeps_the_rest(file: Path) -> None:
    new, gone = adopted(file, address="/dev/ttyACM3", table="scanners", name="desk", station="T1")
    assert gone == ['port = "/dev/old"']
    assert 'port = "/dev/ttyACM3"' in new
    desk = load(file).scanners["desk"]
    assert (desk.port, desk.suffix) == ("/dev/ttyACM3", "none")
    for comment in ("# the old one", "# set up by the supplier", "# Where slips come out.", "# the end"):
        assert comment in file.read_text()


def test_a_printer_on_the_network_serves_its_station_from_now_on(file: Path) -> None:
    new, gone = adopted(file, address="192.168.10.40", table="printers", name="bar", station="T1")
    assert gone == []
    assert new == ['printer = "bar"', "[printers.bar]", 'driver = "escpos-tcp"', 'host = "192.168.10.40"']
    settings = load(file)
    assert settings.stations["T1"].printer == "bar"
    assert "[stations.T1]  # Xiao Li\nprinter" in file.read_text()


def test_each_kind_of_node_gets_its_driver(file: Path, box: MadeUpMachine) -> None:
    hid = box.usb("4", "1eab", "0d10", "Newland", "HID-POS", "N1")
    (hid / "report_descriptor").write_bytes(bytes.fromhex("058c"))
    box.entry("hidraw", "hidraw0", hid, "hidraw0")
    box.entry("usbmisc", "lp0", box.usb("5", "04b8", "0e15"), "usb/lp0")
    found = plugged(box.machine)
    dev = box.machine.dev
    adopted(file, found, address=f"{dev}/hidraw0", table="scanners", name="a", station="T1")
    printer = Wish(f"{dev}/usb/lp0", "printers", "b", "")
    assert "a name by order of plugging in" in plan(file, printer, found).notes[0], "lp0 may be lp1 tomorrow"
    write(file, plan(file, printer, found))
    settings = load(file)
    assert (settings.scanners["a"].driver, settings.printers["b"].driver) == ("hidpos", "escpos-usb")
    with pytest.raises(NotAdopted, match="cannot be one of the scanners"):
        plan(file, Wish(f"{dev}/usb/lp0", "scanners", "c", "T1"), found)


def test_windows_line_ends_stay(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    adopted(file, address="192.168.10.40", table="printers", name="bar", station="T1")
    assert file.read_bytes().count(b"\n") == file.read_bytes().count(b"\r\n")


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (Wish("/dev/x", "scanners", "a", "T9"), "'T9' is not defined"),
        (Wish("/dev/old", "scanners", "a", "T1"), "same place"),
        (Wish("/dev/x", "scanners", "no spaces", "T1"), "regex"),
        (Wish("192.168.10.40", "printers", "bar", "T9"), "'T9' is not defined"),
    ],
)
def test_what_would_break_the_settings_is_refused_and_the_file_stays(
    file: Path, wish: Wish, said: str
) -> None:
    before = file.read_bytes()
    with pytest.raises(SettingsRefused, match=said):
        write(file, plan(file, wish, ()))
    assert file.read_bytes() == before
    assert [one.name for one in file.parent.iterdir() if one.is_file()] == ["store.toml"]


@pytest.mark.parametrize(
    "wish",
    [
        Wish("192.168.10.40", "scanners", "a", "T1"),
        Wish("192.168.10.40:1", "scales", "a", "T1"),
        Wish("0.0.0.0", "printers", "a", "T1"),  # noqa: S104 - an address that is refused
        Wish("no address", "printers", "a", "T1"),
    ],
)
def test_what_is_no_address_is_refused(file: Path, wish: Wish) -> None:
    with pytest.raises(NotAdopted):
        plan(file, wish, ())


def test_settings_behind_a_link_are_replaced_where_they_are(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(file)
    adopted(link, address="192.168.10.40", table="printers", name="bar", station="")
    assert link.is_symlink()
    assert "bar" in load(file).printers


def test_adopt_says_what_changes_and_a_dry_run_changes_nothing(file: Path) -> None:
    before = file.read_bytes()
    words = ("adopt", "192.168.10.40", "--as", "printer", "--name", "bar", "--settings", file)
    result = call(*words, "--dry-run", "--json")
    assert result.exit_code == 0
    assert '+host = "192.168.10.40"' in json.loads(result.stdout)["diff"]
    assert file.read_bytes() == before
    result = call(*words)
    assert "restart the store" in result.stdout
    assert "bar" in load(file).printers
    assert call("adopt", "/dev/x", "--as", "scanner", "--name", "a", "--settings", file).exit_code == 2
    result = call("adopt", "/dev/x", "--as", "scanner", "--name", "a", "--station", "T9", "--settings", file)
    assert (result.exit_code, "T9" in result.stderr) == (78, True)


# ---- list, watch -------------------------------------------------------------------------------------------


def test_what_the_settings_name_is_there_or_is_not(file: Path, box: MadeUpMachine) -> None:
    node = box.serial(0, "1", serial="S1")
    adopted(file, address=str(node), table="scanners", name="door", station="T1")
    rows = {one.name: one for one in standing(load(file), plugged(box.machine))}
    assert (rows["door"].there, rows["door"].identity) == (True, "Honeywell USB Scanner S1")
    assert (rows["desk"].there, rows["desk"].identity) == (False, "")
    assert rows["front"].there is None, "nobody dials a printer to make a list"


def test_list_and_watch_answer_for_people_and_programs(file: Path) -> None:
    result = call("list", "--settings", file)
    assert "scanners.desk  serial  /dev/old  NOT THERE" in result.stdout
    rows = [json.loads(line) for line in call("list", "--settings", file, "--json").stdout.splitlines()]
    assert {row["device"] for row in rows} >= {"desk", "front"}
    assert call("watch", "--seconds", "0.1").exit_code == 0


# ---- test --------------------------------------------------------------------------------------------------


def test_a_scanner_is_tried_and_says_what_it_read(file: Path) -> None:
    with SimulatedScanner() as line:
        adopted(file, address=line.port, table="scanners", name="desk", station="T1")
        run = [sys.executable, "-m", "edge", "devices", "test", "desk", "--settings", str(file), "--json"]
        # Both share the pseudo-terminal: a code is sent when the program says that it waits.
        with subprocess.Popen(run, stdout=subprocess.PIPE, text=True) as program:
            assert program.stdout is not None
            said = []
            for text in program.stdout:
                said.append(json.loads(text))
                if said[-1]["word"] == "waiting":
                    line.send(b"PK1.SECRET")
        words = [row["word"] for row in said]
    assert program.returncode == 0
    assert words == ["opened", "waiting", "read"]
    assert "SECRET" not in json.dumps(said), "what opens an order is not shown"


def test_a_device_that_the_store_holds_is_said_to_be_held(file: Path) -> None:
    from config.device_schema import ScannerSettings
    from devices.serial_scanner import SerialScanner

    with SimulatedScanner() as line:
        adopted(file, address=line.port, table="scanners", name="desk", station="T1")
        daemon = SerialScanner("desk", ScannerSettings(port=line.port))
        daemon.open()
        result = call("test", "desk", "--settings", file, "--seconds", "0.1")
        daemon.close()
    assert result.exit_code == 1
    assert "another program has it" in result.stdout
    assert "stop the store first" in result.stdout


def test_a_printer_is_tried_with_its_test_page(file: Path) -> None:
    with SimulatedPrinter() as paper:
        address = f"127.0.0.1:{paper.port}"
        adopted(file, address=address, table="printers", name="front", station="")
        result = call("test", "front", "--settings", file)
        assert result.exit_code == 0
        assert "serial number: SIM0001" in result.stdout
        assert len(paper.papers) == 1
    result = call("test", "front", "--settings", file)
    assert (result.exit_code, "failed" in result.stdout) == (1, True)
    assert call("test", "nobody", "--settings", file).exit_code == 1


# ---- accept, simulate --------------------------------------------------------------------------------------


def test_accept_ends_the_alarm(file: Path) -> None:
    settings = load(file)
    shop = build_shop(settings, key_of(settings), {})
    for serial in ("X5LR0001", "X5LR0002"):
        shop.store.plugs.met("front", "printers", "127.0.0.1:9100", Identity(serial=serial))
    result = call("accept", "front", "--settings", file)
    assert result.output == "front: X5LR0002 instead of X5LR0001\n"
    assert shop.store.plugs.swapped() == ()
    shop.books.close()
    result = call("accept", "front", "--settings", file)
    assert (result.exit_code, "nothing was swapped" in result.stderr) == (1, True)


def test_simulated_devices_say_what_the_settings_need_and_do_as_they_are_told() -> None:
    result = call("simulate", "scanner", "--json", stdin="scan 6901234567892\nunplug\nreplug\nfly\n\n")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert "port = " in rows[0]["settings"]
    assert [row["said"] for row in rows[1:4]] == ["ok"] * 3
    assert rows[4]["said"].startswith("no such word; there are: replug, scan, unplug")
    result = call("simulate", "printer", stdin="show\n")
    assert "no paper yet" in result.stdout
    result = call("simulate", "scale", stdin="put much\nput 500\n")
    assert "put does not understand 'much'" in result.stdout
