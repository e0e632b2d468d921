"""`store-edge demo --tour DIR`: every screen of the demo's shop in a real browser, as pictures and a short README."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from edge.demo.stage import Stage, StageFailed

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, ViewportSize

MOST_BYTES = 150_000
"""No picture is larger than this: they are meant for READMEs."""
PORTRAIT: ViewportSize = {"width": 1080, "height": 1920}
LANDSCAPE: ViewportSize = {"width": 1920, "height": 1080}
DESK: ViewportSize = {"width": 1280, "height": 800}
_CHROMIUM = Path("/usr/bin/chromium")
_WIDTH = {PORTRAIT["width"]: 540, LANDSCAPE["width"]: 1280, DESK["width"]: 1280}
_WAIT_MS = 20_000


class Tour:
    """Walks through the shop; `pictures` are (file, Chinese, English) in the order in which they were taken."""

    def __init__(self, stage: Stage, folder: Path, browser: Browser, tell: Callable[[str], None]) -> None:
        self.stage = stage
        self._folder = folder
        self._browser = browser
        self._tell = tell
        self.pictures: list[tuple[str, str, str]] = []

    def page(self, size: ViewportSize, language: str = "zh", ease: str = "", *, at_hq: bool = False) -> Page:
        """A browser of its own, as one that stands at a station; `at_hq` accepts the demo's own certificate."""
        context = self._browser.new_context(viewport=size, reduced_motion="reduce", ignore_https_errors=at_hq)
        for name, value in (("se_language", language), ("se_ease", ease)):
            if value:
                context.add_cookies([{"name": name, "value": value, "url": self.stage.address.url}])
        page = context.new_page()
        page.set_default_timeout(_WAIT_MS)
        return page

    def open(self, page: Page, path: str, sign: str) -> None:
        """Goes there and waits until `sign` (a selector) is seen."""
        page.goto(self.stage.address.url + path)
        page.wait_for_selector(sign)

    def take(self, page: Page, name: str, zh: str, en: str) -> None:
        """A picture of what is on the screen now."""
        page.evaluate("document.fonts.ready.then(() => true)")
        page.wait_for_timeout(250)
        file = f"{len(self.pictures) + 1:02}-{name}.png"
        (self._folder / file).write_bytes(small(page.screenshot()))
        self.pictures.append((file, zh, en))
        self._tell(f"{file}  {en} · {zh}")

    def read_me(self) -> None:
        """The list of pictures, in both languages."""
        shown = (f"## {en}\n\n{zh}\n\n![{en}]({file})\n" for file, zh, en in self.pictures)
        head = "# The shop in pictures · 门店一览\n\nTaken by `./dev demo --tour DIR` in a real browser.\n"
        (self._folder / "README.md").write_text("\n".join([head, *shown]), "utf-8")


Scenes = tuple[Callable[[Tour], None], ...]


def small(picture: bytes) -> bytes:
    """The picture as PNG of at most MOST_BYTES: narrower, then with fewer colours, until it is."""
    from PIL import Image

    image = Image.open(io.BytesIO(picture)).convert("RGB")
    width = _WIDTH.get(image.width, image.width)
    for colours, scale in ((192, 1.0), (96, 1.0), (64, 0.85), (32, 0.75), (16, 0.6)):
        size = (round(width * scale), round(image.height * width * scale / image.width))
        drawn = image.resize(size, Image.Resampling.LANCZOS).quantize(colours, dither=Image.Dither.NONE)
        out = io.BytesIO()
        drawn.save(out, "PNG", optimize=True)
        if out.tell() <= MOST_BYTES:
            break
    return out.getvalue()


@contextmanager
def _browser() -> Iterator[Browser]:
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError as error:
        raise StageFailed(
            "the tour needs a browser to drive: ./dev demo --tour installs what it takes"
        ) from error
    with sync_playwright() as play:
        try:
            own = str(_CHROMIUM) if _CHROMIUM.exists() else None
            browser = play.chromium.launch(executable_path=own, args=["--no-sandbox"])
        except Error as error:
            raise StageFailed(f"no Chromium was found: {error.message.splitlines()[0]}") from error
        yield browser
        browser.close()


def tour(stage: Stage, folder: Path, scenes: Scenes, tell: Callable[[str], None]) -> None:
    """Takes all pictures into `folder`; raises StageFailed where a screen does not show what it must."""
    from playwright.sync_api import Error

    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("[0-9][0-9]-*.png"):
        old.unlink()
    with _browser() as browser:
        walk = Tour(stage, folder, browser, tell)
        for scene in scenes:
            try:
                scene(walk)
            except Error as error:
                shutil.rmtree(folder / "failed", ignore_errors=True)
                why = " ".join(line.strip() for line in error.message.splitlines()[:3])
                raise StageFailed(f"{scene.__name__}: {why}") from error
        walk.read_me()
