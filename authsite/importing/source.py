"""The sources of an import, and what is known of each system."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from authsite.importing.imported_user import ImportedUser, Rejection
from authsite.passwords.legacy_hashes.formats import tag_nfkc, tag_raw


@dataclass(frozen=True, slots=True)
class System:
    """How a system stores password hashes, and the usual names of its tables, the best first."""

    encode: Callable[[str], str] = tag_raw
    users: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()


#: The systems whose users are read from tables, by their names on the command line.
TABLES = {
    "lucia": System(
        tag_nfkc,
        ("User", "users", "auth_user"),
        ("Session", "sessions", "user_session"),
    ),
    "django": System(users=("auth_user",)),
    "devise": System(users=("users",)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """What the operator has chosen: columns by field, and a table."""

    columns: Mapping[str, str] = field(default_factory=dict)
    table: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An open source. Iterating over `users` may raise `UnusableSource`.

    `total` is the number of users, if known, and `sessions` the number of sessions, which are not
    imported.
    """

    users: Iterator[ImportedUser | Rejection]
    total: int | None = None
    sessions: int | None = None
