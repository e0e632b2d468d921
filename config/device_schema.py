"""A door: the settings of devices, one struct a kind; what may stand in them and what each word means."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec

Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
Percent = Annotated[int, msgspec.Meta(ge=0, le=100)]
Positive = Annotated[float, msgspec.Meta(gt=0, le=3600)]
Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,32}$")]


USB_NAME = re.compile(r"([0-9a-fA-F]{4}):([0-9a-fA-F]{4})(?::(.+))?")
"""A USB device: vendor, product, serial number."""


class CameraSettings(msgspec.Struct, frozen=True):
    """How a camera looks; all but `context` is for live ones: video devices and addresses."""

    context: Literal["any", "pickup", "pos"] = "any"
    """What is shown to it; pickup: QR codes, Data Matrix and Code 128; pos: those, goods and GS1; any: also the
    rarer kinds. Fewer kinds are read sooner."""
    width: Annotated[int, msgspec.Meta(ge=160, le=7680)] = 1280
    """Width of a frame to ask the camera for, pixels."""
    height: Annotated[int, msgspec.Meta(ge=120, le=4320)] = 720
    """Height of a frame to ask the camera for, pixels."""
    region: tuple[Percent, Percent, Percent, Percent] = (0, 0, 100, 100)
    """The part of a frame that is looked at: left, top, right, bottom, percent of its width and height."""
    exposure: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0
    """Exposure time to ask for, in 0.1 ms (short ones stop motion blur); 0: the camera decides."""
    stall_ms: Annotated[int, msgspec.Meta(ge=200, le=60_000)] = 1500
    """A camera without a new picture for so long counts as gone and is opened again."""
    open_timeout_ms: Annotated[int, msgspec.Meta(ge=500, le=10_000)] = 5000
    """How long a camera may take to give its first picture."""
    torch: str = ""
    """Name of the light ([lights]) that is lit while what the camera looks at is dark; empty: none."""


class ScannerSettings(msgspec.Struct, frozen=True):
    """A scanner and the station that it belongs to."""

    driver: Literal["serial", "evdev", "hidpos", "tcp", "camera"] = "serial"
    """serial: RS-232 or USB-CDC; evdev: a USB scanner that types like a keyboard; hidpos: a USB scanner in
    HID-POS mode; tcp: on the network; camera: a video device, the address of
    a network camera, a video file or a folder of pictures."""
    station: Name = "T1"
    """The station that gets its scans."""
    port: str = ""
    """serial: a stable /dev/serial/by-id/ link; evdev: a /dev/input/by-id/ link that ends in -event-kbd;
    hidpos: a /dev/store-edge/ link to its hidraw node; tcp: host:port to call, listen:port or
    listen:address:port to be called; camera: device, http:// or rtsp:// address, file or folder."""
    baud: Annotated[int, msgspec.Meta(ge=300, le=4_000_000)] = 9600
    """Serial speed, bit/s."""
    suffix: Literal["cr", "lf", "crlf", "tab", "etx", "none"] = "cr"
    """What ends a code; etx: a code stands between STX and ETX; none: a code ends after `idle_gap_ms` of
    silence. For evdev cr, lf and crlf are the Enter key."""
    idle_gap_ms: Annotated[int, msgspec.Meta(ge=5, le=1000)] = 30
    """Silence that ends a code where there is no suffix, or where the suffix may belong to the code."""
    line_ends_inside: Literal["auto", "never", "always"] = "auto"
    """Codes that may hold the suffix themselves, so that one ends a code only before silence or the next AIM
    identifier; auto: those whose AIM identifier says QR, Data Matrix, PDF417, Aztec, Han Xin or MaxiCode."""
    protocol: Literal["plain", "ssi"] = "plain"
    """serial: plain is text with a suffix; ssi is Zebra's Simple Serial Interface, whose packets are answered."""
    label_ids: Literal["none", "datalogic-us", "datalogic-eu", "honeywell", "zebra"] = "none"
    """Whose own code identifiers stand before a code; AIM identifiers are understood without a setting."""
    feedback: Literal[
        "none", "datalogic", "honeywell", "honeywell-ack", "newland", "zebra-ssi", "cipherlab"
    ] = "none"
    """Whose sounds tell the person at a serial scanner that the store took the code, or did not."""
    debounce_ms: Annotated[int, msgspec.Meta(ge=0, le=60_000)] = 0
    """The same code again within this time, counted from its last sight, is the same scan; 0: every sight
    counts. A camera has its own rule, and takes no other."""
    layout: Literal["us", "fr", "de"] = "us"
    """evdev: the keyboard layout that the scanner is set to."""
    peer: str = ""
    """tcp, listening: the only address that may call; empty: whoever reaches the port."""
    camera: CameraSettings = CameraSettings()
    charset: Literal["auto", "utf-8", "gb18030"] = "auto"
    """How payload bytes become text; auto: UTF-8 if valid, else GB18030."""
    lane: str = ""
    """Name of the lane that runs it; empty: the store does."""


class PrinterSettings(msgspec.Struct, frozen=True):
    """A receipt printer."""

    driver: Literal["escpos-tcp", "escpos-serial", "escpos-usb", "escpos-libusb", "escpos-file"] = (
        "escpos-tcp"
    )
    """ESC/POS over raw TCP (port 9100), a serial line, the kernel's USB printer device, libusb, or into a file."""
    host: str = ""
    """escpos-tcp: its address."""
    port: Port = 9100
    """escpos-tcp: its TCP port."""
    device: str = ""
    """Else: a stable /dev/serial/by-id/ link, /dev/usb/lp0 or a link to it, the file; escpos-libusb:
    vendor:product or vendor:product:serial, as lsusb prints them (04b8:0e28)."""
    baud: Annotated[int, msgspec.Meta(ge=1200, le=4_000_000)] = 9600
    """escpos-serial: speed, bit/s."""
    flow: Literal["rts", "xoff", "none"] = "rts"
    """escpos-serial: how it says that its buffer is full; rts: by a wire (its DTR or RTS to our CTS)."""
    columns: Literal[32, 42, 48] = 48
    """Half-width characters on a line: 32 on 58 mm paper, 48 (some 42) on 80 mm."""
    charset: Literal["gb18030", "gbk", "gb2312", "western"] = "gb18030"
    """The character set of its ROM; what that lacks is printed as a picture. western: none but code page 437."""
    timeout_s: Positive = 5.0
    """How long it may stay silent before a job counts as unconfirmed."""
    confirm: Literal["barrier", "process-id", "none"] = "barrier"
    """How it says that a slip is out: GS r (most can), GS ( H (better, newer Epson), or not at all."""
    hold: bool = True
    """Keep the connection and hear of paper and cover at once; false: connect for each slip (others print too)."""
    stand_in: str = ""
    """Name of the printer that takes over what this one cannot print; empty: slips wait."""
    stand_in_after_s: Positive = 10.0
    """How long it must be blocked before that."""
    keep_hours: Annotated[int, msgspec.Meta(ge=1, le=168)] = 12
    """A slip that waited longer is not printed any more."""
    lane: str = ""
    """Name of the lane that runs it; empty: the store does."""


class DrawerSettings(msgspec.Struct, frozen=True):
    """A cash drawer, plugged into a receipt printer."""

    printer: Name = ""
    """The printer whose socket it is plugged into."""
    station: Name = "T1"
    """The station that it belongs to."""
    pin: Literal[2, 5] = 2
    """Which wire of the socket opens it."""
    pulse_ms: Annotated[int, msgspec.Meta(ge=20, le=500)] = 100
    """How long the wire is pulled."""
    sensor: Literal["learn", "open-high", "open-low", "none"] = "learn"
    """What its sensor says when it is open; learn: found out at its first openings; none: it has no sensor."""
    warn_open_s: Annotated[int, msgspec.Meta(ge=5, le=3600)] = 60
    """How long it may stand open before the screens say so."""


class ScaleSettings(msgspec.Struct, frozen=True):
    """A scale at a station, on a serial line."""

    driver: Literal["toledo-8217", "cas", "dialog06", "stream"] = "toledo-8217"
    """Which language it speaks; stream: it sends by itself, in the `format` below."""
    station: Name = "T1"
    """The station that it belongs to."""
    device: str = ""
    """A stable /dev/serial/by-id/ link."""
    baud: Annotated[int, msgspec.Meta(ge=300, le=4_000_000)] = 9600
    """Serial speed, bit/s."""
    framing: Literal["8N1", "7E1", "7O1", "8E1"] = "8N1"
    """Data bits, parity, stop bits; Toledo 8217 is often 7E1."""
    format: Literal["st-gs", "os2", "bcd"] = "st-gs"
    """stream: lines as ST,GS,+ 1.250kg; frames of Pinnacle (OS2) scales; 0xFF and packed decimals."""
    capacity_g: Annotated[int, msgspec.Meta(ge=100, le=500_000)] = 15_000
    """The most that it may weigh; more is not believed."""
    lane: str = ""
    """Name of the lane that runs it; empty: the store does."""


class DisplaySettings(msgspec.Struct, frozen=True):
    """A customer display (pole display) on a serial line."""

    driver: Literal["epson-vfd", "led8"] = "epson-vfd"
    """epson-vfd: two lines of 20 characters, Epson's commands; led8: eight digits and four lamps."""
    station: Name = "T1"
    """The station whose customers it faces."""
    device: str = ""
    """A stable /dev/serial/by-id/ link."""
    baud: Annotated[int, msgspec.Meta(ge=300, le=4_000_000)] = 9600
    """Serial speed, bit/s; led8 is often 2400."""
    charset: Literal["ascii", "gb18030"] = "ascii"
    """What it can show; ascii: names in Chinese are left out and the English one is shown."""
    columns: Annotated[int, msgspec.Meta(ge=8, le=40)] = 20
    """Half-width characters on a line."""
    lane: str = ""
    """Name of the lane that runs it; empty: the store does."""


class LightSettings(msgspec.Struct, frozen=True):
    """A signal lamp over a station, or a torch beside a camera."""

    driver: Literal["sysfs-led", "serial-relay"] = "sysfs-led"
    """sysfs-led: a light of the kernel (/sys/class/leds); serial-relay: a lamp that is told by bytes."""
    station: Name = "T1"
    """The station over which it hangs."""
    device: str = ""
    """sysfs-led: its folder; serial-relay: a stable /dev/serial/by-id/ link."""
    baud: Annotated[int, msgspec.Meta(ge=300, le=4_000_000)] = 9600
    """serial-relay: speed, bit/s."""
    codes: dict[Literal["off", "white", "green", "amber", "red", "red_blinking"], str] = {}
    """serial-relay: the bytes for each colour, in hex."""
    lane: str = ""
    """Name of the lane that runs it; empty: the store does."""


class LockerSettings(msgspec.Struct, frozen=True):
    """A bank of pickup boxes with electric locks."""

    driver: Literal["lock-board"] = "lock-board"
    """lock-board: the usual RS-485 board (frames of 8A/80 and a check byte)."""
    station: Name = "T1"
    """The station that opens it."""
    device: str = ""
    """A stable /dev/serial/by-id/ link."""
    baud: Annotated[int, msgspec.Meta(ge=300, le=4_000_000)] = 9600
    """Serial speed, bit/s."""
    board: Annotated[int, msgspec.Meta(ge=1, le=32)] = 1
    """Address of the board on its line."""
    boxes: Annotated[int, msgspec.Meta(ge=1, le=50)] = 24
    """How many boxes it has."""
    open_says: Literal["00", "11"] = "00"
    """What the contact of an open lock says; depends on the locks, and is tried out when they are fitted."""
    lane: str = ""
    """Name of the lane that runs it; empty: the store does."""


class LaneSettings(msgspec.Struct, frozen=True):
    """Another program or machine (a kiosk, a till) that runs devices for this store: `store-edge lane`."""

    token_sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")] = "0" * 64
    """SHA-256 (hex) of the token that it shows; the token itself is never stored."""
    where: Literal["outside", "inside", "unit"] = "outside"
    """outside: it is a program of its own and calls this store; inside: this store runs it itself, to try it out; unit:
    it is this machine's own devices unit, known by its user, and runs all that hangs on this machine."""
    user: Annotated[str, msgspec.Meta(pattern=r"^[a-z_][a-z0-9_-]{0,31}$")] = "store-edge-lane"
    """The user of this machine as whom a `unit` calls; nobody else is taken for it."""


class LanePortSettings(msgspec.Struct, frozen=True):
    """Where lanes call this store."""

    listen: str = ""
    """unix:PATH for lanes on this machine, host:port (TLS) for others; empty: no lane may call."""
