"""Slips on a printer that fails: nothing lost, nothing doubled without a mark; a judge of others reads them."""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import msgspec
import numpy as np
import pytest
from PIL import Image as Picture

from config.device_schema import PrinterSettings
from devices.decoding import decode, load_image
from devices.escpos_printer import EscposPrinter
from devices.escpos_replies import Reply, ReplyKind, ReplyParser
from devices.ports import PrinterState, Symbology
from devices.simulated_paper import RasterBlock
from devices.slip import Align, Cell, Columns, Ean13, Image, Qr, Slip, Text
from edge.desks.slips import test_page as page_of
from tests.devices.test_escpos_charsets import gbk_set, lines_of, paper_of
from tests.devices.test_slip_parts import png_of
from tests.proof.asked import ROOT, proof

JUDGE = ROOT / ".cache" / "emupos" / "bin" / "emupos"


def test_a_hundred_prints_on_a_printer_that_fails():
    code, report = proof("print_faults", "--jobs", "100", "--seed", "7")
    assert (code, report["lost"], report["unmarked doubles"]) == (0, 0, 0)
    assert report["faults"] >= 10


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 21))
@pytest.mark.parametrize("kill_s", ["0", "5"])
def test_a_thousand_prints_on_a_printer_that_fails(seed: int, kill_s: str):
    code, report = proof("print_faults", "--seed", str(seed), "--kill-s", kill_s)
    assert (code, report["lost"], report["unmarked doubles"]) == (0, 0, 0)
    assert report["faults"] > 150
    assert report["kills"] > 3 or kill_s == "0"


@pytest.mark.slow
@pytest.mark.parametrize("plant", ["forgets the mark", "believes the cable"])
def test_the_proof_sees_a_planted_bug(plant: str):
    code, report = proof("print_faults", "--jobs", "200", "--seed", "7", "--plant", plant)
    assert code == 1
    assert report["unmarked doubles" if plant == "forgets the mark" else "lost"] > 0


def test_the_parser_survives_a_million_random_bytes():
    random, parser, replies = Random(20261122), ReplyParser(), 0  # noqa: S311 - repeatable chance
    for _ in range(1000):
        replies += len(parser.feed(random.randbytes(1000)))
    assert replies > 100_000
    parser.feed(b"", 1.0)
    assert parser.feed(b"\x16", 2.0) == [Reply(ReplyKind.REAL_TIME, b"\x16")], (
        "silence ends whatever was begun"
    )


# ---- a judge that is not ours ----------------------------------------------------------------------


@dataclass
class Judge:
    """emupos 0.4.0, an Epson TM-T20III (a Western ROM) on TCP with a control API."""

    port: int
    api: str

    def ask(self, path: str, method: str = "GET") -> bytes:
        asked = urllib.request.Request(f"{self.api}/api/v1/devices/front{path}", method=method)  # noqa: S310
        with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310 - our own child on 127.0.0.1
            body: bytes = answer.read()
        return body

    def printer(self, charset: str = "western") -> EscposPrinter:
        at = PrinterSettings(host="127.0.0.1", port=self.port)
        return EscposPrinter("front", msgspec.structs.replace(at, charset=charset))


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    if not JUDGE.exists():
        pytest.skip("./dev proof installs emupos where a Python 3.13 is; here is none")
    ports = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    printer, api = (port.getsockname()[1] for port in ports)
    for port in ports:
        port.close()
    config: Path = tmp_path_factory.mktemp("judge") / "emupos.yaml"
    config.write_text(
        f"schema: 1\napi: {{ host: 127.0.0.1, port: {api} }}\ndevices:\n  - id: front\n    type: printer\n"
        f"    profile: epson-tm-t20iii\n    connections:\n      - tcp: {{ port: {printer} }}\n"
    )
    child = subprocess.Popen([JUDGE, "run", "--config", config], stdout=subprocess.DEVNULL, cwd=config.parent)
    found = Judge(printer, f"http://127.0.0.1:{api}")
    until = time.monotonic() + 60
    while True:
        try:
            found.ask("")
            break
        except OSError:
            assert child.poll() is None
            assert time.monotonic() < until
            time.sleep(0.1)
    yield found
    child.terminate()
    child.wait(10)


@pytest.mark.slow
def test_the_judge_reads_what_we_printed(judge: Judge):
    printer = judge.printer()
    before = len(json.loads(judge.ask("/receipts")))
    slip = Slip(
        "t", (*page_of("front", PrinterSettings(charset="western")).parts, Qr("PK1.ABC"), Text("last"))
    )
    printer.print(slip)
    receipts = json.loads(judge.ask("/receipts"))
    assert len(receipts) == before + 1, "cleaning up first makes no receipt"
    assert receipts[-1]["boundary"] == "cut"
    text = judge.ask("/receipts/latest/text").decode()
    for said in (
        "1234567890" * 4,
        "[qr STORE-EDGE TEST 打印测试]",
        "[barcode CODE128 TEST-0123456789]",
        "last",
    ):
        assert said in text
    assert "?" not in text
    image = load_image(judge.ask("/receipts/latest/image"))
    assert image.shape[1] == 576
    found = {code.reading.text for code in decode(image) if code.reading.symbology is Symbology.QR}
    assert {"STORE-EDGE TEST 打印测试", "PK1.ABC"} <= found
    printer.close()


@pytest.mark.slow
def test_the_judge_shows_why_the_charset_matters(judge: Judge):
    judge.printer("gb18030").print(Slip("t", (Text("打印测试"),)))
    assert "打印" not in judge.ask("/receipts/latest/text").decode(), "its ROM has no Chinese"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "state"),
    [
        ("paper-out", PrinterState.OUT_OF_PAPER),
        ("cover-open", PrinterState.COVER_OPEN),
        ("paper-near-end", PrinterState.NEAR_END),
        ("offline", PrinterState.OFFLINE),
    ],
)
def test_the_judges_faults_are_named(judge: Judge, fault: str, state: PrinterState):
    printer = judge.printer()
    assert printer.state() is PrinterState.ONLINE
    judge.ask(f"/faults/{fault}", "PUT")
    assert printer.state() is state
    judge.ask(f"/faults/{fault}", "DELETE")
    assert printer.state() is PrinterState.ONLINE
    printer.close()


@pytest.mark.slow
def test_one_pulse_opens_the_judges_drawer(judge: Judge):
    printer = judge.printer()
    closed = printer.level()
    printer.pulse()
    assert printer.level() is (not closed)
    judge.ask("/drawer/close", "POST")
    printer.print(Slip("t", (Text("a slip opens no drawer"),)))
    assert printer.level() is closed
    printer.close()


@pytest.mark.slow
def test_the_judge_sees_every_hanzi_that_we_draw_dot_for_dot(judge: Judge):
    """Its ROM has no Chinese, so that each line is a picture; its picture of the receipt must hold ours."""
    chars = [char for char in gbk_set() if char.encode("gb2312", "ignore")]
    lines = list(lines_of(chars))[:: len(chars) // 1000]
    ours = paper_of(lines, "western")
    judge.printer().print(Slip("t", tuple(Text(line) for line in lines)))
    theirs = load_image(judge.ask("/receipts/latest/image"))[:, :, 0] < 128
    drawn = [block for block in ours.blocks if isinstance(block, RasterBlock)]
    assert len(drawn) > 20
    at = 0
    for block in drawn:
        rows = len(block.rows) // block.row_bytes
        bits = np.unpackbits(np.frombuffer(block.rows, np.uint8).reshape(rows, block.row_bytes), axis=1) == 1
        wide = bits.shape[1]
        found = next(y for y in range(at, len(theirs)) if (theirs[y : y + rows, :wide] == bits).all())
        at = found + rows


@pytest.mark.slow
def test_the_judge_draws_pictures_columns_and_ean13(judge: Judge):
    logo = Picture.linear_gradient("L").resize((300, 80))
    cells = (Cell("品名 item", 2), Cell("qty", 1, Align.CENTER), Cell("¥59.90", 1, Align.RIGHT))
    parts = (
        Text("LOGO"),
        Image(png_of(logo)),
        Columns(cells),
        Columns((Cell("plain", 2), Cell("2"), Cell("9.90", 1, Align.RIGHT))),
    )
    judge.printer().print(Slip("t", (*parts, Ean13("690123456789"), Text("last"))))
    text = judge.ask("/receipts/latest/text").decode()
    assert "[barcode EAN-13 6901234567892]" in text
    assert "plain" + " " * 18 + "2" in text
    image = load_image(judge.ask("/receipts/latest/image"))
    found = {code.reading.text for code in decode(image) if code.reading.symbology is Symbology.EAN13}
    assert found == {"6901234567892"}
