"""Links that are followed at the same moment: one wins, and nobody stays in."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.accounts.change_email import request_email_change
from authsite.accounts.email_links import Purpose, find_link
from authsite.accounts.reset_password import reset_password
from authsite.accounts.sessions import create_session
from authsite.accounts.sign_in import SignIn, lock_credential
from authsite.accounts.users import Credential, lock_user_no_key
from authsite.audit.event_types import EventType
from authsite.clock import utc_now
from authsite.email_addresses import parse_email_address
from authsite.models import AuditEvent, OutboxMessage, User, UserSession
from authsite.services import Services
from authsite.tokens import LinkToken
from tests.browsers import PASSWORD
from tests.factories import a_unit_of_work, a_user
from tests.functional.recovery import ADA, NEW_PASSWORD, choose, reset_link

#: Seconds after which a test that waits for another thread has failed.
PATIENCE = 10
MANY = 6


@pytest.fixture
def ada(new_browser):
    """Someone who has an account."""
    browser = new_browser(REMOTE_ADDR="198.51.100.7")
    browser.sign_up()
    return browser


@pytest.fixture
def link(ada, browser, mailbox):
    """A link that she has asked for."""
    return reset_link(browser, mailbox)


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Do all of it at the same moment; return what each returned."""
    barrier = threading.Barrier(len(acts))

    def act(what: Callable[[], object]) -> object:
        barrier.wait(PATIENCE)
        return what()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(act, acts))


@contextmanager
def reached(services: Services, words: str) -> Iterator[Callable[[], None]]:
    """Notice when a statement with these words is sent; the function that is given waits for that.

    On SQLite nobody gets that far while another one writes, and there is nothing to wait for.
    """
    sent = threading.Event()

    def note(_connection, _cursor, statement, *_rest):
        if words in statement:
            sent.set()

    def wait() -> None:
        assert services.database.is_sqlite or sent.wait(PATIENCE)

    sa.event.listen(services.database.engine, "before_cursor_execute", note)
    try:
        yield wait
    finally:
        sa.event.remove(services.database.engine, "before_cursor_execute", note)


def wait_until_held_up(services: Services) -> None:
    """Wait until a statement waits for a lock; on SQLite they do before they begin."""
    held_up = sa.text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    deadline = time.monotonic() + PATIENCE
    with services.database.read_engine.connect() as connection:
        while not services.database.is_sqlite and not connection.execute(held_up).scalar_one():
            assert time.monotonic() < deadline


@pytest.mark.asvs("2.3.4", "15.4.2")
def test_of_many_who_follow_one_link_one_chooses_the_password(ada, new_browser, link):
    browsers = [new_browser() for _ in range(MANY)]
    passwords = [f"{n} {NEW_PASSWORD} {n}" for n in range(MANY)]
    pages = [browser.get(link) for browser in browsers]

    def submit(n: int) -> int:
        typed = dict.fromkeys(("password", "confirm_password"), passwords[n])
        return browsers[n].submit(pages[n], typed).status_int

    statuses = at_once(*(lambda n=n: submit(n) for n in range(MANY)))
    assert sorted(statuses) == [303, *[410] * (MANY - 1)]
    winner = passwords[statuses.index(303)]
    assert [ada.sign_in(password=each).status_int for each in passwords if each != winner] == [
        422
    ] * (MANY - 1)
    assert new_browser().sign_in(password=winner).status_int == 303


@pytest.mark.asvs("7.4.3", "15.4.2")
def test_a_session_that_is_being_opened_with_the_old_password_does_not_survive(
    ada, browser, services, dbsession, link
):
    """The sign-in was judged before, and commits while the reset is on its way."""
    user_id, password_hash = dbsession.execute(sa.select(User.id, User.password_hash)).one()
    dbsession.rollback()
    with (
        Session(services.database.write_engine) as signing_in,
        reached(services, "FOR UPDATE") as wait_for_reset,
        ThreadPoolExecutor(1) as pool,
    ):
        credential = Credential(user_id, password_hash)
        lock_credential(signing_in, credential)
        reset = pool.submit(choose, browser, link)
        wait_for_reset()
        work = a_unit_of_work(services, signing_in, now=utc_now())
        create_session(work, SignIn(credential, ADA), EventType.SIGNED_IN)
        signing_in.commit()
        assert reset.result(PATIENCE).status_int == 303
    assert dbsession.scalars(sa.select(UserSession.id)).all() == []


@pytest.mark.asvs("7.4.3", "15.4.2")
def test_the_old_password_opens_no_session_while_the_new_one_is_written(
    ada, new_browser, services, dbsession, link
):
    browser, token = new_browser(), LinkToken.parse(link.rpartition("/")[2])
    now = utc_now()
    with (
        Session(services.database.write_engine) as resetting,
        reached(services, "FOR NO KEY UPDATE") as wait_for_sign_in,
        ThreadPoolExecutor(1) as pool,
    ):
        work = a_unit_of_work(services, resetting, now=now)
        found = find_link(dbsession, token, purpose=Purpose.RESET_PASSWORD, now=now)
        reset_password(work, found, password=NEW_PASSWORD)
        dbsession.rollback()
        sign_in = pool.submit(browser.sign_in, ADA, PASSWORD)
        wait_for_sign_in()
        resetting.commit()
        assert sign_in.result(PATIENCE).status_int == 422
    assert dbsession.scalars(sa.select(UserSession.id)).all() == []


@pytest.mark.asvs("15.4.2")
def test_a_wrong_password_for_an_account_that_goes_at_this_moment_is_one_for_nobody(
    ada, new_browser, services, dbsession
):
    """What is written into a history waits for who erases it, and then there is none."""
    browser = new_browser()
    with Session(services.database.write_engine) as erasing, ThreadPoolExecutor(1) as pool:
        erasing.execute(sa.delete(User))
        sign_in = pool.submit(browser.sign_in, ADA, "not that one")
        wait_until_held_up(services)
        erasing.commit()
        assert sign_in.result(PATIENCE).status_int == 422
    assert dbsession.scalars(sa.select(AuditEvent.id)).all() == []


@pytest.mark.asvs("15.4.3")
def test_two_who_ask_for_the_address_of_each_other_do_not_wait_in_a_circle(services, dbsession):
    """On SQLite they come one after the other, whatever they ask for."""
    ada, grace = a_user(dbsession), a_user(dbsession)
    asking_for = {ada.id: grace.email, grace.id: ada.email}
    with (
        Session(services.database.write_engine) as first,
        Session(services.database.write_engine) as second,
    ):
        for dbsession_of, user_id in ((first, ada.id), (second, grace.id)):
            lock_user_no_key(dbsession_of, user_id)
            if services.database.is_sqlite:
                dbsession_of.commit()
        for dbsession_of, user_id in ((first, ada.id), (second, grace.id)):
            request_email_change(
                a_unit_of_work(services, dbsession_of, now=utc_now()),
                dbsession_of.get_one(User, user_id),
                parse_email_address(asking_for[user_id]),
            )
            if services.database.is_sqlite:
                dbsession_of.commit()
        first.commit()
        second.commit()
    dbsession.rollback()
    told = dbsession.scalars(
        sa.select(OutboxMessage.user_id).where(OutboxMessage.template == "email_taken")
    )
    assert set(told) == set(asking_for)


@pytest.mark.asvs("15.4.2")
def test_who_says_that_it_was_not_them_wins_against_a_reset_at_the_same_moment(
    new_browser, mailbox, link, let_time_pass
):
    """Whoever comes first; and neither waits for the other for ever."""
    browser = new_browser()
    choose(browser, link)
    secure_account = mailbox.latest("password_changed").path_to("secure-account")
    let_time_pass(timedelta(minutes=3))
    link = reset_link(browser, mailbox)
    owner, thief = new_browser(), new_browser()
    button = owner.get(secure_account)
    reset, disavowed = at_once(
        lambda: choose_or_nothing(thief, link), lambda: owner.submit(button, {}).status_int
    )
    assert disavowed == 303
    assert reset in {303, 410}
    assert thief.sign_in(password=PASSWORD).status_int == 422


def choose_or_nothing(browser, link) -> int:
    """Choose a password, unless the link is dead by now; return the last status."""
    page = browser.get(link, expect_errors=True)
    if page.status_int != 200:
        return page.status_int
    typed = dict.fromkeys(("password", "confirm_password"), PASSWORD)
    return browser.submit(page, typed).status_int
