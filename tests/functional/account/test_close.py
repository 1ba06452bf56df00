"""`/account/close`: the account is deleted after a delay, unless its user reactivates it."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.models import Base, PurgeRun, Throttle, User
from tests.browsers import PASSWORD
from tests.functional.crowds import BUSY, full_queue
from tests.functional.reading import said_beside, status_of

DAY = timedelta(days=1)


def close(browser, password=PASSWORD):
    """Close the account."""
    return browser.submit(browser.get("/account/close"), {"password": password})


@pytest.fixture
def ada(browser):
    """Somebody who has just signed up."""
    browser.sign_up()
    return browser


def rows_about_people(services):
    """Return how many rows there are in each table that is about people."""
    tables = set(Base.metadata.sorted_tables) - {PurgeRun.__table__, Throttle.__table__}
    with services.database.engine.connect() as connection:
        return {
            table.name: connection.execute(
                sa.select(sa.func.count()).select_from(table)
            ).scalar_one()
            for table in tables
        }


@pytest.mark.asvs("7.4.2")
def test_who_closes_the_account_is_signed_out_everywhere(ada, new_browser, mailbox):
    phone = new_browser()
    phone.sign_in()
    done = close(ada)
    assert (done.status_int, done.location) == (303, "http://localhost/sign-in")
    assert "Sign in before " in status_of(done.follow())
    assert not ada.is_signed_in
    assert not phone.is_signed_in
    assert "/secure-account/" in mailbox.latest("deletion_scheduled").text


@pytest.mark.parametrize("password", ["", "not that one"])
def test_the_password_is_asked_for_however_late_it_was_typed(ada, password):
    page = close(ada, password)
    assert page.status_int == 422
    assert "password" in said_beside(page, "password")
    assert ada.is_signed_in


def test_asking_alone_keeps_nothing(ada, services, let_time_pass, purge_everything):
    close(ada)
    ada.sign_in().follow()
    let_time_pass(14 * DAY)
    purge_everything()
    assert rows_about_people(services)["authsite_user"] == 0


def test_a_wrong_password_is_answered_as_ever(ada, new_browser):
    before = new_browser().sign_in(password="not that one")
    close(ada)
    after = new_browser().sign_in(password="not that one")
    assert after.status_int == before.status_int == 422


def test_after_its_grace_all_that_is_known_of_the_person_is_erased(
    ada, new_browser, services, let_time_pass, purge_everything
):
    new_browser().sign_up(email="grace@example.org")
    before = rows_about_people(services)
    close(ada)
    let_time_pass(14 * DAY - timedelta(minutes=1))
    purge_everything()
    assert rows_about_people(services)["authsite_user"] == 2
    let_time_pass(timedelta(minutes=1))
    purge_everything()
    after = rows_about_people(services)
    assert after["authsite_user"] == before["authsite_user"] - 1
    assert after["authsite_outbox_message"] == 1
    assert new_browser().sign_in("ada@example.com").status_int == 422


def test_the_address_is_free_again_when_the_account_has_gone(
    ada, new_browser, let_time_pass, purge_everything
):
    close(ada)
    assert new_browser().sign_up().status_int == 422
    let_time_pass(14 * DAY)
    purge_everything()
    assert new_browser().sign_up().status_int == 303


def test_a_guess_is_held_up_as_at_the_sign_in(new_site):
    _, ada = new_site({"authsite.throttle.sign_in_device": "2/1h"})
    ada.sign_up()
    assert [close(ada, "not that one").status_int for _ in range(3)] == [422, 422, 429]
    assert ada.is_signed_in


def test_in_a_crowd_one_is_asked_to_come_back(ada, new_site):
    crowded, browser = new_site(BUSY)
    browser.sign_in()
    page = browser.get("/account/close")
    with full_queue(crowded.hasher):
        answer = browser.submit(page, {"password": PASSWORD})
    assert (answer.status_int, answer.headers["Retry-After"]) == (503, "5")
    assert browser.is_signed_in


def test_a_second_click_does_no_harm(ada):
    page = ada.get("/account/close")
    first = ada.submit(page, {"password": PASSWORD})
    assert first.location == "http://localhost/sign-in"
    assert ada.submit(page, {"password": PASSWORD}).status_int == 403


@pytest.fixture
def overtaken_by(services):
    """Let something happen when a request begins to write; return how to say what."""
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


def test_who_was_overtaken_by_another_window_closes_nothing(ada, overtaken_by, dbsession):
    page = ada.get("/account/close")
    overtaken_by(password_hash="another one")
    answer = ada.submit(page, {"password": PASSWORD})
    assert (answer.status_int, answer.location) == (303, "http://localhost/sign-in")
    assert status_of(answer.follow()) is None
    assert dbsession.scalar(sa.select(User.delete_after)) is None
