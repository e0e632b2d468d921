"""How devices are spoken of to whoever looks after them: kinds, states, changes, and what to do about a fault."""

from __future__ import annotations

import re
import shlex

from flask_babel import gettext, ngettext  # type: ignore[import-untyped]
from flask_babel import lazy_gettext as _l

from devices.ports import Sight
from edge.domain.upkeep import DeviceCard
from edge.domain.views import DeviceHealth, PluggedDevice
from kiosk_ui import words

GOOD = frozenset({"online", "near_end", "ready", "open", "closed"})
"""States in which a device does its work."""

_TABLE = re.compile(r"^\[(scanner|printer|scale|display|locker)s\.", re.MULTILINE)

_KINDS = {
    "scanner": (_l("扫码设备"), "scan-barcode"),
    "camera": (_l("摄像头"), "camera"),
    "printer": (_l("打印机"), "printer"),
    "drawer": (_l("钱箱"), "archive"),
    "scale": (_l("电子秤"), "weight"),
    "display": (_l("客显"), "monitor"),
    "lights": (_l("指示灯"), "lightbulb"),
    "locker": (_l("储物柜"), "lock"),
    "lane": (_l("收银通道主机"), "monitor"),
    "serial": (_l("串口设备"), "usb"),
    "keyboard": (_l("键盘式设备"), "scan-barcode"),
    "hidpos": (_l("扫码设备（HID-POS）"), "scan-barcode"),
}

_REMEDIES = {
    "DEVICE_ABSENT": _l("检查电源和数据线；网络设备再查网线。接好后会自动恢复"),
    "LANE_ABSENT": _l("检查那台电脑和网络：通道程序恢复后会自动继续"),
    "DEVICE_DENIED": _l("本程序没有打开它的权限：安装随附的 udev 规则后重新插拔"),
    "DEVICE_CLAIMED": _l("另一个程序占用了它：关闭那个程序，或取消它对此设备的使用"),
    "DEVICE_OFFLINE": _l("看设备面板：是否有报错灯，是否按过暂停键"),
    "OUT_OF_PAPER": _l("换一卷纸，合上盖，排队的小票会自动打出"),
    "COVER_OPEN": _l("合上机盖，听到卡扣声"),
    "UNCONFIRMED": _l("看出纸口：出来了就点“已出纸”，没出来就点“再打一张”"),
    "INTERRUPTED": _l("看出纸口：出来了就点“已出纸”，没出来就点“再打一张”"),
    "SENT_ONLY": _l("此打印机无法回答，请看出纸口"),
    "TOO_SLOW": _l("提高串口速率，或换用 USB、网口"),
    "BAD_SOURCE": _l("设置有误：核对此设备的地址和驱动名称"),
    "IDENTITY_CHANGED": _l("这个位置换成了另一台设备：确认是有意更换"),
    "SCALE_MOVING": _l("等秤面静止"),
    "SCALE_OVERWEIGHT": _l("重量超出量程，请取下部分商品"),
    "SCALE_UNDERWEIGHT": _l("清空秤面，再置零"),
}

_CHANGES = {
    "power_online": _l("已接通"),
    "power_offline": _l("未就绪"),
    "power_off_offline": _l("断开"),
    "cover_open": _l("机盖打开"),
    "cover_ok": _l("机盖合上"),
    "paper_empty": _l("缺纸"),
    "paper_near_empty": _l("纸快用完"),
    "paper_ok": _l("纸已装好"),
    "drawer_open": _l("钱箱打开"),
    "drawer_closed": _l("钱箱关上"),
    "identity_changed": _l("换成了另一台设备"),
}

_SIGHTS = {
    Sight.FINE: _l("画面正常"),
    Sight.DARK: _l("太暗：加一点光，或调高曝光"),
    Sight.BRIGHT: _l("太亮：避开直射光，或调低曝光"),
    Sight.BLURRED: _l("不清晰：调整距离，擦净镜头"),
}


def kind(value: str) -> str:
    """A kind of device; an unknown one is shown as it is."""
    return str(_KINDS[value][0]) if value in _KINDS else value


def kind_icon(value: str) -> str:
    """The icon of a kind of device."""
    return _KINDS[value][1] if value in _KINDS else "usb"


def good(health: DeviceHealth) -> bool:
    """Whether the device does its work and nothing is to be done about it."""
    return health.state in GOOD and health.detail not in _REMEDIES


def remedy(code: str) -> str:
    """What to do about a fault; "" where there is nothing to say."""
    return str(_REMEDIES.get(code, ""))


def change(status: str) -> str:
    """A change of a device in a word; an unknown one is shown as it is."""
    return str(_CHANGES.get(status, status))


def sight(value: Sight) -> str:
    """What hinders a camera from reading, and what to do about it."""
    return str(_SIGHTS[value])


def dropped(card: DeviceCard) -> str:
    """How many codes a scanner could not take; "" for none."""
    if not card.dropped:
        return ""
    return str(ngettext("%(num)s 个码没有读全", "%(num)s 个码没有读全", card.dropped))


def adopting(device: PluggedDevice) -> str:
    """The command that puts a device to use; what a person must choose is in capitals."""
    fits = _TABLE.search(device.suggestion)
    what = fits[1] if fits else "KIND"
    act = f"store-edge devices adopt {shlex.quote(device.path)} --as {what}"
    return f"{act} --name NAME --station STATION --settings FILE"


def state(health: DeviceHealth) -> str:
    """How a device is, in a word or two."""
    if health.detail == "IDENTITY_CHANGED":
        return str(gettext("换了一台设备"))
    return words.device(health)
