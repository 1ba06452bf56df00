"""`/account/close`: the account is deleted after a delay, unless its user reactivates it."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.models import Base, PurgeRun, Throttle, User
from tests.browsers import PASSWORD
from tests.functional.crowds import BUSY, full_queue
from tests.functional.reading import description_of, status_of

DAY = timedelta(days=1)


def close(browser, password=PASSWORD):
    return browser.submit(browser.get("/account/close"), {"password": password})


@pytest.fixture
def ada(browser):
    """The browser of a new user."""
    browser.sign_up()
    return browser


def count_user_rows(services):
    """Return the number of rows of each table with data of users."""
    tables = set(Base.metadata.sorted_tables) - {PurgeRun.__table__, Throttle.__table__}
    with services.database.engine.connect() as connection:
        return {
            table.name: connection.execute(
                sa.select(sa.func.count()).select_from(table)
            ).scalar_one()
            for table in tables
        }


@pytest.mark.asvs("7.4.2")
def test_closing_ends_all_sessions(ada, new_browser, mailbox):
    phone = new_browser()
    phone.sign_in()
    done = close(ada)
    assert (done.status_int, done.location) == (303, "http://localhost/sign-in")
    assert "Sign in before " in status_of(done.follow())
    assert not ada.is_signed_in
    assert not phone.is_signed_in
    assert "/secure-account/" in mailbox.latest("deletion_scheduled").text


@pytest.mark.parametrize("password", ["", "not that one"])
def test_closing_requires_the_password(ada, password):
    page = close(ada, password)
    assert page.status_int == 422
    assert "password" in description_of(page, "password")
    assert ada.is_signed_in


def test_sign_in_alone_does_not_cancel_deletion(ada, services, let_time_pass, purge_everything):
    close(ada)
    ada.sign_in().follow()
    let_time_pass(14 * DAY)
    purge_everything()
    assert count_user_rows(services)["authsite_user"] == 0


def test_closed_account_refuses_wrong_password_as_before(ada, new_browser):
    before = new_browser().sign_in(password="not that one")
    close(ada)
    after = new_browser().sign_in(password="not that one")
    assert after.status_int == before.status_int == 422


def test_purge_erases_account_after_grace_period(
    ada, new_browser, services, let_time_pass, purge_everything
):
    new_browser().sign_up(email="grace@example.org")
    before = count_user_rows(services)
    close(ada)
    let_time_pass(14 * DAY - timedelta(minutes=1))
    purge_everything()
    assert count_user_rows(services)["authsite_user"] == 2
    let_time_pass(timedelta(minutes=1))
    purge_everything()
    after = count_user_rows(services)
    assert after["authsite_user"] == before["authsite_user"] - 1
    assert after["authsite_outbox_message"] == 1
    assert new_browser().sign_in("ada@example.com").status_int == 422


def test_deleted_account_frees_its_email(ada, new_browser, let_time_pass, purge_everything):
    close(ada)
    assert new_browser().sign_up().status_int == 422
    let_time_pass(14 * DAY)
    purge_everything()
    assert new_browser().sign_up().status_int == 303


def test_closing_throttles_passwords_like_sign_in(new_site):
    _, ada = new_site({"authsite.throttle.sign_in_device": "2/1h"})
    ada.sign_up()
    assert [close(ada, "not that one").status_int for _ in range(3)] == [422, 422, 429]
    assert ada.is_signed_in


def test_full_hash_queue_delays_closing(ada, new_site):
    busy, browser = new_site(BUSY)
    browser.sign_in()
    page = browser.get("/account/close")
    with full_queue(busy.hasher):
        answer = browser.submit(page, {"password": PASSWORD})
    assert (answer.status_int, answer.headers["Retry-After"]) == (503, "5")
    assert browser.is_signed_in


def test_second_click_on_close_ends_as_the_first(ada):
    page = ada.get("/account/close")
    first = ada.submit(page, {"password": PASSWORD})
    assert first.location == "http://localhost/sign-in"
    second = ada.submit(page, {"password": PASSWORD})
    assert second.location == first.location


@pytest.fixture
def overtaken_by(services):
    """Change the user from another connection as soon as a request begins to write."""
    listening = []

    def happen(**values):
        happened = []

        def overtake(_connection):
            if not happened:
                happened.append(True)
                with Session(services.database.engine) as other:
                    other.execute(sa.update(User).values(**values))
                    other.commit()

        listening.append(overtake)
        sa.event.listen(services.database.write_engine, "engine_connect", overtake)

    yield happen
    for each in listening:
        sa.event.remove(services.database.write_engine, "engine_connect", each)


def test_concurrent_password_change_stops_closing(ada, overtaken_by, dbsession):
    page = ada.get("/account/close")
    overtaken_by(password_hash="another one")
    answer = ada.submit(page, {"password": PASSWORD})
    assert (answer.status_int, answer.location) == (303, "http://localhost/sign-in")
    assert status_of(answer.follow()) is None
    assert dbsession.scalar(sa.select(User.delete_after)) is None
