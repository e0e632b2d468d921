"""What a check-up makes of the books: whole, of this release, sent to HQ, and copied elsewhere."""

from __future__ import annotations

from edge.domain.checkup import Verdict, ago, fail, good, warning

OUTBOX_WARN_S, OUTBOX_FAIL_S = 900.0, 86_400.0
"""Age of the oldest fact that HQ lacks."""
BACKUP_WARN_S, BACKUP_FAIL_S = 7_200.0, 86_400.0
"""Age of the newest backup; it is made every hour."""
AGEING_S, STALE_S = 120.0, 900.0
_RESTORE = ("停止门店程序，按 docs/backup.md 恢复", "stop the store and restore as docs/backup.md says")


def opened(why: str) -> Verdict:
    """The books cannot be opened at all; `why` as the library says it."""
    do = (
        "以 root 运行；密钥不对时从总部取回",
        "run this as root; where the key is a wrong one, bring it back from HQ",
    )
    return fail("books", (f"打不开：{why}", f"cannot be opened: {why}"), do)


def whole(check: str, found: tuple[str, ...], size: int) -> Verdict:
    """SQLite's own check of a file (`check` "ledger" or "replica"); `found` is empty when all is well."""
    if not found:
        return good(check, f"完好，{size / 1e6:.1f} MB", f"whole, {size / 1e6:.1f} MB", bytes=size)
    do = (
        _RESTORE
        if check == "ledger"
        else (
            "停止门店程序，移走 hq.db 后再启动，总部会重新下发",
            "stop the store, move hq.db away and start it: HQ sends it again",
        )
    )
    return fail(check, (f"已损坏：{found[0]}", f"damaged: {found[0]}"), do, found=len(found))


def chain(faults: tuple[str, ...], facts: int, head: str) -> Verdict:
    """The journal's chain of hashes, end to end."""
    if not faults:
        words = f"{facts} 条，链尾 {head[:8]}", f"{facts} facts, head {head[:8]}"
        return good("chain", *words, facts=facts, head=head[:8])
    do = ("store-edge audit verify，并通知总部", "store-edge audit verify, and tell HQ")
    return fail("chain", (f"对不上：{faults[0]}", f"does not hold: {faults[0]}"), do, faults=len(faults))


def schema(missing: tuple[str, ...], unknown: tuple[str, ...]) -> Verdict:
    """The steps that made the tables; `missing`: this release's are not all done, `unknown`: a newer release's are."""
    if unknown:
        words = (
            "数据已由更新的版本改过：" + ", ".join(unknown),
            "a newer release has changed the tables: " + ", ".join(unknown),
        )
        return warning(
            "schema",
            words,
            ("正常；不要再退回更早的版本", "fine; do not go back any further"),
            unknown=len(unknown),
        )
    if missing:
        words = ("下次启动时升级：" + ", ".join(missing), "the next start upgrades: " + ", ".join(missing))
        return warning(
            "schema",
            words,
            ("systemctl restart store-edge", "systemctl restart store-edge"),
            missing=len(missing),
        )
    return good("schema", "与本版本一致", "as this release has it")


def outbox(depth: int, oldest_s: float | None, *, has_hq: bool) -> Verdict:
    """Facts that HQ does not have; `oldest_s` the age of the first of them."""
    facts = {"depth": depth, "oldest_s": oldest_s}
    if not has_hq:
        return good("outbox", f"没有总部；{depth} 条", f"no HQ; {depth} facts", **facts)
    if not depth or oldest_s is None:
        return good("outbox", "总部已全部收到", "HQ has everything", **facts)
    (zh, en), words = ago(oldest_s), ("{} 条未上传，最早 {} 前", "{} facts not sent, the oldest {} ago")
    told = words[0].format(depth, zh), words[1].format(depth, en)
    if oldest_s < OUTBOX_WARN_S:
        return good("outbox", *told, **facts)
    do = (
        "先看 hq 一行；断线太久时 store-edge outbox export 带走",
        "look at the hq line first; store-edge outbox export carries them by hand",
    )
    return (fail if oldest_s >= OUTBOX_FAIL_S else warning)("outbox", told, do, **facts)


def data(age_s: float | None, late: tuple[str, ...], *, has_hq: bool) -> Verdict:
    """The age of HQ's word, and the classes of data that are too old."""
    facts = {"age_s": age_s, "late": " ".join(late)}
    if not has_hq:
        return good("data", "没有总部", "no HQ", **facts)
    do = ("先看 hq 一行；恢复后会自动补齐", "look at the hq line first; it catches up by itself")
    if age_s is None:
        return fail("data", ("从未收到总部数据", "HQ was never heard"), do, **facts)
    zh, en = ago(age_s)
    words = f"{zh}前", f"{en} ago"
    if late:
        words = f"{words[0]}；过时：{' '.join(late)}", f"{words[1]}; too old: {' '.join(late)}"
    if age_s >= STALE_S:
        return fail("data", words, do, **facts)
    if age_s >= AGEING_S or late:
        return warning("data", words, do, **facts)
    return good("data", *words, **facts)


def backup(age_s: float | None, *, wanted: bool) -> Verdict:
    """The newest copy of the books elsewhere; `wanted` False: this release or these settings make none."""
    facts = {"age_s": age_s, "wanted": wanted}
    if not wanted:
        words = ("没有设置备份", "no backup is made")
        return warning("backup", words, ("见 docs/backup.md", "see docs/backup.md"), **facts)
    do = (
        "systemctl status store-edge-backup.timer；store-edge backup now",
        "systemctl status store-edge-backup.timer; store-edge backup now",
    )
    if age_s is None:
        return fail("backup", ("还没有任何备份", "there is none yet"), do, **facts)
    zh, en = ago(age_s)
    words = f"{zh}前", f"{en} ago"
    if age_s < BACKUP_WARN_S:
        return good("backup", *words, **facts)
    return (fail if age_s >= BACKUP_FAIL_S else warning)("backup", words, do, **facts)


def device(name: str, kind: str, state: str, detail: str) -> Verdict:
    """A device of the settings. `state`: a word of the printer's, "online", "there" (only its place was looked at),
    "unasked" (somebody else has it, and it has no place on this machine), "busy", "absent" or "gone"."""
    check, facts = f"device {name}", {"kind": kind, "state": state, "detail": detail}
    if state == "near_end":
        return warning(
            check,
            (f"{kind}：纸将用完", f"{kind}: paper near its end"),
            ("尽快换纸", "change the paper soon"),
            **facts,
        )
    if state in _WELL:
        zh, en = _WELL[state]
        return good(check, f"{kind}：{zh}", f"{kind}: {en}", **facts)
    told = f"{state} {detail}".strip()
    do = (
        f"检查电源、线和纸；先停门店程序，再 store-edge devices test {name}；见 docs/devices/failures.md",
        f"look at power, cable, paper; stop the store, store-edge devices test {name}; docs/devices/failures.md",
    )
    return fail(check, (f"{kind}：{told}", f"{kind}: {told}"), do, **facts)


_WELL = {
    "online": ("在线", "it answers"),
    "there": ("已接上", "plugged in; the store has it"),
    "unasked": ("不在本机上，由门店程序询问；见 /it/", "not on this machine; the store asks it: see /it/"),
}
