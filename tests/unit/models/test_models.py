"""Constraints and types of the tables."""

from datetime import datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from authsite.models import AccountNote, EmailLink, User, UserSession
from authsite.models.base import UtcDateTime
from tests.factories import NOW, a_message, a_session, a_user, an_event, some_noise


def test_time_is_read_back_in_utc(dbsession):
    elsewhere = NOW.astimezone(timezone(timedelta(hours=-8))) + timedelta(microseconds=7)
    user = a_user(dbsession, created_at=elsewhere)
    dbsession.refresh(user)
    assert user.created_at == elsewhere
    assert user.created_at.utcoffset() == timedelta(0)


def test_time_without_a_zone_is_refused(dbsession):
    with pytest.raises(sa.exc.StatementError, match="a time without a zone"):
        a_user(dbsession, created_at=datetime(2030, 5, 17, 12, 0))  # noqa: DTZ001 - what is tested


def test_missing_time_is_read_as_none(dbsession):
    nothing = sa.select(sa.literal(None, UtcDateTime()))
    assert dbsession.execute(nothing).scalar_one() is None


def test_normalized_email_is_unique(dbsession):
    a_user(dbsession, email_normalized="ada@example.com")
    with pytest.raises(sa.exc.IntegrityError, match="email_normalized"):
        a_user(dbsession, email_normalized="ada@example.com")


@pytest.mark.parametrize("column", ["first_name", "last_name"])
@pytest.mark.parametrize("length", [0, 101])
def test_name_has_1_to_100_characters(dbsession, column, length):
    with pytest.raises((sa.exc.IntegrityError, sa.exc.DataError)):
        a_user(dbsession, **{column: "é" * length})


@pytest.mark.parametrize("length", [1, 100])
def test_name_length_is_counted_in_characters(dbsession, length):
    user = a_user(dbsession, first_name="é" * length, last_name="🦙" * length)
    dbsession.refresh(user)
    assert user.first_name == "é" * length


def test_deleting_a_user_deletes_their_sessions_only(dbsession):
    some_noise(dbsession)
    before = set(dbsession.execute(sa.select(UserSession.id)).scalars())
    user = a_user(dbsession)
    a_session(dbsession, user)
    a_session(dbsession, user)
    dbsession.delete(user)
    dbsession.commit()
    assert set(dbsession.execute(sa.select(UserSession.id)).scalars()) == before


def test_session_requires_a_user(dbsession):
    with pytest.raises(sa.exc.IntegrityError):
        a_session(dbsession, User(id="unknown"))


@pytest.mark.asvs("16.2.5")
def test_repr_of_a_row_shows_ids_only(dbsession):
    user = a_user(dbsession)
    assert repr(user) == f"<User {user.id}>"
    session = a_session(dbsession, user)
    assert repr(session) == f"<UserSession {session.id} of {user.id}>"
    message = a_message(dbsession, user_id=user.id)
    assert repr(message) == f"<OutboxMessage {message.id} {message.template}>"
    event = an_event(dbsession, user)
    assert repr(event) == f"<AuditEvent {event.id} signed_in of {user.id}>"
    link = EmailLink(purpose="verify_email", user_id=user.id, email=user.email)
    assert repr(link) == f"<EmailLink verify_email of {user.id}>"
    note = AccountNote(id="note", user_id=user.id, text="Called.")
    assert repr(note) == f"<AccountNote note on {user.id}>"
