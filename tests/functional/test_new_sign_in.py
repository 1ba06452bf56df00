"""A browser that an account has not been used with: its owner is told, and can take it back."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.accounts.email_links import Purpose
from authsite.accounts.new_device import MAX_PER_DAY
from authsite.accounts.notices import MAX_UNVERIFIED
from authsite.models import EmailLink
from tests.browsers import PASSWORD
from tests.functional.cookies import plant
from tests.functional.recovery import NEW_PASSWORD, choose

HERE = {"Sec-Fetch-Site": "same-origin"}
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:141.0) Gecko/20100101 Firefox/141.0"
#: Seconds after which those who sign in at once are stuck.
PATIENCE = 20


@pytest.fixture
def ada(browser, verify):
    """Somebody who has an account, and has verified her address."""
    browser.sign_up()
    verify()
    return browser


def notices_in(mailbox):
    """Return the emails about sign-ins on new devices."""
    return [mail for mail in mailbox.all_for() if mail.template == "new_device_sign_in"]


@pytest.mark.asvs("6.3.5", "6.3.7")
def test_the_owner_is_told_of_a_new_browser_and_from_where(ada, new_browser, mailbox):
    phone = new_browser(HTTP_USER_AGENT=FIREFOX, REMOTE_ADDR="198.51.100.7")
    phone.sign_in()
    [mail] = notices_in(mailbox)
    assert mail.recipient == "ada@example.com"
    assert mail.subject == "New sign-in to your authsite account"
    for text in (mail.text, mail.html):
        assert "Firefox on Windows" in text
        assert "198.51.100.7" in text
        assert "UTC" in text
        assert mail.path_to("secure-account") in text


def test_a_browser_that_is_known_is_not_told_of(ada, mailbox):
    ada.sign_out()
    ada.sign_in()
    assert notices_in(mailbox) == []


def test_nor_is_the_sign_up(ada, mailbox):
    assert notices_in(mailbox) == []


def test_on_a_public_computer_everybody_is_told_each_time(ada, new_browser, mailbox):
    library = new_browser()
    typed = {"email": "ada@example.com", "password": PASSWORD, "public_computer": True}
    for number in (1, 2):
        library.submit(library.get("/sign-in"), typed)
        assert len(notices_in(mailbox)) == number
        library.sign_out()


def test_a_browser_of_somebody_else_is_new_to_the_account(ada, new_browser, mailbox):
    eve = new_browser()
    eve.sign_up(email="eve@example.com")
    eve.sign_out()
    eve.sign_in()
    [mail] = notices_in(mailbox)
    assert mail.recipient == "ada@example.com"


@pytest.mark.asvs("6.3.5")
def test_a_copied_session_makes_no_browser_known(ada, new_browser, mailbox):
    """Not even with the password: who has both would else come back, and nobody be told."""
    thief = new_browser()
    plant(thief, "session", ada.cookie)
    asked = thief.submit(thief.get("/confirm-password"), {"current_password": PASSWORD})
    assert asked.status_int == 303
    thief.sign_out()
    thief.sign_in()
    assert len(notices_in(mailbox)) == 1


def test_who_does_not_get_in_is_not_told_of(ada, new_browser, mailbox):
    new_browser().sign_in(password="not that one")
    assert notices_in(mailbox) == []


@pytest.mark.asvs("7.4.3")
def test_by_the_link_in_it_the_owner_locks_everybody_out(ada, new_browser, mailbox):
    thief, owner = new_browser(), new_browser()
    thief.sign_in()
    answer = owner.submit(owner.get(notices_in(mailbox)[0].path_to("secure-account")), {})
    assert not thief.is_signed_in
    assert thief.sign_in().status_int == 422
    choose(owner, answer.location.removeprefix("http://localhost"))
    assert owner.sign_in(password=NEW_PASSWORD).status_int == 303


def test_who_was_locked_out_has_a_new_browser_after_that(ada, new_browser, mailbox, let_time_pass):
    """Whoever was in by the old password may come to know the new one too."""
    thief, owner = new_browser(), new_browser()
    thief.sign_in()
    [mail] = notices_in(mailbox)
    answer = owner.submit(owner.get(mail.path_to("secure-account")), {})
    choose(owner, answer.location.removeprefix("http://localhost"))
    thief.sign_in(password=NEW_PASSWORD)
    assert len(notices_in(mailbox)) == 2
    let_time_pass(timedelta(seconds=2))  # cookies count by seconds
    thief.sign_out()
    thief.sign_in(password=NEW_PASSWORD)
    assert len(notices_in(mailbox)) == 2


def test_so_has_who_had_signed_up_with_the_address_of_another(browser, new_browser, mailbox):
    browser.sign_up()
    link = mailbox.latest("verify_email", "ada@example.com").path_to("verify-email")
    owner = new_browser()
    page = owner.get(link)
    claim = page.forms[max(page.forms)].submit("without_password", headers=HERE)
    choose(owner, claim.location.removeprefix("http://localhost"))
    browser.sign_in(password=NEW_PASSWORD)
    assert len(notices_in(mailbox)) == 1


def test_a_program_that_keeps_no_cookies_floods_nobody(ada, new_browser, mailbox, let_time_pass):
    for _ in range(MAX_PER_DAY + 2):
        assert new_browser().sign_in().status_int == 303
    assert len(notices_in(mailbox)) == MAX_PER_DAY
    let_time_pass(timedelta(days=1))
    new_browser().sign_in()
    assert len(notices_in(mailbox)) == MAX_PER_DAY + 1


def test_what_an_unknown_browser_calls_itself_is_in_no_mail(ada, new_browser, mailbox):
    new_browser(HTTP_USER_AGENT="CheapPillsBot/1.0 http://pills.example").sign_in()
    [mail] = notices_in(mailbox)
    assert "pills" not in (mail.text + mail.html).casefold()
    assert "Unknown browser" in mail.text


def sign_in_at_once(browsers):
    """Sign in with all of them at the same moment; return the statuses."""
    pages = [browser.get("/sign-in") for browser in browsers]
    barrier = threading.Barrier(len(browsers))

    def go(browser, page):
        barrier.wait(PATIENCE)
        typed = {"email": "ada@example.com", "password": PASSWORD}
        return browser.submit(page, typed).status_int

    with ThreadPoolExecutor(len(browsers)) as pool:
        waiting = [pool.submit(go, *each) for each in zip(browsers, pages, strict=True)]
        return [each.result(PATIENCE) for each in waiting]


@pytest.mark.asvs("15.4.2")
def test_many_new_browsers_at_once_get_in_and_each_is_told_of(ada, new_browser, mailbox, dbsession):
    """Nobody waits in a circle, and of no two links nobody knows which is the older."""
    assert sign_in_at_once([new_browser() for _ in range(8)]) == [303] * 8
    assert len(notices_in(mailbox)) == 8
    made = dbsession.scalars(
        sa.select(EmailLink.created_at).where(EmailLink.purpose == Purpose.SECURE_ACCOUNT)
    ).all()
    assert len(set(made)) == 8


@pytest.mark.asvs("15.4.2")
def test_notices_to_an_unverified_email_are_limited(browser, new_browser, mailbox):
    browser.sign_up()
    assert sign_in_at_once([new_browser() for _ in range(10)]) == [303] * 10
    assert len(mailbox.all_for()) == MAX_UNVERIFIED
