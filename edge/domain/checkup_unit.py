"""What a check-up makes of systemd: the rules of udev, the unit, its fences, and why it last started."""

from __future__ import annotations

import msgspec

from edge.domain.checkup import Verdict, fail, good, warning

FENCES = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "ProtectKernelModules": "yes",
    "ProtectControlGroups": "yes",
    "RestrictSUIDSGID": "yes",
    "MemoryDenyWriteExecute": "yes",
    "LockPersonality": "yes",
    "CapabilityBoundingSet": "",
    "DevicePolicy": "closed",
}
"""Properties of store-edge.service that no drop-in may loosen, as `systemctl show` says them."""


def udev(missing: tuple[str, ...], *, packaged: bool) -> Verdict:
    """The rules that name devices and keep scanners from typing into screens."""
    if not missing:
        return good("udev", "规则已装", "rules in place")
    names = ", ".join(missing)
    words = (f"缺少规则 {names}", f"missing: {names}")
    if packaged:
        do = ("apt install --reinstall store-edge && udevadm control --reload && udevadm trigger",) * 2
        return fail("udev", words, do, missing=names)
    do = ("按 systemd/README.md 安装", "install them as systemd/README.md says")
    return warning("udev", words, do, missing=names)


class UnitState(msgspec.Struct, frozen=True):
    """store-edge.service as systemd has it; `known` False: no systemd runs here, or it has no such unit."""

    known: bool
    active: str = ""
    result: str = ""
    restarts: int = 0
    drop_ins: tuple[str, ...] = ()
    properties: dict[str, str] = {}


def unit(state: UnitState) -> Verdict:
    """The service is up and has not been falling over."""
    if not state.known:
        words = ("本机不由 systemd 运行门店程序", "systemd does not run the store here")
        return warning("unit", words, ("门店请安装软件包", "in a shop, install the package"))
    facts = {"active": state.active, "result": state.result, "restarts": state.restarts}
    if state.active not in ("active", "reloading"):
        do = (
            "journalctl -u store-edge -n 50；设置被拒（78）时：store-edge check",
            "journalctl -u store-edge -n 50; where settings were refused (78): store-edge check",
        )
        words = (f"没有运行：{state.active}（{state.result}）", f"{state.active} ({state.result})")
        return fail("unit", words, do, **facts)
    if state.restarts:
        words = (
            f"运行中，自动重启过 {state.restarts} 次",
            f"running, started again by itself {state.restarts} times",
        )
        do = ("journalctl -u store-edge -p warning 查原因", "journalctl -u store-edge -p warning says why")
        return warning("unit", words, do, **facts)
    return good("unit", "运行中", "running", **facts)


def fences(state: UnitState) -> Verdict:
    """The sandbox of the unit is as the package made it."""
    if not state.known:
        return good("fences", "无单元可查", "no unit to look at")
    loose = tuple(name for name, wanted in FENCES.items() if state.properties.get(name, wanted) != wanted)
    if not loose:
        return good("fences", f"{len(FENCES)} 项完好", f"{len(FENCES)} in place")
    names, files = ", ".join(loose), ", ".join(state.drop_ins) or "?"
    do = (
        f"查看 {files}，删去放宽的行，再 systemctl daemon-reload",
        f"look at {files}, take the loosening lines out, systemctl daemon-reload",
    )
    return fail("fences", (f"被放宽：{names}", f"loosened: {names}"), do, loose=names)


class LastStart(msgspec.Struct, frozen=True):
    """Why the store last started. `reason`: "first", "clean" (it had been stopped), "crash" (same boot: the process
    ended without a word), "power" (the machine went down under it); "" where nobody noted it. `at` UTC."""

    reason: str = ""
    at: str = ""
    starts: int = 0


_WHY = {
    "first": ("首次启动", "its first start"),
    "clean": ("正常停止后启动", "after it had been stopped"),
    "crash": ("上次程序异常退出", "the program had ended without being stopped"),
    "power": ("上次断电或强制关机", "the machine had lost power or was forced off"),
}


def start(last: LastStart) -> Verdict:
    """What the last start tells of the end before it."""
    facts = {"reason": last.reason, "at": last.at, "starts": last.starts}
    if last.reason not in _WHY:
        return good("start", "还没有记录", "not noted yet", **facts)
    zh, en = _WHY[last.reason]
    words = f"{last.at}，{zh}", f"{last.at}, {en}"
    if last.reason == "crash":
        do = (
            "journalctl -u store-edge -p warning -n 100，把支持包交给总部",
            "journalctl -u store-edge -p warning -n 100; hand HQ a support bundle",
        )
        return warning("start", words, do, **facts)
    if last.reason == "power":
        do = ("检查电源和插座；考虑 UPS", "look at the power supply and the socket; think of a UPS")
        return warning("start", words, do, **facts)
    return good("start", *words, **facts)
