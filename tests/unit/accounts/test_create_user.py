"""Creating an account on behalf of an operator."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.accounts.create_user import create_user
from authsite.accounts.email_links import Purpose, issue_link
from authsite.accounts.users import EmailTaken
from authsite.audit.event_types import Actor
from authsite.email_addresses import parse_email_address
from authsite.models import AuditEvent, User
from tests.factories import NOW, a_user, some_noise

ADA = parse_email_address("Ada@example.com")


def create(work):
    """Create an account for Ada."""
    return create_user(work, first_name="Ada", last_name="Lovelace", email=ADA, password_hash=None)


def test_created_account_is_recorded_in_its_history(dbsession, begin):
    some_noise(dbsession)
    user = create(begin(source={"actor": Actor.OPERATOR}))
    dbsession.commit()
    row = dbsession.execute(sa.select(User.__table__).where(User.id == user.id)).one()
    assert (row.first_name, row.last_name) == ("Ada", "Lovelace")
    assert (row.email, row.email_normalized) == ("Ada@example.com", "ada@example.com")
    assert (row.password_hash, row.email_verified_at, row.created_at) == (None, None, NOW)
    assert (row.is_administrator, row.suspended_at) == (False, None)
    events = sa.select(AuditEvent.type, AuditEvent.actor).where(AuditEvent.user_id == user.id)
    assert dbsession.execute(events).all() == [("account_created", "operator")]


def test_create_user_refuses_a_taken_address(dbsession, work):
    a_user(dbsession, email="ada@example.com")
    with pytest.raises(EmailTaken):
        create(work)
    assert dbsession.scalars(sa.select(User.first_name)).all() == ["Grace"]
    assert dbsession.scalars(sa.select(AuditEvent.type)).all() == []


def test_create_user_refuses_a_reserved_address(dbsession, begin, work):
    other = a_user(dbsession, email="grace@example.com")
    issue_link(work, other, Purpose.SECURE_ACCOUNT, email=ADA)
    with pytest.raises(EmailTaken):
        create(work)
    assert create(begin(now=NOW + timedelta(days=7))).email == "Ada@example.com"
