"""Refusals of what programs send, and of words that nobody may keep."""

from __future__ import annotations

from edge.domain.refusals import BadRequest, Refusal


class OutOfScope(Refusal):
    """A program may not call this part of the API (`scope`)."""

    code = "out_of_scope"
    status = 403
    zh = "此程序未获授权调用接口：{scope}"
    en = "This program may not call this part of the API: {scope}"
    next_zh = "请门店 IT 在 api_clients 的 scopes 中加入后重启"
    next_en = "Store IT: add it to the scopes of this api_client and restart"


class NotJson(BadRequest):
    """A program sent its request as something else than JSON."""

    code = "not_json"
    status = 415
    zh = "请求须为 JSON"
    en = "The request has to be JSON"
    next_zh = "请在 Content-Type 中写 application/json"
    next_en = "Say Content-Type: application/json"


class CardInNote(Refusal):
    """A card's number stands in words that are kept (`tail`: its last four digits)."""

    code = "card_in_note"
    status = 422
    zh = "说明里有银行卡号（尾号 {tail}），没有保存"
    en = "A card's number stands in the note (ending in {tail}); nothing was kept"
    next_zh = "去掉卡号后重新提交"
    next_en = "Leave the number out and send it again"


class WhyMissing(BadRequest):
    """Whoever goes past a rule says why."""

    code = "why_missing"
    status = 422
    zh = "请说明原因"
    en = "A reason is missing"
    next_zh = "写明原因后重新提交"
    next_en = "Say why and send it again"
