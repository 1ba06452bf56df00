"""Sessions: create, find and refresh them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from authsite.accounts.end_sessions import enforce_session_limit
from authsite.accounts.session_secrets import PREVIOUS_SECRET_LIFETIME, is_current
from authsite.accounts.sign_in import SignIn
from authsite.accounts.unit_of_work import UnitOfWork
from authsite.audit.event_types import EventType
from authsite.db.compiled_select import Select
from authsite.models import User, UserSession
from authsite.models.user import full_name
from authsite.settings.schema import SessionSettings
from authsite.tokens import SessionToken

#: Sessions on a public computer are refreshed this often per idle timeout, so that they end hardly
#: earlier than they should.
REFRESHES_PER_IDLE_TIMEOUT = 15
#: `authenticated_at` of an identity behind a previous secret: it needs a re-authentication.
NEVER = datetime.min.replace(tzinfo=UTC)


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
        """First and last name, if there is a last name."""
        return full_name(self.first_name, self.last_name)


class FoundSession(NamedTuple):
    """What a token finds: the identity, if its secret is right."""

    identity: Identity | None
    #: Whether a session has the id of the token. Then its cookie is kept whatever the secret: an
    #: answer that clears it could arrive after the one that set a new secret.
    is_alive: bool = True


_NO_SESSION = FoundSession(None, is_alive=False)

#: The select of `find_session`: by primary key, once in nearly every request. A suspended
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
        UserSession.previous_secret_digest,
        UserSession.rotated_at,
    )
    .join(User, User.id == UserSession.user_id)
    .where(UserSession.id == sa.bindparam("session_id"), User.suspended_at.is_(None))
)
_INSERT = sa.insert(UserSession.metadata.tables["authsite_session"])


def find_session(identities: Select, token: SessionToken, *, now: datetime) -> FoundSession:
    """Return the session of this token: without an identity if it is unknown, forged or expired.

    `identities` is `IDENTITY`, compiled for the database. The identity behind a previous secret
    needs a re-authentication for what requires one.
    """
    row = identities.one_or_none(session_id=token.id)
    if row is None:
        return _NO_SESSION
    identity, (digest, previous_digest, rotated_at) = Identity._make(row[:-3]), row[-3:]
    if identity.expires_at <= now:
        return _NO_SESSION
    if token.matches(digest):
        return FoundSession(identity)
    is_previous = rotated_at is not None and now - rotated_at < PREVIOUS_SECRET_LIFETIME
    if is_previous and token.matches(previous_digest):
        return FoundSession(identity._replace(authenticated_at=NEVER))
    return FoundSession(None)


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


def refresh_session(
    connection: Connection,
    token: SessionToken,
    identity: Identity,
    *,
    timeouts: SessionTimeouts,
    now: datetime,
) -> datetime | None:
    """Write that the session was used; return when it expires now.

    One statement decides, so that of many simultaneous requests one writes; the others get None, as
    does a request whose secret was rotated meanwhile.
    """
    as_read = is_current(token), UserSession.last_seen_at == identity.last_seen_at
    created_at = connection.execute(sa.select(UserSession.created_at).where(*as_read)).scalar()
    if created_at is None:
        return None
    expires_at = timeouts.expiry(created_at=created_at, last_seen_at=now)
    touched = connection.execute(
        sa.update(UserSession).where(*as_read).values(last_seen_at=now, expires_at=expires_at)
    )
    return expires_at if touched.rowcount else None
