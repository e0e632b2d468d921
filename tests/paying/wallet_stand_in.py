"""Local stand-ins for WeChat Pay and Alipay: real HTTP, requests verified and answers signed with real RSA keys."""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

MERCHANT = rsa.generate_private_key(65537, 2048)
THEIRS = rsa.generate_private_key(65537, 2048)
PUBLIC_ID = "PUB_KEY_ID_0114232134912410000000000000"


def private_pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_pem(key: rsa.RSAPrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def signed(key: rsa.RSAPrivateKey, text: str) -> str:
    return base64.b64encode(key.sign(text.encode(), PKCS1v15(), SHA256())).decode()


class StandIn:
    """What a provider would answer next, and what it was asked: (method, path, fields), each with a good signature."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, Any]]] = []
        self.asked: list[tuple[str, str, dict[str, Any]]] = []
        self.refused: list[str] = []
        self.signer = THEIRS
        self.drop = False
        self.url = ""

    def says(self, http: int = 200, **body: Any) -> None:
        self.answers.append((http, body))


class _Desk(BaseHTTPRequestHandler):
    """One request to a stand-in: verified, kept, answered with the next of its words."""

    state: StandIn

    def fields(self, body: str) -> dict[str, Any]:
        raise NotImplementedError

    def answer(self, status: int, said: dict[str, Any], fields: dict[str, Any]) -> None:
        raise NotImplementedError

    def _do(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        try:
            fields = self.fields(body)
        except (InvalidSignature, KeyError, ValueError) as error:
            self.state.refused.append(type(error).__name__)
            self.send_error(401)
            return
        self.state.asked.append((self.command, self.path, fields))
        if self.state.drop:
            self.connection.close()
            return
        status, said = self.state.answers.pop(0)
        self.answer(status, said, fields)

    def send(self, status: int, text: str, headers: dict[str, str]) -> None:
        raw = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(raw)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)

    do_GET = do_POST = _do  # noqa: N815 - the names of http.server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Silent."""


class _Wechat(_Desk):
    def fields(self, body: str) -> dict[str, Any]:
        """What is asked, if Authorization is the merchant's signature over exactly this request."""
        words = dict(re.findall(r'(\w+)="([^"]*)"', self.headers["Authorization"]))
        message = f"{self.command}\n{self.path}\n{words['timestamp']}\n{words['nonce_str']}\n{body}\n"
        given = base64.b64decode(words["signature"])
        MERCHANT.public_key().verify(given, message.encode(), PKCS1v15(), SHA256())
        found: dict[str, Any] = json.loads(body) if body else {}
        return found

    def answer(self, status: int, said: dict[str, Any], fields: dict[str, Any]) -> None:
        del fields
        text = json.dumps(said, ensure_ascii=False) if said else ""
        at, nonce = str(int(time.time())), "N0nce"
        sig = signed(self.state.signer, f"{at}\n{nonce}\n{text}\n")
        names = {"Serial": PUBLIC_ID, "Timestamp": at, "Nonce": nonce, "Signature": sig}
        self.send(status, text, {f"Wechatpay-{name}": value for name, value in names.items()})


class _Alipay(_Desk):
    def fields(self, body: str) -> dict[str, Any]:
        """The same by Alipay's rule: all parameters but the signature, sorted."""
        fields = dict(parse_qsl(body, keep_blank_values=True))
        given = base64.b64decode(fields.pop("sign"))
        message = "&".join(f"{name}={fields[name]}" for name in sorted(fields))
        MERCHANT.public_key().verify(given, message.encode(), PKCS1v15(), SHA256())
        return {**fields, "biz_content": json.loads(fields["biz_content"])}

    def answer(self, status: int, said: dict[str, Any], fields: dict[str, Any]) -> None:
        name = str(fields["method"]).replace(".", "_") + "_response"
        text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
        self.send(status, f'{{"{name}":{text},"sign":"{signed(self.state.signer, text)}"}}', {})


@contextmanager
def standing(kind: str) -> Iterator[StandIn]:
    """A stand-in of `wechat` or `alipay` on this machine."""
    state = StandIn()
    desk = type("Desk", (_Wechat if kind == "wechat" else _Alipay,), {"state": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), desk)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
