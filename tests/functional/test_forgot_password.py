"""`/forgot-password`: where somebody asks for a link to choose a new password."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.models import EmailLink, OutboxMessage, User
from tests.functional.reading import (
    alert_of,
    form_of,
    input_of,
    is_marked,
    rows_of,
    said_beside,
)
from tests.functional.recovery import ADA, ask_for_link, choose, reset_link

EVE = "eve@example.com"
THREE_MINUTES = timedelta(minutes=3)


@pytest.fixture
def ada(new_browser):
    """Someone who has an account and cannot sign in just now."""
    browser = new_browser(REMOTE_ADDR="198.51.100.7")
    browser.sign_up()
    browser.sign_out()
    return browser


def links(dbsession):
    """Return how many links could be followed."""
    dbsession.rollback()
    return dbsession.scalar(sa.select(sa.func.count()).select_from(EmailLink))


@pytest.mark.parametrize("failed", [False, True])
def test_the_sign_in_page_leads_there_also_after_a_mistake(ada, browser, failed):
    page = browser.sign_in(password="not that one") if failed else browser.get("/sign-in")
    page = page.click("Forgot your password?")
    assert page.request.path == "/forgot-password"
    assert page.html.h1.text == "Forgot your password?"


def test_who_waits_for_the_next_try_to_sign_in_is_led_there_too(ada, browser):
    answers = [browser.sign_in(password="not that one") for _ in range(11)]
    assert answers[-1].status_int == 429
    assert answers[-1].click("Forgot your password?").status_int == 200


@pytest.mark.asvs("6.4.3", "6.3.8")
def test_the_owner_of_an_account_gets_a_link(ada, browser, mailbox):
    page = ask_for_link(browser)
    assert page.status_int == 200
    assert page.html.h1.text == "Check your email"
    answer = f"If {ADA} has an account, we've sent a reset link to it. It works for 60 minutes."
    assert answer in page.html.main.get_text()
    [mail] = [each for each in mailbox.all_for(ADA) if each.template == "reset_password"]
    assert mail.subject == "Reset your authsite password"
    assert "within 60 minutes" in mail.text
    assert browser.get(mail.path_to("reset-password")).html.h1.text == "Reset your password"


@pytest.mark.asvs("6.3.8")
def test_who_has_no_account_is_told_by_mail_and_nowhere_else(ada, browser, mailbox, dbsession):
    before = links(dbsession)
    assert ask_for_link(browser, EVE).html.h1.text == "Check your email"
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
        ("ada@example.com\x0bBcc: eve@example.com", "Remove invisible characters."),
        ("=?utf-8?q?eve=40example.com?=@example.com", "Enter an email address like"),
    ],
)
def test_what_is_no_address_is_said_beside_the_field_and_nobody_is_written_to(
    ada, browser, mailbox, email, message
):
    mailbox.empty()
    page = ask_for_link(browser, email)
    assert page.status_int == 422
    assert message in said_beside(page, "email")
    assert message in alert_of(page)
    assert is_marked(page, "email")
    assert mailbox.all_for() == []


@pytest.mark.asvs("1.3.11")
@pytest.mark.parametrize("typed", ["ADA@example.com", " ada@EXAMPLE.com", "ada@\uff45xample.com"])
def test_the_link_goes_to_the_address_as_its_owner_typed_it(ada, browser, mailbox, typed):
    """Not to one that is spelled alike, whose mailbox may be another's."""
    ask_for_link(browser, typed)
    assert mailbox.latest("reset_password", ADA)
    assert {mail.recipient for mail in mailbox.all_for()} == {ADA}


def test_who_is_signed_in_may_ask_as_well_and_need_not_type_the_address(browser, mailbox):
    browser.sign_up()
    page = browser.get("/forgot-password")
    assert input_of(page, "email")["value"] == ADA
    assert browser.submit(page, {}).status_int == 200
    assert mailbox.latest("reset_password")
    assert browser.is_signed_in


@pytest.mark.parametrize("closing", [False, True])
def test_an_account_that_is_not_verified_or_about_to_close_gets_its_link(
    ada, browser, mailbox, dbsession, closing
):
    if closing:
        dbsession.execute(sa.update(User).values(delete_after=sa.func.now()))
        dbsession.commit()
    assert choose(browser, reset_link(browser, mailbox)).status_int == 303


@pytest.mark.asvs("1.3.11")
def test_no_one_else_puts_words_into_a_mail(new_browser, browser, mailbox):
    """Who signs up with another's address calls them what they like, but not in a mail to them."""
    new_browser().sign_up(first_name="<b>Win a prize</b>", last_name="http://evil.test")
    ask_for_link(browser)
    mail = mailbox.latest("reset_password")
    assert mail.text.startswith("Hello,\n")
    assert "prize" not in mail.text + mail.html + mail.subject
    assert "evil" not in mail.text + mail.html + mail.subject


def test_a_name_is_a_name_and_no_markup(new_browser, browser, mailbox, dbsession):
    new_browser().sign_up(first_name="<b>&\"'</b>")
    dbsession.execute(sa.update(User).values(email_verified_at=sa.func.now()))
    dbsession.commit()
    ask_for_link(browser)
    mail = mailbox.latest("reset_password")
    assert "Hello <b>&\"'</b>,\n" in mail.text
    assert "Hello &lt;b&gt;&amp;&#34;&#39;&lt;/b&gt;," in mail.html


def test_the_address_that_was_typed_is_no_markup_either(ada, browser):
    page = ask_for_link(browser, "a&b'c@example.com")
    assert "a&amp;b&#39;c@example.com" in page
    assert "a&b" not in page


@pytest.mark.asvs("2.4.1", "6.3.1")
@pytest.mark.parametrize("email", [ADA, EVE])
def test_an_address_gets_one_such_mail_in_three_minutes_and_five_a_day(
    ada, new_browser, mailbox, let_time_pass, email
):
    """Whoever asks, known or not."""

    def ask(n):
        return ask_for_link(new_browser(REMOTE_ADDR=f"203.0.113.{n}"), email)

    mailbox.empty()
    assert ask(1).status_int == 200
    page = ask(2)
    assert page.status_int == 429
    assert 170 <= int(page.headers["Retry-After"]) <= 180
    assert alert_of(page).startswith("We sent you an email a few minutes ago.")
    assert input_of(page, "email")["value"] == email
    for n in range(3, 7):
        let_time_pass(THREE_MINUTES)
        assert ask(n).status_int == 200
    let_time_pass(THREE_MINUTES)
    assert ask(7).status_int == 429
    assert len(mailbox.all_for(email)) == 5


@pytest.mark.asvs("2.4.1")
def test_twenty_mails_can_be_asked_for_from_a_network_in_an_hour(ada, browser, mailbox):
    statuses = [ask_for_link(browser, f"person{n}@example.com").status_int for n in range(20)]
    assert statuses == [200] * 20
    page = ask_for_link(browser)
    assert page.status_int == 429
    assert "from your network" in alert_of(page)
    assert [
        each.template for each in mailbox.all_for(ADA) if each.template == "reset_password"
    ] == []


def test_who_is_held_up_changes_nothing(ada, browser, services, mailbox, dbsession):
    ask_for_link(browser)
    before, sent, alive = rows_of(services), mailbox.all_for(), links(dbsession)
    assert ask_for_link(browser).status_int == 429
    assert (rows_of(services), mailbox.all_for(), links(dbsession)) == (before, sent, alive)


@pytest.mark.asvs("14.2.1")
def test_the_link_leads_to_the_site_whatever_the_request_says(ada, new_browser, new_site, mailbox):
    """OWASP, "Forgot Password": who asks must not choose where the token goes."""
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


def test_no_form_of_another_site_asks_for_a_mail(ada, browser, mailbox):
    mailbox.empty()
    form = form_of(browser.get("/forgot-password"))
    form["email"] = ADA
    answer = form.submit(headers={"Sec-Fetch-Site": "cross-site"}, expect_errors=True)
    assert (answer.status_int, mailbox.all_for()) == (403, [])
