"""What the shop of a day of trade sells, by which rules, to whom: data only."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

STORE = "S00421"
MORNING = datetime(2026, 11, 22, 0, 30, tzinfo=UTC)  # half past eight in Shanghai
ENDS = "2027-06-01T00:00:00.000Z"
TILLS = ("T1", "T2")
PRINTERS = {"T1": "P1", "T2": "P2", "B1": "P3"}
# sku: (GTIN, name, fen, tax code, opening pieces, what else HQ says of it)
GOODS: dict[str, tuple[str, str, int, str, int, dict[str, Any]]] = {
    "TEA": ("6901234567892", "龙井茶", 5990, "1030101", 400, {"flags": ("tier_ok",), "category": "tea"}),
    "CUP": ("6901234567908", "青瓷杯", 12900, "1080205", 300, {"flags": ("tier_ok",), "category": "cup"}),
    "WINE": ("6901234567915", "干红", 9900, "1030305", 200, {"flags": ("alcohol",)}),
    "APPLE": ("", "富士苹果", 1280, "1010115", 300, {"unit": "kg", "plu": "12", "flags": ("no_return",)}),
    "SOAP": ("6901234567922", "香皂", 890, "1070222", 400, {"flags": ("tier_ok",)}),
    "JAR": ("6901234567939", "蜂蜜", 3500, "1010401", 120, {"category": "honey"}),
    "JAR2": ("6901234567946", "槐花蜜", 3300, "1010401", 120, {"category": "honey"}),
    "SALT": ("6901234567953", "海盐", 600, "1030205", 30, {}),
    "HOT": ("6901234567960", "联名礼盒", 19900, "1060101", 12, {}),
    "GIFT": ("6901234567977", "茶包", 990, "1030101", 500, {}),
}
MEMBERS = ("m-gold", "m-silver", "m-plain")
POINTS = 5000
RULES: tuple[dict[str, Any], ...] = (
    {
        "rule": "m200",
        "level": "order",
        "benefit": {"do": "off", "fen": 3000},
        "threshold": {"at_least": 20000},
        "name_zh": "满200减30",
        "name_en": "30 off 200",
    },
    {
        "rule": "half2",
        "level": "line",
        "benefit": {"do": "nth", "n": 2, "off_mille": 500, "same_sku": True},
        "include": {"skus": ["CUP"]},
        "name_zh": "第二件半价",
        "name_en": "Second half price",
    },
    {
        "rule": "tea-gift",
        "level": "gift",
        "benefit": {
            "do": "gift",
            "gifts": [{"sku": "GIFT", "name_zh": "茶包", "name_en": "Tea bags", "listed_fen": 990}],
        },
        "include": {"skus": ["TEA"]},
        "threshold": {"at_least": 10000},
        "name_zh": "买茶赠茶包",
        "name_en": "Tea bags with tea",
    },
    {
        "rule": "points",
        "level": "points",
        "benefit": {"do": "points_pay", "points": 100, "fen": 100, "cap_mille": 300},
        "name_zh": "积分抵现",
        "name_en": "Points",
    },
)
TIERS: tuple[dict[str, Any], ...] = (
    {"tier": "gold", "off_mille": 100, "points_per_100_yuan": 100, "name_zh": "金卡", "name_en": "Gold"},
    {"tier": "silver", "off_mille": 50, "points_per_100_yuan": 50, "name_zh": "银卡", "name_en": "Silver"},
    {"tier": "plain", "off_mille": 0, "points_per_100_yuan": 20, "name_zh": "普卡", "name_en": "Plain"},
)
VERSION = {"version": 1, "starts": "2026-11-01T00:00"}
