"""Accounts that are never verified: the purge deletes them when they are no longer used."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.models import User
from tests.browsers import PASSWORD

DAY = timedelta(days=1)


def emails(dbsession) -> list[str]:
    """Return the email addresses of all accounts."""
    dbsession.rollback()
    return list(dbsession.scalars(sa.select(User.email)))


def test_unverified_account_is_deleted_thirty_days_after_its_last_session(
    browser, let_time_pass, purge_everything, dbsession, new_browser
):
    browser.sign_up()
    browser.sign_out()
    let_time_pass(29 * DAY)
    browser.sign_in()
    browser.sign_out()
    let_time_pass(29 * DAY)
    purge_everything()
    assert emails(dbsession) == ["ada@example.com"]
    let_time_pass(DAY)
    purge_everything()
    assert emails(dbsession) == []
    assert new_browser().sign_up().status_int == 303


def test_verified_account_is_kept(browser, let_time_pass, purge_everything, dbsession, mailbox):
    browser.sign_up()
    browser.submit(browser.get(mailbox.latest("verify_email").path_to("verify-email")), {})
    let_time_pass(200 * DAY)
    purge_everything()
    assert emails(dbsession) == ["ada@example.com"]


def test_account_is_gone_for_its_user_before_the_purge(browser, let_time_pass, new_browser):
    """The purge may be late, or deleting the rows of the account already."""
    browser.sign_up()
    browser.submit(browser.get("/account/close"), {"password": PASSWORD})
    let_time_pass(14 * DAY)
    answer = new_browser().sign_in()
    assert answer.status_int == 422


@pytest.mark.parametrize("minutes", [0, 9])
def test_grace_period_that_ends_during_a_sign_in_is_over(
    browser, let_time_pass, new_browser, minutes
):
    browser.sign_up()
    browser.submit(browser.get("/account/close"), {"password": PASSWORD})
    let_time_pass(14 * DAY - timedelta(minutes=5))
    returning = new_browser()
    page = returning.sign_in().follow()
    let_time_pass(timedelta(minutes=minutes))
    answer = returning.submit(page, {})
    assert returning.is_signed_in == (minutes == 0)
    assert answer.location == f"http://localhost/{'dashboard' if minutes == 0 else 'sign-in'}"
