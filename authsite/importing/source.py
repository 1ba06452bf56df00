"""Where people are read from, one after the other."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from authsite.importing.imported_user import ImportedUser, Rejection
from authsite.passwords.legacy_hashes import tag_nfkc, tag_raw


@dataclass(frozen=True, slots=True)
class System:
    """What is known of a system before anything is read: how it keeps hashes, and its tables.

    The first of its tables that is there is taken; `sessions` are those of who was signed in.
    """

    encode: Callable[[str], str] = tag_raw
    users: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()


#: Those whose people are read from tables, by what they are called on the command line.
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
    """What somebody has said of a source: columns by field, and a table."""

    columns: Mapping[str, str] = field(default_factory=dict)
    table: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """People who are read one after the other while it is open.

    `total` is how many there are, as far as that is known, and `sessions` how many sessions stay
    behind. Whoever goes through the people may meet `UnusableSource`.
    """

    people: Iterator[ImportedUser | Rejection]
    total: int | None = None
    sessions: int | None = None
