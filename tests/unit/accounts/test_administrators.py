"""Administrator rights: granted, revoked and recorded."""

import pytest
import sqlalchemy as sa

from authsite.accounts.administrators import (
    EmailNotVerified,
    grant_admin,
    grant_admin_at_creation,
    revoke_admin,
)
from authsite.models import AuditEvent, User
from tests.factories import NOW, a_user, some_noise


@pytest.fixture
def ada(dbsession):
    """A user with a verified address, and other users."""
    some_noise(dbsession)
    return a_user(dbsession, email_verified_at=NOW)


def administrators(dbsession):
    """Return the ids of all administrators."""
    dbsession.flush()
    return dbsession.scalars(sa.select(User.id).where(User.is_administrator)).all()


def types(dbsession):
    """Return the types of all events in their order, sign-ins excepted."""
    events = sa.select(AuditEvent.type).where(AuditEvent.type != "signed_in")
    return dbsession.scalars(events.order_by(AuditEvent.occurred_at)).all()


@pytest.mark.asvs("8.2.1")
def test_admin_rights_are_granted_and_revoked(dbsession, work, ada):
    assert grant_admin(work, ada)
    assert administrators(dbsession) == [ada.id]
    assert revoke_admin(work, ada)
    assert administrators(dbsession) == []
    assert types(dbsession) == ["admin_granted", "admin_revoked"]


def test_admin_rights_are_recorded_once(dbsession, work, ada):
    assert not revoke_admin(work, ada)
    grant_admin(work, ada)
    assert not grant_admin(work, ada)
    assert types(dbsession) == ["admin_granted"]


def test_admin_rights_require_a_verified_address(dbsession, work):
    unverified = a_user(dbsession)
    with pytest.raises(EmailNotVerified):
        grant_admin(work, unverified)
    assert administrators(dbsession) == []
    assert types(dbsession) == []


def test_admin_rights_can_be_granted_at_creation(dbsession, work):
    created = a_user(dbsession)
    grant_admin_at_creation(work, created)
    assert administrators(dbsession) == [created.id]
    assert types(dbsession) == ["admin_granted"]
