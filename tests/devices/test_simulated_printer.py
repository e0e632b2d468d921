"""The simulated printer behaves like the real thing, and its papers can be looked at and scanned."""

from __future__ import annotations

import io
import socket
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from config.device_schema import PrinterSettings
from devices.decoding import decode, load_image
from devices.escpos_printer import EscposPrinter
from devices.escpos_slip import encode
from devices.ports import DeviceAbsent, Symbology
from devices.simulated_escpos import Interpreter
from devices.simulated_printer import SimulatedPrinter
from devices.slip import Code128, Pair, Qr, Slip, Text

SLIP = Slip("t", (Text("提货单", scale=3), Pair("a", "b"), Qr("PK1.ABC123"), Code128("SO-7788")))


def send(simulated: SimulatedPrinter, data: bytes, expect: int) -> bytes:
    """Sends raw bytes and returns `expect` bytes of answer."""
    with socket.create_connection((simulated.host, simulated.port), timeout=5) as line:
        line.sendall(data)
        line.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := line.recv(100):
            answer += piece
    assert len(answer) == expect
    return answer


@pytest.mark.parametrize(("dots", "columns"), [(576, 48), (384, 32)])
def test_the_codes_on_the_picture_of_a_paper_can_be_scanned(dots: int, columns: Literal[32, 48]) -> None:
    with SimulatedPrinter(dots=dots) as simulated:
        named = PrinterSettings(host=simulated.host, port=simulated.port, columns=columns)
        EscposPrinter("r1", named).print(SLIP)
        (paper,) = simulated.papers
    picture = Image.open(io.BytesIO(paper.png))
    assert picture.format == "PNG"
    assert picture.width == dots + 56
    found = {(code.reading.symbology, code.reading.text) for code in decode(load_image(paper.png))}
    assert found == {(Symbology.QR, "PK1.ABC123"), (Symbology.CODE128, "SO-7788")}


def test_a_held_job_prints_when_paper_returns_even_after_the_host_left() -> None:
    with SimulatedPrinter() as simulated:
        simulated.take_paper()
        send(simulated, encode(SLIP, 48, "gb18030"), 0)
        assert simulated.papers == []
        simulated.give_paper()
        assert len(simulated.wait_papers(1, 5)) == 1


def test_power_loss_tears_the_paper_and_forgets_the_job() -> None:
    with SimulatedPrinter() as simulated:
        port = simulated.port
        simulated.take_paper(after_lines=2)
        send(simulated, b"\x1b@one\ntwo\nthree\n\x1dV\x00", 0)
        simulated.power_off()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((simulated.host, port), timeout=5)
        simulated.give_paper()
        simulated.power_on()
        assert simulated.port == port
        (paper,) = simulated.papers
        assert (paper.torn, paper.text) == (True, "one\ntwo")
        assert Image.open(io.BytesIO(paper.png)).height > 100


def test_drawer_kicks_are_counted_queued_and_real_time() -> None:
    with SimulatedPrinter() as simulated:
        send(simulated, b"\x1bp\x00\x32\xfa\x10\x14\x01\x00\x05", 0)
        assert simulated.kicks == 2


def test_status_split_over_packets_and_between_text() -> None:
    with SimulatedPrinter() as simulated:
        with socket.create_connection((simulated.host, simulated.port), timeout=5) as line:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for piece in (b"\x1b@ab", b"\x10", b"\x04", b"\x01", b"cd\n\x1dV\x42", b"\x00\x1dr\x01"):
                line.sendall(piece)
            line.shutdown(socket.SHUT_WR)
            answer = b""
            while piece := line.recv(10):
                answer += piece
        assert answer == b"\x12\x00"
        assert simulated.papers[0].text == "abcd"


def test_a_western_rom_shows_the_mojibake_that_a_shop_would_see() -> None:
    with SimulatedPrinter(rom="western") as simulated:
        send(simulated, encode(Slip("t", (Text("中"),)), 48, "gb18030"), 0)
        assert simulated.papers[0].text == "中".encode("gb18030").decode("cp437")


def test_raster_pictures_and_old_style_commands_are_understood() -> None:
    raster = b"\x1dv0\x00\x02\x00\x08\x00" + b"\xff\x00" * 8
    old = b"\x1b!\x38big\n\x1c!\x0c\x1cW\x01\x1b-\x01u\n\x1d(L\x02\x00\x30\x45\x1bd\x03\x1dB\x01inv\n"
    with SimulatedPrinter() as simulated:
        send(simulated, b"\x1b@\x1ba\x01" + raster + old + b"\x1dV\x42\x00", 0)
        (paper,) = simulated.papers
        assert paper.text.splitlines()[0] == "[IMAGE 16x8]"
        assert Image.open(io.BytesIO(paper.png)).size[0] == 632


def test_unknown_commands_are_told() -> None:
    with SimulatedPrinter() as simulated:
        send(simulated, b"\x1b\x7f", 0)
        assert simulated.unknown == [b"\x1b\x7f"]


def test_a_dead_printer_comes_back_at_its_old_address() -> None:
    with SimulatedPrinter() as simulated:
        printer = EscposPrinter("r1", PrinterSettings(host=simulated.host, port=simulated.port))
        for _ in range(5):
            simulated.power_off()
            with pytest.raises(DeviceAbsent):
                printer.print(SLIP)
            simulated.power_on()
            printer.print(SLIP)
        assert len(simulated.papers) == 5


NONSENSE = st.lists(
    st.binary(max_size=4)
    | st.sampled_from(
        [bytes([lead, c]) for lead in b"\x1b\x1d\x1c" for c in b"@Ea!t-3MRJGVd{ =2p$cP&.SC(kvQr"]
    )
    | st.sampled_from(
        [b"\x1d(k\x03\x001C", b"\x1d(k\x02\x001C", b"\x1d(k\x04\x001P0\xff", b"\x1d(k\x03\x001Q0"]
    )
    | st.just(b"\x1d(k\x00\x10" + b"1P0" + b"x" * 4093 + b"\x1d(k\x03\x001Q0")
    | st.sampled_from([b"\x1dkI\x03{B\xe9", b"\x1dkI\x02{B", b"\x1dv0\x00\x00\x00\x00\x00"]),
    max_size=30,
)


@settings(deadline=None, max_examples=80)
@given(NONSENSE, st.sampled_from(["gb18030", "gbk", "gb2312", "western"]))
def test_nonsense_never_breaks_it(pieces: list[bytes], rom: str) -> None:
    machine = Interpreter(384, rom, lambda _: None)
    for piece in pieces:
        machine.buffer += piece
        while machine.step():
            pass
    machine.power_loss()
    for paper in machine.papers:
        assert paper.png.startswith(b"\x89PNG")
        assert isinstance(paper.text, str)
