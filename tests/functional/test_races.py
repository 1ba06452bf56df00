"""Races: links, resets, sign-ins, email changes and deletions at the same moment."""

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
    """A browser whose user has an account."""
    browser = new_browser(REMOTE_ADDR="198.51.100.7")
    browser.sign_up()
    return browser


@pytest.fixture
def link(ada, browser, mailbox):
    """The reset link that she has requested."""
    return reset_link(browser, mailbox)


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Call all of these at the same moment; return what each returned."""
    barrier = threading.Barrier(len(acts))

    def act(function: Callable[[], object]) -> object:
        barrier.wait(PATIENCE)
        return function()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(act, acts))


@contextmanager
def reached(services: Services, text: str) -> Iterator[Callable[[], None]]:
    """Yield a function that waits until a statement with this text is sent.

    On SQLite no other connection gets that far during a write, so there is nothing to wait for.
    """
    sent = threading.Event()

    def note(_connection, _cursor, statement, *_rest):
        if text in statement:
            sent.set()

    def wait() -> None:
        assert services.database.is_sqlite or sent.wait(PATIENCE)

    sa.event.listen(services.database.engine, "before_cursor_execute", note)
    try:
        yield wait
    finally:
        sa.event.remove(services.database.engine, "before_cursor_execute", note)


def wait_until_locked(services: Services) -> None:
    """Wait until a statement waits for a lock; on SQLite it waits before it begins."""
    waiting = sa.text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    deadline = time.monotonic() + PATIENCE
    with services.database.read_engine.connect() as connection:
        while not services.database.is_sqlite and not connection.execute(waiting).scalar_one():
            assert time.monotonic() < deadline


@pytest.mark.asvs("2.3.4", "15.4.2")
def test_reset_link_works_once_in_simultaneous_attempts(ada, new_browser, link):
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
def test_reset_ends_a_session_that_is_being_started(ada, browser, services, dbsession, link):
    """The sign-in was authenticated before, and commits while the reset waits."""
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
def test_old_password_starts_no_session_during_a_reset(ada, new_browser, services, dbsession, link):
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
def test_wrong_password_during_a_deletion_is_not_recorded(ada, new_browser, services, dbsession):
    """The event waits for the deletion, and then there is no account to record it for."""
    browser = new_browser()
    with Session(services.database.write_engine) as erasing, ThreadPoolExecutor(1) as pool:
        erasing.execute(sa.delete(User))
        sign_in = pool.submit(browser.sign_in, ADA, "not that one")
        wait_until_locked(services)
        erasing.commit()
        assert sign_in.result(PATIENCE).status_int == 422
    assert dbsession.scalars(sa.select(AuditEvent.id)).all() == []


@pytest.mark.asvs("15.4.3")
def test_users_swapping_emails_do_not_deadlock(services, dbsession):
    """On SQLite one follows the other."""
    ada, grace = a_user(dbsession), a_user(dbsession)
    wanted = {ada.id: grace.email, grace.id: ada.email}
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
                dbsession_of.get(User, user_id),
                parse_email_address(wanted[user_id]),
            )
            if services.database.is_sqlite:
                dbsession_of.commit()
        first.commit()
        second.commit()
    dbsession.rollback()
    notified = dbsession.scalars(
        sa.select(OutboxMessage.user_id).where(OutboxMessage.template == "email_taken")
    )
    assert set(notified) == set(wanted)


@pytest.mark.asvs("15.4.2")
def test_secure_account_wins_against_a_simultaneous_reset(
    new_browser, mailbox, link, let_time_pass
):
    """Whichever is first, and without a deadlock."""
    browser = new_browser()
    choose(browser, link)
    secure_account = mailbox.latest("password_changed").path_to("secure-account")
    let_time_pass(timedelta(minutes=3))
    link = reset_link(browser, mailbox)
    owner, attacker = new_browser(), new_browser()
    button = owner.get(secure_account)
    reset, secured = at_once(
        lambda: choose_or_nothing(attacker, link), lambda: owner.submit(button, {}).status_int
    )
    assert secured == 303
    assert reset in {303, 410}
    assert attacker.sign_in(password=PASSWORD).status_int == 422


def choose_or_nothing(browser, link) -> int:
    """Reset the password unless the link is invalid by now; return the last status."""
    page = browser.get(link, expect_errors=True)
    if page.status_int != 200:
        return page.status_int
    typed = dict.fromkeys(("password", "confirm_password"), PASSWORD)
    return browser.submit(page, typed).status_int
