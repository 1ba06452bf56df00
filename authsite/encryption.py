"""Encryption of stored data: AES-256-GCM, with rotation of keys."""

import hashlib
import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION = b"\x01"
_KEY_ID_BYTES = 4
#: Of the version and the id of the key, with which each ciphertext begins.
HEADER_BYTES = len(_VERSION) + _KEY_ID_BYTES
#: 96 bits, the size that GCM is made for (NIST SP 800-38D, 5.2.1.1).
_NONCE_BYTES = 12


class DecryptionError(Exception):
    """A ciphertext cannot be decrypted."""


class UnknownKey(DecryptionError):
    """The cipher does not have the key."""


class Damaged(DecryptionError):
    """The ciphertext was changed or moved to another place, or is no ciphertext."""


class Cipher:
    """Encrypts with the first of its keys (32 bytes each), and decrypts with all of them.

    A ciphertext is a version byte, the id of the key (4 bytes), a random nonce (12 bytes), and the
    output of AES-256-GCM. It belongs to a place, such as table, row and column, and cannot be
    decrypted at another one. A key serves 2^32 ciphertexts (NIST SP 800-38D, 8.3).
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = {_header_of(key): AESGCM(key) for key in keys}
        self._header = _header_of(keys[0])

    def encrypt(self, plaintext: bytes, *, place: Sequence[str]) -> bytes:
        """Return the ciphertext, which is 33 bytes longer."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        bound = _bound(self._header, place)
        return self._header + nonce + self._keys[self._header].encrypt(nonce, plaintext, bound)

    def decrypt(self, ciphertext: bytes, *, place: Sequence[str]) -> bytes:
        """Return the plaintext; raises `UnknownKey` or `Damaged`."""
        header, rest = ciphertext[:HEADER_BYTES], ciphertext[HEADER_BYTES:]
        if not self.has_key_of(header):
            raise UnknownKey
        try:
            return self._keys[header].decrypt(
                rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], _bound(header, place)
            )
        except (InvalidTag, ValueError):  # ValueError: the nonce is cut off
            raise Damaged from None

    def has_key_of(self, ciphertext: bytes) -> bool:
        """Whether the cipher has the key of a ciphertext that begins with these `HEADER_BYTES`."""
        return ciphertext[:HEADER_BYTES] in self._keys


def _header_of(key: bytes) -> bytes:
    return _VERSION + hashlib.blake2b(key, digest_size=_KEY_ID_BYTES).digest()


def _bound(header: bytes, place: Sequence[str]) -> bytes:
    """Return what the tag also covers; with lengths, so that no two places have the same bytes."""
    parts = [part.encode("utf-8") for part in place]
    return header + b"".join(len(part).to_bytes(2, "big") + part for part in parts)
