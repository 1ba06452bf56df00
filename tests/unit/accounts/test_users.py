"""Finding and locking users, and their credentials."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.accounts.users import (
    Credential,
    get_credential_by_email,
    get_user,
    lock_user,
)
from authsite.models import User
from tests.factories import NOW, a_user, some_noise

SECOND = timedelta(seconds=1)


def test_user_is_found_by_id(dbsession):
    some_noise(dbsession)
    user = a_user(dbsession)
    assert get_user(dbsession, user.id) is user
    assert get_user(dbsession, "unknown") is None


def test_credential_is_found_by_normalized_email(dbsession, services):
    some_noise(dbsession)
    user = a_user(dbsession, email="Ada@example.com", password_hash="hush")
    found = get_credential_by_email(services.credentials, "ada@example.com", now=NOW)
    assert found == Credential(user.id, "hush")
    for other in ("Ada@example.com", "unknown@example.com", "", "%"):
        assert get_credential_by_email(services.credentials, other, now=NOW) is None


@pytest.mark.asvs("16.2.5")
def test_credential_hides_the_hash():
    assert "hush" not in repr(Credential("ada", "hush"))


def test_locked_user_is_read_again(dbsession):
    user = a_user(dbsession, email="ada@example.com")
    assert user.email == "ada@example.com"
    moved = sa.update(User.__table__).where(User.__table__.c.id == user.id)
    dbsession.execute(moved.values(email="ada@new.example"))
    assert lock_user(dbsession, user.id) is user
    assert user.email == "ada@new.example"


def test_credential_of_a_user_is_what_a_sign_in_reads(dbsession, services):
    user = a_user(
        dbsession,
        email="ada@example.com",
        email_verified_at=NOW,
        delete_after=NOW + SECOND,
        suspended_at=NOW,
        suspension_reason="a reason",
        devices_valid_since=NOW,
    )
    found = get_credential_by_email(services.credentials, "ada@example.com", now=NOW)
    assert found == Credential.of(user)
    user.password_hash = None
    dbsession.commit()
    assert Credential.of(user) is None
    assert get_credential_by_email(services.credentials, "ada@example.com", now=NOW) is None


def test_account_due_for_deletion_has_no_credential(dbsession, services):
    a_user(dbsession, email="ada@example.com", delete_after=NOW)
    assert get_credential_by_email(services.credentials, "ada@example.com", now=NOW) is None


def test_unknown_user_is_not_locked(dbsession):
    assert lock_user(dbsession, "unknown") is None
