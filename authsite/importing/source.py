"""Where people are read from, one after the other."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from authsite.importing.imported_user import ForeignUser, Refusal
from authsite.passwords.legacy_hashes import of_nfkc_password, of_raw_password


@dataclass(frozen=True, slots=True)
class System:
    """What is known of a system before anything is read: how it keeps hashes, and its tables.

    The first of its tables that is there is taken; `sessions` are those of who was signed in.
    """

    as_kept: Callable[[str], str] = of_raw_password
    users: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()


#: Those whose people are read from tables, by what they are called on the command line.
TABLES = {
    "lucia": System(
        of_nfkc_password,
        ("User", "users", "auth_user"),
        ("Session", "sessions", "user_session"),
    ),
    "django": System(users=("auth_user",)),
    "devise": System(users=("users",)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody has said of a source: columns by field, and a table."""

    columns: Mapping[str, str] = field(default_factory=dict)
    table: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """People who are read one after the other while it is open.

    `total` is how many there are, as far as that is known, and `sessions` how many sessions stay
    behind. Whoever goes through the people may meet `UnusableSource`.
    """

    people: Iterator[ForeignUser | Refusal]
    total: int | None = None
    sessions: int | None = None
