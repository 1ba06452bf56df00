"""Finding people, and nobody else."""

import pytest
import sqlalchemy as sa

from authsite.accounts.users import (
    Credential,
    get_credential_by_email,
    get_user,
    lock_user,
)
from authsite.models import User
from tests.factories import a_user, some_noise


def test_a_user_is_found_by_id(dbsession):
    some_noise(dbsession)
    user = a_user(dbsession)
    assert get_user(dbsession, user.id) is user
    assert get_user(dbsession, "nobody") is None


def test_a_password_hash_is_found_by_the_key_of_the_address(dbsession, services):
    some_noise(dbsession)
    user = a_user(dbsession, email="Ada@example.com", password_hash="hush")
    found = get_credential_by_email(services.credentials, "ada@example.com")
    assert found == Credential(user.id, "hush")
    for other in ("Ada@example.com", "nobody@example.com", "", "%"):
        assert get_credential_by_email(services.credentials, other) is None


@pytest.mark.asvs("16.2.5")
def test_a_credential_does_not_show_the_hash():
    assert "hush" not in repr(Credential("ada", "hush"))


def test_who_is_held_is_as_they_are_now_and_not_as_they_were_read(dbsession):
    user = a_user(dbsession, email="ada@example.com")
    assert user.email == "ada@example.com"
    moved = sa.update(User.__table__).where(User.__table__.c.id == user.id)
    dbsession.execute(moved.values(email="ada@new.example"))
    assert lock_user(dbsession, user.id) is user
    assert user.email == "ada@new.example"


def test_nobody_is_held_who_is_not_there(dbsession):
    assert lock_user(dbsession, "nobody") is None
