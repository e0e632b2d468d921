"""What devices, codes and printers say reaches a person's terminal as text, never as commands to it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from devices.plugged import plugged
from edge.cli import main
from edge.terminal import json_line, nameless, plain
from tests.devices.made_up_machine import MadeUpMachine

HOSTILE = "\x1b]0;owned\x07\x9b31m\u202eTXT\u2028"
BAD = frozenset("\x1b\x07\x9b\u202e\u2028")
TOML = """[store]
state_dir = "STATE"
[stations.T1]
[scanners.door]
driver = "camera"
port = "rtsp://shop:hunter2@192.168.10.9/live"
"""


def test_controls_and_directions_are_replaced_and_chinese_stays() -> None:
    assert plain("扫码枪 é\tA\n") == "扫码枪 é\tA\n"
    assert plain(HOSTILE) == "�]0;owned��31m�TXT�"


def test_json_loses_nothing_and_shows_nothing_that_acts() -> None:
    line = json_line({"text": HOSTILE, "name": "扫码枪"})
    assert not BAD & set(line)
    assert "扫码枪" in line
    assert json.loads(line) == {"text": HOSTILE, "name": "扫码枪"}


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_a_usb_device_with_a_hostile_name_is_listed_harmlessly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...]
) -> None:
    box, file = MadeUpMachine(tmp_path / "machine"), tmp_path / "store.toml"
    file.write_text(TOML.replace("STATE", str(tmp_path / "var")))
    box.entry("tty", "ttyUSB0", box.usb("2", "0403", "6001", maker="FTDI", model=HOSTILE + "x"), "ttyUSB0")
    monkeypatch.setattr("edge.devices_cli._plugged", lambda: plugged(box.machine))
    said = CliRunner().invoke(main, ["devices", "list", "--settings", str(file), *flags]).output
    assert "owned" in said
    assert not BAD & set(said)


def test_a_camera_s_password_is_not_listed(tmp_path: Path) -> None:
    file = tmp_path / "store.toml"
    file.write_text(TOML.replace("STATE", str(tmp_path / "var")))
    said = CliRunner().invoke(main, ["devices", "list", "--settings", str(file)]).output
    assert "rtsp://192.168.10.9/live" in said
    assert "hunter2" not in said
    assert nameless("/dev/serial/by-id/usb-a@b") == "/dev/serial/by-id/usb-a@b"


def test_a_code_in_a_picture_is_told_harmlessly(tmp_path: Path) -> None:
    import segno

    picture = tmp_path / "code.png"
    segno.make_qr("https://a.cn/\x1b[2J\u202e").save(str(picture), scale=6)
    said = CliRunner().invoke(main, ["scan-image", str(picture)]).output
    assert not BAD & set(said)
    assert json.loads(said.splitlines()[0])["text"] == "https://a.cn/\x1b[2J\u202e"
