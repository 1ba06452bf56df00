"""Rotation of session secrets, and what the previous one is good for."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.accounts.session_secrets import PREVIOUS_SECRET_LIFETIME, rotate_session_secret
from authsite.accounts.sessions import IDENTITY, NEVER, find_session, refresh_session
from authsite.db.compiled_select import CompiledSelect
from authsite.models import UserSession
from authsite.tokens import SessionToken
from tests.factories import LIMITS, NOW, a_session, a_user, some_noise

KEY = b"k" * 32
SECOND = timedelta(seconds=1)


@pytest.fixture
def ada(dbsession):
    """A user among others."""
    some_noise(dbsession)
    return a_user(dbsession)


@pytest.fixture
def token(dbsession, ada):
    """The token of a session that began a day ago."""
    token = SessionToken.new()
    began = NOW - timedelta(days=1)
    a_session(dbsession, ada, token=token, created_at=began, expires_at=NOW + timedelta(days=1))
    return token


@pytest.fixture
def rotate(dbsession, ada):
    """Rotate the secret of a token; return the new token, or None."""

    def go(token, *, user_id=ada.id, key=KEY, now=NOW):
        rotated = rotate_session_secret(dbsession, token, user_id=user_id, key=key, now=now)
        dbsession.commit()
        return rotated and rotated[0]

    return go


@pytest.fixture
def find(services):
    """Find the session of a token."""
    identities = CompiledSelect(IDENTITY, services.database.read_engine)
    return lambda token, now=NOW: find_session(identities, token, now=now)


def row_of(dbsession, token):
    dbsession.expire_all()
    return dbsession.execute(
        sa.select(UserSession.__table__).where(UserSession.id == token.id)
    ).one()


@pytest.mark.asvs("7.2.4")
def test_rotation_changes_the_secret_only(dbsession, ada, token, rotate, find):
    before, later = row_of(dbsession, token), NOW + timedelta(hours=2)
    other = SessionToken.new()
    a_session(dbsession, ada, token=other, created_at=NOW, expires_at=NOW + timedelta(days=1))
    rotated, expires_at = rotate_session_secret(
        dbsession, token, user_id=ada.id, key=KEY, now=later
    )
    dbsession.commit()
    assert (rotated.id, expires_at) == (token.id, before.expires_at)
    assert rotated.secret != token.secret
    assert find(rotated, later).identity.authenticated_at == later
    assert find(other).identity.authenticated_at == NOW
    after = row_of(dbsession, token)
    changed = {name for name in after._fields if getattr(after, name) != getattr(before, name)}
    assert changed == {
        "secret_digest",
        "previous_secret_digest",
        "rotation_salt",
        "rotated_at",
        "authenticated_at",
    }


@pytest.mark.asvs("7.2.4")
def test_previous_secret_counts_for_30_seconds_without_privileges(token, rotate, find):
    before = find(token).identity
    rotate(token)
    found = find(token, NOW + PREVIOUS_SECRET_LIFETIME - SECOND)
    assert found.identity == before._replace(authenticated_at=NEVER)
    assert find(token, NOW + PREVIOUS_SECRET_LIFETIME) == (None, True)


def test_wrong_secret_finds_a_living_session_without_identity(token, rotate, find):
    wrong = SessionToken.for_session(token.id)
    assert find(wrong) == (None, True)
    rotate(token)
    assert find(wrong) == (None, True)


def test_unknown_and_expired_sessions_are_not_found(token, find):
    nothing = (None, False)
    assert find(SessionToken.new()) == nothing
    assert find(token, NOW + timedelta(days=1)) == nothing


def test_second_rotation_with_the_previous_secret_returns_the_same_token(token, rotate, find):
    first = rotate(token)
    second = rotate(token, now=NOW + PREVIOUS_SECRET_LIFETIME - SECOND)
    assert second == first
    later = NOW + PREVIOUS_SECRET_LIFETIME - SECOND
    assert find(first, later).identity.authenticated_at == later
    assert rotate(token, now=NOW + PREVIOUS_SECRET_LIFETIME) is None


def test_secret_before_the_previous_one_is_invalid(token, rotate, find):
    rotate(rotate(token))
    assert find(token).identity is None
    assert rotate(token) is None


def test_rotation_with_another_key_starts_again(token, rotate, find):
    """The key of the site was replaced between two requests."""
    first = rotate(token)
    assert rotate(token, key=b"l" * 32) is None
    assert find(rotate(first, key=b"l" * 32)).identity is not None


def test_rotation_does_not_revive_an_ended_session(dbsession, token, rotate):
    dbsession.execute(sa.delete(UserSession).where(UserSession.id == token.id))
    dbsession.commit()
    assert rotate(token) is None


def test_rotation_requires_the_user_and_the_secret(dbsession, token, rotate):
    before = row_of(dbsession, token)
    assert rotate(token, user_id=a_user(dbsession).id) is None
    assert rotate(SessionToken.for_session(token.id)) is None
    assert row_of(dbsession, token) == before


def test_refresh_requires_the_current_secret(services, token, rotate, find):
    """Otherwise a slow response would set the previous cookie again."""
    identity = find(token).identity
    rotated = rotate(token)
    with services.database.read_engine.connect() as connection:
        tokens = (token, rotated)
        refreshed = [
            refresh_session(connection, each, identity, timeouts=LIMITS, now=NOW + SECOND)
            for each in tokens
        ]
    assert refreshed[0] is None
    assert refreshed[1] is not None
