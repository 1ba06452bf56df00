"""Sign-ins on new devices: the user gets a notice, with a link to secure the account."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.accounts.email_links import Purpose
from authsite.accounts.new_device import MAX_PER_DAY
from authsite.models import EmailLink
from tests.browsers import PASSWORD
from tests.functional.cookies import SESSION, cookies_of, plant
from tests.functional.recovery import NEW_PASSWORD, choose, reset_link

HERE = {"Sec-Fetch-Site": "same-origin"}
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:141.0) Gecko/20100101 Firefox/141.0"
#: Seconds after which simultaneous sign-ins count as deadlocked.
PATIENCE = 20


@pytest.fixture
def ada(browser, verify):
    """The browser of a user with a verified email."""
    browser.sign_up()
    verify()
    return browser


def notices_in(mailbox):
    """Return the emails about sign-ins on new devices."""
    return [mail for mail in mailbox.all_for() if mail.template == "new_device_sign_in"]


@pytest.mark.asvs("6.3.5", "6.3.7")
def test_new_device_notifies_the_user(ada, new_browser, mailbox):
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


def test_known_device_sends_no_notice(ada, mailbox):
    ada.sign_out()
    ada.sign_in()
    assert notices_in(mailbox) == []


def test_sign_up_sends_no_notice(ada, mailbox):
    assert notices_in(mailbox) == []


def test_public_computer_sends_a_notice_each_time(ada, new_browser, mailbox):
    library = new_browser()
    typed = {"email": "ada@example.com", "password": PASSWORD, "public_computer": True}
    for number in (1, 2):
        library.submit(library.get("/sign-in"), typed)
        assert len(notices_in(mailbox)) == number
        library.sign_out()


def test_device_of_another_user_is_new(ada, new_browser, mailbox):
    eve = new_browser()
    eve.sign_up(email="eve@example.com")
    eve.sign_out()
    eve.sign_in()
    [mail] = notices_in(mailbox)
    assert mail.recipient == "ada@example.com"


@pytest.mark.asvs("6.3.5")
def test_copied_session_does_not_make_a_device_known(ada, new_browser, mailbox):
    """Not even with the password: otherwise the attacker could return without a notice."""
    attacker = new_browser()
    plant(attacker, "authsite_session", ada.cookie)
    answer = attacker.submit(attacker.get("/confirm-password"), {"current_password": PASSWORD})
    assert answer.status_int == 303
    attacker.sign_out()
    attacker.sign_in()
    assert len(notices_in(mailbox)) == 1


def test_failed_sign_in_sends_no_notice(ada, new_browser, mailbox):
    new_browser().sign_in(password="not that one")
    assert notices_in(mailbox) == []


@pytest.mark.asvs("7.4.3")
def test_link_in_the_notice_locks_the_attacker_out(ada, new_browser, mailbox):
    attacker, owner = new_browser(), new_browser()
    attacker.sign_in()
    answer = owner.submit(owner.get(notices_in(mailbox)[0].path_to("secure-account")), {})
    assert not attacker.is_signed_in
    assert attacker.sign_in().status_int == 422
    choose(owner, answer.location.removeprefix("http://localhost"))
    assert owner.sign_in(password=NEW_PASSWORD).status_int == 303


def test_locked_out_device_is_new_again(ada, new_browser, mailbox, let_time_pass):
    """An attacker who had the old password may learn the new one too."""
    attacker, owner = new_browser(), new_browser()
    attacker.sign_in()
    [mail] = notices_in(mailbox)
    answer = owner.submit(owner.get(mail.path_to("secure-account")), {})
    choose(owner, answer.location.removeprefix("http://localhost"))
    attacker.sign_in(password=NEW_PASSWORD)
    assert len(notices_in(mailbox)) == 2
    # Device cookies have a resolution of one second.
    let_time_pass(timedelta(seconds=2))
    attacker.sign_out()
    attacker.sign_in(password=NEW_PASSWORD)
    assert len(notices_in(mailbox)) == 2


def test_reset_makes_other_devices_new(ada, new_browser, mailbox):
    owner = new_browser()
    choose(owner, reset_link(owner, mailbox))
    owner.sign_in(password=NEW_PASSWORD)
    assert notices_in(mailbox) == []
    ada.sign_in(password=NEW_PASSWORD)
    assert len(notices_in(mailbox)) == 1


def test_password_change_makes_other_devices_new(ada, new_browser, mailbox):
    """The browser that changed the password is known, also if it was not before."""
    phone = new_browser()
    plant(phone, SESSION, ada.cookie)
    typed = {
        "current_password": PASSWORD,
        "password": NEW_PASSWORD,
        "confirm_password": NEW_PASSWORD,
    }
    assert phone.submit(phone.get("/account/password"), typed).status_int == 303
    phone.sign_out()
    phone.sign_in(password=NEW_PASSWORD)
    assert notices_in(mailbox) == []
    ada.sign_in(password=NEW_PASSWORD)
    assert len(notices_in(mailbox)) == 1


def test_reset_on_a_public_computer_makes_no_device_known(ada, new_browser, mailbox):
    library = new_browser()
    typed = {"email": "ada@example.com", "password": PASSWORD, "public_computer": True}
    library.submit(library.get("/sign-in"), typed)
    answer = choose(library, reset_link(library, mailbox))
    assert "authsite_device" not in cookies_of(answer)


def test_sign_in_on_a_public_computer_makes_the_device_unknown(ada, new_browser, mailbox):
    """After a reset, which does not know yet that the computer is public."""
    library = new_browser()
    choose(library, reset_link(library, mailbox))
    typed = {"email": "ada@example.com", "password": NEW_PASSWORD, "public_computer": True}
    library.submit(library.get("/sign-in"), typed)
    library.sign_out()
    assert "authsite_device" not in library.app.cookies
    library.sign_in(password=NEW_PASSWORD)
    assert len(notices_in(mailbox)) == 1


def test_device_is_new_after_the_account_was_claimed(browser, new_browser, mailbox):
    browser.sign_up()
    link = mailbox.latest("verify_email", "ada@example.com").path_to("verify-email")
    owner = new_browser()
    page = owner.get(link)
    claim = page.forms[max(page.forms)].submit("without_password", headers=HERE)
    choose(owner, claim.location.removeprefix("http://localhost"))
    browser.sign_in(password=NEW_PASSWORD)
    assert len(notices_in(mailbox)) == 1


def test_notices_per_day_are_limited(ada, new_browser, mailbox, let_time_pass):
    for _ in range(MAX_PER_DAY + 2):
        assert new_browser().sign_in().status_int == 303
    assert len(notices_in(mailbox)) == MAX_PER_DAY
    let_time_pass(timedelta(days=1))
    new_browser().sign_in()
    assert len(notices_in(mailbox)) == MAX_PER_DAY + 1


def test_unknown_user_agent_is_not_in_the_notice(ada, new_browser, mailbox):
    new_browser(HTTP_USER_AGENT="CheapPillsBot/1.0 http://pills.example").sign_in()
    [mail] = notices_in(mailbox)
    assert "pills" not in (mail.text + mail.html).casefold()
    assert "Unknown browser" in mail.text


def sign_in_at_once(browsers):
    """Sign in with all browsers at the same moment; return the statuses."""
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
def test_simultaneous_sign_ins_each_send_a_notice(ada, new_browser, mailbox, dbsession):
    """There is no deadlock, and no two links have the same age."""
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
    assert len(mailbox.all_for()) == 6
