"""Sessions: who is signed in where, until when, and how that ends."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.accounts.end_sessions import end_session_by_token
from authsite.accounts.sessions import (
    IDENTITY,
    SessionTimeouts,
    create_session,
    identity_of_token,
    refresh_session,
    rotate_session_secret,
)
from authsite.audit.event_types import SessionEndReason
from authsite.db.compiled_select import CompiledSelect
from authsite.models import UserSession
from authsite.tokens import SessionToken
from tests.factories import LIMITS, NOW, a_session, a_user, an_audit_log, some_noise

SECOND = timedelta(seconds=1)


@pytest.fixture
def ada(dbsession):
    """One person, signed in nowhere, among others."""
    some_noise(dbsession)
    return a_user(dbsession, first_name="Ada", last_name="Lovelace", email="ada@example.com")


@pytest.fixture
def who(services):
    """Ask who holds a token."""
    identities = CompiledSelect(IDENTITY, services.database.read_engine)
    return lambda token, now=NOW: identity_of_token(identities, token, now=now)


def rows(dbsession) -> dict[str, UserSession]:
    dbsession.expire_all()
    return {row.id: row for row in dbsession.execute(sa.select(UserSession)).scalars()}


def end(dbsession, token):
    """End the session of this token, as who signs out does."""
    end_session_by_token(
        dbsession, token, audit=an_audit_log(), why=SessionEndReason.SIGNED_OUT, now=NOW
    )


def open_for(dbsession, user, **values) -> SessionToken:
    values = {
        "limits": LIMITS,
        "journal": an_audit_log(),
        "user_agent": None,
        "ip_address": None,
        "now": NOW,
    } | values
    token = create_session(dbsession, user.id, **values)
    dbsession.commit()
    return token


def test_an_opened_session_is_found_by_its_token(dbsession, ada, who):
    identity = who(open_for(dbsession, ada))
    assert identity.user_id == ada.id
    assert (identity.full_name, identity.email) == ("Ada Lovelace", "ada@example.com")
    assert identity.last_seen_at == identity.authenticated_at == NOW
    assert identity.expires_at == NOW + LIMITS.idle_timeout


@pytest.mark.asvs("7.2.3")
def test_the_table_does_not_know_the_secret(dbsession, ada):
    token = open_for(dbsession, ada, user_agent="Firefox", ip_address="192.0.2.1")
    (row,) = dbsession.execute(
        sa.select(UserSession.__table__).where(UserSession.id == token.id)
    ).all()
    assert bytes(row.secret_digest) == token.digest
    assert token.secret not in str(row)
    assert (row.user_agent, row.ip_address) == ("Firefox", "192.0.2.1")


@pytest.mark.parametrize(
    ("user_agent", "kept"), [("x" * 600, "x" * 512), ("", None), (None, None), ("Firefox",) * 2]
)
def test_a_user_agent_is_kept_as_far_as_it_says_something(dbsession, ada, user_agent, kept):
    token = open_for(dbsession, ada, user_agent=user_agent)
    assert rows(dbsession)[token.id].user_agent == kept


@pytest.mark.asvs("7.2.2")
def test_opening_a_session_leaves_all_others_alone(dbsession, ada, who):
    before = set(rows(dbsession))
    first, second = open_for(dbsession, ada), open_for(dbsession, ada)
    assert set(rows(dbsession)) == before | {first.id, second.id}
    assert who(first).session_id != who(second).session_id


@pytest.mark.asvs("7.2.1")
@pytest.mark.parametrize("which", ["unknown", "secret of another", "forged"])
def test_no_other_token_is_anybodys(dbsession, ada, who, which):
    token, other = open_for(dbsession, ada), open_for(dbsession, ada)
    wrong = {
        "unknown": SessionToken.new(),
        "secret of another": SessionToken(token.id, other.secret),
        "forged": SessionToken(token.id, token.secret[::-1]),
    }[which]
    assert who(wrong) is None
    assert who(token) is not None


@pytest.mark.asvs("7.3.1")
def test_a_session_is_over_at_the_moment_it_expires(dbsession, ada, who):
    token = open_for(dbsession, ada)
    expires_at = who(token).expires_at
    assert who(token, now=expires_at - SECOND) is not None
    assert who(token, now=expires_at) is None
    assert who(token, now=expires_at + SECOND) is None


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
def test_the_nearer_of_two_limits_counts(age, unseen, left):
    assert LIMITS.expiry(created_at=NOW - age, last_seen_at=NOW - unseen) == NOW + left


@pytest.mark.asvs("7.3.1")
def test_a_visit_extends_a_session_and_no_other(services, dbsession, ada, who):
    token, later = open_for(dbsession, ada), NOW + timedelta(days=3)
    others = {row.id: row.expires_at for row in rows(dbsession).values() if row.id != token.id}
    with services.database.read_engine.connect() as connection:
        until = refresh_session(connection, who(token), timeouts=LIMITS, now=later)
    assert until == later + LIMITS.idle_timeout
    identity = who(token, now=later)
    assert (identity.last_seen_at, identity.expires_at) == (later, until)
    assert identity.authenticated_at == rows(dbsession)[token.id].created_at == NOW
    after = {row.id: row.expires_at for row in rows(dbsession).values() if row.id != token.id}
    assert after == others


@pytest.mark.asvs("7.3.2")
def test_no_visit_extends_a_session_beyond_the_absolute_limit(services, dbsession, ada, who):
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
        until = refresh_session(connection, who(token), timeouts=LIMITS, now=NOW)
    assert until == NOW + timedelta(days=1)


def test_of_many_visits_at_one_moment_one_is_written_down(services, dbsession, ada, who):
    identity = who(open_for(dbsession, ada))
    later = NOW + timedelta(hours=2)
    with services.database.read_engine.connect() as connection:
        answers = [
            refresh_session(connection, identity, timeouts=LIMITS, now=later) for _ in range(5)
        ]
    assert answers == [later + LIMITS.idle_timeout, None, None, None, None]


def test_a_session_that_was_closed_meanwhile_is_not_brought_back(services, dbsession, ada, who):
    token = open_for(dbsession, ada)
    identity = who(token)
    end(dbsession, token)
    dbsession.commit()
    with services.database.read_engine.connect() as connection:
        assert refresh_session(connection, identity, timeouts=LIMITS, now=NOW + SECOND) is None
    assert who(token) is None


def test_closing_ends_this_session_and_no_other(dbsession, ada, who):
    token, other = open_for(dbsession, ada), open_for(dbsession, ada)
    before = set(rows(dbsession))
    end(dbsession, token)
    dbsession.commit()
    assert set(rows(dbsession)) == before - {token.id}
    assert who(token) is None
    assert who(other) is not None


def test_nobody_ends_a_session_whose_secret_they_do_not_know(dbsession, ada, who):
    token = open_for(dbsession, ada)
    end(dbsession, SessionToken(token.id, SessionToken.new().secret))
    end(dbsession, SessionToken.new())
    dbsession.commit()
    assert who(token) is not None


def test_other_limits_make_other_sessions(dbsession, ada, who):
    short = SessionTimeouts(timedelta(minutes=15), timedelta(minutes=10), timedelta(minutes=1))
    assert who(open_for(dbsession, ada, timeouts=short)).expires_at == NOW + timedelta(minutes=10)


def test_an_identity_cannot_be_changed_and_knows_no_secret(dbsession, ada, who):
    token = open_for(dbsession, ada)
    identity = who(token)
    with pytest.raises(AttributeError):
        identity.user_id = "somebody else"
    assert token.secret not in repr(identity)
    assert repr(token.digest) not in repr(identity)


@pytest.mark.asvs("7.2.4")
def test_a_renewed_session_keeps_all_but_its_secret(dbsession, ada, who):
    token, other = open_for(dbsession, ada), open_for(dbsession, ada)
    before, later = rows(dbsession)[token.id], NOW + timedelta(hours=2)
    kept = (before.created_at, before.last_seen_at, before.expires_at, before.public_computer)
    renewed, expires_at = rotate_session_secret(dbsession, who(token), now=later)
    dbsession.commit()
    assert (renewed.id, expires_at) == (token.id, NOW + LIMITS.idle_timeout)
    assert renewed.secret != token.secret
    assert who(token) is None
    assert who(renewed).authenticated_at == later
    assert who(other).authenticated_at == NOW
    row = rows(dbsession)[token.id]
    assert (row.created_at, row.last_seen_at, row.expires_at, row.public_computer) == kept


def test_a_session_that_has_ended_is_not_renewed(dbsession, ada, who):
    token = open_for(dbsession, ada)
    identity = who(token)
    end(dbsession, token)
    dbsession.commit()
    before = set(rows(dbsession))
    assert rotate_session_secret(dbsession, identity, now=NOW) is None
    assert set(rows(dbsession)) == before


def test_nobody_renews_the_session_of_another(dbsession, ada, who):
    mine, hers = (who(open_for(dbsession, each)) for each in (a_user(dbsession), ada))
    assert (
        rotate_session_secret(dbsession, mine._replace(session_id=hers.session_id), now=NOW) is None
    )


def test_of_two_renewals_at_one_moment_the_later_secret_counts(dbsession, ada, who):
    identity = who(open_for(dbsession, ada))
    tokens = [rotate_session_secret(dbsession, identity, now=NOW)[0] for _ in range(2)]
    dbsession.commit()
    assert [who(each) is not None for each in tokens] == [False, True]
