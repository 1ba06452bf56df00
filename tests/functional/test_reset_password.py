"""`/reset-password/{token}`: where a new password is chosen by a link from a mail."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.models import EmailLink, User
from authsite.tokens import LinkToken
from tests.browsers import PASSWORD
from tests.functional.cookies import is_blanked
from tests.functional.crowds import BUSY, full_queue
from tests.functional.reading import (
    alert_of,
    form_of,
    input_of,
    rows_of,
    said_beside,
    status_of,
)
from tests.functional.recovery import ADA, NEW_PASSWORD, ask_for_link, choose, reset_link
from tests.site.test_gets_change_nothing import dump

HERE = {"Sec-Fetch-Site": "same-origin"}
ONE_TRY = ("authsite.throttle.email_link_account", "authsite.throttle.email_link_network")
NO_LIMIT_FOR_MAILS = {"authsite.throttle.email_recipient": "off"}
DEAD = "This link is no longer valid"
NOWHERE = f"/reset-password/{'A' * 43}"


@pytest.fixture
def ada(new_browser):
    """Someone who is signed in, in a browser of her own."""
    browser = new_browser(REMOTE_ADDR="198.51.100.7")
    browser.sign_up()
    return browser


@pytest.fixture
def link(ada, browser, mailbox):
    """A link that she has asked for elsewhere."""
    return reset_link(browser, mailbox)


def is_dead(browser, link):
    """Whether the link leads nowhere, and the page offers another."""
    page = browser.get(link, expect_errors=True)
    if page.status_int == 200:
        return False
    assert page.status_int == 410
    assert page.html.h1.text == DEAD
    assert page.click("Get a new link").request.path == "/forgot-password"
    return True


@pytest.mark.asvs("6.4.3", "7.4.3", "6.3.7", "6.3.6")
def test_who_follows_the_link_chooses_a_password_and_signs_in_with_it(ada, browser, mailbox, link):
    page = browser.get(link)
    assert f"This is for the account <strong>{ADA}</strong>." in page
    answer = browser.submit(page, {"password": NEW_PASSWORD, "confirm_password": NEW_PASSWORD})
    assert answer.status_int == 303
    assert answer.location == "http://localhost/sign-in"
    assert status_of(answer.follow()) == "Password changed. Sign in with your new password."
    assert not browser.is_signed_in
    assert browser.sign_in(password=PASSWORD).status_int == 422
    assert browser.sign_in(password=NEW_PASSWORD).status_int == 303
    assert browser.is_signed_in
    mail = mailbox.latest("password_changed")
    assert "/secure-account/" in mail.text
    assert "/secure-account/" in mail.html


@pytest.mark.asvs("7.4.3")
def test_every_session_ends_and_no_one_else_s_does(ada, browser, new_browser, link):
    elsewhere, eve = new_browser(), new_browser()
    elsewhere.sign_in()
    eve.sign_up(email="eve@example.com")
    choose(browser, link)
    assert [each.is_signed_in for each in (ada, elsewhere, eve)] == [False, False, True]


def test_who_follows_the_link_where_they_are_signed_in_signs_in_anew(ada, link):
    answer = choose(ada, link)
    assert answer.status_int == 303
    assert is_blanked(answer)
    assert ada.cookie is None
    assert ada.get("/sign-in").status_int == 200


def test_a_session_of_another_in_that_browser_ends_as_well(ada, new_browser, link):
    """Else its owner would land on a dashboard that is not theirs."""
    eve = new_browser()
    eve.sign_up(email="eve@example.com")
    answer = choose(eve, link)
    assert eve.get(answer.location.removeprefix("http://localhost")).html.h1.text == "Sign in"


def test_the_address_is_proven_by_the_link(ada, browser, link, dbsession):
    verified = sa.select(User.email_verified_at)
    assert dbsession.scalar(verified) is None
    dbsession.rollback()
    choose(browser, link)
    assert dbsession.scalar(verified) is not None


@pytest.mark.asvs("6.2.7")
def test_a_password_manager_learns_whose_password_it_is(ada, browser, link):
    page = browser.get(link)
    [whose] = page.html.main.find_all(attrs={"autocomplete": "username"})
    assert whose["value"] == ADA
    assert not whose.has_attr("name")
    assert input_of(page, "password")["autocomplete"] == "new-password"
    assert input_of(page, "confirm_password")["autocomplete"] == "new-password"


@pytest.mark.asvs("6.2.4", "6.2.5", "6.2.10", "2.3.3")
@pytest.mark.parametrize(
    ("typed", "field", "message"),
    [
        (("", ""), "password", "Enter a password."),
        (("short", "short"), "password", "Use at least 8 characters."),
        (("password1", "password1"), "password", "Use a few unrelated words."),
        (("ada lovelace", "ada lovelace"), "password", "Don't use \u201cLovelace\u201d"),
        ((NEW_PASSWORD, "another"), "confirm_password", "The passwords don't match."),
        (("x" * 257, "x" * 257), "password", "Use at most 256 characters."),
        (("eleven\x07blue otters", "eleven\x07blue otters"), "password", "invisible characters"),
    ],
)
def test_a_password_that_is_not_taken_spends_nothing(browser, link, typed, field, message):
    typed = dict(zip(("password", "confirm_password"), typed, strict=True))
    page = browser.submit(browser.get(link), typed)
    assert page.status_int == 422
    assert message in said_beside(page, field)
    assert message in alert_of(page)
    assert not typed["password"] or typed["password"] not in page
    answer = browser.submit(page, {"password": NEW_PASSWORD, "confirm_password": NEW_PASSWORD})
    assert answer.status_int == 303


def test_what_is_not_taken_changes_nothing(ada, browser, services, link):
    before = rows_of(services)
    assert choose(browser, link, "password1").status_int == 422
    assert rows_of(services) == before
    assert ada.is_signed_in


@pytest.mark.asvs("6.4.3", "2.3.4")
def test_a_link_is_good_for_one_password(ada, browser, link):
    page = browser.get(link)
    assert choose(browser, link).status_int == 303
    again = {"password": "twelve red foxes run", "confirm_password": "twelve red foxes run"}
    assert browser.submit(page, again).status_int == 410
    assert is_dead(browser, link)
    assert browser.sign_in(password=NEW_PASSWORD).status_int == 303


@pytest.mark.asvs("6.4.1")
def test_a_link_lasts_for_an_hour(ada, browser, link, dbsession):
    page = browser.get(link)
    dbsession.execute(sa.update(EmailLink).values(expires_at=sa.func.now()))
    dbsession.commit()
    typed = {"password": NEW_PASSWORD, "confirm_password": NEW_PASSWORD}
    assert browser.submit(page, typed).status_int == 410
    assert is_dead(browser, link)
    assert ada.is_signed_in


def test_a_newer_link_takes_the_place_of_an_older_one(ada, browser, mailbox, link, let_time_pass):
    let_time_pass(timedelta(minutes=3))
    newer = reset_link(browser, mailbox)
    assert newer != link
    assert is_dead(browser, link)
    assert choose(browser, newer).status_int == 303


def test_a_link_to_an_address_that_the_account_has_given_up_is_dead(ada, browser, link, dbsession):
    page = browser.get(link)
    dbsession.execute(
        sa.update(User).values(email="x@example.com", email_normalized="x@example.com")
    )
    dbsession.commit()
    typed = {"password": NEW_PASSWORD, "confirm_password": NEW_PASSWORD}
    assert is_dead(browser, link)
    assert browser.submit(page, typed).status_int == 410
    assert ada.is_signed_in


def test_a_link_for_something_else_does_not_lead_here(ada, browser, dbsession, link):
    dbsession.execute(sa.update(EmailLink).values(purpose="verify_email"))
    dbsession.commit()
    assert is_dead(browser, link)


@pytest.mark.parametrize(
    "path",
    [
        "/reset-password",
        "/reset-password/x",
        f"/reset-password/{'A' * 42}",
        f"/reset-password/{'A' * 44}",
        f"/reset-password/{'A' * 42}.",
        f"/reset-password/{'A' * 43}/x",
        f"/reset-password/{'A' * 42}%00",
    ],
)
def test_what_cannot_be_a_token_is_no_page(ada, browser, link, path):
    assert browser.get(path, status=404).html.h1.text == "Page not found"


def test_what_never_was_a_link_looks_like_one_that_was(ada, browser, link):
    choose(browser, link).follow()
    was, never = (browser.get(path, status=410) for path in (link, NOWHERE))
    assert was.text == never.text


@pytest.mark.asvs("3.5.3")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_program_that_looks_through_mails_spends_nothing(ada, browser, services, link, method):
    before = dump(services)
    for path in (link, NOWHERE):
        for _ in range(3):
            browser.app.request(path, method=method, expect_errors=True)
    assert dump(services) == before
    assert choose(browser, link).status_int == 303


@pytest.mark.asvs("3.5.1")
def test_no_form_of_another_site_chooses_a_password(ada, browser, link):
    form = form_of(browser.get(link))
    form["password"] = form["confirm_password"] = NEW_PASSWORD
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert form.submit(headers=headers, expect_errors=True).status_int == 403
    assert choose(browser, link).status_int == 303


@pytest.mark.asvs("14.3.2", "14.2.1", "14.2.6")
def test_the_token_stays_where_it_is(ada, browser, link, caplog):
    """In the address and in the form that is sent there; nowhere else, and in no log."""
    token = link.rpartition("/")[2]
    page = browser.get(link)
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert page.text.count(token) == 1
    assert form_of(page).action == link
    for typed in ("weak", NEW_PASSWORD):
        answer = choose(browser, link, typed)
    assert token not in f"{answer.headers}{answer.text}"
    assert token not in browser.get("/sign-in").text
    assert token not in browser.get(link, status=410).text
    assert token not in caplog.text


@pytest.mark.asvs("6.3.1")
def test_daily_password_resets_are_not_throttled(ada, new_site, mailbox, link):
    """What succeeds is given back, and nothing else."""
    _, browser = new_site(dict.fromkeys(ONE_TRY, "1/1h") | NO_LIMIT_FOR_MAILS)
    for password in (NEW_PASSWORD, "twelve red foxes run"):
        assert choose(browser, reset_link(browser, mailbox), password).status_int == 303
    form = form_of(browser.get(reset_link(browser, mailbox)))
    form["password"] = form["confirm_password"] = NEW_PASSWORD
    alive, form.action = form.action, NOWHERE
    assert form.submit(headers=HERE, expect_errors=True).status_int == 410
    form.action = alive
    assert form.submit(headers=HERE, expect_errors=True).status_int == 429


@pytest.mark.asvs("6.3.1", "2.4.1")
def test_guessing_reset_links_is_throttled(ada, browser, new_browser, link):
    form = form_of(browser.get(link))
    form["password"] = form["confirm_password"] = NEW_PASSWORD
    statuses = []
    for _ in range(11):
        form.action = f"/reset-password/{LinkToken.new()}"
        statuses.append(form.submit(headers=HERE, expect_errors=True).status_int)
    assert statuses == [410] * 10 + [429]
    held_up = choose(browser, link)
    assert held_up.status_int == 429
    assert "Too many attempts to use links from your network." in alert_of(held_up)
    assert f"This is for the account <strong>{ADA}</strong>." in held_up
    assert NEW_PASSWORD not in held_up
    assert choose(new_browser(REMOTE_ADDR="203.0.113.9"), link).status_int == 303


def test_who_is_put_off_in_a_crowd_has_spent_and_used_up_nothing(ada, new_site, link):
    crowded, browser = new_site(BUSY)
    typed = {"password": NEW_PASSWORD, "confirm_password": NEW_PASSWORD}
    page = browser.get(link)
    with full_queue(crowded.hasher):
        answers = [browser.submit(page, typed) for _ in range(12)]
    assert {each.status_int for each in answers} == {503}
    assert answers[0].headers["Retry-After"] == "5"
    assert "Try again in a few seconds." in alert_of(answers[0])
    assert browser.submit(page, typed).status_int == 303


def test_a_closed_account_stays_closed(ada, browser, link, dbsession):
    dbsession.execute(sa.update(User).values(delete_after=sa.func.now()))
    dbsession.commit()
    choose(browser, link)
    assert dbsession.scalar(sa.select(User.delete_after)) is not None


def test_what_was_pending_is_void_but_what_says_that_it_was_not_me(ada, browser, dbsession, link):
    ask_for_link(browser)
    choose(browser, link)
    assert dbsession.scalars(sa.select(EmailLink.purpose)).all() == ["secure_account"]
