"""The text and HTML of a message, encrypted in the outbox because their links are valid."""

import json
from collections.abc import Iterable
from typing import NamedTuple

from authsite.encryption import Cipher
from authsite.mail.outbox import LeasedMessage
from authsite.mail.stored_message import StoredMessage
from authsite.tokens import derive_key


class Content(NamedTuple):
    """The two parts of an email."""

    text: str
    html: str


def message_cipher(secrets: Iterable[bytes]) -> Cipher:
    """Return the cipher of messages: the first secret encrypts, all of them decrypt."""
    return Cipher([derive_key(secret, b"message") for secret in secrets])


def encrypt_content(content: Content, cipher: Cipher, *, message_id: str) -> bytes:
    """Return what the column `content` of this message holds."""
    return cipher.encrypt(json.dumps(content).encode("ascii"), place=_place_of(message_id))


def read_content(message: LeasedMessage | StoredMessage, cipher: Cipher) -> Content:
    """Return the content of a message, empty once it is delivered or failed.

    Raises `DecryptionError`.

    Messages that were queued before migration 0009 are not encrypted.
    """
    if message.content is None:
        return Content(message.text or "", message.html or "")
    return Content(*json.loads(cipher.decrypt(message.content, place=_place_of(message.id))))


def _place_of(message_id: str) -> tuple[str, str, str]:
    return "authsite_outbox_message", message_id, "content"
