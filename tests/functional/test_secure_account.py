"""`/secure-account/{token}`: the link of security notices."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.accounts.notices import send_notice
from authsite.clock import utc_now
from authsite.models import EmailLink, User
from tests.browsers import PASSWORD
from tests.factories import a_unit_of_work
from tests.functional.cookies import is_blanked
from tests.functional.reading import alert_of, form_of, status_of
from tests.functional.recovery import ADA, NEW_PASSWORD, choose, reset_link
from tests.site.test_gets_change_nothing import dump

HERE = {"Sec-Fetch-Site": "same-origin"}
ATTACKER = "attacker@example.net"
UNKNOWN = f"/secure-account/{'A' * 43}"


@pytest.fixture
def ada(new_browser):
    """The browser of a signed-in user."""
    browser = new_browser(REMOTE_ADDR="198.51.100.7")
    browser.sign_up()
    return browser


@pytest.fixture
def notify(ada, services, dbsession, mailbox):
    """Send a notice to the current email of Ada's account; return the path of its link."""

    def write() -> str:
        dbsession.rollback()
        user = dbsession.scalars(sa.select(User).where(User.first_name == "Ada")).one()
        work = a_unit_of_work(services, dbsession, now=utc_now())
        send_notice(work, user, "password_changed")
        dbsession.commit()
        return mailbox.latest("password_changed", user.email).path_to("secure-account")

    return write


@pytest.fixture
def move(dbsession):
    """Give an account another email, as if it had been verified."""

    def give(email: str, *, name: str = "Ada") -> None:
        dbsession.rollback()
        values = {"email": email, "email_normalized": email, "email_verified_at": utc_now()}
        dbsession.execute(sa.update(User).where(User.first_name == name).values(values))
        dbsession.commit()

    return give


@pytest.fixture
def taken(notify, move, new_browser):
    """A link to restore an email, and the browser of the user who has that email by now."""
    link, browser = notify(), new_browser()
    move(ATTACKER)
    browser.sign_up(first_name="Eve", email="eve@example.com")
    move(ADA, name="Eve")
    return link, browser


def press(browser, link):
    """Open the link and press its button."""
    return browser.submit(browser.get(link, status=200), {})


def path_after(answer):
    """Return the path that a redirect leads to."""
    assert answer.status_int == 303
    return answer.location.removeprefix("http://localhost")


def test_page_names_the_account_and_the_consequences(ada, browser, notify):
    page = browser.get(notify())
    assert page.html.h1.text == "Secure your account"
    assert f"We emailed <strong>{ADA}</strong>" in page
    assert "Signs out every device" in page
    assert "Blocks the current password" in page
    assert "Restores" not in page
    assert "Cancels the deletion" not in page
    assert ada.is_signed_in


def test_page_names_email_and_deletion_to_restore(ada, browser, notify, move, dbsession):
    link = notify()
    move(ATTACKER)
    dbsession.execute(sa.update(User).values(delete_after=utc_now() + timedelta(days=14)))
    dbsession.commit()
    page = browser.get(link)
    assert f"Restores {ADA} as the email of the account" in page
    assert "Cancels the deletion." in page
    assert ATTACKER not in page


@pytest.mark.asvs("7.4.3", "6.3.7")
def test_secure_account_signs_everyone_else_out(ada, browser, new_browser, notify):
    eve = new_browser()
    eve.sign_up(email="eve@example.com", first_name="Eve")
    link = notify()
    answer = press(browser, link)
    assert [each.is_signed_in for each in (ada, browser, eve)] == [False, False, True]
    assert browser.sign_in(password=PASSWORD).status_int == 422
    path = path_after(answer)
    assert path.startswith("/reset-password/")
    page = browser.get(path)
    assert f"This is for the account <strong>{ADA}</strong>." in page
    assert (
        status_of(choose(browser, path).follow())
        == "Password changed. Sign in with your new password."
    )
    assert browser.sign_in(password=NEW_PASSWORD).status_int == 303


def test_secure_account_ends_the_current_session(ada, notify):
    answer = press(ada, notify())
    assert is_blanked(answer)
    page = ada.get(path_after(answer))
    assert page.html.h1.text == "Reset your password"
    expected = "Account secured. Everyone is signed out. Choose a new password."
    assert status_of(page) == expected


@pytest.mark.asvs("7.4.3", "6.3.7")
def test_owner_recovers_an_account_moved_twice_by_an_attacker(
    ada, new_browser, notify, move, mailbox
):
    """The attacker knows the password, receives all emails, and uses their links first."""
    owner, attacker = new_browser(REMOTE_ADDR="192.0.2.7"), new_browser(REMOTE_ADDR="203.0.113.9")
    attacker.sign_in()
    owners_link = notify()
    move(ATTACKER)
    attackers_link = notify()
    move("attacker@example.org")
    attackers_other_link = notify()
    attackers_reset = path_after(press(attacker, attackers_link))
    assert choose(attacker, attackers_reset, "twelve red foxes run").status_int == 303
    assert attacker.sign_in(ATTACKER, "twelve red foxes run").status_int == 303
    attackers_last_link = mailbox.latest("password_changed", ATTACKER).path_to("secure-account")
    attackers_pending = reset_link(attacker, mailbox, ATTACKER)

    owners_reset = path_after(press(owner, owners_link))
    for link in (
        attackers_link,
        attackers_other_link,
        attackers_last_link,
        attackers_reset,
        attackers_pending,
    ):
        assert attacker.get(link, expect_errors=True).status_int == 410
    assert not attacker.is_signed_in
    assert choose(owner, owners_reset).status_int == 303
    assert attacker.sign_in(ATTACKER, "twelve red foxes run").status_int == 422
    assert attacker.sign_in(ADA, "twelve red foxes run").status_int == 422
    assert owner.sign_in(ADA, NEW_PASSWORD).status_int == 303


def test_secure_account_cancels_a_deletion(ada, browser, notify, dbsession):
    link = notify()
    dbsession.execute(sa.update(User).values(delete_after=utc_now() + timedelta(days=14)))
    dbsession.commit()
    press(browser, link)
    assert dbsession.scalar(sa.select(User.delete_after)) is None


@pytest.mark.asvs("2.3.4")
def test_secure_account_link_works_once(ada, browser, notify):
    link = notify()
    page = browser.get(link)
    path = path_after(browser.submit(page, {}))
    assert path_after(browser.submit(page, {})) == path  # the same form again
    invalid = browser.get(link, status=410)
    assert invalid.html.h1.text == "This link is no longer valid"
    assert invalid.click("Reset password").request.path == "/forgot-password"
    assert choose(browser, path).status_int == 303


def test_secure_account_link_expires(ada, browser, notify, dbsession):
    link = notify()
    page = browser.get(link)
    dbsession.execute(sa.update(EmailLink).values(expires_at=utc_now()))
    dbsession.commit()
    assert browser.submit(page, {}).status_int == 410
    assert browser.get(link, status=410)
    assert ada.is_signed_in


def test_reset_keeps_the_secure_account_link(ada, browser, notify, mailbox):
    """Otherwise an attacker who reads one email could keep the account for good."""
    link = notify()
    choose(browser, reset_link(browser, mailbox))
    assert press(browser, link).status_int == 303


def test_links_of_other_purposes_are_invalid_here(ada, browser, mailbox):
    reset = reset_link(browser, mailbox)
    assert browser.get(reset.replace("reset-password", "secure-account"), status=410)


def test_secure_account_without_a_token_is_an_invalid_link(ada, browser):
    heading = browser.get("/secure-account", status=410).html.h1.text
    assert heading == "This link is no longer valid"


@pytest.mark.asvs("3.5.3")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_opening_the_link_changes_nothing(ada, browser, services, notify, method):
    link = notify()
    before = dump(services)
    for path in (link, UNKNOWN):
        browser.app.request(path, method=method, expect_errors=True)
    assert dump(services) == before
    assert ada.is_signed_in


@pytest.mark.asvs("3.5.1")
def test_forms_of_other_sites_are_refused(ada, browser, notify):
    form = form_of(browser.get(notify()))
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert form.submit(headers=headers, expect_errors=True).status_int == 403
    assert ada.is_signed_in


@pytest.mark.asvs("14.3.2", "14.2.1", "14.2.6")
def test_token_does_not_leak(ada, browser, notify, caplog):
    link = notify()
    token = link.rpartition("/")[2]
    page = browser.get(link)
    assert page.headers["Cache-Control"] == "no-store"
    assert page.text.count(token) == 1
    answer = browser.submit(page, {})
    assert token not in f"{answer.headers}{answer.text}"
    assert token not in browser.get(path_after(answer)).text
    assert token not in caplog.text


@pytest.mark.asvs("6.3.1", "2.4.1")
def test_made_up_links_throttle_no_real_link(ada, browser, notify, services):
    """They cannot be guessed, and are counted nowhere."""
    link = notify()
    form = form_of(browser.get(link))
    form.action = UNKNOWN
    before = dump(services)
    statuses = [form.submit(headers=HERE, expect_errors=True).status_int for _ in range(15)]
    assert statuses == [410] * 15
    assert dump(services) == before
    assert press(browser, link).status_int == 303


def test_valid_links_are_not_throttled(ada, new_site, notify):
    _, browser = new_site({"authsite.throttle.email_link_account": "1/1h"})
    assert [press(browser, notify()).status_int for _ in range(3)] == [303] * 3


def test_link_to_a_taken_email_is_throttled(browser, taken):
    """It stays usable, so each attempt counts."""
    link, _ = taken
    assert [press(browser, link).status_int for _ in range(11)] == [409] * 10 + [429]


def test_email_taken_meanwhile_is_not_restored(ada, browser, taken, move):
    """The site's own pages cannot cause this; all sessions of Ada end nevertheless."""
    link, other = taken
    page = press(browser, link)
    assert page.status_int == 409
    assert "another account now uses this email" in alert_of(page)
    assert [each.is_signed_in for each in (ada, other)] == [False, True]
    assert browser.sign_in(ATTACKER, PASSWORD).status_int == 422
    move("eve@example.com", name="Eve")
    assert choose(browser, path_after(browser.submit(page, {}))).status_int == 303
    assert browser.sign_in(ADA, NEW_PASSWORD).status_int == 303
