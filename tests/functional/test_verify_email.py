"""`/verify-email` and its link: only the owner of a mailbox can verify the email."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.clock import utc_now
from authsite.models import EmailLink, OutboxMessage, Throttle, User, UserSession
from tests.browsers import PASSWORD
from tests.functional.crowds import BUSY, full_queue
from tests.functional.reading import (
    alert_of,
    button_of,
    description_of,
    input_of,
    is_marked,
    rows_of,
    status_of,
)

ADA = "ada@example.com"
HERE = {"Sec-Fetch-Site": "same-origin"}
WRONG = "Incorrect password."
INVALID = "This link is no longer valid"
OTHER_PASSWORD = "eleven blue otters sing"
UNKNOWN_PASSWORD = "I don't know the password"


@pytest.fixture
def ada(new_browser):
    """The browser of a new user who has not verified her email."""
    browser = new_browser()
    browser.sign_up()
    return browser


@pytest.fixture
def link(ada, mailbox):
    """The path of the link in the email to Ada."""
    return mailbox.latest("verify_email").path_to("verify-email")


def press(page, button):
    """Press the button with this text."""
    return button_of(page, button).submit("", headers=HERE, expect_errors=True)


def claim(page):
    """Claim the account without its password."""
    form = button_of(page, UNKNOWN_PASSWORD)
    return form.submit("without_password", value="yes", headers=HERE, expect_errors=True)


def enter(browser, page, password=PASSWORD):
    """Enter the password on the page of the link."""
    return browser.submit(page, {"password": password})


def verified(dbsession):
    """Return the verified emails."""
    dbsession.rollback()
    return set(dbsession.scalars(sa.select(User.email).where(User.email_verified_at.is_not(None))))


def banner_of(page):
    """Return the banner of pages until the email is verified."""
    return page.html.find("aside", class_="banner")


@pytest.mark.parametrize("path", ["/", "/dashboard", "/account", "/sign-out", "/nothing"])
def test_banner_is_shown_until_verification(ada, link, path):
    banner = banner_of(ada.get(path, expect_errors=True))
    assert banner["aria-label"] == "Your email"
    assert ADA in banner.get_text()
    assert banner.button.get_text(strip=True) == "Resend email"
    press(ada.get(link), "Verify email")
    assert banner_of(ada.get(path, expect_errors=True)) is None


def test_anonymous_visitor_sees_no_banner(browser):
    for path in ("/", "/sign-in", "/sign-up"):
        assert banner_of(browser.get(path)) is None


def test_banner_is_between_navigation_and_content(ada):
    page = ada.get("/account")
    order = [each.name for each in page.html.body.find_all(["header", "aside", "main"])]
    assert order == ["header", "aside", "main"]
    assert page.html.find_all("form")[0]["action"] == "/sign-out"


def test_signed_in_user_verifies_with_one_button(ada, link, dbsession):
    page = ada.get(link)
    assert ADA in page.html.main.get_text()
    assert page.html.main.find("input", type="password") is None
    assert banner_of(page) is None
    answer = press(page, "Verify email")
    assert (answer.status_int, answer.location) == (303, "http://localhost/dashboard")
    assert status_of(answer.follow()) == "Email verified."
    assert verified(dbsession) == {ADA}
    assert ada.is_signed_in


def test_other_browser_verifies_with_the_password(ada, link, browser, dbsession):
    page = browser.get(link)
    assert page.html.title.get_text(strip=True).startswith("Verify your email address")
    answer = enter(browser, page)
    assert (answer.status_int, answer.location) == (303, "http://localhost/dashboard")
    assert status_of(answer.follow()) == "Email verified."
    assert verified(dbsession) == {ADA}
    assert browser.is_signed_in
    assert ada.is_signed_in


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("", "Enter your password."),
        ("not that one", WRONG),
        ("x" * 257, "Use at most 256 characters."),
        (f"{PASSWORD}\x00", f"Remove the control character at position {len(PASSWORD) + 1}."),
    ],
)
def test_wrong_password_verifies_nothing(link, browser, dbsession, password, message):
    page = enter(browser, browser.get(link), password)
    assert page.status_int == 422
    assert message in description_of(page, "password")
    assert is_marked(page, "password")
    assert not input_of(page, "password").get("value")
    assert page.html.title.get_text(strip=True).startswith("Error: ")
    assert verified(dbsession) == set()
    assert not browser.is_signed_in
    assert enter(browser, page).status_int == 303


@pytest.mark.asvs("7.4.3")
def test_claimed_account_locks_the_attacker_out(new_browser, mailbox, dbsession):
    """An attacker signed up with Ada's email, and waits for her to use the account."""
    attacker, elsewhere, ada = new_browser(), new_browser(), new_browser()
    attacker.sign_up(first_name="Mallory", password=OTHER_PASSWORD)
    elsewhere.sign_in(password=OTHER_PASSWORD)
    page = ada.get(mailbox.latest("verify_email").path_to("verify-email"))
    answer = claim(page)
    assert answer.status_int == 303
    assert answer.location.startswith("http://localhost/reset-password/")
    expected = "Account taken over. Everyone who used it is signed out. Choose a new password."
    assert status_of(answer.follow()) == expected
    assert verified(dbsession) == {ADA}
    assert not attacker.is_signed_in
    assert not elsewhere.is_signed_in
    assert not ada.is_signed_in
    assert attacker.sign_in(password=OTHER_PASSWORD).status_int == 422
    [link] = dbsession.scalars(sa.select(EmailLink))
    assert link.purpose == "reset_password"


def test_claim_invalidates_the_attackers_open_page(new_browser, mailbox, dbsession):
    attacker, ada = new_browser(), new_browser()
    attacker.sign_up(password=OTHER_PASSWORD)
    link = mailbox.latest("verify_email").path_to("verify-email")
    page = attacker.get(link)
    claim(ada.get(link))
    assert press(page, "Verify email").status_int in {403, 410}
    assert not attacker.is_signed_in
    assert dbsession.scalars(sa.select(UserSession)).all() == []


def test_verified_account_cannot_be_claimed(ada, link, browser, dbsession):
    page = browser.get(link)
    dbsession.execute(sa.update(User).values(email_verified_at=sa.func.current_timestamp()))
    dbsession.commit()
    assert UNKNOWN_PASSWORD not in browser.get(link)
    before = rows_of_users(dbsession)
    assert claim(page).status_int == 410
    assert rows_of_users(dbsession) == before
    assert ada.is_signed_in


def rows_of_users(dbsession):
    """Return all rows of users."""
    dbsession.rollback()
    return dbsession.execute(sa.select(User.__table__)).all()


def test_other_signed_in_user_needs_the_owners_password(ada, link, new_browser, dbsession):
    grace = new_browser()
    grace.sign_up(email="grace@example.com", password=OTHER_PASSWORD)
    page = grace.get(link)
    assert "signed in as grace@example.com" in page
    assert enter(grace, page, OTHER_PASSWORD).status_int == 422
    assert verified(dbsession) == set()
    previous = grace.cookie
    assert enter(grace, page).status_int == 303
    assert "ada@example.com" in grace.get("/sign-out")
    assert verified(dbsession) == {ADA}
    again = new_browser()
    again.app.set_cookie("authsite_session", previous)
    assert not again.is_signed_in


@pytest.mark.asvs("3.5.3")
def test_opening_the_link_changes_nothing(ada, link, new_browser, services, dbsession):
    def everything():
        dbsession.rollback()
        tables = (EmailLink, OutboxMessage)
        return [dbsession.execute(sa.select(each.__table__)).all() for each in tables]

    before = everything(), rows_of(services)
    for browser in (ada, new_browser(), new_browser()):
        for _ in range(2):
            browser.app.head(link, status=200)
            browser.get(link, status=200)
            browser.app.options(link, expect_errors=True)
    assert (everything(), rows_of(services)) == before
    assert press(ada.get(link), "Verify email").status_int == 303


def expired(_ada, dbsession, _link):
    dbsession.execute(sa.update(EmailLink).values(expires_at=sa.func.current_timestamp()))
    dbsession.commit()


def followed(ada, _dbsession, link):
    press(ada.get(link), "Verify email")


def replaced(ada, dbsession, _link):
    dbsession.execute(sa.delete(Throttle))
    dbsession.commit()
    press(ada.get("/verify-email"), "Resend email")


def moved(_ada, dbsession, _link):
    dbsession.execute(sa.update(User).values(email="a@b.test", email_normalized="a@b.test"))
    dbsession.commit()


def purged(_ada, dbsession, _link):
    dbsession.execute(sa.delete(EmailLink))
    dbsession.commit()


@pytest.fixture(params=["signed in", "anonymous"])
def reader(request, ada, new_browser):
    """The browser in which Ada signed up, or another one that opens the link."""
    return ada if request.param == "signed in" else new_browser()


@pytest.mark.asvs("2.3.4")
@pytest.mark.parametrize("what_happens", [expired, followed, replaced, moved, purged])
def test_expired_used_or_replaced_link_is_invalid(ada, link, reader, dbsession, what_happens):
    page = reader.get(link, status=200)
    what_happens(ada, dbsession, link)
    before = verified(dbsession)
    opened = reader.get(link, status=410)
    sent = [press(page, "Verify email")] if reader is ada else [enter(reader, page), claim(page)]
    for answer in (opened, *sent):
        assert answer.status_int == 410
        assert answer.html.h1.get_text(strip=True) == INVALID
        assert answer.html.main.a["href"] == "/verify-email"
    assert verified(dbsession) == before
    assert reader.is_signed_in == (reader is ada)


@pytest.mark.asvs("2.3.4")
def test_unknown_verification_token_is_invalid(link, browser, dbsession):
    page = browser.get(link)
    for token in ("A" * 43, link[-43:].swapcase()):
        assert browser.get(f"/verify-email/{token}", status=410)
        fields = {"csrf_token": input_of(page, "csrf_token")["value"], "password": PASSWORD}
        browser.app.post(f"/verify-email/{token}", fields, headers=HERE, status=410)
    for token in (link[-43:-1], f"{link[-43:]}A", "A" * 42 + "%00", "%C3%A4" * 43, "x"):
        browser.get(f"/verify-email/{token}", status=410)
        browser.app.post(f"/verify-email/{token}", fields, headers=HERE, status=410)
    assert verified(dbsession) == set()


@pytest.mark.asvs("2.3.4")
def test_link_of_another_purpose_is_invalid(ada, link, browser, dbsession):
    dbsession.execute(sa.update(EmailLink).values(purpose="reset_password"))
    dbsession.commit()
    browser.get(link, status=410)


@pytest.mark.asvs("2.3.4", "15.4.2")
def test_one_of_two_simultaneous_uses_wins(ada, link, new_browser, dbsession):
    """One enters the password while the other claims the account."""
    owner, other = new_browser(), new_browser()
    pages = owner.get(link), other.get(link)
    with ThreadPoolExecutor(2) as pool:
        answers = [
            pool.submit(enter, owner, pages[0]),
            pool.submit(claim, pages[1]),
        ]
        statuses = [each.result().status_int for each in answers]
    assert statuses.count(303) == 1
    assert statuses in ([303, 410], [422, 303], [410, 303])
    assert verified(dbsession) == {ADA}
    assert owner.is_signed_in == (statuses[0] == 303)


@pytest.mark.asvs("3.5.1")
def test_cross_site_form_verifies_nothing(ada, link, dbsession):
    form = button_of(ada.get(link), "Verify email")
    answer = form.submit("", headers={"Sec-Fetch-Site": "cross-site"}, expect_errors=True)
    assert answer.status_int == 403
    assert verified(dbsession) == set()


def test_email_can_be_resent_from_the_banner(ada, link, mailbox, let_time_pass):
    let_time_pass(timedelta(minutes=4))
    answer = press(ada.get("/dashboard"), "Resend email")
    assert (answer.status_int, answer.location) == (303, "http://localhost/verify-email")
    page = answer.follow()
    assert status_of(page) == "We sent you a new link."
    assert banner_of(page) is None
    newest = mailbox.latest("verify_email").path_to("verify-email")
    ada.get(link, status=410)
    assert press(ada.get(newest), "Verify email").status_int == 303


@pytest.mark.asvs("6.3.1")
def test_resending_is_throttled(ada, link, mailbox):
    answer = press(ada.get("/verify-email"), "Resend email")
    assert answer.status_int == 429
    assert "3 minutes" in alert_of(answer)
    assert 0 < int(answer.headers["Retry-After"]) <= 180
    assert len(mailbox.all_for(ADA)) == 1
    ada.get(link, status=200)


def test_verified_user_gets_no_further_email(ada, link, mailbox, let_time_pass):
    before = ada.get("/verify-email")
    press(ada.get(link), "Verify email")
    page = ada.get("/verify-email")
    assert "is verified" in page
    assert page.html.main.form is None
    let_time_pass(timedelta(minutes=4))
    answer = press(before, "Resend email")
    assert (answer.status_int, status_of(answer.follow())) == (303, None)
    assert len(mailbox.all_for(ADA)) == 1


@pytest.mark.asvs("6.3.1")
def test_made_up_links_throttle_no_real_link(ada, link, browser):
    token = input_of(browser.get("/sign-in"), "csrf_token")["value"]
    answers = [
        browser.app.post(
            f"/verify-email/{number:0>43}",
            {"csrf_token": token, "password": PASSWORD},
            headers=HERE,
            expect_errors=True,
        )
        for number in range(15)
    ]
    assert {each.status_int for each in answers} == {410}
    assert enter(browser, browser.get(link)).status_int == 303


@pytest.mark.asvs("6.3.1")
def test_wrong_passwords_of_a_network_throttle_no_link(ada, link, new_site):
    limits = dict.fromkeys(
        ("authsite.throttle.sign_in_network", "authsite.throttle.sign_in_attempts_network"), "1/1h"
    )
    _, browser = new_site(limits)
    assert browser.sign_in("unknown@example.com").status_int == 422
    assert browser.sign_in("unknown@example.com").status_int == 429
    assert enter(browser, browser.get(link)).status_int == 303


@pytest.mark.asvs("6.3.1")
def test_guessing_passwords_is_throttled(ada, link, new_site, let_time_pass):
    _, browser = new_site({"authsite.throttle.email_link_account": "2/1h"}, REMOTE_ADDR="192.0.2.9")
    page = browser.get(link)
    answers = [enter(browser, page, "not that one").status_int for _ in range(3)]
    assert answers == [422, 422, 429]
    let_time_pass(timedelta(minutes=61))
    page = browser.get(link)
    assert enter(browser, page).status_int == 303


def test_successful_attempt_is_refunded(ada, new_browser, new_site, mailbox):
    _, browser = new_site({"authsite.throttle.email_link_account": "1/1h"})
    new_browser().sign_up(email="grace@example.com")
    for email in (ADA, "grace@example.com"):
        page = browser.get(mailbox.latest("verify_email", email).path_to("verify-email"))
        assert enter(browser, page).status_int == 303


def test_full_hash_queue_delays_verification(ada, link, new_site, dbsession):
    busy, browser = new_site(BUSY)
    page = browser.get(link)
    with full_queue(busy.hasher):
        page = enter(browser, page)
        assert page.status_int == 503
        assert int(page.headers["Retry-After"]) > 0
    assert verified(dbsession) == set()
    assert enter(browser, page).status_int == 303


def test_closed_account_is_verified_but_not_signed_in(ada, link, browser, dbsession):
    dbsession.execute(sa.update(User).values(delete_after=utc_now() + timedelta(days=1)))
    dbsession.commit()
    answer = enter(browser, browser.get(link))
    assert (answer.status_int, answer.location) == (303, "http://localhost/reactivate-account")
    assert verified(dbsession) == {ADA}
    assert not browser.is_signed_in
    assert status_of(browser.get("/reactivate-account")) == "Email verified."


def test_link_is_stored_as_a_digest(link, dbsession):
    row = dbsession.execute(sa.select(EmailLink.__table__)).one()
    assert link[-43:] not in str(row)
