"""Alipay by a merchant's own app: bar-code pay, precreated QR, cancel, refunds (package python-alipay-sdk)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from edge.domain.orders import Fen
from edge.domain.payment_port import Answer, Charge, NoAnswer, NotSent, NotSetUp, Said
from edge.domain.payments import Channel

_OK, _BUSINESS = "10000", "40004"
_STATES = {
    "TRADE_SUCCESS": Said.PAID,
    "TRADE_FINISHED": Said.PAID,
    "WAIT_BUYER_PAY": Said.PAYING,
    "TRADE_CLOSED": Said.CLOSED,
}
"""`trade_status` of alipay.trade.query."""
_UNKNOWN = "ACQ.TRADE_NOT_EXIST"
_UNSURE = frozenset({"ACQ.SYSTEM_ERROR", "AOP.SYSTEM-ERROR", "ISP.UNKNOW-ERROR", "ISP.UNKNOWN-ERROR"})


@dataclass(frozen=True)
class AlipayAccount:
    """A merchant's app; keys as text (PEM) and never shown."""

    appid: str
    private_key: str = field(repr=False)
    public_key: str = field(repr=False)


class AlipayProvider:
    """See edge.domain.payment_port.PaymentProvider. Touches no network until a call is made."""

    def __init__(self, account: AlipayAccount, timeout: tuple[float, float], gateway: str = "") -> None:
        """`timeout` (connect, read) seconds; `gateway` another address than Alipay's. Raises NotSetUp."""
        try:
            from alipay import AliPay
        except ImportError:
            raise NotSetUp("python-alipay-sdk is not installed") from None
        try:
            self._api: Any = _posting(AliPay, timeout, gateway)(
                appid=account.appid,
                app_private_key_string=account.private_key,
                alipay_public_key_string=account.public_key,
                sign_type="RSA2",
            )
        except (ValueError, TypeError, IndexError):
            raise NotSetUp("a key of the Alipay app cannot be read") from None

    def pay(self, charge: Charge, auth_code: str) -> Answer:
        """See PaymentProvider."""
        said = self._ask(
            lambda: self._api.api_alipay_trade_pay(
                charge.number,
                "bar_code",
                auth_code,
                charge.subject or charge.number,
                total_amount=yuan(charge.fen),
                terminal_id=charge.station,
            )
        )
        code = _code(said)
        match said.get("code"):
            case "10000":
                self._same(said, charge.number)
                return Answer(Said.PAID, _fen(said.get("total_amount")), str(said.get("trade_no", "")), code)
            case "10003":
                return Answer(Said.PAYING, code=code)
            case "40004" if _sub(said) not in _UNSURE:
                return Answer(Said.REFUSED, code=code)
            case "40001" | "40002" | "40003" | "40006":
                return Answer(Said.REFUSED, code=code)  # they read it and did nothing: fields, rights
        return Answer(Said.NOT_SURE, code=code)

    def query(self, channel: Channel, number: str) -> Answer:
        """See PaymentProvider."""
        del channel
        said = self._ask(lambda: self._api.api_alipay_trade_query(out_trade_no=number))
        if said.get("code") == _OK:
            self._same(said, number)
            state = _STATES.get(str(said.get("trade_status")), Said.NOT_SURE)
            fen, name = _fen(said.get("total_amount")), str(said.get("trade_no", ""))
            return Answer(state, fen, name, str(said.get("trade_status", "")))
        found = Said.NOT_FOUND if _sub(said) == _UNKNOWN else Said.NOT_SURE
        return Answer(found, code=_code(said))

    def reverse(self, channel: Channel, number: str) -> Answer:
        """See PaymentProvider; `retry_flag` Y means that it is not done and may be asked again."""
        del channel
        said = self._ask(lambda: self._api.api_alipay_trade_cancel(out_trade_no=number))
        if said.get("code") == _OK:
            done = said.get("retry_flag", "N") == "N"
            return Answer(Said.REVERSED if done else Said.NOT_YET, code=str(said.get("action", "")))
        if _sub(said) == _UNKNOWN:
            return Answer(Said.NOT_FOUND, code=_code(said))
        if said.get("code") == _BUSINESS and said.get("retry_flag") == "N" and _sub(said) not in _UNSURE:
            return Answer(Said.REFUSED, code=_code(said))
        return Answer(Said.NOT_YET, code=_code(said))

    def precreate(self, charge: Charge, seconds: int) -> Answer:
        """See PaymentProvider."""
        minutes = f"{max(1, -(-seconds // 60)) + 1}m"
        said = self._ask(
            lambda: self._api.api_alipay_trade_precreate(
                charge.subject or charge.number,
                charge.number,
                yuan(charge.fen),
                timeout_express=minutes,
                terminal_id=charge.station,
            )
        )
        if said.get("code") == _OK and said.get("qr_code"):
            self._same(said, charge.number)
            return Answer(Said.SHOWN, qr=str(said["qr_code"]))
        refused = said.get("code") == _BUSINESS and _sub(said) not in _UNSURE
        return Answer(Said.REFUSED if refused else Said.NOT_SURE, code=_code(said))

    def close(self, channel: Channel, number: str) -> Answer:
        """See PaymentProvider: a cancel, which ends a QR code as well; what was paid is asked for first."""
        stands = self.query(channel, number)
        if stands.said is Said.PAID:
            return stands
        said = self._ask(lambda: self._api.api_alipay_trade_close(out_trade_no=number))
        if said.get("code") == _OK:
            return Answer(Said.CLOSED)
        # A code that nobody has scanned is no trade yet; theirs ends by itself soon after ours.
        return Answer(Said.NOT_FOUND if _sub(said) == _UNKNOWN else Said.NOT_YET, code=_code(said))

    def refund(self, charge: Charge, refund: str, fen: Fen) -> Answer:
        """See PaymentProvider; the same number again gives nothing more back."""
        said = self._ask(
            lambda: self._api.api_alipay_trade_refund(
                yuan(fen), out_trade_no=charge.number, out_request_no=refund
            )
        )
        if said.get("code") == _OK:
            self._same(said, charge.number)
            if said.get("fund_change", "Y") == "Y" or self._refunded(charge.number, refund, fen):
                return Answer(Said.REFUNDED, fen=fen)
            return Answer(Said.PAYING, code="FUND_CHANGE_N")
        refused = said.get("code") == _BUSINESS and _sub(said) not in _UNSURE
        return Answer(Said.REFUSED if refused else Said.NOT_SURE, code=_code(said))

    def _refunded(self, number: str, refund: str, fen: Fen) -> bool:
        """Whether that refund was carried out before: what is asked for again changes no funds."""
        said = self._ask(lambda: self._api.api_alipay_trade_fastpay_refund_query(refund, out_trade_no=number))
        return said.get("code") == _OK and _fen(said.get("refund_amount")) == fen

    def _same(self, said: dict[str, Any], number: str) -> None:
        if said.get("out_trade_no") != number:
            raise NoAnswer("ANOTHER_TRADE")

    def _ask(self, call: Callable[[], Any]) -> dict[str, Any]:
        import requests
        from alipay.exceptions import AliPayException, AliPayValidationError

        try:
            said = call()
        except requests.ConnectTimeout:
            raise NotSent("CONNECT") from None
        except requests.RequestException:
            raise NoAnswer("NO_ANSWER") from None
        except (AliPayException, AliPayValidationError, ValueError, KeyError, AttributeError, TypeError):
            # Not signed, not signed by them, or not theirs at all. Its text may quote the request: not kept.
            raise NoAnswer("SIGNATURE") from None
        return said if isinstance(said, dict) else {}


def yuan(fen: int) -> str:
    """Fen as Alipay's decimal yuan, without a float in between."""
    return f"{fen // 100}.{fen % 100:02}"


def _fen(text: Any) -> Fen | None:
    whole, _, part = str(text or "").partition(".")
    digits = whole + part
    if not (digits.isascii() and digits.isdecimal()) or not whole or len(part) > 2:
        return None
    return Fen(int(whole) * 100 + int(part.ljust(2, "0")))


def _sub(said: dict[str, Any]) -> str:
    return str(said.get("sub_code", ""))


def _code(said: dict[str, Any]) -> str:
    return (_sub(said) or str(said.get("code", "")))[:64]


def _posting(kind: Any, timeout: tuple[float, float], gateway: str) -> Any:
    """The library's client, sending its request as a body: it would put the shopper's code into a URL."""

    class Posting(kind):  # type: ignore[misc]
        def verified_sync_response(self, data: Any, response_type: str) -> Any:
            import requests

            with requests.Session() as session:
                session.trust_env = False  # a proxy of the environment would read the code
                answer = session.post(
                    gateway or self._gateway,
                    data=self.sign_data(data).encode(),
                    headers={"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"},
                    timeout=timeout,
                    allow_redirects=False,
                )
            return self._verify_and_return_sync_response(answer.text, response_type)

    return Posting
