"""`/account/email` and `/change-email/{token}`: another address, proven before it counts."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.models import User
from tests.browsers import PASSWORD
from tests.functional.crowds import BUSY, full_queue
from tests.functional.reading import alert_of, said_beside, status_of

NEW = "ada@new.example"


def ask(browser, email=NEW):
    """Ask for a new address."""
    return browser.submit(browser.get("/account/email"), {"email": email})


def press(browser, path, **typed):
    """Open the page of a link and press its button."""
    return browser.submit(browser.get(path), typed)


@pytest.fixture
def ada(browser, verify):
    """Somebody who has signed up and verified their address."""
    browser.sign_up()
    verify()
    return browser


@pytest.mark.asvs("6.3.7")
def test_the_whole_way(ada, mailbox, new_browser):
    sent = ask(ada)
    assert sent.status_int == 200
    assert NEW in sent.text
    assert "ada@example.com" in ada.get("/account").text
    link = mailbox.latest("change_email", NEW).path_to("change-email")
    page = ada.get(link)
    assert page.html.main.find("input", attrs={"name": "password"}) is None
    done = ada.submit(page, {})
    assert (done.status_int, done.location) == (303, "http://localhost/account")
    account = done.follow()
    assert NEW in account.text
    assert status_of(account) == "Email changed."
    assert new_browser().sign_in(NEW).status_int == 303
    assert new_browser().sign_in("ada@example.com").status_int == 422


def test_both_mailboxes_are_told(ada, mailbox):
    ask(ada)
    (asked,) = [mail for mail in mailbox.all_for("ada@example.com") if "requested" in mail.template]
    assert NEW in asked.text
    assert "/secure-account/" in asked.text
    press(ada, mailbox.latest("change_email", NEW).path_to("change-email"))
    assert "/secure-account/" in mailbox.latest("email_changed").text


def test_an_address_that_is_verified_needs_no_banner_any_more(ada, mailbox):
    ask(ada)
    press(ada, mailbox.latest("change_email", NEW).path_to("change-email"))
    assert "verify-email" not in ada.get("/account").text


@pytest.mark.parametrize(
    ("email", "expected"),
    [
        ("", "Enter your email."),
        ("ada", "Enter an email address like name@example.com."),
        ("a@b@c", "Enter an email address like name@example.com."),
        ("Ada@example.com", "This is already your email."),
        (" ADA@EXAMPLE.COM ", "This is already your email."),
    ],
)
def test_what_is_no_new_address_is_said_beside_the_field(ada, mailbox, email, expected):
    page = ask(ada, email)
    assert page.status_int == 422
    assert expected in said_beside(page, "email")
    assert [mail.template for mail in mailbox.all_for()] == ["verify_email"]


@pytest.mark.asvs("6.3.8")
def test_email_change_does_not_reveal_registered_emails(ada, mailbox, new_browser):
    new_browser().sign_up(email="grace@example.org")
    free, taken = ask(ada), ask(ada, "grace@example.org")
    assert free.status_int == taken.status_int == 200
    free_main, taken_main = (page.html.main.get_text() for page in (free, taken))
    assert free_main.replace(NEW, "") == taken_main.replace("grace@example.org", "")
    assert mailbox.latest("email_taken", "grace@example.org")
    assert not [mail for mail in mailbox.all_for("grace@example.org") if "change" in mail.template]


def test_elsewhere_the_link_asks_for_the_password_and_signs_in(ada, mailbox, new_browser):
    ask(ada)
    link = mailbox.latest("change_email", NEW).path_to("change-email")
    phone = new_browser()
    wrong = press(phone, link, password="not that one")
    assert wrong.status_int == 422
    assert "Incorrect password" in said_beside(wrong, "password")
    assert press(phone, link, password="").status_int == 422
    assert press(phone, link, password=PASSWORD).status_int == 303
    assert phone.is_signed_in
    assert NEW in phone.get("/account").text


def test_who_reads_the_mailbox_has_not_got_the_account(ada, mailbox, new_browser):
    """Nor is anybody made the owner of an account by pressing what they were sent."""
    ask(ada)
    link = mailbox.latest("change_email", NEW).path_to("change-email")
    eve = new_browser()
    eve.sign_up(email="eve@example.com", password="eight blue llamas hum")
    page = eve.get(link)
    assert eve.submit(page, {"password": "eight blue llamas hum"}).status_int == 422
    assert "ada@example.com" in ada.get("/account").text


def test_opening_the_link_spends_nothing(ada, mailbox):
    ask(ada)
    link = mailbox.latest("change_email", NEW).path_to("change-email")
    for _ in range(3):
        assert ada.get(link).status_int == 200
        ada.app.head(link)
    assert press(ada, link).status_int == 303


def test_a_link_leads_nowhere_twice_nor_late_nor_when_it_was_replaced(ada, mailbox, let_time_pass):
    ask(ada)
    older = mailbox.latest("change_email", NEW).path_to("change-email")
    ask(ada, "other@new.example")
    newer = mailbox.latest("change_email", "other@new.example").path_to("change-email")
    page = ada.get(newer)
    assert ada.get(older, status=410).html.main.find("a")["href"] == "/account/email"
    ada.submit(page, {})
    assert ada.submit(page, {}).status_int == 410
    ask(ada, "third@new.example")
    late = mailbox.latest("change_email", "third@new.example").path_to("change-email")
    page = ada.get(late)
    let_time_pass(timedelta(hours=24))
    assert ada.get(late, status=410)
    assert ada.submit(page, {}).status_int in {403, 410}


def test_what_is_no_token_is_no_page(browser):
    browser.get("/change-email", status=404)
    browser.get("/change-email/short", status=404)
    browser.get(f"/change-email/{'x' * 43}", status=410)


def test_an_address_that_has_come_to_be_anothers_is_not_given(ada, mailbox, new_browser):
    ask(ada)
    link = mailbox.latest("change_email", NEW).path_to("change-email")
    new_browser().sign_up(email=NEW)
    page = press(ada, link)
    assert page.status_int == 422
    assert "Another account" in alert_of(page)
    assert "ada@example.com" in ada.get("/account").text


def test_a_former_address_is_kept_for_its_owner(ada, mailbox, new_browser, let_time_pass):
    ask(ada)
    press(ada, mailbox.latest("change_email", NEW).path_to("change-email"))
    eve = new_browser()
    assert "already has an account" in said_beside(eve.sign_up(), "email")
    let_time_pass(timedelta(days=7))
    assert eve.sign_up().status_int == 303


def test_not_many_mails_go_to_one_address(ada, mailbox):
    ask(ada)
    page = ask(ada)
    assert page.status_int == 429
    assert page.headers["Retry-After"]
    assert len(mailbox.all_for(NEW)) == 1


def test_not_many_mails_are_asked_for_from_one_network(new_site, mailbox):
    _, browser = new_site({"authsite.throttle.email_network": "2/1h"})
    browser.sign_up()
    assert [ask(browser, f"ada{n}@new.example").status_int for n in range(3)] == [200, 200, 429]


def test_a_password_that_was_typed_long_ago_is_asked_for_again(ada, mailbox, let_time_pass):
    let_time_pass(timedelta(minutes=11))
    asked = ada.get("/account/email", status=303)
    assert asked.location == "http://localhost/confirm-password?next=%2Faccount%2Femail"


@pytest.mark.asvs("6.3.1")
def test_email_link_throttles_passwords_like_sign_in(new_site, mailbox):
    _, ada = new_site({"authsite.throttle.sign_in_account": "2/1h"})
    ada.sign_up()
    ask(ada)
    link = mailbox.latest("change_email", NEW).path_to("change-email")
    _, eve = new_site({"authsite.throttle.sign_in_account": "2/1h"})
    statuses = [press(eve, link, password="not that one").status_int for _ in range(3)]
    assert statuses == [422, 422, 429]


def test_in_a_crowd_one_is_asked_to_come_back_and_the_link_is_not_spent(ada, new_site, mailbox):
    ask(ada)
    crowded, phone = new_site(BUSY)
    page = phone.get(mailbox.latest("change_email", NEW).path_to("change-email"))
    with full_queue(crowded.hasher):
        answer = phone.submit(page, {"password": PASSWORD})
    assert (answer.status_int, answer.headers["Retry-After"]) == (503, "5")
    assert phone.submit(page, {"password": PASSWORD}).status_int == 303


def test_the_browser_is_known_under_the_new_address_but_on_a_public_computer(
    ada, new_browser, mailbox
):
    ask(ada)
    done = press(ada, mailbox.latest("change_email", NEW).path_to("change-email"))
    assert [each for each in done.headers.getall("Set-Cookie") if each.startswith("device=")]
    public = new_browser()
    typed = {"email": NEW, "password": PASSWORD, "public_computer": "yes"}
    public.submit(public.get("/sign-in"), typed)
    ask(public, "other@new.example")
    link = mailbox.latest("change_email", "other@new.example").path_to("change-email")
    done = press(public, link)
    assert done.status_int == 303
    assert not [each for each in done.headers.getall("Set-Cookie") if each.startswith("device=")]


def test_without_a_password_no_browser_is_known(ada, mailbox, dbsession):
    """Whoever was let in by a host application may have none."""
    ask(ada)
    dbsession.execute(sa.update(User).values(password_hash=None))
    dbsession.commit()
    done = press(ada, mailbox.latest("change_email", NEW).path_to("change-email"))
    assert NEW in done.follow().text
    assert not [each for each in done.headers.getall("Set-Cookie") if each.startswith("device=")]


def test_whoever_has_the_address_that_was_mistyped_gets_nothing(browser, mailbox, new_browser):
    browser.sign_up(email="ada@exmaple.com")
    ask(browser)
    stranger = new_browser()
    link = mailbox.latest("email_change_requested", "ada@exmaple.com").path_to("secure-account")
    page = stranger.get(link)
    press(browser, mailbox.latest("change_email", NEW).path_to("change-email"))
    assert stranger.submit(page, {}).status_int == 410
    assert browser.is_signed_in
    assert stranger.sign_up(email="ada@exmaple.com").status_int == 303


def test_a_thief_cannot_use_up_what_the_owner_may_try(ada, mailbox, new_browser):
    ask(ada, "thief@example.net")
    thief = new_browser(REMOTE_ADDR="198.51.100.9")
    link = mailbox.latest("change_email", "thief@example.net").path_to("change-email")
    statuses = [press(thief, link, password="not that one").status_int for _ in range(11)]
    assert statuses[-1] == 429
    owner = new_browser(REMOTE_ADDR="203.0.113.5")
    back = press(owner, mailbox.latest("email_change_requested").path_to("secure-account"))
    assert back.location.startswith("http://localhost/reset-password/")


def test_nothing_in_the_download_tells_who_has_an_address(ada, new_browser):
    new_browser().sign_up(email="grace@example.org")

    def kinds():
        data = ada.get("/account/export").json
        links = {each["purpose"] for each in data["email_links"]}
        return {each["template"] for each in data["emails"]}, links

    ask(ada)
    free = kinds()
    ask(ada, "grace@example.org")
    assert kinds() == free
