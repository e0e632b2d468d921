"""How a lane reaches its store: a UNIX socket on the same machine, TLS with a pinned certificate between two."""

from __future__ import annotations

import hashlib
import hmac
import os
import socket
import ssl
import struct
from pathlib import Path

_HANDSHAKE_S = 10.0
_PEER = struct.Struct("=iII")
"""struct ucred of unix(7): process, user, group."""


class WrongFingerprint(Exception):
    """Whoever answers at the store's address is not the store: nothing was said to it."""


def split(address: str) -> tuple[str, int]:
    """Host and port of host:port, [v6]:port; raises ValueError."""
    host, _, port = address.rpartition(":")
    if not host:
        raise ValueError(f"{address!r} is no address: unix:PATH or host:port")
    return host.strip("[]"), int(port)


def dial(address: str, fingerprint: str = "") -> socket.socket:
    """A fresh connection to the store at unix:PATH or host:port; raises OSError, ValueError, WrongFingerprint.

    `fingerprint` is the SHA-256 (hex) of the store's certificate, which host:port needs.
    """
    if address.startswith("unix:"):
        near = socket.socket(socket.AF_UNIX)
        try:
            near.settimeout(_HANDSHAKE_S)
            near.connect(address.removeprefix("unix:"))
        except OSError:
            near.close()
            raise
        return near
    plain = socket.create_connection(split(address), _HANDSHAKE_S)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    far = _dialling().wrap_socket(plain)
    shown = hashlib.sha256(far.getpeercert(binary_form=True) or b"").hexdigest()
    if not hmac.compare_digest(shown, _plain(fingerprint)):
        far.close()
        raise WrongFingerprint(f"{address} shows {shown}")
    return far


def listen(address: str) -> socket.socket:
    """Listens at unix:PATH (mode 0660; a file left behind is replaced) or host:port; raises OSError, ValueError."""
    if not address.startswith("unix:"):
        return socket.create_server(
            split(address), family=socket.AF_INET6 if "[" in address else socket.AF_INET
        )
    path = Path(address.removeprefix("unix:"))
    if path.is_socket():
        path.unlink()
    door = socket.socket(socket.AF_UNIX)
    try:
        door.bind(str(path))
        path.chmod(0o660)
        door.listen(16)
    except OSError:
        door.close()
        raise
    return door


def peer_of(caller: socket.socket) -> int | None:
    """The user (uid) who called over a UNIX socket of this machine, as the kernel says; None over anything else."""
    if caller.family != socket.AF_UNIX:
        return None
    told = caller.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
    return int(_PEER.unpack(told)[1])


def answering(folder: Path) -> ssl.SSLContext:
    """The store's side of TLS, with the certificate in that folder, made if there is none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(certificate(folder))
    return context


def fingerprint(folder: Path) -> str:
    """SHA-256 (hex) of the certificate in that folder, made if there is none."""
    text = certificate(folder).read_text("ascii")
    begin = text.index("-----BEGIN CERTIFICATE")
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(text[begin:])).hexdigest()


def certificate(folder: Path) -> Path:
    """The file with key and certificate (PEM, mode 0600), made once: its fingerprint is written down in every lane."""
    path = folder / "lane-certificate.pem"
    if not path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        aside = folder / f".{path.name}.{os.getpid()}"
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(_made())
            file.flush()
            os.fsync(file.fileno())
        aside.rename(path)
    return path


def _dialling() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    # No authority vouches for a shop's box and its address may change: the certificate itself is known.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _plain(fingerprint: str) -> str:
    return fingerprint.replace(":", "").strip().lower()


def _made() -> bytes:
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "store-edge lane port")])
    # Never runs out in practice, and nobody looks at the dates: a shop's clock may stand in 1970.
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=80 * 365))
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return secret + made.public_bytes(serialization.Encoding.PEM)
