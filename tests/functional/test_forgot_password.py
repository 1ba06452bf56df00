"""`/forgot-password`: the form that requests a reset link."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.models import EmailLink, OutboxMessage, User
from tests.functional.reading import (
    alert_of,
    description_of,
    form_of,
    input_of,
    is_marked,
    rows_of,
)
from tests.functional.recovery import ADA, choose, request_reset, reset_link

EVE = "eve@example.com"
THREE_MINUTES = timedelta(minutes=3)


@pytest.fixture
def ada(new_browser):
    """The browser of a user who is signed out."""
    browser = new_browser(REMOTE_ADDR="198.51.100.7")
    browser.sign_up()
    browser.sign_out()
    return browser


def links(dbsession):
    """Return the number of email links."""
    dbsession.rollback()
    return dbsession.scalar(sa.select(sa.func.count()).select_from(EmailLink))


@pytest.mark.parametrize("failed", [False, True])
def test_sign_in_page_links_to_forgot_password(ada, browser, failed):
    page = browser.sign_in(password="not that one") if failed else browser.get("/sign-in")
    page = page.click("Forgot your password?")
    assert page.request.path == "/forgot-password"
    assert page.html.h1.text == "Forgot your password?"


def test_switch_account_page_links_to_forgot_password(ada):
    ada.sign_in()
    page = ada.get("/switch-account").click("Forgot your password?")
    assert page.html.h1.text == "Forgot your password?"


def test_throttled_sign_in_links_to_forgot_password(ada, browser):
    answers = [browser.sign_in(password="not that one") for _ in range(11)]
    assert answers[-1].status_int == 429
    assert answers[-1].click("Forgot your password?").status_int == 200


@pytest.mark.asvs("6.4.3", "6.3.8")
def test_user_receives_a_reset_link(ada, browser, mailbox):
    page = request_reset(browser)
    assert page.status_int == 200
    assert page.html.h1.text == "Check your email"
    answer = f"If {ADA} has an account, we've sent a reset link to it. It works for 60 minutes."
    assert answer in page.html.main.get_text()
    [mail] = [each for each in mailbox.all_for(ADA) if each.template == "reset_password"]
    assert mail.subject == "Reset your authsite password"
    assert "within 60 minutes" in mail.text
    assert browser.get(mail.path_to("reset-password")).html.h1.text == "Reset your password"


@pytest.mark.parametrize("signed_in", [False, True])
def test_page_after_sending_leads_on(ada, signed_in):
    if signed_in:
        ada.sign_in()
    page = request_reset(ada)
    assert page.click("Try again").request.path == "/forgot-password"
    label, path = ("Back to account", "/account") if signed_in else ("Sign in", "/sign-in")
    assert page.html.main.find("a", string=label)["href"] == path


@pytest.mark.asvs("6.3.8")
def test_missing_account_is_reported_by_email_only(ada, browser, mailbox, dbsession):
    before = links(dbsession)
    assert request_reset(browser, EVE).html.h1.text == "Check your email"
    [mail] = mailbox.all_for(EVE)
    assert mail.template == "no_account"
    assert mail.subject == "No authsite account for this email"
    assert "/reset-password/" not in mail.text + mail.html
    assert "http://localhost/forgot-password\n" in mail.text
    assert links(dbsession) == before
    owners = sa.select(OutboxMessage.user_id).where(OutboxMessage.template == "no_account")
    assert dbsession.scalars(owners).all() == [None]


@pytest.mark.parametrize(
    ("email", "message"),
    [
        ("", "Enter your email."),
        ("ada", "Enter an email address like name@example.com."),
        ("ada@example.com, eve@example.com", "Enter an email address like name@example.com."),
        (
            "ada@example.com\x0bBcc: eve@example.com",
            "Remove the control character after “ada@example.com”.",
        ),
        ("=?utf-8?q?eve=40example.com?=@example.com", "Enter an email address like"),
    ],
)
def test_malformed_email_is_explained_and_sends_nothing(ada, browser, mailbox, email, message):
    mailbox.empty()
    page = request_reset(browser, email)
    assert page.status_int == 422
    assert message in description_of(page, "email")
    assert message in alert_of(page)
    assert is_marked(page, "email")
    assert mailbox.all_for() == []


@pytest.mark.asvs("1.3.11")
@pytest.mark.parametrize("typed", ["ADA@example.com", " ada@EXAMPLE.com", "ada@\uff45xample.com"])
def test_reset_link_goes_to_the_stored_email(ada, browser, mailbox, typed):
    """A similar spelling may be the mailbox of another user."""
    request_reset(browser, typed)
    assert mailbox.latest("reset_password", ADA)
    assert {mail.recipient for mail in mailbox.all_for()} == {ADA}


def test_signed_in_user_finds_their_email_filled_in(browser, mailbox):
    browser.sign_up()
    page = browser.get("/forgot-password")
    assert input_of(page, "email")["value"] == ADA
    assert browser.submit(page, {}).status_int == 200
    assert mailbox.latest("reset_password")
    assert browser.is_signed_in


@pytest.mark.parametrize("closing", [False, True])
def test_unverified_or_closed_account_gets_a_reset_link(ada, browser, mailbox, dbsession, closing):
    if closing:
        dbsession.execute(sa.update(User).values(delete_after=sa.func.now()))
        dbsession.commit()
    assert choose(browser, reset_link(browser, mailbox)).status_int == 303


@pytest.mark.asvs("1.3.11")
def test_email_to_an_unverified_user_omits_the_name(new_browser, browser, mailbox):
    """An attacker may have signed up with the email of another person, under any name."""
    new_browser().sign_up(first_name="<b>Win a prize</b>", last_name="http://evil.test")
    request_reset(browser)
    mail = mailbox.latest("reset_password")
    assert mail.text.startswith("Hello,\n")
    assert "prize" not in mail.text + mail.html + mail.subject
    assert "evil" not in mail.text + mail.html + mail.subject


def test_name_is_escaped_in_the_email(new_browser, browser, mailbox, dbsession):
    new_browser().sign_up(first_name="<b>&\"'</b>")
    dbsession.execute(sa.update(User).values(email_verified_at=sa.func.now()))
    dbsession.commit()
    request_reset(browser)
    mail = mailbox.latest("reset_password")
    assert "Hello <b>&\"'</b>,\n" in mail.text
    assert "Hello &lt;b&gt;&amp;&#34;&#39;&lt;/b&gt;," in mail.html


def test_email_is_escaped_on_the_page(ada, browser):
    page = request_reset(browser, "a&b'c@example.com")
    assert "a&amp;b&#39;c@example.com" in page
    assert "a&b" not in page


@pytest.mark.asvs("2.4.1", "6.3.1")
@pytest.mark.parametrize("email", [ADA, EVE])
def test_reset_emails_to_one_recipient_are_throttled(
    ada, new_browser, mailbox, let_time_pass, email
):
    def request(n):
        return request_reset(new_browser(REMOTE_ADDR=f"203.0.113.{n}"), email)

    mailbox.empty()
    assert request(1).status_int == 200
    page = request(2)
    assert page.status_int == 429
    assert 170 <= int(page.headers["Retry-After"]) <= 180
    assert alert_of(page).startswith("We sent you an email a few minutes ago.")
    assert input_of(page, "email")["value"] == email
    for n in range(3, 7):
        let_time_pass(THREE_MINUTES)
        assert request(n).status_int == 200
    let_time_pass(THREE_MINUTES)
    assert request(7).status_int == 429
    assert len(mailbox.all_for(email)) == 5


@pytest.mark.asvs("2.4.1")
def test_reset_emails_from_one_network_are_throttled(ada, browser, mailbox):
    statuses = [request_reset(browser, f"person{n}@example.com").status_int for n in range(20)]
    assert statuses == [200] * 20
    page = request_reset(browser)
    assert page.status_int == 429
    assert "from your network" in alert_of(page)
    assert [
        each.template for each in mailbox.all_for(ADA) if each.template == "reset_password"
    ] == []


def test_throttled_request_changes_nothing(ada, browser, services, mailbox, dbsession):
    request_reset(browser)
    before, sent, alive = rows_of(services), mailbox.all_for(), links(dbsession)
    assert request_reset(browser).status_int == 429
    assert (rows_of(services), mailbox.all_for(), links(dbsession)) == (before, sent, alive)


@pytest.mark.asvs("14.2.1")
def test_reset_link_ignores_the_request_host(ada, new_browser, new_site, mailbox):
    """OWASP, "Forgot Password": a request must not choose the host of the link."""
    _, browser = new_site({"authsite.site.url": "https://accounts.example.com"})
    browser.app.extra_environ |= {
        "HTTP_HOST": "accounts.example.com",
        "wsgi.url_scheme": "https",
        "HTTP_X_FORWARDED_HOST": "evil.test",
        "HTTP_X_FORWARDED_PROTO": "http",
        "HTTP_FORWARDED": "host=evil.test",
    }
    page = browser.get("/forgot-password")
    form = form_of(page)
    form["email"] = ADA
    here = {"Sec-Fetch-Site": "same-origin"}
    refused = form.submit(headers=here | {"Host": "evil.test"}, expect_errors=True)
    assert refused.status_int == 400
    assert form.submit(headers=here).status_int == 200
    mail = mailbox.latest("reset_password")
    assert mail.text.count("https://accounts.example.com/reset-password/") == 1
    assert "evil" not in mail.text + mail.html


def test_cross_site_form_sends_no_email(ada, browser, mailbox):
    mailbox.empty()
    form = form_of(browser.get("/forgot-password"))
    form["email"] = ADA
    answer = form.submit(headers={"Sec-Fetch-Site": "cross-site"}, expect_errors=True)
    assert (answer.status_int, mailbox.all_for()) == (403, [])
