"""Making an account for somebody."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.accounts.create_user import create_user
from authsite.accounts.email_links import Purpose, issue_link
from authsite.accounts.users import EmailTaken
from authsite.audit.event_types import Actor
from authsite.email_addresses import parse_email_address
from authsite.models import AuditEvent, User
from tests.factories import NOW, a_user, an_audit_log, some_noise


def create(dbsession, email="Ada@example.com", **values):
    """Make an account for Ada."""
    made = {
        "first_name": "Ada",
        "last_name": "Lovelace",
        "email": parse_email_address(email),
        "password_hash": None,
        "email_verified_at": None,
        "journal": an_audit_log(actor=Actor.OPERATOR),
        "now": NOW,
    }
    return create_user(dbsession, **made | values)


def test_an_account_comes_to_be_and_its_history_begins(dbsession):
    some_noise(dbsession)
    user = create(dbsession)
    dbsession.commit()
    row = dbsession.execute(sa.select(User.__table__).where(User.id == user.id)).one()
    assert (row.first_name, row.last_name) == ("Ada", "Lovelace")
    assert (row.email, row.email_normalized) == ("Ada@example.com", "ada@example.com")
    assert (row.password_hash, row.email_verified_at, row.created_at) == (None, None, NOW)
    assert (row.is_administrator, row.suspended_at) == (False, None)
    mine = sa.select(AuditEvent.type, AuditEvent.actor).where(AuditEvent.user_id == user.id)
    assert dbsession.execute(mine).all() == [("created", "operator")]


def test_an_address_is_given_once(dbsession):
    a_user(dbsession, email="ada@example.com")
    with pytest.raises(EmailTaken):
        create(dbsession)
    assert dbsession.scalars(sa.select(User.first_name)).all() == ["Grace"]
    assert dbsession.scalars(sa.select(AuditEvent.type)).all() == []


def test_nor_may_it_be_one_that_its_former_owner_can_take_back(dbsession):
    other = a_user(dbsession, email="grace@example.com")
    reserved = {"email": "ada@example.com", "email_normalized": "ada@example.com"}
    lifetime = timedelta(days=1)
    issue_link(dbsession, other, Purpose.SECURE_ACCOUNT, lifetime=lifetime, now=NOW, **reserved)
    with pytest.raises(EmailTaken):
        create(dbsession)
    assert create(dbsession, now=NOW + lifetime).email == "Ada@example.com"
