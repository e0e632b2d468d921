"""Errors become pages or JSON here, once: the rules' refusals, a client's mistakes, and our own faults."""

from __future__ import annotations

import logging

from flask import Response, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException, InternalServerError

from edge.domain.refusals import BadRequest, NotSignedIn, Refusal, UnknownThing
from edge.domain.screen_refusals import ScreenUnbound
from kiosk_ui.language import told
from kiosk_ui.security import noticed
from kiosk_ui.trail import trace_id

SIGN_IN = "/cashier/sign-in"
_LOG = logging.getLogger("store_edge.web")


class _WrongMethod(BadRequest):
    """The page exists, but not for this method."""

    code = "method_not_allowed"
    status = 405
    zh = "此地址不支持这种请求"
    en = "This address does not take such a request"


class _TooLarge(BadRequest):
    """The body is larger than anything we take."""

    code = "too_large"
    status = 413
    zh = "提交的内容过大"
    en = "What was sent is too large"


class _OurFault(Refusal):
    """Something broke; the number leads store IT to the log."""

    code = "internal"
    status = 500
    zh = "本机程序出错，本次操作可能没有完成"
    en = "This device had a fault; the last step may not have been completed"
    next_zh = "请返回后核对订单状态；若再次出现，把编号告诉门店 IT：{trace}"
    next_en = "Go back and check the order first; if it happens again, tell store IT this number: {trace}"


_BY_STATUS: dict[int, type[Refusal]] = {404: UnknownThing, 405: _WrongMethod, 413: _TooLarge}


def refused(refusal: Refusal) -> Response:
    """A refusal as problem+json for programs, as a fragment for htmx, as a page for everybody else."""
    noticed(refusal)
    if request.path.startswith("/api/"):
        return _problem(refusal)
    partial = request.headers.get("HX-Request") == "true"
    if isinstance(refusal, NotSignedIn):
        return _to_sign_in(refusal, partial=partial)
    if isinstance(refusal, ScreenUnbound):
        return _sent_to(f"/screen/pair?kind={refusal.facts['kind']}", refusal, partial=partial)
    name = "refusal_stage.html" if partial else "refusal_page.html"
    page = render_template(name, refusal=refusal, words=told(refusal))
    return make_response(page, refusal.status)


def http_error(error: HTTPException) -> Response:
    """The web server's own refusals (no such page, wrong method, too large) in the same clothes."""
    if isinstance(error, InternalServerError):
        return broken(error)
    kind = _BY_STATUS.get(error.code or 400)
    answer = refused(kind() if kind else BadRequest(why=f"HTTP {error.code}"))
    if error.code and error.code not in {404, 405, 413}:
        answer.status_code = error.code
    for name, value in error.get_headers(request.environ):
        if name == "Allow":
            answer.headers[name] = value
    return answer


def broken(error: InternalServerError) -> Response:
    """Our own fault: the log has the whole story under the trace id, the page only the id."""
    cause = error.original_exception or error
    _LOG.error("fault", exc_info=cause, extra={"endpoint": request.endpoint or "none", "trace": trace_id()})
    return refused(_OurFault(trace=trace_id()))


def _problem(refusal: Refusal) -> Response:
    zh, en = refusal.words("zh"), refusal.words("en")
    answer = jsonify(
        type=f"urn:store-edge:refusal:{refusal.code}",
        title=en.text,
        status=refusal.status,
        code=refusal.code,
        words={"zh": zh.text, "en": en.text},
        next={"zh": zh.next, "en": en.next},
        trace=trace_id(),
    )
    answer.status_code = refusal.status
    answer.content_type = "application/problem+json"
    if refusal.status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="store-edge"'
    seconds = refusal.facts.get("seconds")
    if refusal.status == 429 and seconds is not None:
        answer.headers["Retry-After"] = str(seconds)
    return answer


def _to_sign_in(refusal: Refusal, *, partial: bool) -> Response:
    to = SIGN_IN + ("?next=/it/" if request.path.startswith("/it/") else "")
    return _sent_to(to, refusal, partial=partial)


def _sent_to(to: str, refusal: Refusal, *, partial: bool) -> Response:
    if partial:
        answer = make_response("", refusal.status)
        answer.headers["HX-Redirect"] = to
        return answer
    answer = make_response("", 303)
    answer.headers["Location"] = to
    return answer
