"""`store-edge demo`: puts the stage up, then either shows the shop until it is told to end, or runs the journey."""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import click

from edge.demo.hops import Hops, JourneyBroken
from edge.demo.journey import Journey
from edge.demo.ports import free_ports, taken
from edge.demo.stage import Address, Stage, StageFailed

_FOLDER = Path("var/demo")
_INTERRUPTED = 130


def demo(
    *, journey: bool, folder: Path | None, port: int, as_json: bool, pictures: Path | None = None
) -> int:
    """The exit code: 0 done or ended on request, 1 failed. Must be called in the main thread."""
    try:
        with _signals():
            if pictures is not None:
                return _tour(folder, pictures)
            return _journey(folder, as_json=as_json) if journey else _shop(folder or _FOLDER, port)
    except StageFailed as failed:
        click.echo(f"demo: {failed}", err=True)
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED if journey else 0


@contextlib.contextmanager
def _signals() -> Iterator[None]:
    """The first Ctrl-C or SIGTERM ends what runs; later ones do not disturb the ending."""

    def leave(_number: int, _frame: FrameType | None) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    former = {
        number: signal.signal(number, leave) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _journey(folder: Path | None, *, as_json: bool) -> int:
    """Runs every hop once in `folder`, or in one of its own of which only the pictures stay."""
    own = Path(tempfile.mkdtemp(prefix="store-edge-journey-")) if folder is None else None
    address = Address(*free_ports(2))
    began = time.perf_counter()
    hops = Hops(click.echo, as_json)
    try:
        with Stage(
            own or folder or _FOLDER, address, lambda line: _said(line, as_json=as_json), 0.5
        ) as stage:
            up_s = time.perf_counter() - began
            Journey(stage, hops).run()
    except JourneyBroken as broken:
        click.echo(f"demo: the journey ended at hop {hops.count}: {broken}", err=True)
        return 1
    finally:
        if own is not None:
            _keep_pictures(own)
    whole_s = time.perf_counter() - began
    if as_json:
        click.echo(
            json.dumps({"ok": True, "hops": hops.count, "up_s": round(up_s, 1), "s": round(whole_s, 1)})
        )
    else:
        click.echo(
            f"All {hops.count} hops in {whole_s:.1f} s, {up_s:.1f} s of it to open the shop · 全程通过"
        )
        click.echo(f"Phone photo and slip · 照片与小票: {stage.folder / 'pictures'}")
    return 0


def _tour(folder: Path | None, pictures: Path) -> int:
    """Opens the shop, takes its pictures and closes it again."""
    from edge.demo.prelude import play
    from edge.demo.tour import tour
    from edge.demo.tour_scenes import SCENES

    own = Path(tempfile.mkdtemp(prefix="store-edge-tour-"))
    try:
        with Stage(folder or own, Address(*free_ports(2)), lambda line: _said(line, as_json=False)) as stage:
            play(stage)
            tour(stage, pictures, SCENES, lambda line: _said(line, as_json=False))
    finally:
        shutil.rmtree(own, ignore_errors=True)
    click.echo(f"Pictures · 图片: {pictures}")
    return 0


def _shop(folder: Path, port: int) -> int:
    """Opens the shop and its pages until Ctrl-C or SIGTERM."""
    from edge.demo.devices_page import served
    from edge.demo.prelude import play
    from edge.demo.screenful import screenful

    ports = [port, port + 1, port + 2] if port else free_ports(3)
    for number in ports:
        if taken(number):
            raise StageFailed(f"port {number} is in use; choose others with --port (it takes three in a row)")
    address = Address(ports[0], ports[1])
    with (
        Stage(folder, address, lambda line: _said(line, as_json=False)) as stage,
        served(stage, ports[2]) as devices,
    ):
        play(stage)
        click.echo(screenful(stage, devices))
        rest = threading.Event()
        while (child := stage.ended()) is None:
            rest.wait(0.5)
        raise StageFailed(f"{child.name} ended by itself ({child.log}):\n{child.last_words()}")


def _said(line: str, *, as_json: bool) -> None:
    """Progress, where it disturbs no program that reads."""
    click.echo(f"   {line}", err=as_json)


def _keep_pictures(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.name == "pictures":
            continue
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()
