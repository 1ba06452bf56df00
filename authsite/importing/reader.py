"""Reading a user from the cells of a row."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from authsite.importing.imported_user import ImportedUser, Rejection, RejectionReason
from authsite.importing.times import UnreadableTime, parse_time
from authsite.importing.values import parse_bool, parse_verified, to_text
from authsite.text import trimmed

#: How Django's unusable password hashes begin, and how MySQL writes that there is none.
_UNUSABLE = ("!", "NULL")
#: A long number that a spreadsheet has rounded, such as 1.23E+15.
_ROUNDED = re.compile(r"[0-9](?:[.,][0-9]+)?e\+[0-9]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads users of one source; `system` is part of their external ids.

    `encode` returns the stored form of a password hash; `now` replaces an unknown time of
    verification. `day_first` is the order of dates, if the operator has named it.
    """

    system: str
    encode: Callable[[str], str]
    now: datetime
    day_first: bool | None = None

    def read_user(self, cells: Mapping[str, object], *, place: str) -> ImportedUser | Rejection:
        """Return the user of these cells, by field, or a rejection that names the `place`.

        Without a column of ids, the id is a digest of the email address, which does not reveal a
        previous email address when the user has changed it.
        """
        try:
            text = {field: to_text(value).strip() for field, value in cells.items()}
        except ValueError:
            return Rejection(place, "", RejectionReason.UNREADABLE)
        email, key = text.get("email", ""), text.get("id", "")
        if "id" not in cells:
            digest = hashlib.sha256(trimmed(email).casefold().encode("utf-8", "replace"))
            key = f"email-{digest.hexdigest()[:32]}"
        if not key:
            return Rejection(place, email, RejectionReason.ID)
        if _ROUNDED.fullmatch(key):
            detail = "a spreadsheet has rounded it: format the column as text"
            return Rejection(place, email, RejectionReason.ID, detail)
        external_id = f"{self.system}:{key}"
        try:
            created_at = parse_time(text.get("created", ""), day_first=self.day_first)
            email_verified_at = self._parse_event(
                text.get("verified", ""), default=created_at or self.now
            )
            is_active = parse_bool(text.get("active") or "yes") and not self._is_blocked(text)
        except UnreadableTime as error:
            return Rejection(place, email, RejectionReason.VALUE, str(error), external_id)
        except ValueError:  # its text may quote a hash, if columns were mixed up
            return Rejection(place, email, RejectionReason.VALUE, external_id=external_id)
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
            email_verified_at=email_verified_at,
            created_at=created_at,
            is_active=is_active,
            place=place,
        )

    def _parse_event(self, text: str, *, default: datetime) -> datetime | None:
        return parse_verified(text, default=default, day_first=self.day_first)

    def _is_blocked(self, text: Mapping[str, str]) -> bool:
        """Whether the user was locked or deleted; a lock may have ended."""
        until = parse_time(text.get("locked_until", ""), day_first=self.day_first)
        was_locked = self._parse_event(text.get("locked", ""), default=self.now)
        was_deleted = self._parse_event(text.get("deleted", ""), default=self.now)
        is_locked = bool(was_locked) and not (until and until <= self.now)
        return is_locked or bool(was_deleted)


def _names(text: Mapping[str, str]) -> tuple[str, str]:
    """Return first and last name; a full name is split after its first word."""
    first_name, last_name = text.get("first_name", ""), text.get("last_name", "")
    if first_name or last_name:
        return first_name, last_name
    first_name, _, last_name = text.get("name", "").partition(" ")
    return first_name, last_name.strip()
