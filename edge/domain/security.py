"""Which refusals somebody who watches over the shop wants to hear of, and what kind of attack each may be."""

from __future__ import annotations

_BY_CODE = {
    **dict.fromkeys(("wrong_pin", "too_many_tries"), "sign_in"),
    **dict.fromkeys(("not_signed_in", "screen_unbound"), "session"),
    **dict.fromkeys(("not_allowed", "out_of_scope"), "authority"),
    **dict.fromkeys(("not_found", "method_not_allowed"), "probe"),
    **dict.fromkeys(("bad_request", "too_large", "not_json", "foreign_host", "card_in_note"), "request"),
    **dict.fromkeys(("too_fast", "too_many_calls", "screens_waiting"), "flood"),
    **dict.fromkeys(("nonce_reused", "already_collected", "coupon_used", "member_code_spent"), "replay"),
    **dict.fromkeys(
        "invalid expired revoked wrong_store unknown_offline not_recognised pay_code_elsewhere pay_code_used "
        "coupon_unknown coupon_withdrawn coupon_elsewhere member_code_old pairing_unknown".split(),
        "code",
    ),
    **dict.fromkeys(
        "cut_refused total_changed refund_changed refund_too_much return_too_many nothing_to_return not_paid "
        "purchase_unknown return_needs_hq return_not_authorised deposit_spent deposit_not_yours coupon_held "
        "no_basket".split(),
        "money",
    ),
}
KINDS = tuple(dict.fromkeys(_BY_CODE.values()))
"""The kinds that a line of the security log may name."""
SESSION = "session"
"""Worth a line only where a token was shown, or something was to be changed: everybody comes without one at first."""


def kind_of(code: str) -> str:
    """What a refusal's code may be a sign of, one of KINDS; "" for one that is daily work."""
    return _BY_CODE.get(code, "")


def worth_a_line(times: int) -> bool:
    """Whether the nth of one kind in a row is told: the 1st, 10th, 100th, ... so that no flood fills a log."""
    while times >= 10 and times % 10 == 0:
        times //= 10
    return times == 1
