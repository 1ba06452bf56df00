"""Who administers the site, and since when."""

import pytest
import sqlalchemy as sa

from authsite.accounts.administrators import (
    EmailNotVerified,
    grant_admin,
    grant_admin_at_creation,
    revoke_admin,
)
from authsite.models import AuditEvent, User
from tests.factories import NOW, a_user, an_audit_log, some_noise


@pytest.fixture
def ada(dbsession):
    """Somebody with an address that is proven, among others."""
    some_noise(dbsession)
    return a_user(dbsession, email_verified_at=NOW)


WRITTEN = {"journal": an_audit_log(), "now": NOW}


def administrators(dbsession):
    """Return the ids of all."""
    dbsession.flush()
    return dbsession.scalars(sa.select(User.id).where(User.is_administrator)).all()


def kinds(dbsession):
    """Return what happened, in its order, but for the sign-ins."""
    done = sa.select(AuditEvent.type).where(AuditEvent.type != "signed_in")
    return dbsession.scalars(done.order_by(AuditEvent.occurred_at)).all()


@pytest.mark.asvs("8.2.1")
def test_somebody_comes_to_be_an_administrator_and_ceases_to_be_one(dbsession, ada):
    assert grant_admin(dbsession, ada, **WRITTEN)
    assert administrators(dbsession) == [ada.id]
    assert revoke_admin(dbsession, ada, **WRITTEN)
    assert administrators(dbsession) == []
    assert kinds(dbsession) == ["admin_granted", "admin_revoked"]


def test_what_is_so_already_is_not_written_down(dbsession, ada):
    assert not revoke_admin(dbsession, ada, **WRITTEN)
    grant_admin(dbsession, ada, **WRITTEN)
    assert not grant_admin(dbsession, ada, **WRITTEN)
    assert kinds(dbsession) == ["admin_granted"]


def test_a_stranger_with_the_address_of_another_is_made_none(dbsession):
    stranger = a_user(dbsession)
    with pytest.raises(EmailNotVerified):
        grant_admin(dbsession, stranger, **WRITTEN)
    assert administrators(dbsession) == []
    assert kinds(dbsession) == []


def test_whoever_an_account_is_made_for_is_appointed_at_once(dbsession):
    made = a_user(dbsession)
    grant_admin_at_creation(dbsession, made, **WRITTEN)
    assert administrators(dbsession) == [made.id]
    assert kinds(dbsession) == ["admin_granted"]
