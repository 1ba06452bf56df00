"""Sessions: rows that say who is signed in where, and until when."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from authsite.accounts.end_sessions import enforce_session_limit
from authsite.audit.event_types import EventType
from authsite.audit.recorder import AuditLog
from authsite.db.compiled_select import CompiledSelect
from authsite.models import User, UserSession
from authsite.tokens import SessionToken

#: A user agent beyond this says nothing more; browsers stay under 300.
USER_AGENT_LENGTH = 512


@dataclass(frozen=True, slots=True)
class SessionTimeouts:
    """How long a session lasts: unvisited, at most, and how often a visit is written down."""

    idle_timeout: timedelta
    absolute_timeout: timedelta
    refresh_interval: timedelta

    def expiry(self, *, created_at: datetime, last_seen_at: datetime) -> datetime:
        """Return the nearer of the two limits."""
        return min(last_seen_at + self.idle_timeout, created_at + self.absolute_timeout)


class AuthMethod(Enum):
    """How the owner of a session showed who they are; its name, in small letters, is kept."""

    PASSWORD = "with a password"  # noqa: S105 - words
    SIGN_UP = "by signing up"

    @property
    def key(self) -> str:
        """What the table holds."""
        return self.name.lower()


class Identity(NamedTuple):
    """Who asks: the person and their session, as plain values that outlive any transaction.

    A named tuple, since a frozen dataclass takes five times as long to make, in every request.
    """

    user_id: str
    session_id: str
    first_name: str
    last_name: str
    email: str
    last_seen_at: datetime
    authenticated_at: datetime
    expires_at: datetime
    public_computer: bool
    email_is_verified: bool
    is_administrator: bool

    @property
    def full_name(self) -> str:
        """Both names, in the order in which they were given."""
        return f"{self.first_name} {self.last_name}"


#: What `identity_of_token` asks: by primary key, once in nearly every request. Nobody is signed in
#: to an account that is frozen, whatever row is left.
IDENTITY = (
    sa.select(
        UserSession.user_id,
        UserSession.id,
        User.first_name,
        User.last_name,
        User.email,
        UserSession.last_seen_at,
        UserSession.authenticated_at,
        UserSession.expires_at,
        UserSession.public_computer,
        User.email_verified_at.is_not(None),
        User.is_administrator,
        UserSession.secret_digest,
    )
    .join(User, User.id == UserSession.user_id)
    .where(UserSession.id == sa.bindparam("session_id"), User.suspended_at.is_(None))
)
_OPEN = sa.insert(UserSession.metadata.tables["user_session"])


def identity_of_token(
    identities: CompiledSelect, token: SessionToken, *, now: datetime
) -> Identity | None:
    """Return who holds this token, or None when it is unknown, forged or expired.

    `identities` is `IDENTITY`, compiled for the database.
    """
    row = identities.one_or_none(session_id=token.id)
    if row is None:
        return None
    identity, digest = Identity._make(row[:-1]), row[-1]
    if not token.matches(digest) or identity.expires_at <= now:
        return None
    return identity


def create_session(
    dbsession: Session,
    user_id: str,
    *,
    timeouts: SessionTimeouts,
    audit: AuditLog,
    method: AuthMethod = AuthMethod.PASSWORD,
    kind: EventType = EventType.SIGNED_IN,
    public_computer: bool = False,
    user_agent: str | None,
    ip_address: str | None,
    now: datetime,
) -> SessionToken:
    """Sign a browser in and return what its cookie is to hold, the only copy of the secret.

    `kind` is what the history calls it.
    """
    token = SessionToken.new()
    row = {
        "id": token.id,
        "secret_digest": token.digest,
        "user_id": user_id,
        "created_at": now,
        "last_seen_at": now,
        "confirmed_at": now,
        "expires_at": timeouts.expiry(created_at=now, last_seen_at=now),
        "public_computer": public_computer,
        "user_agent": user_agent[:USER_AGENT_LENGTH] if user_agent else None,
        "ip_address": ip_address,
        "method": method.key,
    }
    dbsession.execute(_OPEN, row)
    details = {"method": method.key}
    audit.record(dbsession, user_id, kind, session_id=token.id, now=now, details=details)
    enforce_session_limit(dbsession, user_id, audit=audit, now=now)
    return token


def rotate_session_secret(
    dbsession: Session, identity: Identity, *, now: datetime
) -> tuple[SessionToken, datetime] | None:
    """Give the session another secret, since its owner has just typed their password.

    Returns what its cookie is to hold now and until when it lasts, or None if it has ended. It
    keeps its id, so that forms in other windows stay good, while copies of its former cookie are
    worth nothing any more (ASVS 7.2.4). Two windows may do this at the same moment: both have
    shown the password, and the later secret counts.
    """
    token = SessionToken.for_session(identity.session_id)
    expires_at = dbsession.execute(
        sa.update(UserSession)
        .where(UserSession.id == identity.session_id, UserSession.user_id == identity.user_id)
        .values(secret_digest=token.digest, authenticated_at=now)
        .returning(UserSession.expires_at)
    ).scalar_one_or_none()
    return None if expires_at is None else (token, expires_at)


def refresh_session(
    connection: Connection, identity: Identity, *, timeouts: SessionTimeouts, now: datetime
) -> datetime | None:
    """Write down that the session was seen; return until when it lasts now.

    One statement decides, so that of many requests at the same moment one writes; the others get
    None.
    """
    as_seen = (
        UserSession.id == identity.session_id,
        UserSession.last_seen_at == identity.last_seen_at,
    )
    created_at = connection.execute(sa.select(UserSession.created_at).where(*as_seen)).scalar()
    if created_at is None:
        return None
    expires_at = timeouts.expiry(created_at=created_at, last_seen_at=now)
    touched = connection.execute(
        sa.update(UserSession).where(*as_seen).values(last_seen_at=now, expires_at=expires_at)
    )
    return expires_at if touched.rowcount else None
