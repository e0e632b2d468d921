"""What the demo's shoppers' screens have to say: reviews, lists, variants, places nearby, and slides that we draw."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.demo.film import filmed
from edge.demo.shop import OTHER_STORE, SEED, STORE, Ware

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from sqlalchemy import Engine

    from sync.guiding import Ranked, Review, Variant
    from sync.hub.desk import HubDesk

_SIZE = 1080, 1920
_CAMPUS, _DEPOT, _NEAR = "S00508", "W-EAST", "F-RIVER"
_SAYS = (
    ("味道正，回购第三次了", "Just right; my third time"),
    ("包装结实，送人体面", "Well packed, a good present"),
    ("日期新鲜，价格实在", "Fresh, and a fair price"),
    ("比想象中大一点，很喜欢", "A little larger than I thought; I like it"),
    ("家里老人孩子都爱用", "Everybody at home likes it"),
)
_SLIDES: tuple[dict[str, Any], ...] = (
    {
        "title_zh": "明前新茶，今日到店",
        "title_en": "Spring tea, in today",
        "text_zh": "采于清明之前，限量",
        "text_en": "Picked before the rains",
        "campaign": "spring-tea",
        "seconds": 15,
    },
    {
        "title_zh": "山里来的果子",
        "title_en": "Fruit from the hills",
        "text_zh": "当季生鲜，扫码看产地价",
        "text_en": "In season: scan for today's price",
        "campaign": "fruit",
        "seconds": 15,
    },
    {
        "title_zh": "夜里也能下单",
        "title_en": "Order at night, too",
        "text_zh": "扫码到手机，明天来取",
        "text_en": "Scan, and collect tomorrow",
        "campaign": "night",
        "seconds": 15,
    },
)

_FILM: dict[str, Any] = {
    "title_zh": "坐一会儿，喝杯茶",
    "title_en": "Sit down, have a cup",
    "text_zh": "每天下午三点，一楼试饮",
    "text_en": "Tasting at three, ground floor",
    "campaign": "cup",
    "seconds": 15,
}


def dress(engine: Engine, desk: HubDesk, wares: Sequence[Ware]) -> None:
    """Publishes what is said of products, places that have them, and where phones go."""
    from sync.benefits import JoinLink
    from sync.hub.guide_desk import ScreenDesk
    from sync.hub.member_desk import MemberDesk

    screens = ScreenDesk(engine)
    screens.say([*_lists(wares), *_reviews(wares), *_families(wares)])
    screens.cart_link("https://shop.heli.example/go")
    join = JoinLink(
        "demo", "https://join.heli.example/m", "加入禾里集，立得 20 元券", "Join Heli, get 20 yuan off"
    )
    MemberDesk(engine).join_link(join)
    _places(engine, desk, wares)


def _lists(wares: Sequence[Ware]) -> list[Ranked]:
    from sync.guiding import HOT, Ranked

    here = [ware for ware in wares if ware.on_hand > 8 and not ware.flags]
    hot = tuple(ware.sku for ware in here[::53])
    beside = {ware.sku: here[n * 7 % len(here)].sku for n, ware in enumerate(wares[:200:2])}
    return [Ranked(HOT, hot), *(Ranked(f"with:{sku}", (other, *hot[:5])) for sku, other in beside.items())]


def _reviews(wares: Sequence[Ware]) -> list[Review]:
    from sync.guiding import Review, Said

    dice = random.Random(SEED + 7)  # noqa: S311 - a shop window, no secret
    return [
        Review(
            ware.sku,
            dice.randrange(38, 50),
            dice.randrange(12, 2400),
            tuple(Said(*says) for says in dice.sample(_SAYS, 3)),
        )
        for ware in wares[::3]
    ]


def _families(wares: Sequence[Ware]) -> list[Variant]:
    """Goods of one brand and kind are one family; what is left of their names is the variant."""
    from sync.guiding import Variant

    found = []
    for (category, name), group in itertools.groupby(
        wares, lambda w: (w.category, w.name_zh.rpartition(" ")[0])
    ):
        some = list(group)
        if len(some) < 2 or category not in {"tea", "beauty", "snacks"}:
            continue
        for rank, ware in enumerate(some):
            zh, en = ware.name_zh.rpartition(" ")[2], ware.name_en.rpartition(", ")[2]
            found.append(Variant(ware.sku, f"{category}:{name}"[:64], zh, en, rank))
    return found


def _places(engine: Engine, desk: HubDesk, wares: Sequence[Ware]) -> None:
    from sync.goods import Node
    from sync.hub.nodes import NodeDesk

    dice = random.Random(SEED + 8)  # noqa: S311 - a shop window, no secret
    some = [ware.sku for ware in wares[::4]] + [ware.sku for ware in wares if not ware.on_hand][:60]
    for store in (OTHER_STORE, _CAMPUS):
        desk.set_stocks(store, {sku: dice.choice((0, 1, 3, 9, 24)) for sku in dict.fromkeys(some)})
    nodes = NodeDesk(engine)
    nodes.set_nodes(
        (
            Node(STORE, "store", "禾里集 · 滨江店", "Heli Market Riverside", 3_121_000, 12_147_000),
            Node(OTHER_STORE, "store", "禾里集 · 老城店", "Heli Market Old Town", 3_121_600, 12_147_460),
            Node(_CAMPUS, "store", "禾里集 · 大学城店", "Heli Market Campus", 3_124_200, 12_148_400),
            Node(_NEAR, "forward", "滨江前置仓", "Riverside depot", 3_120_100, 12_146_300),
            Node(_DEPOT, "warehouse", "华东仓", "East warehouse", 3_140_000, 12_110_000),
        )
    )
    nodes.set_levels(_DEPOT, dict.fromkeys(some, 200))
    nodes.set_levels(_NEAR, dict.fromkeys(some[::2], 12))
    nodes.snapshot()


def show_slides(engine: Engine, wares: Sequence[Ware], keys: Path, pictures: Path) -> None:
    """Pushes the slides to the demo's store, which is enrolled; signed with the config key in `keys`, their pictures
    drawn into `pictures`."""
    import msgspec

    from edge.trust_cli import read_key
    from sync.configured import Scope
    from sync.hub.config_desk import ConfigDesk, Wish
    from sync.hub.media import Media, media_beside

    folder = media_beside(engine)
    if folder is None:
        return
    shelf, slides = Media(folder), []
    for slide, file in zip(_SLIDES, drawn(pictures), strict=True):
        slides.append({**slide, "media": msgspec.to_builtins(shelf.add(file))})
    if film := filmed(pictures):
        slides.append({**_FILM, "media": msgspec.to_builtins(shelf.add(film))})
    tea = next(ware for ware in wares if ware.category == "tea" and ware.on_hand > 8)
    slides.insert(1, {"title_zh": "今天喝这个", "title_en": "Today's cup", "sku": tea.sku, "seconds": 12})
    desk = ConfigDesk(engine)
    draft = desk.draft(Wish(Scope(store=STORE), {"playlists": {"all": slides}}, "demo", "the demo's slides"))
    desk.push(draft, draft.signed([read_key(keys / "config.key")]), rings=(100,), soak_s=0)


# ---- Pictures, drawn ---------------------------------------------------------------------------------


def drawn(folder: Path) -> tuple[Path, ...]:
    """The slides' pictures as PNG files in `folder`: hills and tea, fruit, a night street."""
    from PIL import Image
    from PIL.ImageDraw import Draw

    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for name, paint in (("tea", _tea), ("fruit", _fruit), ("night", _night)):
        image = Image.new("RGB", _SIZE)
        paint(Draw(image))
        file = folder / f"{name}.png"
        image.quantize(128).save(file, optimize=True)
        made.append(file)
    return tuple(made)


def _sky(draw: ImageDraw, top: tuple[int, int, int], low: tuple[int, int, int]) -> None:
    wide, high = _SIZE
    for y in range(0, high, 12):
        share = y / high
        colour = tuple(round(a + (b - a) * share) for a, b in zip(top, low, strict=True))
        draw.rectangle((0, y, wide, y + 12), fill=colour)


def _hill(draw: ImageDraw, base: int, height: int, width: int, colour: str, shift: int = 0) -> None:
    import math

    points = [
        (x, base - height * (0.5 + 0.5 * math.sin((x + shift) / width))) for x in range(0, _SIZE[0] + 20, 20)
    ]
    draw.polygon([(0, _SIZE[1]), *points, (_SIZE[0], _SIZE[1])], fill=colour)


def _tea(draw: ImageDraw) -> None:
    _sky(draw, (244, 233, 206), (214, 229, 205))
    draw.ellipse((680, 180, 900, 400), fill="#f2b766")
    _hill(draw, 820, 260, 190, "#b9d3b4", 300)
    _hill(draw, 940, 240, 230, "#93bb97", 0)
    for row, shade in enumerate(("#5f9570", "#4f8662", "#417655", "#356749", "#2a583e")):
        _hill(draw, 1080 + row * 150, 150, 260 - row * 12, shade, row * 170)
        for x in range(-40, 1120, 76):
            y = 1066 + row * 150 + (x * 37 + row * 91) % 40
            draw.ellipse(
                (x, y, x + 92, y + 60), fill=("#6aa47c", "#5b9570", "#4c8562", "#3f7556", "#33654a")[row]
            )
    _cup(draw, 540, 760)


def _cup(draw: ImageDraw, x: int, y: int) -> None:
    draw.ellipse((x - 210, y + 150, x + 210, y + 200), fill="#dfe9d8")
    draw.pieslice((x - 160, y - 170, x + 160, y + 170), 0, 180, fill="#f7f5ee")
    draw.ellipse((x - 160, y - 42, x + 160, y + 42), fill="#eef0e4")
    draw.ellipse((x - 138, y - 32, x + 138, y + 32), fill="#b9c76a")
    for side, lean in ((-60, -26), (0, 30), (60, -18)):
        draw.line(
            [(x + side + lean * (step % 2), y - 90 - 40 * step) for step in range(4)],
            fill="#ffffff",
            width=9,
            joint="curve",
        )


def _fruit(draw: ImageDraw) -> None:
    _sky(draw, (250, 226, 196), (244, 178, 140))
    dice = random.Random(SEED)  # noqa: S311 - a picture
    kinds = (("#e2643c", "#f0885b"), ("#f0a63a", "#f7c467"), ("#8aa84a", "#abc46c"), ("#b53f4a", "#d0626a"))
    spots = [(x, y) for y in range(380, 2000, 210) for x in range(-60, 1200, 220)]
    for n, (x, y) in enumerate(spots):
        dark, light = kinds[dice.randrange(len(kinds))]
        left, size = x + 110 * (n // 6 % 2), 196 + dice.randrange(40)
        draw.ellipse((left, y, left + size, y + size), fill=dark)
        draw.ellipse((left + size * 0.16, y + size * 0.12, left + size * 0.56, y + size * 0.5), fill=light)
        draw.line((left + size / 2, y + 14, left + size / 2 + 16, y - 34), fill="#5c4630", width=12)
        draw.ellipse((left + size / 2 + 12, y - 44, left + size / 2 + 84, y - 6), fill="#4f7d3e")


def _night(draw: ImageDraw) -> None:
    _sky(draw, (18, 34, 52), (44, 70, 84))
    dice = random.Random(SEED + 2)  # noqa: S311 - a picture
    for _ in range(90):
        x, y = dice.randrange(1080), dice.randrange(900)
        draw.ellipse((x, y, x + 5, y + 5), fill="#d9e4e6")
    draw.ellipse((120, 200, 330, 410), fill="#f3e3ac")
    draw.ellipse((180, 180, 370, 370), fill="#16283c")
    for x, top, wide in ((0, 820, 240), (220, 980, 300), (500, 760, 260), (740, 900, 340)):
        draw.rectangle((x, top, x + wide, 1920), fill="#22394a")
        for wx in range(x + 34, x + wide - 50, 78):
            for wy in range(top + 50, 1240, 104):
                lit = dice.random() < 0.55
                draw.rectangle((wx, wy, wx + 42, wy + 56), fill="#f5cf7a" if lit else "#2d485a")
    draw.rectangle((150, 1130, 930, 1920), fill="#2f5f55")
    draw.rectangle((150, 1130, 930, 1200), fill="#d8683c")
    for n, x in enumerate(range(150, 930, 130)):
        draw.pieslice((x, 1140, x + 130, 1270), 0, 180, fill="#f4efe2" if n % 2 else "#d8683c")
    draw.rectangle((220, 1330, 860, 1700), fill="#f6dfa2")
