"""Ed25519 as the domain wants it: plain functions round the `cryptography` library (RFC 8032)."""

from __future__ import annotations

from edge.domain.pickup_code import Sign, Verify


def verifier(public_hex: str) -> Verify:
    """The verifier of a public key (64 hex digits); a key that is none verifies nothing."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_hex))
    except ValueError:
        return lambda _signature, _message: False

    def verify(signature: bytes, message: bytes) -> bool:
        try:
            public.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    return verify


def signer(private_hex: str) -> Sign:
    """Signs with a private key (64 hex digits); raises ValueError for one that is none. HQ's side only."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(private_hex))
    return private.sign
