"""A site adds a pepper, replaces it and removes the old one, while users sign in."""

import logging

import pytest
import sqlalchemy as sa

from authsite.models import User
from tests.browsers import PASSWORD
from tests.functional.reading import alert_of

FIRST, SECOND = "first:" + "f" * 43, "second:" + "s" * 43


@pytest.fixture
def restarted(new_site):
    """Start the site again with these peppers; return a browser of it."""
    return lambda *peppers: new_site(
        {"authsite.passwords.pepper": ",".join(peppers)} if peppers else {}
    )[1]


@pytest.fixture
def stored_hash(dbsession):
    """Return Ada's password hash."""

    def look():
        dbsession.rollback()
        return dbsession.scalar(sa.select(User.password_hash))

    return look


@pytest.mark.asvs("11.2.2")
def test_adding_and_removing_peppers_locks_no_user_out(restarted, stored_hash):
    assert restarted().sign_up().status_int == 303
    assert stored_hash().startswith("$argon2id$")

    services = restarted(FIRST)
    assert services.sign_in(password="wrong").status_int == 422
    assert stored_hash().startswith("$argon2id$")
    assert services.sign_in().status_int == 303
    renewed = stored_hash()
    assert renewed.startswith("pepper=first$argon2id$")
    assert restarted(FIRST).sign_in().status_int == 303
    assert stored_hash() == renewed

    assert restarted(SECOND, FIRST).sign_in().status_int == 303
    rotated = stored_hash()
    assert rotated.startswith("pepper=second$argon2id$")

    services = restarted(SECOND)
    assert services.sign_in().status_int == 303
    assert stored_hash() == rotated


def test_sign_up_uses_the_newest_pepper(restarted, stored_hash):
    restarted(SECOND, FIRST).sign_up()
    assert stored_hash().startswith("pepper=second$argon2id$")


@pytest.mark.asvs("16.2.5")
def test_missing_pepper_refuses_sign_in_and_is_logged(restarted, stored_hash, caplog):
    """The page shows the same error as for a wrong password."""
    restarted(FIRST).sign_up()
    before, services = stored_hash(), restarted(SECOND)
    wrong = alert_of(restarted(FIRST).sign_in(password="wrong"))
    with caplog.at_level(logging.DEBUG):
        for _ in range(2):
            page = services.sign_in()
            assert page.status_int == 422
            assert alert_of(page) == wrong
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert [record.getMessage() for record in errors] == [
        "sys_pepper_missing: some hashes need pepper first, which is not set"
    ]
    assert stored_hash() == before
    for secret in (PASSWORD, before, FIRST, SECOND, "f" * 43, "s" * 43):
        assert secret not in caplog.text
    assert restarted(SECOND, FIRST).sign_in().status_int == 303
