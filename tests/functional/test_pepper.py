"""A site that gets a pepper, changes it and drops the former one, while people sign in."""

import logging

import pytest
import sqlalchemy as sa

from authsite.models import User
from tests.browsers import PASSWORD
from tests.functional.reading import alert_of

FIRST, SECOND = "first:" + "f" * 43, "second:" + "s" * 43


@pytest.fixture
def restarted(new_site):
    """Start the site again with these peppers; return a browser before it."""
    return lambda *peppers: new_site(
        {"authsite.passwords.pepper": ",".join(peppers)} if peppers else {}
    )[1]


@pytest.fixture
def kept(dbsession):
    """What the database keeps of Ada's password."""

    def look():
        dbsession.rollback()
        return dbsession.scalar(sa.select(User.password_hash))

    return look


@pytest.mark.asvs("11.2.2")
def test_adding_and_removing_peppers_locks_no_user_out(restarted, kept):
    assert restarted().sign_up().status_int == 303
    assert kept().startswith("$argon2id$")

    services = restarted(FIRST)
    assert services.sign_in(password="wrong").status_int == 422
    assert kept().startswith("$argon2id$")
    assert services.sign_in().status_int == 303
    renewed = kept()
    assert renewed.startswith("pepper=first$argon2id$")
    assert restarted(FIRST).sign_in().status_int == 303
    assert kept() == renewed

    assert restarted(SECOND, FIRST).sign_in().status_int == 303
    rotated = kept()
    assert rotated.startswith("pepper=second$argon2id$")

    services = restarted(SECOND)
    assert services.sign_in().status_int == 303
    assert kept() == rotated


def test_who_signs_up_has_the_pepper_at_once(restarted, kept):
    restarted(SECOND, FIRST).sign_up()
    assert kept().startswith("pepper=second$argon2id$")


@pytest.mark.asvs("16.2.5")
def test_a_pepper_that_is_lost_locks_out_those_who_need_it_and_says_so_in_the_log(
    restarted, kept, caplog
):
    """The page says what it says of a wrong password."""
    restarted(FIRST).sign_up()
    before, services = kept(), restarted(SECOND)
    wrong = alert_of(restarted(FIRST).sign_in(password="wrong"))
    with caplog.at_level(logging.DEBUG):
        for _ in range(2):
            page = services.sign_in()
            assert page.status_int == 422
            assert alert_of(page) == wrong
    told = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert [record.getMessage() for record in told] == [
        "sys_pepper_missing: some hashes need pepper first, which is not set"
    ]
    assert kept() == before
    for secret in (PASSWORD, before, FIRST, SECOND, "f" * 43, "s" * 43):
        assert secret not in caplog.text
    assert restarted(SECOND, FIRST).sign_in().status_int == 303
