"""What is known of each system whose users are read from tables."""

from collections.abc import Callable
from dataclasses import dataclass

from authsite.importing.related_tables import UserQuery, use_credentials, use_email_addresses
from authsite.passwords.legacy_hashes.formats import tag_nfkc, tag_raw


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """How a system stores users: the usual names of its tables, the best first.

    `encode` returns the stored form of a password hash. `required` are the fields that the table
    of users has; `relate` adds those of other tables. `session_context` is the value of the column
    `context` that sessions have among other tokens.
    """

    users: tuple[str, ...]
    encode: Callable[[str], str] = tag_raw
    required: tuple[str, ...] = ("id", "email", "password")
    relate: Callable[[UserQuery], UserQuery] = lambda query: query
    sessions: tuple[str, ...] = ()
    session_context: str | None = None


#: The systems by their names on the command line.
SYSTEMS = {
    "better-auth": System(
        users=("user", "users"),
        required=("id", "email"),
        relate=use_credentials,
        sessions=("session", "sessions"),
    ),
    "devise": System(users=("users",)),
    "django": System(users=("auth_user",), relate=use_email_addresses),
    "laravel": System(users=("users",)),
    "lucia": System(
        users=("User", "users", "auth_user"),
        encode=tag_nfkc,
        sessions=("Session", "sessions", "user_session"),
    ),
    "phoenix": System(users=("users",), sessions=("users_tokens",), session_context="session"),
}
