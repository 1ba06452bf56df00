"""The sources of an import, and what the operator has chosen for it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from authsite.importing.imported_user import ImportedUser, Rejection


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """Columns by field, a table, an encoding, and seconds without a user that end the import."""

    columns: Mapping[str, str] = field(default_factory=dict)
    table: str | None = None
    encoding: str | None = None
    timeout: float = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An open source. Iterating over `users` may raise `UnusableSource`.

    `total` is the number of users, if known, and `sessions` the number of sessions, which are not
    imported.
    """

    users: Iterator[ImportedUser | Rejection]
    total: int | None = None
    sessions: int | None = None
