"""What codes say of goods: batches, dates, weights, prices; and that no code of a wallet is ever told on."""

from __future__ import annotations

import logging
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.refusals import PayCodeElsewhere, Refusal
from edge.domain.scanned import (
    PAY_KINDS,
    PLAIN,
    Expecting,
    Rules,
    ScanKind,
    Scanned,
    check_digit_ok,
    classify,
    in_place,
    log_form,
)
from edge.domain.scanned_goods import GoodsFacts, sellable, weighed_right
from edge.domain.scanned_refusals import (
    BatchExpired,
    BestBeforeOver,
    LabelTooLight,
    ProductInPay,
    WeightDiffers,
)
from edge.domain.scanned_variable import Layout

G = "06901234567892"
CHAIN = Rules(
    layouts=(
        Layout("20", 5, "weight", 5, 3),
        Layout("21", 5, "price", 5, 2),
        Layout("22", 5, "price", 4, 1, inner_check=True),
        Layout("2", 6, "count", 5),
        Layout("02", 5, "price", 5, 2),
    ),
    card_prefix="8800",
    card_digits=16,
)


def label(twelve: str) -> str:
    return next(f"{twelve}{digit}" for digit in range(10) if check_digit_ok(f"{twelve}{digit}"))


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        (
            f"]d201{G}17270131\x1d10LOT7\x1d21S-9",
            GoodsFacts(G, batch="LOT7", serial="S-9", expiry=date(2027, 1, 31)),
        ),
        (
            f"]C101{G}17270200",
            GoodsFacts(G, expiry=date(2027, 2, 28)),
        ),
        (f"\x1d01{G}15261130", GoodsFacts(G, best_before=date(2026, 11, 30))),
        (f"]e001{G}310300125039221250", GoodsFacts(G, grams=1250, price_fen=1250)),
        (f"]d201{G}39321561250", GoodsFacts(G, price_fen=1250)),
        (f"]d201{G}39328401250", None),
        (f"]d201{G}3201000010", GoodsFacts(G, grams=454)),
        (f"(02){G}(37)24", GoodsFacts(G, count=24)),
        (f"8006{G}0102", GoodsFacts(G)),
        (
            f"https://shop.example/01/{G}/10/LOT7/21/S9?17=270131&3103=001250&3922=1250",
            GoodsFacts(G, batch="LOT7", serial="S9", expiry=date(2027, 1, 31), grams=1250, price_fen=1250),
        ),
        (f"HTTPS://ID.GS1.ORG/01/{G}?17=270131", GoodsFacts(G, expiry=date(2027, 1, 31))),
        (f"]Q1https://id.gs1.org/01/{G}", GoodsFacts(G)),
        ("]d201069012345678931726", None),
        ("]d20106901234567893", None),
        (f"]d201{G}17271331", None),
        (f"]d201{G}10A\x1d10B", None),
        (f"https://id.gs1.org/01/{G}?17=270131&17=280131", None),
        (f"https://id.gs1.org/01/{G}?01=16901234567899", None),
        (f"https://id.gs1.org/01/{G}?17=", None),
        ("]C100123456789012345675", GoodsFacts()),
        ("]C100123456789012345670", None),
        (f"]d201{G}4106901234567893", None),
    ],
)
def test_what_a_code_says_of_goods(text: str, facts: GoodsFacts | None) -> None:
    seen = classify(text)
    if facts is None:
        assert seen.kind in (ScanKind.UNKNOWN, ScanKind.URL)
        assert not seen.names_goods, "sold by its number alone, its dates would go unread"
    else:
        assert (seen.kind, seen.facts) == (ScanKind.GS1, facts)


@pytest.mark.parametrize(
    ("twelve", "facts"),
    [
        ("200123401250", GoodsFacts(plu="1234", grams=1250)),
        ("210123401250", GoodsFacts(plu="1234", price_fen=1250)),
        ("021234501250", GoodsFacts(plu="12345", price_fen=1250)),
        ("230012300012", GoodsFacts(plu="300123", count=12)),
        ("200123400000", None),
        ("200000001250", None),
    ],
)
def test_labels_are_read_by_the_chains_layouts(twelve: str, facts: GoodsFacts | None) -> None:
    seen = classify(label(twelve), rules=CHAIN)
    assert seen.kind is (ScanKind.UNKNOWN if facts is None else ScanKind.VARIABLE)
    assert seen.facts == (facts or GoodsFacts())


def test_an_inner_check_digit_guards_the_price() -> None:
    from biip.checksums import gs1_price_weight_check_digit

    right = gs1_price_weight_check_digit("0125")
    said = [
        classify(label(f"2201234{inner}0125"), rules=CHAIN).facts.price_fen
        for inner in (right, (right + 1) % 10)
    ]
    assert said == [1250, None]


def test_a_number_of_the_shops_own_without_a_layout_is_sold_by_the_piece() -> None:
    text = label("290123401250")
    assert classify(text, rules=Rules(CHAIN.layouts[:2])).facts.numbers() == (text.zfill(14),)


def test_layouts_that_cannot_be_are_told() -> None:
    assert all(layout.fits() for layout in CHAIN.layouts)
    assert not Layout("20", 5, "weight", 6).fits()
    assert not Layout("20", 3, "price", 6, inner_check=True).fits()


def test_eight_digits_may_be_a_short_upc() -> None:
    seen = classify("01234565")
    assert seen.facts.numbers() == ("00000001234565", "00012345000065")
    assert classify("04252614").facts.numbers() == ("00042100005264",)


def test_a_plastic_card_is_known_and_not_trusted() -> None:
    seen = classify("8800123412341234", rules=CHAIN)
    assert (seen.kind, seen.trusted) == (ScanKind.CARD, False)
    assert classify("8800123412341234").kind is ScanKind.UNKNOWN
    greedy = Rules(card_prefix="13", card_digits=18)
    assert classify("134567890123456789", rules=greedy).kind is ScanKind.PAY_WECHAT


@pytest.mark.parametrize(
    ("text", "expecting", "refused"),
    [
        ("134567890123456789", Expecting.ANYTHING, PayCodeElsewhere),
        ("134567890123456789", Expecting.PICKUP, PayCodeElsewhere),
        ("134567890123456789", Expecting.PAYMENT, None),
        ("9934567890123456789", Expecting.PAYMENT, None),
        ("6901234567892", Expecting.PAYMENT, ProductInPay),
        (f"https://x.example/01/{G}", Expecting.PAYMENT, ProductInPay),
        ("https://x.example/p/6901234567892", Expecting.PAYMENT, ProductInPay),
        ("6901234567892", Expecting.ANYTHING, None),
        ("MB1.abc", Expecting.PAYMENT, None),
    ],
)
def test_what_may_be_shown_where(text: str, expecting: Expecting, refused: type[Refusal] | None) -> None:
    seen = classify(text, expecting)
    if refused is None:
        assert in_place(seen, expecting) is seen
        assert expecting is not Expecting.PAYMENT or seen.kind in PAY_KINDS | {ScanKind.MEMBER}
    else:
        with pytest.raises(refused):
            in_place(seen, expecting)


def test_dates_are_looked_at_when_it_is_scanned() -> None:
    today = date(2026, 11, 22)
    for gone in (GoodsFacts(expiry=date(2026, 11, 21)), GoodsFacts(sell_by=date(2026, 1, 1))):
        with pytest.raises(BatchExpired):
            sellable(gone, today)
    with pytest.raises(BestBeforeOver, match="best_before_over"):
        sellable(GoodsFacts(best_before=date(2026, 11, 21), batch="L{7}"), today)
    sellable(GoodsFacts(expiry=today, best_before=today, sell_by=today), today)


def test_weights_are_held_against_label_and_catalogue() -> None:
    weighed_right(GoodsFacts(grams=500), 510)
    with pytest.raises(LabelTooLight):
        weighed_right(GoodsFacts(grams=500), 511)
    with pytest.raises(WeightDiffers):
        weighed_right(GoodsFacts(grams=500), 489)
    weighed_right(GoodsFacts(), 1030, piece_g=500, piece_off_g=15, pieces=2)
    with pytest.raises(WeightDiffers):
        weighed_right(GoodsFacts(), 1031, piece_g=500, piece_off_g=15, pieces=2)
    weighed_right(GoodsFacts(), 99)


SCANS = st.one_of(
    st.text(max_size=60),
    st.from_regex(r"(\]C1|\]d2|\]Q3|\]e0|\x1d|)(01|02|10|17|21|310[0-9]|392[0-9]|8006|00)[0-9A-Z\x1d]{0,40}"),
    st.from_regex(r"https?://[a-z]{1,5}/(01|gtin|p)/[0-9]{8,14}(\?[0-9]{2,4}=[0-9]{0,8}){0,2}"),
    st.from_regex(r"[0-9]{6,26}"),
    st.from_regex(r"\([0-9]{2,4}\)[0-9A-Z(]{0,20}"),
)


@given(SCANS, st.sampled_from(Expecting), st.sampled_from([PLAIN, CHAIN]))
def test_anything_may_be_scanned(text: str, expecting: Expecting, rules: Rules) -> None:
    seen = classify(text, expecting, rules)
    assert seen == classify(text, expecting, rules)
    assert len(seen.facts.gtin) in (0, 14)
    assert not seen.facts.gtin or check_digit_ok(seen.facts.gtin)
    assert isinstance(log_form(seen), str)


WALLETS = st.one_of(
    st.from_regex(r"\A1[0-5][0-9]{16}\Z"),
    st.from_regex(r"\A(2[5-9]|30)[0-9]{14,22}\Z"),
    st.from_regex(r"\A62[0-9]{17}\Z"),
).filter(str.isascii)


@given(WALLETS, st.sampled_from(Expecting), st.sampled_from(["", " ", "]C0", "]Q1"]))
def test_a_wallets_code_is_always_one_and_never_told(code: str, expecting: Expecting, before: str) -> None:
    seen = classify(before + code, expecting, CHAIN)
    assert seen.kind in PAY_KINDS
    logged = logging.LogRecord("x", 20, "x", 1, "%r", (seen,), None).getMessage()
    told = (repr(seen), str(seen), f"{[seen]}", log_form(seen), logged)
    assert not any(code[at : at + 6] in text for text in told for at in range(len(code) - 5))
    assert log_form(classify("134567890123456789")) == "paycode:wechat:len18"


@given(WALLETS)
def test_nor_is_one_that_was_cut_or_mistyped(code: str) -> None:
    for broken in (code[:-1], code + "x"):
        assert broken[1:-1] not in repr(classify(broken))


def test_only_what_is_nobodys_secret_is_told() -> None:
    assert "6901234567892" in repr(classify("6901234567892"))
    for secret in ("PK1.abcdef", "CP1.abcdef", "MB1.abcdef", "SB1.ABCDEFGHIJKLMNOP"):
        assert secret[4:] not in repr(classify(secret))
    assert "abcdef" not in repr(Scanned(ScanKind.URL, "https://x.example/abcdef"))
