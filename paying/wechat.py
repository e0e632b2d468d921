"""WeChat Pay by a merchant's own account, API v3: code pay, native QR, reversal, refunds (package wechatpayv3)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from edge.domain.orders import Fen
from edge.domain.payment_port import Answer, Charge, NoAnswer, NotSent, NotSetUp, Said
from edge.domain.payments import Channel

_STATES = {
    "SUCCESS": Said.PAID,
    "USERPAYING": Said.PAYING,
    "NOTPAY": Said.PAYING,
    "ACCEPT": Said.PAYING,
    "CLOSED": Said.CLOSED,
    "REVOKED": Said.REVERSED,
    "REFUND": Said.REFUNDED,
    "PAYERROR": Said.REFUSED,
}
"""`trade_state` of a query and of a code payment (pay.weixin.qq.com, code payment API v3)."""
_UNSURE = frozenset(
    {"SYSTEM_ERROR", "SYSTEMERROR", "BANK_ERROR", "BANKERROR", "FREQUENCY_LIMITED", "RATELIMIT_EXCEEDED"}
)
_PAYING = frozenset({"USERPAYING", "USER_PAYING"})
_UNKNOWN = frozenset({"ORDER_NOT_EXIST", "ORDERNOTEXIST", "RESOURCE_NOT_EXISTS"})
_CNY = "CNY"


@dataclass(frozen=True)
class WechatAccount:
    """A merchant's account; keys as text (PEM) and never shown."""

    mchid: str
    appid: str
    serial: str
    private_key: str = field(repr=False)
    apiv3_key: str = field(repr=False)
    public_key: str = field(repr=False)
    public_key_id: str = ""


class WechatProvider:
    """See edge.domain.payment_port.PaymentProvider. Touches no network until a call is made."""

    def __init__(self, account: WechatAccount, timeout: tuple[float, float], gateway: str = "") -> None:
        """`timeout` (connect, read) seconds; `gateway` another host than WeChat Pay's. Raises NotSetUp."""
        try:
            from wechatpayv3 import WeChatPay, WeChatPayType
        except ImportError:
            raise NotSetUp("wechatpayv3 is not installed") from None
        if not (account.public_key and account.public_key_id):
            # Without them the library fetches certificates while it is made: an offline start would fail.
            raise NotSetUp("WeChat Pay's public key and its id are needed")
        _readable(account)
        self._account = account
        self._types: Any = WeChatPayType
        self._api: Any = WeChatPay(
            wechatpay_type=WeChatPayType.CODEPAY,
            mchid=account.mchid,
            private_key=account.private_key,
            cert_serial_no=account.serial,
            appid=account.appid,
            apiv3_key=account.apiv3_key,
            notify_url=_NO_NOTICE,
            timeout=timeout,
            public_key=account.public_key,
            public_key_id=account.public_key_id,
        )
        core = vars(vars(self._api)["_core"])
        # Its own check would go and fetch certificates for a name that it does not know, and raises a bare Exception.
        core["_verify_signature"] = _checks(account)
        if gateway:
            core["_gate_way"] = gateway

    def pay(self, charge: Charge, auth_code: str) -> Answer:
        """See PaymentProvider."""
        status, said = self._ask(
            lambda: self._api.pay(
                description=charge.subject or charge.number,
                out_trade_no=charge.number,
                amount={"total": charge.fen, "currency": _CNY},
                payer={"auth_code": auth_code},
                scene_info={"store_info": {"id": charge.station or "0"}},
                pay_type=self._types.CODEPAY,
            )
        )
        if status == 200:
            return self._stands(said, charge.number)
        code = _code(said)
        if code in _PAYING:
            return Answer(Said.PAYING, code=code)
        # Only a refusal of theirs in so many words is one; any other trouble may have charged.
        refused = 400 <= status < 500 and status != 429 and code and code not in _UNSURE
        return Answer(Said.REFUSED if refused else Said.NOT_SURE, code=code or str(status))

    def query(self, channel: Channel, number: str) -> Answer:
        """See PaymentProvider."""
        del channel
        status, said = self._ask(lambda: self._api.query(out_trade_no=number))
        if status == 200:
            return self._stands(said, number)
        return Answer(
            Said.NOT_FOUND if _code(said) in _UNKNOWN else Said.NOT_SURE, code=_code(said) or str(status)
        )

    def reverse(self, channel: Channel, number: str) -> Answer:
        """See PaymentProvider; what was paid goes back with it."""
        del channel
        status, said = self._ask(lambda: self._api.codepay_reverse(out_trade_no=number))
        code = _code(said)
        if status in {200, 204}:
            return Answer(Said.REVERSED)
        if code in _UNKNOWN:
            return Answer(Said.NOT_FOUND, code=code)
        if code in {"TRADE_ERROR", "REVERSE_EXPIRE", "ORDER_REVERSED"}:
            return Answer(Said.REVERSED if code == "ORDER_REVERSED" else Said.REFUSED, code=code)
        # 正在支付中不能撤销 and everything else that is not definite: ask how it stands, then again.
        return Answer(Said.NOT_YET, code=code or str(status))

    def precreate(self, charge: Charge, seconds: int) -> Answer:
        """See PaymentProvider. The number is closed by the store when its time is over; theirs is two hours."""
        del seconds
        status, said = self._ask(
            lambda: self._api.pay(
                description=charge.subject or charge.number,
                out_trade_no=charge.number,
                amount={"total": charge.fen, "currency": _CNY},
                pay_type=self._types.NATIVE,
            )
        )
        if status == 200 and said.get("code_url"):
            return Answer(Said.SHOWN, qr=str(said["code_url"]))
        refused = 400 <= status < 500 and status != 429 and _code(said) not in _UNSURE
        return Answer(Said.REFUSED if refused else Said.NOT_SURE, code=_code(said) or str(status))

    def close(self, channel: Channel, number: str) -> Answer:
        """See PaymentProvider."""
        del channel
        status, said = self._ask(lambda: self._api.close(out_trade_no=number))
        code = _code(said)
        if status in {200, 204} or code in {"ORDER_CLOSED", "ORDERCLOSED"}:
            return Answer(Said.CLOSED)
        if code in _UNKNOWN:
            return Answer(Said.NOT_FOUND, code=code)
        # ORDERPAID too: the query that follows says what was paid.
        return Answer(Said.NOT_YET, code=code or str(status))

    def refund(self, charge: Charge, refund: str, fen: Fen) -> Answer:
        """See PaymentProvider; asked for again under the same number it tells how that refund stands."""
        status, said = self._ask(
            lambda: self._api.refund(
                out_refund_no=refund,
                out_trade_no=charge.number,
                amount={"refund": fen, "total": charge.fen, "currency": _CNY},
            )
        )
        code = _code(said)
        if status == 200:
            match said.get("status"):
                case "SUCCESS":
                    return Answer(Said.REFUNDED, fen=fen)
                case "PROCESSING":
                    return Answer(Said.PAYING, code="PROCESSING")
                case "CLOSED" | "ABNORMAL":
                    return Answer(Said.REFUSED, code=str(said["status"]))
            return Answer(Said.NOT_SURE, code="STATUS")
        refused = 400 <= status < 500 and status != 429 and code and code not in _UNSURE
        return Answer(Said.REFUSED if refused else Said.NOT_SURE, code=code or str(status))

    def _stands(self, said: dict[str, Any], number: str) -> Answer:
        """A trade's word; one about another number or merchant is no answer."""
        if (
            said.get("out_trade_no") != number
            or said.get("mchid", self._account.mchid) != self._account.mchid
        ):
            raise NoAnswer("ANOTHER_TRADE")
        state = _STATES.get(str(said.get("trade_state")), Said.NOT_SURE)
        amount = said.get("amount")
        total = amount.get("total") if isinstance(amount, dict) else None
        if isinstance(amount, dict) and amount.get("currency", _CNY) != _CNY:
            total = None  # 0.01 of something else is not a fen: no amount, so it never fits
        fen = Fen(total) if isinstance(total, int) and not isinstance(total, bool) else None
        return Answer(state, fen, str(said.get("transaction_id", "")), str(said.get("trade_state", "")))

    def _ask(self, call: Callable[[], tuple[int, Any]]) -> tuple[int, dict[str, Any]]:
        import requests

        try:
            status, text = call()
        except requests.ConnectTimeout:
            raise NotSent("CONNECT") from None
        except requests.RequestException:
            raise NoAnswer("NO_ANSWER") from None
        return status, _object(text)


def _readable(account: WechatAccount) -> None:
    """Raises NotSetUp for a key that is none; the library would raise a bare Exception."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

    try:
        load_pem_private_key(account.private_key.encode(), None)
        load_pem_public_key(account.public_key.encode())
    except (ValueError, TypeError):
        raise NotSetUp("a key of the WeChat Pay account cannot be read") from None


def _checks(account: WechatAccount) -> Callable[[Any, str], bool]:
    """Whether an answer is signed by the one key that we know; raises NoAnswer otherwise."""
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from wechatpayv3.utils import rsa_verify

    key = load_pem_public_key(account.public_key.encode())

    def check(headers: Any, body: str) -> bool:
        said = {
            name: headers.get(f"Wechatpay-{name}", "")
            for name in ("Serial", "Timestamp", "Nonce", "Signature")
        }
        right = said["Serial"] == account.public_key_id
        if not right or not rsa_verify(said["Timestamp"], said["Nonce"], body, said["Signature"], key):
            raise NoAnswer("SIGNATURE")
        return True

    return check


def _object(text: Any) -> dict[str, Any]:
    try:
        said = json.loads(text) if text else {}
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _code(said: dict[str, Any]) -> str:
    return str(said.get("code", ""))[:64]


_NO_NOTICE = "https://store.invalid/none"
"""Native orders must name an address for notices; the store asks instead and hears none."""
