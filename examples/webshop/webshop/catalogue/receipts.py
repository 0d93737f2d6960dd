"""Receipts that a customer can prove to be ours."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings


def sign(receipt: bytes) -> bytes:
    """The shop's signature of a receipt."""
    return _key().sign(receipt)


def verify(receipt: bytes, signature: bytes) -> None:
    """Check a signature of ours.

    Raises:
        cryptography.exceptions.InvalidSignature: It is not ours.
    """
    _key().public_key().verify(signature, receipt)


def _key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(settings.RECEIPT_KEY))
