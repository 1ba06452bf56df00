"""`/account/email` and `/change-email/{token}`: a new email is verified before it is used."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.accounts.answered_forms import ANSWERED_FORM_LIFETIME
from authsite.models import User
from tests.browsers import PASSWORD
from tests.functional.crowds import BUSY, full_queue
from tests.functional.reading import alert_of, description_of, status_of

NEW = "ada@new.example"


def request_change(browser, email=NEW):
    """Request an email change."""
    return browser.submit(browser.get("/account/email"), {"email": email})


def press(browser, path, **typed):
    """Open the page of a link and press its button."""
    return browser.submit(browser.get(path), typed)


@pytest.fixture
def ada(browser, verify):
    """The browser of a user with a verified email."""
    browser.sign_up()
    verify()
    return browser


@pytest.mark.asvs("6.3.7")
def test_email_changes_after_verification(ada, mailbox, new_browser):
    sent = request_change(ada)
    assert sent.status_int == 200
    assert NEW in sent.text
    assert sent.click("Try again").request.path == "/account/email"
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


def test_email_change_notifies_the_old_email(ada, mailbox):
    request_change(ada)
    (notice,) = [
        mail for mail in mailbox.all_for("ada@example.com") if "requested" in mail.template
    ]
    assert NEW in notice.text
    assert "/secure-account/" in notice.text
    press(ada, mailbox.latest("change_email", NEW).path_to("change-email"))
    assert "/secure-account/" in mailbox.latest("email_changed").text


def test_changed_email_is_verified(ada, mailbox):
    request_change(ada)
    press(ada, mailbox.latest("change_email", NEW).path_to("change-email"))
    assert "verify-email" not in ada.get("/account").text


@pytest.mark.parametrize(
    ("email", "expected"),
    [
        ("", "Enter the new email."),
        ("ada", "Enter an email address like name@example.com."),
        ("a@b@c", "Enter an email address like name@example.com."),
        ("a b@example.com", "Remove the space after “a”."),
        ("zoé@example.com", "Use only letters without accents before the @."),
        ("zoe,@example.com", "Remove the “,” after “zoe”."),
        ("Ada@example.com", "This is already your email."),
        (" ADA@EXAMPLE.COM ", "This is already your email."),
    ],
)
def test_unusable_new_email_is_explained_at_its_field(ada, mailbox, email, expected):
    page = request_change(ada, email)
    assert page.status_int == 422
    assert expected in description_of(page, "email")
    assert [mail.template for mail in mailbox.all_for()] == ["verify_email"]


@pytest.mark.asvs("6.3.8")
def test_email_change_does_not_reveal_registered_emails(ada, mailbox, new_browser):
    new_browser().sign_up(email="grace@example.org")
    free, taken = request_change(ada), request_change(ada, "grace@example.org")
    assert free.status_int == taken.status_int == 200
    free_main, taken_main = (page.html.main.get_text() for page in (free, taken))
    assert free_main.replace(NEW, "") == taken_main.replace("grace@example.org", "")
    assert mailbox.latest("email_taken", "grace@example.org")
    assert not [mail for mail in mailbox.all_for("grace@example.org") if "change" in mail.template]


def test_link_in_another_browser_requires_the_password(ada, mailbox, new_browser):
    request_change(ada)
    link = mailbox.latest("change_email", NEW).path_to("change-email")
    phone = new_browser()
    wrong = press(phone, link, password="not that one")
    assert wrong.status_int == 422
    assert "Incorrect password" in description_of(wrong, "password")
    assert press(phone, link, password="").status_int == 422
    assert press(phone, link, password=PASSWORD).status_int == 303
    assert phone.is_signed_in
    assert NEW in phone.get("/account").text


def test_link_alone_gives_no_access_to_the_account(ada, mailbox, new_browser):
    request_change(ada)
    link = mailbox.latest("change_email", NEW).path_to("change-email")
    eve = new_browser()
    eve.sign_up(email="eve@example.com", password="eight blue llamas hum")
    page = eve.get(link)
    assert "Continuing will sign you out of it." in page.text
    assert eve.submit(page, {"password": "eight blue llamas hum"}).status_int == 422
    assert "ada@example.com" in ada.get("/account").text


def test_opening_the_link_does_not_consume_it(ada, mailbox):
    request_change(ada)
    link = mailbox.latest("change_email", NEW).path_to("change-email")
    for _ in range(3):
        assert ada.get(link).status_int == 200
        ada.app.head(link)
    assert press(ada, link).status_int == 303


def test_email_link_rejects_used_expired_and_replaced(ada, mailbox, let_time_pass):
    request_change(ada)
    older = mailbox.latest("change_email", NEW).path_to("change-email")
    request_change(ada, "other@new.example")
    newer = mailbox.latest("change_email", "other@new.example").path_to("change-email")
    page = ada.get(newer)
    assert ada.get(older, status=410).html.main.find("a")["href"] == "/account/email"
    ada.submit(page, {})
    let_time_pass(ANSWERED_FORM_LIFETIME)
    assert ada.submit(page, {}).status_int == 410
    request_change(ada, "third@new.example")
    late = mailbox.latest("change_email", "third@new.example").path_to("change-email")
    page = ada.get(late)
    let_time_pass(timedelta(hours=24))
    assert ada.get(late, status=410)
    assert ada.submit(page, {}).status_int in {403, 410}


def test_malformed_link_is_invalid(browser):
    browser.get("/change-email", status=410)
    browser.get("/change-email/short", status=410)
    browser.get(f"/change-email/{'x' * 43}", status=410)


def test_email_taken_meanwhile_is_not_assigned(ada, mailbox, new_browser):
    request_change(ada)
    link = mailbox.latest("change_email", NEW).path_to("change-email")
    new_browser().sign_up(email=NEW)
    page = press(ada, link)
    assert page.status_int == 422
    assert "Another account" in alert_of(page)
    assert "ada@example.com" in ada.get("/account").text


def test_previous_email_is_reserved_for_its_owner(ada, mailbox, new_browser, let_time_pass):
    request_change(ada)
    press(ada, mailbox.latest("change_email", NEW).path_to("change-email"))
    eve = new_browser()
    assert "already has an account" in description_of(eve.sign_up(), "email")
    let_time_pass(timedelta(days=7))
    assert eve.sign_up().status_int == 303


def test_emails_to_one_recipient_are_throttled(ada, mailbox):
    request_change(ada)
    page = request_change(ada)
    assert page.status_int == 429
    assert page.headers["Retry-After"]
    assert len(mailbox.all_for(NEW)) == 1


def test_email_requests_from_one_network_are_throttled(new_site, mailbox):
    _, browser = new_site({"authsite.throttle.email_network": "2/1h"})
    browser.sign_up()
    assert [request_change(browser, f"ada{n}@new.example").status_int for n in range(3)] == [
        200,
        200,
        429,
    ]


def test_email_change_requires_recent_authentication(ada, mailbox, let_time_pass):
    let_time_pass(timedelta(minutes=11))
    answer = ada.get("/account/email", status=303)
    assert answer.location == "http://localhost/confirm-password?next=%2Faccount%2Femail"


@pytest.mark.asvs("6.3.1")
def test_email_link_throttles_passwords_like_sign_in(new_site, mailbox):
    _, ada = new_site({"authsite.throttle.sign_in_account": "2/1h"})
    ada.sign_up()
    request_change(ada)
    link = mailbox.latest("change_email", NEW).path_to("change-email")
    _, eve = new_site({"authsite.throttle.sign_in_account": "2/1h"})
    statuses = [press(eve, link, password="not that one").status_int for _ in range(3)]
    assert statuses == [422, 422, 429]


def test_full_hash_queue_does_not_consume_the_link(ada, new_site, mailbox):
    request_change(ada)
    busy, phone = new_site(BUSY)
    page = phone.get(mailbox.latest("change_email", NEW).path_to("change-email"))
    with full_queue(busy.hasher):
        answer = phone.submit(page, {"password": PASSWORD})
    assert (answer.status_int, answer.headers["Retry-After"]) == (503, "5")
    assert phone.submit(page, {"password": PASSWORD}).status_int == 303


def test_email_change_remembers_only_private_devices(ada, new_browser, mailbox):
    request_change(ada)
    done = press(ada, mailbox.latest("change_email", NEW).path_to("change-email"))
    assert [
        each for each in done.headers.getall("Set-Cookie") if each.startswith("authsite_device=")
    ]
    public = new_browser()
    typed = {"email": NEW, "password": PASSWORD, "public_computer": "yes"}
    public.submit(public.get("/sign-in"), typed)
    request_change(public, "other@new.example")
    link = mailbox.latest("change_email", "other@new.example").path_to("change-email")
    done = press(public, link)
    assert done.status_int == 303
    assert not [
        each for each in done.headers.getall("Set-Cookie") if each.startswith("authsite_device=")
    ]


def test_account_without_password_remembers_no_device(ada, mailbox, dbsession):
    """Users of a host application may have no password."""
    request_change(ada)
    dbsession.execute(sa.update(User).values(password_hash=None))
    dbsession.commit()
    done = press(ada, mailbox.latest("change_email", NEW).path_to("change-email"))
    assert NEW in done.follow().text
    assert not [
        each for each in done.headers.getall("Set-Cookie") if each.startswith("authsite_device=")
    ]


def test_mistyped_email_gives_its_owner_no_access(browser, mailbox, new_browser):
    browser.sign_up(email="ada@exmaple.com")
    request_change(browser)
    recipient = new_browser()
    link = mailbox.latest("email_change_requested", "ada@exmaple.com").path_to("secure-account")
    page = recipient.get(link)
    press(browser, mailbox.latest("change_email", NEW).path_to("change-email"))
    assert recipient.submit(page, {}).status_int == 410
    assert browser.is_signed_in
    assert recipient.sign_up(email="ada@exmaple.com").status_int == 303


def test_attacker_does_not_exhaust_the_owners_attempts(ada, mailbox, new_browser):
    request_change(ada, "attacker@example.net")
    attacker = new_browser(REMOTE_ADDR="198.51.100.9")
    link = mailbox.latest("change_email", "attacker@example.net").path_to("change-email")
    statuses = [press(attacker, link, password="not that one").status_int for _ in range(11)]
    assert statuses[-1] == 429
    owner = new_browser(REMOTE_ADDR="203.0.113.5")
    back = press(owner, mailbox.latest("email_change_requested").path_to("secure-account"))
    assert back.location.startswith("http://localhost/reset-password/")


def test_export_hides_whether_an_email_is_registered(ada, new_browser):
    new_browser().sign_up(email="grace@example.org")

    def templates_and_purposes():
        data = ada.get("/account/export").json
        links = {each["purpose"] for each in data["email_links"]}
        return {each["template"] for each in data["emails"]}, links

    request_change(ada)
    free = templates_and_purposes()
    request_change(ada, "grace@example.org")
    assert templates_and_purposes() == free
