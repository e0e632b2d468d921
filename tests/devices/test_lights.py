"""Lamps: a folder like the kernel's and a relay board on a pseudo-terminal."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.device_schema import LightSettings
from devices.ports import BadSource, DeviceAbsent, DeviceDenied, Light
from devices.serial_relay_lights import SerialRelayLights
from devices.simulated_lights import CODES, SimulatedLed, SimulatedRelay
from devices.sysfs_led import SysfsLed


def lamp(simulated: SimulatedLed) -> SysfsLed:
    led = SysfsLed("l1", LightSettings(device=simulated.device))
    led.open()
    return led


def test_a_lamp_of_one_colour_is_lit_for_every_colour() -> None:
    with SimulatedLed() as simulated:
        led = lamp(simulated)
        assert simulated.brightness == 0
        for light in Light:
            led.light(light)
            assert simulated.brightness == (0 if light is Light.OFF else 255)
            assert simulated.blinking is (light is Light.RED_BLINKING)
        led.close()
        assert (simulated.brightness, simulated.blinking) == (0, False), "dark when it is let go"


def test_a_lamp_of_three_colours_mixes_them() -> None:
    with SimulatedLed("red green blue") as simulated:
        led = lamp(simulated)
        mixed = {
            Light.WHITE: (255, 255, 255),
            Light.GREEN: (0, 255, 0),
            Light.AMBER: (255, 127, 0),
            Light.RED: (255, 0, 0),
        }
        for light, shares in mixed.items():
            led.light(light)
            assert tuple(simulated.intensity.values()) == shares
            assert simulated.brightness == 255
        led.close()


def test_a_lamp_without_the_colour_is_lit_all_the_same() -> None:
    with SimulatedLed("green blue") as simulated:
        led = lamp(simulated)
        led.light(Light.RED)
        assert simulated.intensity == {"green": 255, "blue": 255}
        led.close()


def test_a_lamp_that_cannot_blink_is_lit() -> None:
    with SimulatedLed(blinks=False) as simulated:
        led = lamp(simulated)
        led.light(Light.RED_BLINKING)
        assert (simulated.brightness, simulated.blinking) == (255, False)
        led.close()


def test_an_unplugged_lamp_is_absent_and_lit_again() -> None:
    with SimulatedLed("red green blue") as simulated:
        led = lamp(simulated)
        for _ in range(3):
            led.light(Light.GREEN)
            simulated.unplug()
            with pytest.raises(DeviceAbsent):
                led.light(Light.RED)
            with pytest.raises(DeviceAbsent):
                led.open()
            led.close()
            simulated.replug()
            led.open()
            led.light(Light.RED)
            assert simulated.intensity == {"red": 255, "green": 0, "blue": 0}


def test_a_folder_that_is_no_lamp_is_left_alone(tmp_path: Path) -> None:
    led = SysfsLed("l1", LightSettings(device=str(tmp_path)))
    with pytest.raises(DeviceAbsent):
        led.open()
    with pytest.raises(DeviceAbsent):
        led.light(Light.RED)
    led.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_lamp_that_we_may_not_switch_is_denied() -> None:
    with SimulatedLed() as simulated:
        for file in Path(simulated.device).iterdir():
            file.chmod(0o444)
        with pytest.raises(DeviceDenied):
            lamp(simulated)


# ---- a board that is told by bytes -------------------------------------------------------------------


@pytest.fixture
def relay() -> Iterator[SimulatedRelay]:
    with SimulatedRelay() as simulated:
        yield simulated


def board(simulated: SimulatedRelay, **codes: str) -> SerialRelayLights:
    settings = LightSettings(driver="serial-relay", device=simulated.port, codes=codes or CODES)  # type: ignore[arg-type]
    return SerialRelayLights("l1", settings)


def test_each_colour_is_its_own_code(relay: SimulatedRelay) -> None:
    lights = board(relay)
    lights.open()
    assert relay.wait(lambda: relay.light is Light.OFF)
    for light in Light:
        lights.light(light)
        assert relay.wait(lambda light=light: relay.light is light)  # type: ignore[misc]
    lights.close()
    assert relay.wait(lambda: relay.light is Light.OFF), "dark when it is let go"
    assert relay.unknown == b""


def test_a_colour_without_a_code_is_the_nearest(relay: SimulatedRelay) -> None:
    lights = board(relay, off=CODES["off"], green=CODES["green"], red=CODES["red"])
    lights.open()
    lights.light(Light.RED_BLINKING)
    assert relay.wait(lambda: relay.light is Light.RED)
    lights.light(Light.AMBER)
    assert relay.wait(lambda: relay.light is Light.GREEN)
    lights.close()


def test_an_unplugged_board_is_absent_and_lit_again(relay: SimulatedRelay) -> None:
    lights = board(relay)
    lights.open()
    for _ in range(3):
        relay.unplug()
        with pytest.raises(DeviceAbsent):
            lights.light(Light.RED)
        with pytest.raises(DeviceAbsent):
            lights.open()
        lights.close()
        relay.replug()
        lights.open()
        lights.light(Light.RED)
        assert relay.wait(lambda: relay.light is Light.RED)
    lights.close()


@pytest.mark.parametrize(
    "codes", [{"off": "A0", "red": "xyz"}, {"red": "A0"}, {"off": "A0"}, {"off": "", "red": "A0"}]
)
def test_codes_that_are_none_are_a_bad_source(relay: SimulatedRelay, codes: dict[str, str]) -> None:
    with pytest.raises(BadSource):
        board(relay, **codes).open()
