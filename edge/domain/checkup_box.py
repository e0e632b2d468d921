"""What a check-up makes of the machine: its programs, its secrets, its disk, its clock, its units."""

from __future__ import annotations

import msgspec

from edge.domain.checkup import Verdict, fail, good, warning

DISK_WARN, DISK_FAIL = 0.85, 0.95
"""Shares of the disk, or of its inodes, in use."""
DRIFT_WARN_S, DRIFT_FAIL_S = 30.0, 120.0
"""Wall clock against HQ's; from the second on the store believes HQ's time instead of its own (edge/clock.py)."""
_RESTART = "systemctl restart store-edge"


def settings(path: str, problems: tuple[str, ...], store: str) -> Verdict:
    """The settings load, or every problem is named."""
    if not problems:
        return good("settings", f"{path}，门店 {store}", f"{path}, store {store}", store=store)
    told = "; ".join(problems)
    do = (f"按提示修改，再运行 store-edge check {path}", f"mend what is named, then store-edge check {path}")
    return fail("settings", (f"有 {len(problems)} 处错误：{told}", told), do, problems=len(problems))


def programs(version: str, release: str, missing: tuple[str, ...]) -> Verdict:
    """Python and every library that the store asks for."""
    if not missing:
        said = f"Store Edge {release}, Python {version}"
        return good("programs", said, said, python=version, release=release)
    names = ", ".join(missing)
    do = ("重新安装本软件包：apt install --reinstall store-edge", "apt install --reinstall store-edge")
    words = (f"缺少程序库：{names}", f"missing: {names}")
    return fail("programs", words, do, missing=names, python=version, release=release)


class KeyPlace(msgspec.Struct, frozen=True):
    """Where the key of the books lies. `sealed_by`: "tpm", "host", "other", or "" for a plain file; `loose`: the mode
    (octal) of a file that others may read; `found` False: there is none."""

    path: str
    found: bool
    sealed_by: str = ""
    loose: str = ""


def key(place: KeyPlace) -> Verdict:
    """The key is there, sealed, and nobody else's to read."""
    facts = {"path": place.path, "sealed_by": place.sealed_by}
    if not place.found:
        do = (
            "已登记过的门店：从总部保险库取回密钥；新机器：store-edge enroll",
            "a store's box: bring the key back from HQ's safe; a new one: store-edge enroll",
        )
        return fail("key", (f"没有密钥 {place.path}", f"no key at {place.path}"), do, **facts)
    if place.loose:
        do = (f"chmod 600 {place.path}", f"chmod 600 {place.path}")
        words = (f"别人能读 {place.path}（{place.loose}）", f"others may read {place.path} ({place.loose})")
        return fail("key", words, do, **facts, mode=place.loose)
    if place.sealed_by == "tpm":
        return good("key", "由本机 TPM 封存", "sealed by this machine's TPM", **facts)
    if place.sealed_by:
        do = (
            "有 TPM 2 的机器：store-edge enroll --again 重新封存；没有则加密整个磁盘",
            "with a TPM 2: store-edge enroll --again seals it anew; without one, encrypt the disk",
        )
        words = (
            "由本机磁盘上的密钥封存，偷走整个磁盘的人能打开",
            "sealed to a key on this disk: whoever takes the whole disk can open it",
        )
        return warning("key", words, do, **facts)
    do = (
        "只用于开发；门店请用安装包和 store-edge enroll",
        "for development only; in a shop install the package and enroll",
    )
    words = (f"未封存，就在数据旁边：{place.path}", f"not sealed, beside the data: {place.path}")
    return warning("key", words, do, **facts)


def space(check: str, total: int, free: int) -> Verdict:
    """Room on the disk (`check` "disk", bytes) or names on it ("inodes"); 0 of 0: the file system counts none."""
    if total <= 0:
        return good(check, "文件系统不设上限", "this file system has no limit", total=total)
    used = 1 - free / total
    unit = f"{free / 1e9:.1f} GB" if check == "disk" else str(free)
    words = f"已用 {used:.0%}，剩余 {unit}", f"{used:.0%} used, {unit} free"
    facts = {"total": total, "free": free, "used": round(used, 4)}
    if used < DISK_WARN:
        return good(check, *words, **facts)
    do = (
        "清理日志和旧文件：journalctl --vacuum-size=200M；再看 du -xh /var | sort -h | tail",
        "make room: journalctl --vacuum-size=200M, then look at du -xh /var | sort -h | tail",
    )
    return (fail if used >= DISK_FAIL else warning)(check, words, do, **facts)


def clock(*, synchronised: bool | None, wall: float, built: float, drift_s: float | None) -> Verdict:
    """The wall clock. `synchronised` None: nobody here can say; `wall`, `built`: seconds since 1970, now and when this
    release was made; `drift_s`: against HQ, None where HQ did not answer."""
    facts = {"synchronised": synchronised, "drift_s": drift_s}
    do = (
        "timedatectl set-ntp true，并检查主板电池",
        "timedatectl set-ntp true, and look at the board's battery",
    )
    if wall < built:
        words = ("系统时间早于本版本的制作时间", "the clock stands before this release was made")
        return fail("clock", words, do, **facts)
    if drift_s is not None and abs(drift_s) >= DRIFT_FAIL_S:
        words = (
            f"与总部相差 {drift_s:.0f} 秒，已改用总部时间",
            f"{drift_s:.0f} s off HQ's; the store goes by HQ's time",
        )
        return fail("clock", words, do, **facts)
    if drift_s is not None and abs(drift_s) >= DRIFT_WARN_S:
        return warning("clock", (f"与总部相差 {drift_s:.0f} 秒", f"{drift_s:.0f} s off HQ's"), do, **facts)
    if synchronised is False and drift_s is None:
        words = ("没有同步，也没有总部可比", "not synchronised, and no HQ to compare it with")
        return warning("clock", words, do, **facts)
    beside = "" if drift_s is None else f", {drift_s:+.1f} s"
    zh = "已同步" if synchronised else "与总部一致" if drift_s is not None else "无法得知是否同步"
    en = (
        "synchronised" if synchronised else "agrees with HQ" if drift_s is not None else "nobody here can say"
    )
    return good("clock", zh + beside, en + beside, **facts)


def ports(taken: tuple[str, ...], silent: tuple[str, ...], *, running: bool) -> Verdict:
    """While the store runs its ports answer (`silent`: those that do not), else they are free (`taken`)."""
    facts = {"running": running, "taken": " ".join(taken), "silent": " ".join(silent)}
    if running and silent:
        do = (f"journalctl -u store-edge -n 50；{_RESTART}", f"journalctl -u store-edge -n 50; {_RESTART}")
        words = ("端口无应答：" + "、".join(silent), "no answer at " + ", ".join(silent))
        return fail("ports", words, do, **facts)
    if not running and taken:
        do = (
            "ss -ltnp 查看是谁占用，停掉它或换端口",
            "ss -ltnp names the program; stop it or take another port",
        )
        return fail(
            "ports", ("被别的程序占用：" + "、".join(taken), "in use: " + ", ".join(taken)), do, **facts
        )
    words = (
        ("门店程序有应答", "the store answers")
        if running
        else ("空闲；门店程序没有运行", "free; the store does not run")
    )
    if running:
        return good("ports", *words, **facts)
    return warning("ports", words, ("systemctl start store-edge", "systemctl start store-edge"), **facts)


def fonts(family: str) -> Verdict:
    """A font that has Chinese; `family`: one that fontconfig knows, "" for none."""
    if family:
        return good("fonts", family, family, family=family)
    words = ("没有中文字体，本机屏幕会显示方框", "no Chinese font: this box's own screens would show boxes")
    do = ("apt install fonts-noto-cjk", "apt install fonts-noto-cjk")
    return warning("fonts", words, do)


def voice(found: str) -> Verdict:
    """The program that speaks on screens; `found` its path."""
    if found:
        return good("voice", found, found)
    words = ("没有语音程序，叫号和读屏无声", "no voice: calls and read-aloud stay silent")
    return warning("voice", words, ("apt install espeak-ng", "apt install espeak-ng"))


def kiosk(stations: tuple[str, ...], missing: tuple[str, ...], stopped: tuple[str, ...]) -> Verdict:
    """This machine's own screens: `stations` that want one, programs that are `missing`, units that are `stopped`."""
    names = ", ".join(stations)
    if not stations:
        return good("kiosk", "本机不接屏幕", "no station's screen is this machine's")
    if missing:
        do = (f"apt install {' '.join(missing)}",) * 2
        return fail(
            "kiosk", (f"{names} 缺少 {'、'.join(missing)}", f"{names} lacks {', '.join(missing)}"), do
        )
    if stopped:
        do = (f"systemctl restart {' '.join(stopped)}",) * 2
        return fail("kiosk", ("没有运行：" + "、".join(stopped), "does not run: " + ", ".join(stopped)), do)
    return good("kiosk", names, names)
