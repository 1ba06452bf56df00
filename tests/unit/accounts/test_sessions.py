"""Sessions: created, found by their token, refreshed and rotated."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.accounts.end_sessions import end_session_by_token
from authsite.accounts.sessions import (
    IDENTITY,
    SessionTimeouts,
    create_session,
    find_session,
    refresh_session,
)
from authsite.accounts.sign_in import SignIn
from authsite.accounts.users import Credential
from authsite.audit.event_types import EventType, SessionEndReason
from authsite.db.compiled_select import CompiledSelect
from authsite.http.client import Client
from authsite.models import UserSession
from authsite.settings.schema import SessionSettings
from authsite.tokens import SessionToken
from tests.factories import LIMITS, NOW, a_session, a_user, some_noise

SECOND = timedelta(seconds=1)


@pytest.fixture
def ada(dbsession):
    """A user without sessions, among others."""
    some_noise(dbsession)
    return a_user(dbsession, first_name="Ada", last_name="Lovelace", email="ada@example.com")


@pytest.fixture
def identify(services):
    """Return the identity behind a token."""
    identities = CompiledSelect(IDENTITY, services.database.read_engine)
    return lambda token, now=NOW: find_session(identities, token, now=now).identity


def rows(dbsession) -> dict[str, UserSession]:
    dbsession.expire_all()
    return {row.id: row for row in dbsession.execute(sa.select(UserSession)).scalars()}


@pytest.fixture
def end(work):
    """End the session of this token, as signing out does."""

    def go(token):
        end_session_by_token(work, token, SessionEndReason.SIGNED_OUT)
        work.dbsession.commit()

    return go


@pytest.fixture
def create(begin):
    """Create a session of a user; return its token."""

    def go(user, *, public_computer=False, **values) -> SessionToken:
        work = begin(**values)
        sign_in = SignIn(
            Credential.of(user), user.email_normalized, public_computer=public_computer
        )
        token = create_session(work, sign_in, EventType.SIGNED_IN)
        work.dbsession.commit()
        return token

    return go


def test_session_is_found_by_its_token(create, ada, identify):
    identity = identify(create(ada))
    assert identity.user_id == ada.id
    assert (identity.full_name, identity.email) == ("Ada Lovelace", "ada@example.com")
    assert identity.last_seen_at == identity.authenticated_at == NOW
    assert identity.expires_at == NOW + LIMITS.idle_timeout


@pytest.mark.asvs("7.2.3")
def test_session_row_does_not_have_the_secret(dbsession, create, ada):
    token = create(ada, client=Client("192.0.2.1", "192.0.2.1", "Firefox"))
    (row,) = dbsession.execute(
        sa.select(UserSession.__table__).where(UserSession.id == token.id)
    ).all()
    assert bytes(row.secret_digest) == token.digest
    assert token.secret not in str(row)
    assert (row.user_agent, row.ip_address) == ("Firefox", "192.0.2.1")


@pytest.mark.asvs("7.2.2")
def test_new_session_changes_no_others(dbsession, create, ada, identify):
    before = set(rows(dbsession))
    first, second = create(ada), create(ada)
    assert set(rows(dbsession)) == before | {first.id, second.id}
    assert identify(first).session_id != identify(second).session_id


@pytest.mark.asvs("7.2.1")
@pytest.mark.parametrize("which", ["unknown", "secret of another", "forged"])
def test_wrong_token_has_no_identity(create, ada, identify, which):
    token, other = create(ada), create(ada)
    wrong = {
        "unknown": SessionToken.new(),
        "secret of another": SessionToken(token.id, other.secret),
        "forged": SessionToken(token.id, token.secret[::-1]),
    }[which]
    assert identify(wrong) is None
    assert identify(token) is not None


@pytest.mark.asvs("7.3.1")
def test_session_ends_when_it_expires(create, ada, identify):
    token = create(ada)
    expires_at = identify(token).expires_at
    assert identify(token, now=expires_at - SECOND) is not None
    assert identify(token, now=expires_at) is None
    assert identify(token, now=expires_at + SECOND) is None


@pytest.mark.asvs("7.3.1", "7.3.2")
@pytest.mark.parametrize(
    ("age", "unseen", "left"),
    [
        (timedelta(0), timedelta(0), timedelta(days=30)),
        (timedelta(days=10), timedelta(days=5), timedelta(days=25)),
        (timedelta(days=70), timedelta(0), timedelta(days=20)),
        (timedelta(days=90), timedelta(0), timedelta(0)),
        (timedelta(days=50), timedelta(days=30), timedelta(0)),
    ],
)
def test_nearer_timeout_ends_the_session(age, unseen, left):
    assert LIMITS.expiry(created_at=NOW - age, last_seen_at=NOW - unseen) == NOW + left


@pytest.mark.asvs("7.3.1")
def test_refresh_extends_this_session_only(services, dbsession, create, ada, identify):
    token, later = create(ada), NOW + timedelta(days=3)
    others = {row.id: row.expires_at for row in rows(dbsession).values() if row.id != token.id}
    with services.database.read_engine.connect() as connection:
        until = refresh_session(connection, token, identify(token), timeouts=LIMITS, now=later)
    assert until == later + LIMITS.idle_timeout
    identity = identify(token, now=later)
    assert (identity.last_seen_at, identity.expires_at) == (later, until)
    assert identity.authenticated_at == rows(dbsession)[token.id].created_at == NOW
    after = {row.id: row.expires_at for row in rows(dbsession).values() if row.id != token.id}
    assert after == others


@pytest.mark.asvs("7.3.2")
def test_refresh_respects_the_absolute_timeout(services, dbsession, ada, identify):
    token = SessionToken.new()
    created_at = NOW - LIMITS.absolute_timeout + timedelta(days=1)
    a_session(
        dbsession,
        ada,
        token=token,
        created_at=created_at,
        last_seen_at=NOW - SECOND,
        expires_at=NOW + SECOND,
    )
    with services.database.read_engine.connect() as connection:
        until = refresh_session(connection, token, identify(token), timeouts=LIMITS, now=NOW)
    assert until == NOW + timedelta(days=1)


def test_refresh_writes_once_of_simultaneous_visits(services, create, ada, identify):
    token = create(ada)
    identity, later = identify(token), NOW + timedelta(hours=2)
    with services.database.read_engine.connect() as connection:
        answers = [
            refresh_session(connection, token, identity, timeouts=LIMITS, now=later)
            for _ in range(5)
        ]
    assert answers == [later + LIMITS.idle_timeout, None, None, None, None]


def test_refresh_does_not_revive_an_ended_session(services, create, end, ada, identify):
    token = create(ada)
    identity = identify(token)
    end(token)
    with services.database.read_engine.connect() as connection:
        assert (
            refresh_session(connection, token, identity, timeouts=LIMITS, now=NOW + SECOND) is None
        )
    assert identify(token) is None


def test_sign_out_ends_this_session_only(dbsession, create, end, ada, identify):
    token, other = create(ada), create(ada)
    before = set(rows(dbsession))
    end(token)
    assert set(rows(dbsession)) == before - {token.id}
    assert identify(token) is None
    assert identify(other) is not None


def test_sign_out_requires_the_secret(create, end, ada, identify):
    token = create(ada)
    end(SessionToken(token.id, SessionToken.new().secret))
    end(SessionToken.new())
    assert identify(token) is not None


def test_session_timeouts_follow_the_settings():
    settings = SessionSettings(
        idle_timeout=timedelta(days=2),
        absolute_timeout=timedelta(days=9),
        refresh_interval=timedelta(minutes=5),
        public_idle_timeout=timedelta(minutes=30),
        public_absolute_timeout=timedelta(hours=3),
    )
    assert SessionTimeouts.of(settings, public_computer=False) == SessionTimeouts(
        timedelta(days=2), timedelta(days=9), timedelta(minutes=5)
    )
    assert SessionTimeouts.of(settings, public_computer=True) == SessionTimeouts(
        timedelta(minutes=30), timedelta(hours=3), timedelta(minutes=2)
    )


def test_public_sessions_refresh_no_later_than_others():
    settings = SessionSettings(
        refresh_interval=timedelta(minutes=1), public_idle_timeout=timedelta(hours=1)
    )
    timeouts = SessionTimeouts.of(settings, public_computer=True)
    assert timeouts.refresh_interval == timedelta(minutes=1)


def test_session_on_a_public_computer_ends_soon(create, ada, identify):
    identity = identify(create(ada, public_computer=True))
    assert identity.public_computer
    assert identity.expires_at == NOW + timedelta(minutes=15)


def test_identity_is_immutable_and_has_no_secret(create, ada, identify):
    token = create(ada)
    identity = identify(token)
    with pytest.raises(AttributeError):
        identity.user_id = "another user"
    assert token.secret not in repr(identity)
    assert repr(token.digest) not in repr(identity)
