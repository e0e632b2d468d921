"""What the demo's HQ shows for itself: an authority of its own, a certificate, signing keys, an invitation."""

from __future__ import annotations

import ipaddress
import os
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from edge.demo.shop import STORE

if TYPE_CHECKING:
    from cryptography import x509

    from sync.hub.desk import HubDesk

_HOST = "127.0.0.1"
_ASK_S = 5.0
_GOOD_FOR = timedelta(days=30)
_EARLY = timedelta(minutes=10)
"""Certificates begin a little earlier: the machine's clock may be set back while the demo runs."""


@dataclass(frozen=True)
class Papers:
    """PEM files: the authority that the store trusts, the hub's certificate and its private key (0600)."""

    authority: Path
    certificate: Path
    key: Path


def certify(folder: Path) -> Papers:
    """An authority and a certificate that it signed for 127.0.0.1; the authority's private key is kept nowhere."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID

    folder.mkdir(mode=0o700)
    root, own = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer = _named("Store Edge demo authority")
    known_by = x509.SubjectKeyIdentifier.from_public_key(root.public_key())
    authority = _blank(issuer, issuer).public_key(root.public_key())
    authority = authority.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    authority = authority.add_extension(_may(sign=True), critical=True).add_extension(
        known_by, critical=False
    )
    leaf = _blank(_named("Store Edge demo HQ"), issuer).public_key(own.public_key())
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(_HOST))])
    serves = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    from_root = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(known_by)
    for extension in (here, serves, from_root):
        leaf = leaf.add_extension(extension, critical=False)
    leaf = leaf.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    leaf = leaf.add_extension(_may(sign=False), critical=True)
    papers = Papers(folder / "ca.pem", folder / "hub.pem", folder / "hub.key")
    pem = serialization.Encoding.PEM
    papers.authority.write_bytes(authority.sign(root, hashes.SHA256()).public_bytes(pem))
    papers.certificate.write_bytes(leaf.sign(root, hashes.SHA256()).public_bytes(pem))
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    _secret(papers.key, own.private_bytes(pem, form, plain))
    return papers


def found_trust(desk: HubDesk, folder: Path) -> None:
    """HQ's first roster; the three private keys are files (0600) beside the certificate, for whoever wants to push."""
    from edge.trust_cli import make_key
    from sync.hub.trust import public_of
    from sync.signed import Role

    root, config, money = (make_key(folder / f"{name}.key") for name in ("root", "config", "money"))
    desk.found_trust([root], {"config": Role((public_of(config),)), "money": Role((public_of(money),))})


def invitation(desk: HubDesk, url: str, file: Path) -> Path:
    """An invitation of the demo's store to HQ at `url`, as the text of its QR code; readable by its owner only."""
    _secret(file, msgspec.json.encode(desk.invite(STORE, url)))
    return file


def _secret(file: Path, data: bytes) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as made:
        made.write(data)


def _named(name: str) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _blank(subject: x509.Name, issuer: x509.Name) -> x509.CertificateBuilder:
    from cryptography import x509

    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer)
    made = made.serial_number(x509.random_serial_number())
    return made.not_valid_before(now - _EARLY).not_valid_after(now + _GOOD_FOR)


def _may(*, sign: bool) -> x509.KeyUsage:
    """An authority signs certificates; a server signs handshakes."""
    from cryptography import x509

    unused = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    return x509.KeyUsage(digital_signature=not sign, key_cert_sign=sign, crl_sign=sign, **unused)


def spoken(port: int, authority: Path | None) -> str:
    """The TLS version spoken at this port of the loopback; "" where the certificate is not believed under
    `authority` (or the machine's own ones), or no TLS is spoken."""
    context = ssl.create_default_context(cafile=authority)
    try:
        with (
            socket.create_connection((_HOST, port), timeout=_ASK_S) as line,
            context.wrap_socket(line, server_hostname=_HOST) as safe,
        ):
            return safe.version() or ""
    except ssl.SSLError:
        return ""
