"""Writes the catalogue in Traditional Chinese: characters by OpenCC, the shop's own words, and what was set by hand.

A tool of whoever changes words, not of the store: `pip install opencc-purepy`, then
`python kiosk_ui/translations/traditional.py`. Entries after the line
`# By hand` are kept as they are; the others are made anew. Read what it adds before it is committed.
"""

from __future__ import annotations

import importlib
import io
import sys
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

_HERE = Path(__file__).resolve().parent
_ROOT = _HERE.parent.parent
_FOLDER = _HERE / "zh_Hant" / "LC_MESSAGES"
_HAND = "# By hand\n"
_HEAD = """# Traditional Chinese catalog. Made by traditional.py; corrections go below the line that says so.
msgid ""
msgstr ""
"Project-Id-Version: store-edge 0.1.0\\n"
"Report-Msgid-Bugs-To: EMAIL@ADDRESS\\n"
"POT-Creation-Date: 2026-11-22 00:00+0000\\n"
"PO-Revision-Date: 2026-11-22 00:00+0000\\n"
"Last-Translator: FULL NAME <EMAIL@ADDRESS>\\n"
"Language: zh_Hant\\n"
"Language-Team: zh_Hant <LL@li.org>\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"""
# What is said otherwise where Traditional characters are read, and read both in Hong Kong and in Taipei.
_WORDS = {
    "復購": "回購",
    "臺": "台",
    "服務檯": "服務台",
    "設置": "設定",
    "復盤": "複盤",
    "袋簽": "袋標籤",
    "袋籤": "袋標籤",
    "標標籤": "標籤",
    "圖標": "圖示",
    "鏈接": "連結",
    "來源是文件": "來源是檔案",
    "文檔": "文件",
    "移動支付": "手機支付",
    "錄入": "輸入",
    "搜索": "搜尋",
    "當前": "目前",
    "刷新頁面": "重新整理頁面",
    "信息": "資訊",
    "屏幕": "螢幕",
    "打印機": "印表機",
    "打印": "列印",
    "數據": "資料",
    "程序": "程式",
    "默認": "預設",
    "攝像頭": "鏡頭",
    "登錄": "登入",
    "小票機": "收據機",
    "小票": "收據",
    "人工台": "人工櫃檯",
    "質量": "品質",
    "電子秤": "電子磅秤",
    "“": "「",
    "”": "」",
    "短信": "簡訊",
    "視頻": "影片",
    "自提": "自取",
    "土豆": "馬鈴薯",
    "充值": "儲值",
    "適配": "相容",
    "支持": "支援",
    "硬盤": "硬碟",
    "磁盤": "磁碟",
    "存儲": "儲存",
    "串口": "序列埠",
    "網口": "網路埠",
    "U盤": "隨身碟",
    "網絡": "網路",
    "設備": "裝置",
    "界面": "介面",
    "接口": "介面",
    "卸載": "解除安裝",
    "缺省": "預設",
}


def texts() -> list[tuple[str, bool]]:
    """(msgid, whether it has a plural) of the whole catalogue, and the refusals' own words."""
    with (_HERE / "en" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalog = read_po(file, locale="en")
    found = [(m.id, False) if isinstance(m.id, str) else (m.id[0], True) for m in catalog if m.id]
    known = {text for text, _ in found}
    return found + [(text, False) for text in refusals() if text not in known]


def refusals() -> list[str]:
    """What refusals say in Chinese, and what they say to do: shoppers read these too."""
    from edge.domain.refusals import Refusal
    from kiosk_ui import answers  # noqa: F401 - it has some of its own

    for path in sorted((_ROOT / "edge" / "domain").glob("*_refusals.py")):
        importlib.import_module(f"edge.domain.{path.stem}")
    said: dict[str, None] = {}
    kinds: list[type[Refusal]] = [Refusal]
    while kinds:
        kind = kinds.pop(0)
        kinds += kind.__subclasses__()
        said |= {kind.zh: None, kind.next_zh: None}
    return list(said)


def main() -> None:
    """Writes messages.po and messages.mo."""
    from opencc_purepy import OpenCC  # type: ignore[import-not-found,import-untyped,unused-ignore]

    convert = OpenCC("s2t").convert
    file = _FOLDER / "messages.po"
    _FOLDER.mkdir(parents=True, exist_ok=True)
    hand = file.read_text("utf-8").partition(_HAND)[2] if file.exists() else ""
    by_hand = {
        m.id if isinstance(m.id, str) else m.id[0] for m in read_po(io.StringIO(hand), locale="zh_Hant")
    }
    made = [_HEAD]
    for msgid, plural in texts():
        if msgid in by_hand:
            continue
        said = convert(msgid)
        for word, ours in _WORDS.items():
            said = said.replace(word, ours)
        made.append(_entry(msgid, said, plural=plural))
    file.write_text("\n".join(made) + "\n" + _HAND + hand, "utf-8")
    with file.open("rb") as written, file.with_suffix(".mo").open("wb") as compiled:
        write_mo(compiled, read_po(written, locale="zh_Hant"))


def _entry(msgid: str, said: str, *, plural: bool) -> str:
    flag = "#, python-format\n" if "%(" in msgid else ""
    if plural:
        return f"{flag}msgid {_quoted(msgid)}\nmsgid_plural {_quoted(msgid)}\nmsgstr[0] {_quoted(said)}\n"
    return f"{flag}msgid {_quoted(msgid)}\nmsgstr {_quoted(said)}\n"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


if __name__ == "__main__":
    sys.path.insert(0, str(_ROOT))
    main()
