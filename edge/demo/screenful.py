"""What a newcomer reads on the terminal when the shop is open."""

from __future__ import annotations

from edge.demo.office import NAME, PASSWORD, PRICES, reduced
from edge.demo.shop import STORE
from edge.demo.stage import Stage


def screenful(stage: Stage, devices: str) -> str:
    """Addresses, sign-in, codes to try, how to stop."""
    store = stage.address.url
    desk_2 = store.replace("127.0.0.1", "localhost")
    orders = {order.order: order for order in stage.desk.orders(STORE)}
    waiting = [order for order in orders.values() if order.state == "ready"][:4]
    codes = [f"    {order.numeric_code}   #{order.order[-4:]}  {order.lines[0].name_zh}" for order in waiting]
    crew = [
        f"    {person.staff}  PIN {person.pin}   {person.name} {person.name_en}, "
        + ("店长 lead" if person.role == "lead" else "店员 cashier")
        for person in stage.people
    ]
    return "\n".join(
        [
            "",
            "  The shop is open · 门店已开张",
            "",
            f"  START HERE · 从这里开始    {devices}",
            "    simulated devices: scan orders, cut HQ's line, take the paper away, see the slips",
            "    模拟设备：扫码、断网、抽纸、看小票",
            "",
            f"  Service desk 1 · 服务台 1  {store}/cashier/sign-in?station=T1",
            f"  Service desk 2 · 服务台 2  {desk_2}/cashier/sign-in?station=T2",
            f"  Self-checkout · 自助收银   {store}/kiosk/",
            f"  Guide screen · 导购屏      {store}/guide/",
            f"  Customer display · 顾客屏  {store}/display/",
            f"  Devices and line · IT      {store}/it/",
            f"  HQ · 总部                  {stage.fleet_page}",
            f"    {NAME}  password {PASSWORD}   its certificate is the demo's own · 证书为演示自签，浏览器会询问",
            "",
            "  Sign in · 登录",
            *crew,
            "",
            "  Type at a desk · 在服务台输入",
            *codes,
            *_from_hq(stage),
            "  Stop · 停止: Ctrl-C",
            "",
        ]
    )


def _from_hq(stage: Stage) -> list[str]:
    """A price to push from another terminal, and where everything lies."""
    where = stage.folder
    return [
        "",
        f"  Push from HQ · 从总部下发（another terminal · 另开终端）: {reduced(stage.wares).name_zh} -10",
        f"    ./dev run hub prices import {where / PRICES} \\",
        f"        --database {where / 'hq.db'}",
        "",
        f"  Settings · 设置: {where / 'store.toml'}",
        f"  Files and logs · 文件与日志: {where}",
    ]
