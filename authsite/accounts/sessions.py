"""Sessions: create, find, refresh and rotate them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from authsite.accounts.end_sessions import enforce_session_limit
from authsite.accounts.sign_in import SignIn
from authsite.accounts.unit_of_work import UnitOfWork
from authsite.audit.event_types import EventType
from authsite.db.compiled_select import CompiledSelect
from authsite.models import User, UserSession
from authsite.settings.schema import SessionSettings
from authsite.tokens import SessionToken

#: Sessions on a public computer are refreshed this often per idle timeout, so that they end hardly
#: earlier than they should.
REFRESHES_PER_IDLE_TIMEOUT = 15


@dataclass(frozen=True, slots=True)
class SessionTimeouts:
    """How long a session lasts, and how often its last use is written."""

    idle_timeout: timedelta
    absolute_timeout: timedelta
    refresh_interval: timedelta

    @classmethod
    def of(cls, settings: SessionSettings, *, public_computer: bool) -> "SessionTimeouts":
        """Return the timeouts of a session, on a public computer or not."""
        if not public_computer:
            return cls(settings.idle_timeout, settings.absolute_timeout, settings.refresh_interval)
        often = settings.public_idle_timeout / REFRESHES_PER_IDLE_TIMEOUT
        return cls(
            settings.public_idle_timeout,
            settings.public_absolute_timeout,
            min(settings.refresh_interval, often),
        )

    def expiry(self, *, created_at: datetime, last_seen_at: datetime) -> datetime:
        """Return when the nearer of the two timeouts ends the session."""
        return min(last_seen_at + self.idle_timeout, created_at + self.absolute_timeout)


class Identity(NamedTuple):
    """The signed-in user of a request and their session, as plain values.

    A named tuple: with a frozen dataclass the dashboard takes 3 % more CPU time.
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
    member_since: datetime

    @property
    def full_name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}"


#: The select of `identity_of_token`: by primary key, once in nearly every request. A suspended
#: account has no identity, even if a session of it is left.
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
        User.created_at,
        UserSession.secret_digest,
    )
    .join(User, User.id == UserSession.user_id)
    .where(UserSession.id == sa.bindparam("session_id"), User.suspended_at.is_(None))
)
_INSERT = sa.insert(UserSession.metadata.tables["authsite_session"])


def identity_of_token(
    identities: CompiledSelect, token: SessionToken, *, now: datetime
) -> Identity | None:
    """Return the identity behind this token, or None if it is unknown, forged or expired.

    `identities` is `IDENTITY`, compiled for the database.
    """
    row = identities.one_or_none(session_id=token.id)
    if row is None:
        return None
    identity, digest = Identity._make(row[:-1]), row[-1]
    if not token.matches(digest) or identity.expires_at <= now:
        return None
    return identity


def create_session(work: UnitOfWork, sign_in: SignIn, event_type: EventType) -> SessionToken:
    """Create a session and return its token, the only copy of the secret.

    Only `authsite.web.authentication` calls this, after every stage of the sign-in has passed.
    """
    token, user_id = SessionToken.new(), sign_in.credential.user_id
    timeouts = SessionTimeouts.of(work.settings.session, public_computer=sign_in.public_computer)
    row = {
        "id": token.id,
        "secret_digest": token.digest,
        "user_id": user_id,
        "created_at": work.now,
        "last_seen_at": work.now,
        "authenticated_at": sign_in.authenticated_at or work.now,
        "expires_at": timeouts.expiry(created_at=work.now, last_seen_at=work.now),
        "public_computer": sign_in.public_computer,
        "user_agent": work.client.user_agent,
        "ip_address": work.client.ip_address,
        "auth_method": sign_in.auth_method.key,
    }
    work.dbsession.execute(_INSERT, row)
    details = {"method": sign_in.auth_method.key}
    work.audit.record(user_id, event_type, session_id=token.id, details=details)
    enforce_session_limit(work, user_id)
    return token


def rotate_session_secret(
    dbsession: Session, identity: Identity, *, now: datetime
) -> tuple[SessionToken, datetime] | None:
    """Give the session a new secret after a re-authentication.

    Returns the new token and when the session expires, or None if it has ended. The session keeps
    its id, so that forms in other tabs stay valid, while copies of its previous cookie become
    invalid (ASVS 7.2.4). Two tabs can do this at once: both have verified the password, and the
    later secret counts.
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
    """Write that the session was used; return when it expires now.

    One statement decides, so that of many simultaneous requests one writes; the others get None.
    """
    as_read = (
        UserSession.id == identity.session_id,
        UserSession.last_seen_at == identity.last_seen_at,
    )
    created_at = connection.execute(sa.select(UserSession.created_at).where(*as_read)).scalar()
    if created_at is None:
        return None
    expires_at = timeouts.expiry(created_at=created_at, last_seen_at=now)
    touched = connection.execute(
        sa.update(UserSession).where(*as_read).values(last_seen_at=now, expires_at=expires_at)
    )
    return expires_at if touched.rowcount else None
