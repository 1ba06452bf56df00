"""Message authentication codes: what only this site can have written."""

import hashlib

DIGEST_BYTES = 32


def key_for(secret: bytes, purpose: bytes) -> bytes:
    """Return a key of its own for each purpose, so that no code passes for another (ASVS 9.2.4)."""
    return mac(hashlib.sha256(secret).digest(), b"authsite " + purpose)


def mac(key: bytes, message: bytes, *, length: int = DIGEST_BYTES) -> bytes:
    """Return the keyed BLAKE2b of the message (RFC 7693), `length` bytes."""
    return hashlib.blake2b(message, key=key, digest_size=length).digest()
