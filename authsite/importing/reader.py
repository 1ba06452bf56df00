"""A person made of the cells of a row."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from authsite.importing.imported_user import ImportedUser, Rejection, RejectionReason
from authsite.importing.values import is_yes, moment_of, proof_of, text_of
from authsite.text import trimmed

#: What Django writes before a hash that nobody has a password for.
_UNUSABLE = "!"


@dataclass(frozen=True, slots=True)
class Reader:
    """Makes people of rows of one source, `system`, which is part of their former ids.

    `encode` returns how a hash of that source is kept; `now` is when an address was proven of
    which it is not known when.
    """

    system: str
    encode: Callable[[str], str]
    now: datetime

    def person_of(self, cells: Mapping[str, object], *, place: str) -> ImportedUser | Rejection:
        """Return the person of these cells, by field; or why they cannot be read.

        `place` is where in the source they stand. Who has no id there is known by the address,
        but not by the words of it: it is kept when the owner has another one.
        """
        try:
            text = {field: text_of(value).strip() for field, value in cells.items()}
        except ValueError:
            return Rejection(place, "", RejectionReason.UNREADABLE)
        email, key = text.get("email", ""), text.get("id", "")
        if "id" not in cells:
            digest = hashlib.sha256(trimmed(email).casefold().encode("utf-8", "replace"))
            key = f"email-{digest.hexdigest()[:32]}"
        if not key:
            return Rejection(place, email, RejectionReason.ID)
        external_id = f"{self.system}:{key}"
        try:
            created_at = moment_of(text.get("created", ""))
            proven_at = proof_of(text.get("verified", ""), then=created_at or self.now)
            is_active = is_yes(text.get("active") or "yes")
        except ValueError:  # which quotes what may be anything, if columns were mistaken
            return Rejection(external_id, email, RejectionReason.VALUE)
        first_name, last_name = _names(text)
        password_hash = text.get("password", "")
        return ImportedUser(
            external_id=external_id,
            email=email,
            first_name=first_name,
            last_name=last_name,
            password_hash=None
            if not password_hash or password_hash.startswith(_UNUSABLE)
            else self.encode(password_hash),
            email_verified_at=proven_at,
            created_at=created_at,
            is_active=is_active,
        )


def _names(text: Mapping[str, str]) -> tuple[str, str]:
    """Return first and last name; of a whole name, the first word and all others."""
    first_name, last_name = text.get("first_name", ""), text.get("last_name", "")
    if first_name or last_name:
        return first_name, last_name
    first_name, _, last_name = text.get("name", "").partition(" ")
    return first_name, last_name.strip()
