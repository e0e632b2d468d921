"""The settings of the demo's store: two desks, a kiosk and a guide screen, each with devices that are simulated."""

SETTINGS = """\
# Written by `store-edge demo`, new each time.
[store]
id = {store}
state_dir = {state}

[web]
host = "127.0.0.1"
port = {web_port}
live_port = {live_port}

[hq]
url = {hq}
ca_file = {ca_file}
interval_s = {pace}
timeout_s = 5.0

[stations.T1]
kind = "cashier"
label_zh = "服务台 1"
label_en = "Service desk 1"
printer = "front"
screen = "local"

[stations.T2]
kind = "cashier"
label_zh = "服务台 2"
label_en = "Service desk 2"
printer = "front"

[stations.G1]
kind = "guide"
label_zh = "导购屏 · 一楼"
label_en = "Guide screen, ground floor"
screen = "local"

[stations.K1]
kind = "kiosk"
label_zh = "自助收银 1"
label_en = "Self-checkout 1"
printer = "front"
screen = "local"

{logo}
[kiosk]
receipt_url = "https://example.com/r"

[payments]
qr = ["alipay"]

[scanners.desk-1]
driver = "serial"
station = "T1"
port = {scanner}

[scanners.desk-1-camera]
driver = "camera"
station = "T1"
port = {camera}

[scanners.guide]
driver = "serial"
station = "G1"
port = {guide_scanner}

[scanners.kiosk]
driver = "serial"
station = "K1"
port = {kiosk_scanner}

[printers.front]
driver = "escpos-tcp"
host = "127.0.0.1"
port = {printer_port}
timeout_s = 3.0

[drawers.till]
printer = "front"
station = "T1"

[scales.desk]
station = "T1"
device = {scale}

[displays.pole]
station = "T1"
device = {pole}
charset = "gb18030"

[api_clients.demo]
token_sha256 = {api_sha}
stations = ["T1", "T2", "G1", "K1"]
"""
