"""The Toledo 8217 driver before a scale that is not ours: emupos 0.4.0 on its pseudo-terminal."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from config.device_schema import ScaleSettings
from devices.ports import DeviceAbsent, Moving, Overweight, Underweight, Weight
from devices.toledo_scale import ToledoScale
from tests.proof.asked import ROOT

JUDGE = ROOT / ".cache" / "emupos" / "bin" / "emupos"
pytestmark = pytest.mark.slow


@dataclass
class Judge:
    """A 15 kg scale in divisions of 5 g with a control API."""

    device: str
    api: str
    child: subprocess.Popen[bytes]

    def ask(self, path: str, method: str = "GET", **body: object) -> bytes:
        asked = urllib.request.Request(  # noqa: S310 - our own child on 127.0.0.1
            f"{self.api}/api/v1/devices/desk{path}",
            json.dumps(body).encode() if body else None,
            {"Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310
            said: bytes = answer.read()
        return said

    def put(self, grams: int, *, stable: bool = True) -> None:
        self.ask("/weight", "PUT", grams=grams, stable=stable)


@pytest.fixture
def judge(tmp_path: Path) -> Iterator[Judge]:
    if not JUDGE.exists():
        pytest.skip("emupos 0.4.0 needs Python 3.13: python3.13 -m venv .cache/emupos and install it there")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config, link = tmp_path / "emupos.yaml", tmp_path / "emupos" / "desk"
    config.write_text(
        f"schema: 1\napi: {{ host: 127.0.0.1, port: {port} }}\ndevices:\n  - id: desk\n    type: scale\n"
        f"    profile: toledo8217-15kg\n    connections:\n      - serial: {{ pty: true }}\n"
    )
    child = subprocess.Popen(
        [JUDGE, "run", "--config", config],
        stdout=subprocess.DEVNULL,
        cwd=tmp_path,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )
    found = Judge(str(link), f"http://127.0.0.1:{port}", child)
    until = time.monotonic() + 60
    while True:
        try:
            found.ask("")
            break
        except OSError:
            assert child.poll() is None
            assert time.monotonic() < until
            time.sleep(0.1)
    yield found
    child.terminate()
    child.wait(10)


@pytest.fixture
def scale(judge: Judge) -> Iterator[ToledoScale]:
    driver = ToledoScale("s1", ScaleSettings(device=judge.device, framing="7E1"))
    driver.open()
    yield driver
    driver.close()


def test_the_judges_weights_are_read(judge: Judge, scale: ToledoScale):
    for grams in (0, 5, 1250, 9995, 15_000):
        judge.put(grams)
        assert scale.read(2) == Weight(grams)
    judge.put(1252)
    assert scale.read(2) == Weight(1250), "it shows divisions of 5 g"


def test_what_keeps_the_judge_from_a_weight_is_named(judge: Judge, scale: ToledoScale):
    judge.put(15_001)
    with pytest.raises(Overweight):
        scale.read(0.2)
    judge.put(-10)
    with pytest.raises(Underweight):
        scale.read(0.2)
    judge.put(1250, stable=False)
    with pytest.raises(Moving):
        scale.read(0)
    assert scale.read(5) == Weight(1250), "it comes to rest by itself"


def test_a_tare_at_the_judge_is_net(judge: Judge, scale: ToledoScale):
    judge.put(200)
    assert scale.read(2) == Weight(200)
    judge.ask("/tare", "POST")
    judge.put(1450)
    assert scale.read(2) == Weight(1250, net=True)
    judge.put(0)
    with pytest.raises(Underweight):
        scale.read(0.2)


def test_a_judge_that_is_gone_is_absent(judge: Judge, scale: ToledoScale):
    judge.put(1250)
    assert scale.read(2) == Weight(1250)
    judge.child.terminate()
    judge.child.wait(10)
    with pytest.raises(DeviceAbsent):
        scale.read(2)
    with pytest.raises(DeviceAbsent):
        scale.open()
