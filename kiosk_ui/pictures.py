"""Product pictures drawn by rule: a flat shape for the kind of goods, a palette that follows from the SKU."""

from __future__ import annotations

import hashlib
import re

_KINDS: tuple[tuple[str, str], ...] = (
    ("bag", r"购物袋|手提袋|carrier bag|shopping bag"),
    ("carton", r"milk|dairy|yog|牛奶|酸奶|鲜奶|乳"),
    ("fruit", r"水果|果蔬|蔬菜|生鲜|fruit|veg|fresh|produce"),
    ("pouch", r"坚果|零食|nuts|snack"),
    ("bottle", r"drink|beverage|water|juice|sauce|oil|wine|beer|alcohol|饮|水|汁|酱|油|酒|醋"),
    ("carton", r"奶"),
    ("fruit", r"果|蔬|菜|鲜|苹|橙|梨"),
    ("can", r"can|tin|罐|coffee|咖啡"),
    ("tube", r"care|beauty|cosmetic|tooth|cream|skin|护|妆|膏|霜|牙|洗"),
    ("shirt", r"cloth|apparel|wear|shirt|服|衣|衫|袜|裤"),
    ("device", r"electr|digital|phone|cable|lamp|数码|电|灯|耳机|手机"),
    ("cup", r"home|kitchen|house|cup|家|厨|杯|碗|锅"),
    ("book", r"book|station|office|书|文具|笔|本"),
    ("jar", r"jar|honey|jam|tea|spice|茶|蜜|调味|瓶"),
    ("pouch", r"snack|chip|candy|rice|grain|nut|food|baby|pet|零食|米|面|坚果|糖|粮|食"),
    ("box", r"box|toy|gift|health|paper|盒|玩具|礼|纸|药|保健"),
)
_SHAPES: dict[str, str] = {
    "bottle": (
        '<path fill="{c}" d="M84 40h32v30c0 14 20 22 20 46v56c0 8-6 14-14 14H78'
        'c-8 0-14-6-14-14v-56c0-24 20-32 20-46z"/>'
        '<path fill="{d}" d="M80 28h40v18H80z"/><path fill="{l}" d="M64 118h72v40H64z"/>'
        '<circle cx="100" cy="138" r="11" fill="{a}"/>'
        '<path fill="#fff" opacity=".28" d="M76 108c2-10 8-14 10-20v92h-10z"/>'
    ),
    "carton": (
        '<path fill="{l}" d="M62 76l20-34h56v34z"/><path fill="{c}" d="M62 76h76v110H62z"/>'
        '<path fill="{d}" d="M82 26h56v18H82z"/><path fill="{l}" d="M62 122c26-20 46 18 76-4v44H62z"/>'
        '<circle cx="100" cy="98" r="12" fill="{a}"/>'
    ),
    "fruit": (
        '<path fill="{c}" d="M100 74c16-16 62-12 62 36 0 42-32 78-62 70-30 8-62-28-62-70 0-48 46-52 62-36z"/>'
        '<path fill="{d}" d="M97 74c-2-18 2-32 12-44l8 5c-8 11-12 24-11 39z"/>'
        '<path fill="hsl(104 34% 44%)" d="M112 54c8-20 28-24 44-20-4 20-22 30-44 20z"/>'
        '<path fill="#fff" opacity=".28" d="M54 104c2-16 12-22 22-22-10 8-14 20-14 40-6-4-9-10-8-18z"/>'
    ),
    "can": (
        '<path fill="{c}" d="M60 50h80v124c0 8-80 8-80 0z"/><ellipse cx="100" cy="50" rx="40" ry="11" fill="{d}"/>'
        '<ellipse cx="100" cy="48" rx="32" ry="7" fill="{l}"/><path fill="{l}" d="M60 88h80v52H60z"/>'
        '<path fill="{a}" d="M82 114a18 18 0 1 1 36 0 18 18 0 1 1-36 0z"/>'
    ),
    "tube": (
        '<path fill="{c}" d="M66 34h68l-10 112H76z"/><path fill="{d}" d="M66 24h68v14H66z"/>'
        '<path fill="{d}" d="M80 146h40v38H80z"/><path fill="{l}" d="M73 70h54l-4 40H77z"/>'
        '<circle cx="100" cy="90" r="10" fill="{a}"/>'
    ),
    "shirt": (
        '<path fill="{c}" d="M72 44l-44 26 16 34 20-10v88h72V94l20 10 16-34-44-26c-6 16-50 16-56 0z"/>'
        '<path fill="{d}" d="M72 44c6 16 50 16 56 0l-8-4c-6 10-34 10-40 0z"/><path fill="{a}" d="M64 120h72v16H64z"/>'
    ),
    "device": (
        '<rect x="58" y="26" width="84" height="158" rx="16" fill="{d}"/>'
        '<rect x="66" y="36" width="68" height="124" rx="8" fill="{l}"/>'
        '<path fill="{c}" d="M66 118l24-28 18 18 26-30v74a8 8 0 0 1-8 8H74a8 8 0 0 1-8-8z"/>'
        '<circle cx="112" cy="62" r="11" fill="{a}"/><circle cx="100" cy="172" r="6" fill="{c}"/>'
    ),
    "cup": (
        '<path fill="{c}" d="M44 66h96v70c0 26-20 44-48 44s-48-18-48-44z"/>'
        '<path fill="none" stroke="{d}" stroke-width="13" d="M140 86h10c30 0 30 50-12 52"/>'
        '<ellipse cx="92" cy="66" rx="48" ry="12" fill="{d}"/><ellipse cx="92" cy="67" rx="38" ry="7" fill="{a}"/>'
        '<path fill="{l}" d="M44 104h96v22H44z"/>'
    ),
    "book": (
        '<path fill="{d}" d="M54 40c0-8 6-14 14-14h78v158H68c-8 0-14-6-14-14z"/>'
        '<path fill="#fff" d="M64 162h82v12H68c-8 0-8-12-4-12z"/><path fill="{c}" d="M66 26h80v132H66z"/>'
        '<path fill="{l}" d="M84 52h44v12H84zm0 22h30v8H84z"/><circle cx="106" cy="122" r="16" fill="{a}"/>'
    ),
    "jar": (
        '<path fill="{d}" d="M66 28h68v26H66z"/><path fill="{c}" d="M62 54h76c12 8 16 18 16 32v78c0 12-8 20-20 20H66'
        'c-12 0-20-8-20-20V86c0-14 4-24 16-32z"/><path fill="{l}" d="M46 98h108v50H46z"/>'
        '<path fill="{a}" d="M100 103c3 14 6 17 20 20-14 3-17 6-20 20-3-14-6-17-20-20 14-3 17-6 20-20z"/>'
    ),
    "pouch": (
        '<path fill="{c}" d="M56 30h88c-6 30 10 60 6 96-2 24 4 44-2 58H52c-6-14 0-34-2-58-4-36 12-66 6-96z"/>'
        '<path fill="{d}" d="M56 30h88l-2 18H58z"/><path fill="{l}" d="M52 98c30-14 66-14 96 0v44c-30 14-66 14-96 0z"/>'
        '<circle cx="100" cy="120" r="17" fill="{a}"/>'
    ),
    "bag": (
        '<path fill="none" stroke="{d}" stroke-width="9" d="M74 84V62c0-34 52-34 52 0v22"/>'
        '<path fill="{c}" d="M48 76h104l10 98c0 6-4 10-10 10H48c-6 0-10-4-10-10z"/>'
        '<path fill="{d}" opacity=".35" d="M48 76h104l2 16H46z"/><path fill="{l}" d="M74 112h52v44H74z"/>'
        '<circle cx="100" cy="134" r="12" fill="{a}"/>'
    ),
    "box": (
        '<path fill="{l}" d="M100 34l68 32-68 32-68-32z"/><path fill="{c}" d="M32 66l68 32v88l-68-34z"/>'
        '<path fill="{d}" d="M168 66l-68 32v88l68-34z"/><path fill="{a}" d="M60 47l68 32v26l14-7V72L74 40z"/>'
    ),
}
_NAMES = tuple(_SHAPES)
_HUES = (8, 24, 40, 92, 140, 162, 186, 206, 222, 338)  # tones that sit well beside the celadon
_ACCENTS = ("hsl(27 86% 60%)", "hsl(168 34% 44%)", "hsl(46 82% 62%)", "hsl(352 52% 58%)", "hsl(206 42% 46%)")
_WARM = (2, 14, 28, 42, 88, 108)  # nobody eats a blue apple


def draw(sku: str, hint: str = "") -> str:
    """An SVG of 200 x 200 units. `hint` is a category or name that chooses the shape; else the SKU does."""
    seed = hashlib.sha256(sku.encode()).digest()
    shape = _kind(hint) or _NAMES[seed[0] % len(_NAMES)]
    hues = _WARM if shape == "fruit" else _HUES
    hue = hues[seed[1] % len(hues)] + seed[2] % 8
    body = _SHAPES[shape].format(
        c=f"hsl({hue} 38% 58%)",
        d=f"hsl({hue} 40% 36%)",
        l=f"hsl({hue} 42% 88%)",
        a=_ACCENTS[seed[3] % len(_ACCENTS)],
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200">'
        # Wider than the view box: the tint fills a frame of any shape, the drawing stays whole.
        f'<rect x="-400" y="-400" width="1000" height="1000" fill="hsl({hue} 32% 93%)"/>'
        f'<ellipse cx="100" cy="186" rx="58" ry="6" fill="hsl({hue} 20% 30%)" opacity=".14"/>{body}</svg>'
    )


def _kind(hint: str) -> str:
    lowered = hint.lower()
    return next((kind for kind, pattern in _KINDS if re.search(pattern, lowered)), "")
