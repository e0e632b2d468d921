"""The light beside a camera: when it is lit, that its own light does not put it out, and that it cannot hurt."""

from __future__ import annotations

from pathlib import Path

import cv2

from config.device_schema import CameraSettings, LightSettings
from config.schema import parse
from devices.camera_process import Exposure
from devices.camera_scanner import CameraScanner
from devices.ports import DeviceAbsent, Light
from devices.registry import open_scanners
from devices.serial_relay_lights import SerialRelayLights
from devices.torch import Dusk, Torch


def seen(dusk: Dusk, brightness: int, first: float, last: float) -> list[bool]:
    """What it says while the camera sees so much, every quarter of a second."""
    return [dusk.sees(brightness, first + at / 4) for at in range(round((last - first) * 4) + 1)]


class Lamp:
    """A lamp that can be pulled out."""

    def __init__(self) -> None:
        self.there = True
        self.said: list[Light | None] = []

    def open(self) -> None:
        if not self.there:
            raise DeviceAbsent("lamp")

    def light(self, light: Light) -> None:
        if not self.there:
            raise DeviceAbsent("lamp")
        self.said.append(light)

    def close(self) -> None:
        self.said.append(None)


def test_dark_for_half_a_second_is_lit_and_a_shadow_passing_is_not() -> None:
    dusk = Dusk()
    assert not any(seen(dusk, 120, 0, 5))
    assert not any(seen(dusk, 20, 5.25, 5.5))
    assert not any(seen(dusk, 70, 5.75, 8))
    assert seen(dusk, 20, 8.25, 9) == [False, False, True, True]


def test_its_own_light_does_not_put_it_out_and_ten_seconds_of_daylight_do() -> None:
    dusk = Dusk()
    seen(dusk, 20, 0, 1)
    assert all(seen(dusk, 140, 1.25, 60)), "120 of these are its own"
    assert all(seen(dusk, 215, 60.25, 69)), "somebody holds a bright screen into view"
    assert all(seen(dusk, 140, 69.25, 75))
    assert seen(dusk, 215, 75.25, 86)[-1] is False
    assert not any(seen(dusk, 95, 86.25, 90))


def test_a_lamp_that_is_pulled_out_costs_nothing_and_is_tried_again() -> None:
    lamp = Lamp()
    torch = Torch(lamp)
    torch.sees(None, 0.0)
    assert lamp.said == []
    for at in range(8):
        torch.sees(10, at / 4)
    assert lamp.said == [Light.OFF, Light.WHITE], "what a crash left burning goes out first"
    lamp.there = False
    for at in range(8, 200):
        torch.sees(100 if at < 60 else 250, at / 4)
    assert set(lamp.said[2:]) == {None}
    assert 2 < len(lamp.said) < 15
    lamp.there = True
    torch.sees(250, 60.0)
    assert lamp.said[-1] is Light.OFF
    torch.close()
    torch.close()
    assert lamp.said[-2:] == [Light.OFF, None]


def test_a_lamp_whose_settings_are_wrong_is_not_the_camera_s_trouble() -> None:
    torch = Torch(
        SerialRelayLights("lamp", LightSettings(station="K1", device="/dev/null", codes={"off": "zz"}))
    )
    for at in range(8):
        torch.sees(10, at / 4)
    torch.close()


def test_a_camera_gets_its_torch_from_the_settings_and_darkens_it_when_it_goes(tmp_path: Path) -> None:
    led = tmp_path / "torch"
    led.mkdir()
    for file, value in {"brightness": "0", "max_brightness": "255", "trigger": "[none] timer"}.items():
        (led / file).write_text(value)
    camera = {"driver": "camera", "port": str(tmp_path), "camera": {"torch": "lamp"}}
    lights = {"lamp": {"driver": "sysfs-led", "device": str(led)}}
    settings = parse({"stations": {"T1": {}}, "scanners": {"C": camera}, "lights": lights})
    scanner = open_scanners(settings)["C"]
    assert isinstance(scanner, CameraScanner)
    assert scanner.torch is not None
    for at in range(4):
        scanner.torch.sees(5, at / 2)
    assert (led / "brightness").read_text() == "255"
    scanner.close()
    assert (led / "brightness").read_text() == "0"
    assert CameraSettings().torch == ""


class Controls:
    """A V4L2 camera's controls, as OpenCV shows them; there is no camera on this machine to ask."""

    def __init__(self, *, has_auto: bool) -> None:
        self.values = {cv2.CAP_PROP_AUTO_EXPOSURE: 3.0, cv2.CAP_PROP_EXPOSURE: 156.0}
        self._has_auto = has_auto

    def get(self, control: int) -> float:
        return self.values[control]

    def set(self, control: int, value: float) -> bool:
        if control == cv2.CAP_PROP_AUTO_EXPOSURE and not self._has_auto:
            return False
        self.values[control] = value
        return True


def test_automatic_exposure_is_given_back_once() -> None:
    camera, exposure = Controls(has_auto=True), Exposure()
    exposure.hint(camera, 50)
    assert camera.values == {cv2.CAP_PROP_AUTO_EXPOSURE: 1, cv2.CAP_PROP_EXPOSURE: 50}
    exposure.restore()
    assert camera.values[cv2.CAP_PROP_AUTO_EXPOSURE] == 3.0
    camera.values[cv2.CAP_PROP_AUTO_EXPOSURE] = 1.0
    exposure.restore()
    assert camera.values[cv2.CAP_PROP_AUTO_EXPOSURE] == 1.0
    without = Controls(has_auto=False)
    exposure.hint(without, 50)
    exposure.restore()
    assert without.values[cv2.CAP_PROP_AUTO_EXPOSURE] == 3.0
