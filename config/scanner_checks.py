"""A door: what single settings cannot know of each other where scanners and their torches are concerned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from config.device_schema import LightSettings, ScannerSettings
from config.problems import Problem, dangling, place, twice

_CAMERA_SCHEMES = ("http", "https", "rtsp", "rtsps")


def scanner_problems(
    scanners: Mapping[str, ScannerSettings],
    stations: Mapping[str, object],
    lights: Mapping[str, LightSettings],
) -> list[Problem]:
    """Names that point at nothing, and settings that the chosen driver would quietly ignore."""
    problems = []
    for name, scanner in scanners.items():
        where = f"scanners.{name}"
        if scanner.station not in stations:
            problems.append(dangling(f"{where}.station", scanner.station, stations))
        left, top, right, bottom = scanner.camera.region
        if left >= right or top >= bottom:
            problems.append(Problem(f"{where}.camera.region", "is empty", "left, top, right, bottom"))
        if not scanner.port:
            problems.append(Problem(f"{where}.port", "is needed"))
        problems += [*_address(where, scanner), *_ignored(where, scanner)]
        problems += _torch(where, scanner, lights)
    problems += twice("scanners", {name: place(one.lane, one.port) for name, one in scanners.items()})
    return problems + twice(
        "scanners", {f"{name}.camera.torch": one.camera.torch for name, one in scanners.items()}
    )


def torches(scanners: Mapping[str, ScannerSettings]) -> frozenset[str]:
    """The lights that belong to cameras; whoever drives signal lamps leaves them alone."""
    return frozenset(one.camera.torch for one in scanners.values() if one.camera.torch)


def _ignored(where: str, scanner: ScannerSettings) -> Iterator[Problem]:
    if scanner.driver == "camera" and scanner.debounce_ms:
        hint = "a code held in view of a camera is one scan until it was out of view for two seconds"
        yield Problem(f"{where}.debounce_ms", "a camera has its own rule", hint)
    if scanner.driver != "serial" and scanner.protocol == "ssi":
        yield Problem(f"{where}.protocol", f"{scanner.driver} scanners do not speak SSI", "say plain")
    if scanner.driver != "serial" and scanner.feedback != "none":
        yield Problem(
            f"{where}.feedback", f"{scanner.driver} scanners cannot be told", "only serial ones can"
        )
    elif (scanner.feedback == "zebra-ssi") != (scanner.protocol == "ssi") and scanner.feedback != "none":
        if scanner.protocol == "ssi":
            hint = 'say feedback = "zebra-ssi" or "none"'
            yield Problem(f"{where}.feedback", "a scanner in SSI mode takes packets only", hint)
        else:
            hint = 'say protocol = "ssi" and set the scanner to SSI host'
            yield Problem(f"{where}.feedback", "zebra-ssi is understood in SSI mode only", hint)


def _address(where: str, scanner: ScannerSettings) -> Iterator[Problem]:
    # The library behind network cameras opens far more than cameras: files, pipes, lists of either.
    scheme, mark, _ = scanner.port.partition("://")
    if scanner.driver == "camera" and mark and scheme.lower() not in _CAMERA_SCHEMES:
        known = ", ".join(f"{one}://" for one in _CAMERA_SCHEMES)
        yield Problem(f"{where}.port", f"{scheme[:40]}:// is no camera's", f"{known}, or a path")


def _torch(where: str, scanner: ScannerSettings, lights: Mapping[str, LightSettings]) -> Iterator[Problem]:
    torch = scanner.camera.torch
    if not torch:
        return
    if scanner.driver != "camera":
        yield Problem(f"{where}.camera.torch", "only a camera needs light", "")
    elif torch not in lights:
        yield dangling(f"{where}.camera.torch", torch, lights)
    elif lights[torch].lane or scanner.lane:
        yield Problem(
            f"{where}.camera.torch", "a lane lights no torch", "only the store's own cameras have one"
        )
