"""`/dev/mail`: the emails of the site, shown in development only."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.clock import utc_now
from authsite.models import OutboxMessage
from tests.functional.recovery import ADA, NEW_PASSWORD, request_reset
from tests.site.test_gets_change_nothing import dump

IN_DEVELOPMENT = {"authsite.dev": "true"}
EVE = "eve@example.com"


@pytest.fixture
def developer(new_site):
    """A browser of a site in development mode."""
    _, browser = new_site(IN_DEVELOPMENT)
    return browser


def subjects(page):
    """Return the subjects in the list."""
    return [each.text.strip() for each in page.html.main.find_all("h2")]


def first_message(browser):
    """Open the newest email."""
    return browser.get("/dev/mail").click(href="/dev/mail/.+", index=0)


@pytest.mark.asvs("13.4.2", "15.2.3")
def test_page_is_missing_outside_development(browser, mailbox, dbsession):
    """Emails that exist are not shown either."""
    browser.sign_up()
    request_reset(browser)
    identifier = dbsession.scalar(sa.select(OutboxMessage.id))
    for path in ("/dev", "/dev/mail", f"/dev/mail/{identifier}", f"/dev/mail/{identifier}/html"):
        assert browser.get(path, status=404).html.h1.text == "Page not found"
    assert "/dev/mail" not in browser.get("/")


def test_development_pages_link_to_emails(developer):
    for path in ("/", "/sign-in", "/forgot-password"):
        page = developer.get(path).click("mail", href="/dev/mail")
        assert page.html.h1.text == "Emails"
    assert "No emails yet." in page
    assert developer.get("/dev", status=404)


def test_email_is_shown_with_a_working_link(developer):
    developer.sign_up()
    request_reset(developer)
    page = first_message(developer)
    assert page.html.h1.text == "Reset your authsite password"
    assert ADA in page.html.main.dl.text
    assert page.html.main.pre.text.startswith("Hello,\n\n")
    page = page.click(href="/reset-password/")
    assert page.html.h1.text == "Reset your password"
    typed = {"password": NEW_PASSWORD, "confirm_password": NEW_PASSWORD}
    assert developer.submit(page, typed).status_int == 303
    assert developer.sign_in(password=NEW_PASSWORD).status_int == 303


@pytest.mark.asvs("3.4.3", "3.4.6")
def test_html_email_is_shown_in_isolation(developer):
    developer.sign_up()
    request_reset(developer)
    page = first_message(developer).click("View HTML")
    assert "Reset password" in page.html.find("a", class_="button").text
    policy = dict(
        each.split(" ", 1) for each in page.headers["Content-Security-Policy"].split("; ")
    )
    assert policy == {
        "default-src": "'none'",
        "style-src": "'unsafe-inline'",
        "form-action": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    assert page.headers["Cache-Control"] == "no-store"
    assert page.click(href="/reset-password/").html.h1.text == "Reset your password"


def test_newest_hundred_emails_are_listed(developer, services):
    with services.database.write_engine.begin() as connection:
        for n in range(102):
            at = utc_now() - timedelta(minutes=n)
            row = {
                "id": f"{n:016}",
                "template": "no_account",
                "recipient": EVE,
                "subject": f"mail {n}",
            }
            connection.execute(sa.insert(OutboxMessage).values(**row, send_at=at))
    page = developer.get("/dev/mail")
    assert subjects(page) == [f"mail {n}" for n in range(100)]
    assert "Older emails are not shown." in page


@pytest.mark.asvs("11.2.5")
def test_email_of_another_secret_shows_that_it_cannot_be_decrypted(developer, dbsession):
    request_reset(developer, EVE)
    dbsession.execute(sa.update(OutboxMessage).values(content=b"\x01" + b"0" * 99))
    dbsession.commit()
    page = first_message(developer)
    assert EVE in page.html.main.dl.text
    assert "encrypted with another authsite.secret" in page.html.main.text
    assert developer.get(f"{page.request.path}/html", status=404)


@pytest.mark.parametrize("ended", ["delivered", "failed"])
def test_finished_email_shows_its_remaining_data(developer, dbsession, ended):
    request_reset(developer, EVE)
    now = utc_now()
    left = {"subject": None, "content": None, "next_attempt_at": None}
    left |= {"delivered_at": now} if ended == "delivered" else {"last_error": "550 no such mailbox"}
    dbsession.execute(sa.update(OutboxMessage).values(left))
    dbsession.commit()
    assert subjects(developer.get("/dev/mail")) == ["no_account"]
    page = first_message(developer)
    assert EVE in page.html.main.dl.text
    assert "The text is deleted" in page
    assert ("550 no such mailbox" in page) == (ended == "failed")
    assert f"{page.request.path}/html" not in page
    assert developer.get(f"{page.request.path}/html", status=404)


def test_email_text_is_escaped(developer, services):
    hostile = "<script>alert(1)</script> http://x.test/<b> javascript:alert(1)"
    row = {"template": "x", "recipient": EVE, "subject": hostile, "text": hostile, "html": "<p>x"}
    with services.database.write_engine.begin() as connection:
        connection.execute(sa.insert(OutboxMessage).values(**row, id="x" * 16, send_at=utc_now()))
    for page in (developer.get("/dev/mail"), first_message(developer)):
        assert page.html.main.find(["script", "b"]) is None
    assert [each["href"] for each in page.html.main.pre.find_all("a")] == ["http://x.test/<b>"]


@pytest.mark.parametrize("path", ["/dev/mail/x", "/dev/mail/x/html", "/dev/mail/"])
def test_unknown_email_is_not_found(developer, path):
    assert developer.get(path, status=404)


def test_reading_emails_changes_nothing(developer, services):
    request_reset(developer, EVE)
    before = dump(services)
    first_message(developer).click("View HTML")
    assert dump(services) == before
    assert developer.app.post("/dev/mail", expect_errors=True).status_int in {403, 405}
