"""What a check-up makes of the way to HQ: how far one gets on it, and whose fault the end is."""

from __future__ import annotations

import msgspec

from edge.domain.checkup import Verdict, fail, good, warning

CERT_WARN_DAYS, CERT_FAIL_DAYS = 21.0, 3.0


class Probe(msgspec.Struct, frozen=True):
    """How far somebody got. Later fields count only where the earlier ones are good.

    `link`: an interface with a cable or radio and an address; `router`: the way out is known and its next hop was
    heard (None: nobody can say); `local`: HQ is on this machine; `resolved`: the name has an address; `reached`: "",
    "refused", "timeout", "unreachable"; `tls`: "" fine or none wanted, "time", "name", "authority", "none"; `days` the
    certificate has left; `status` of HQ's answer, 0 for none; `page`: it answered with a web page; `drift_s`: our
    clock minus HQ's.
    """

    host: str
    port: int
    local: bool = False
    link: bool = True
    router: bool | None = None
    resolved: bool = True
    reached: str = ""
    tls: str = ""
    days: float | None = None
    status: int = 0
    page: bool = False
    drift_s: float | None = None


def way(probe: Probe | None) -> list[Verdict]:
    """The lines of the way to HQ; None: this store has no HQ."""
    if probe is None:
        return [good("hq", "本店没有总部", "this store has no HQ")]
    at = f"{probe.host}:{probe.port}"
    found = _hindrance(probe, at) or good("hq", f"{at} 有应答", f"{at} answers", status=probe.status)
    return [found, *_certificate(probe)]


def _hindrance(probe: Probe, at: str) -> Verdict | None:
    """The first thing that stands in the way: ours, the shop's, the world's, HQ's."""
    for test in (_near, _name, _port, _trust, _answer):
        if (found := test(probe, at)) is not None:
            return found
    return None


def _near(probe: Probe, _: str) -> Verdict | None:
    if probe.local:
        return None
    if not probe.link:
        do = (
            "查网线、交换机、无线；ip -br address",
            "look at the cable, the switch, the radio; ip -br address",
        )
        return fail(
            "hq",
            ("门店网络不通：网卡没有连接或没有地址", "no LAN: no interface has a link and an address"),
            do,
            cause="lan",
        )
    if probe.router is False:
        do = ("查路由器的电源和网线；ip route", "look at the router's power and cable; ip route")
        return fail(
            "hq",
            ("门店网络不通：路由器没有应答", "no LAN: there is no way out, or the router does not answer"),
            do,
            cause="lan",
        )
    return None


def _name(probe: Probe, _: str) -> Verdict | None:
    if probe.resolved:
        return None
    words = (
        f"没有互联网，或域名服务器不通：{probe.host} 无法解析",
        f"no internet, or no name server: {probe.host} has no address",
    )
    do = ("问宽带运营商；resolvectl status", "ask the provider; resolvectl status. Selling goes on without")
    return fail("hq", words, do, cause="internet")


def _port(probe: Probe, at: str) -> Verdict | None:
    if not probe.reached:
        return None
    if probe.reached == "refused":
        do = (
            "总部服务停了：通知总部；门店照常营业",
            "HQ's service is down: tell HQ. Selling goes on without",
        )
        return fail("hq", (f"总部停机：{at} 拒绝连接", f"HQ down: {at} refuses"), do, cause="hq")
    do = (
        "先看其他网站能否打开：能，则通知总部；不能，则问宽带运营商",
        "does another site open? Then tell HQ, else ask the provider. Selling goes on without",
    )
    words = (f"没有互联网，或总部不通：{at} 无应答", f"no internet, or HQ cut off: {at} does not answer")
    return fail("hq", words, do, cause="internet")


_TLS = {
    "time": (
        ("总部证书已过期，或本机时间不对", "HQ's certificate is over, or our clock is wrong"),
        ("先看 clock 一行，再通知总部", "look at the clock line, then tell HQ"),
    ),
    "name": (
        ("证书不是总部的：是别的网站", "the certificate is of another host"),
        (
            "查 hq.url；可能被上网认证页面拦截",
            "look at hq.url; a log-in page of the network may stand in between",
        ),
    ),
    "authority": (
        ("本机不信任总部证书的签发者", "our certificate file does not know who signed HQ's"),
        ("查 hq.ca_file；可能有人在中间冒充", "look at hq.ca_file; somebody may stand in between"),
    ),
    "none": (("对方不会 TLS", "no TLS is spoken there"), ("查 hq.url 的端口", "look at the port in hq.url")),
}


def _trust(probe: Probe, _: str) -> Verdict | None:
    if not probe.tls:
        return None
    words, do = _TLS[probe.tls]
    return fail("hq", words, do, cause="certificate", tls=probe.tls)


def _answer(probe: Probe, at: str) -> Verdict | None:
    facts = {"status": probe.status}
    if not probe.status:
        do = ("通知总部；门店照常营业", "tell HQ. Selling goes on without")
        return fail(
            "hq",
            (f"总部停机：{at} 接通但不作答", f"HQ down: {at} takes the call and says nothing"),
            do,
            cause="hq",
        )
    if probe.page or 300 <= probe.status < 400:
        do = ("用浏览器登录门店网络的认证页面", "log in at the network's own page with a browser")
        return fail(
            "hq",
            ("上网认证页面代替总部作答", "a log-in page of the network answers in HQ's stead"),
            do,
            cause="internet",
            **facts,
        )
    if probe.status >= 500:
        do = ("通知总部；门店照常营业", "tell HQ. Selling goes on without")
        return fail(
            "hq",
            (f"总部故障（{probe.status}）", f"HQ is in trouble ({probe.status})"),
            do,
            cause="hq",
            **facts,
        )
    return None


def _certificate(probe: Probe) -> list[Verdict]:
    if probe.days is None:
        return []
    facts = {"days": round(probe.days, 1)}
    words = f"还有 {probe.days:.0f} 天", f"{probe.days:.0f} days left"
    do = ("通知总部更换证书", "tell HQ to renew it")
    if probe.days < CERT_FAIL_DAYS:
        return [fail("certificate", words, do, **facts)]
    if probe.days < CERT_WARN_DAYS:
        return [warning("certificate", words, do, **facts)]
    return [good("certificate", *words, **facts)]


def admitted(*, enrolled: bool, trouble: str | None) -> Verdict:
    """Whether HQ knows this box: `trouble` is the code of the line's last fault as the running store says it, None
    where no store runs."""
    if trouble in ("NOT_ADMITTED", "NOT_ENROLLED", "DEVICE_REVOKED", "DEVICE_REPLACED"):
        do = (
            "问总部：本机被停用了吗？新凭证：store-edge enroll --again",
            "ask HQ whether this box was shut out; a new invitation: store-edge enroll --again",
        )
        return fail(
            "enrolment",
            (f"总部不认本机（{trouble}）", f"HQ does not admit this box ({trouble})"),
            do,
            trouble=trouble,
        )
    if not enrolled:
        do = ("store-edge enroll 邀请码", "store-edge enroll INVITATION")
        return warning("enrolment", ("本机没有登记", "this box is not enrolled"), do)
    if trouble:
        do = ("docs/sync-protocol.md 说明此代码", "docs/sync-protocol.md explains the code")
        return warning(
            "enrolment", (f"已登记；线路：{trouble}", f"enrolled; the line: {trouble}"), do, trouble=trouble
        )
    return good("enrolment", "已登记", "enrolled")
