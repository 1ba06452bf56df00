"""`authsite.secret` can be replaced at any time; sessions stay valid and emails arrive."""

from datetime import timedelta

import pytest

from authsite.clock import utc_now
from authsite.services import services_of
from tests.mailbox import SECRET
from tests.smtp import a_mailserver

#: Longer than the first delay.
RETRY = timedelta(minutes=1)
NEW = {"authsite.secret": "another secret of the tests, as well known as the first"}


@pytest.mark.asvs("13.3.4")
def test_new_secret_keeps_sessions_and_expires_open_forms(new_application, visit, browser):
    browser.sign_up()
    open_form = browser.get("/account")
    rotated = visit(new_application(**NEW))
    rotated.app.cookiejar = browser.app.cookiejar
    assert rotated.is_signed_in
    fields = dict(open_form.forms[1].submit_fields()) | {"first_name": "Augusta"}
    here = {"Sec-Fetch-Site": "same-origin"}
    assert rotated.app.post("/account", fields, headers=here, status=403)
    assert rotated.submit(rotated.get("/account"), {"first_name": "Augusta"}).status_int == 303


@pytest.mark.asvs("13.3.4")
def test_new_secret_replaces_anonymous_cookies(new_application, visit, browser):
    browser.get("/sign-in")
    previous = browser.app.cookies["authsite_form"]
    rotated = visit(new_application(**NEW))
    rotated.app.cookiejar = browser.app.cookiejar
    assert rotated.sign_up().status_int == 303
    assert previous not in str(rotated.app.cookies)


@pytest.mark.asvs("11.2.2", "13.3.4")
def test_previous_secret_decrypts_emails_queued_before(new_application, browser, mailbox):
    browser.sign_up()
    link = mailbox.latest("verify_email").path_to("verify-email")
    with a_mailserver() as server:
        rotated = NEW | {"authsite.mail.port": str(server.port)}
        without, with_previous = (
            services_of(new_application(**rotated | previous).registry).mail_worker
            for previous in ({}, {"authsite.previous_secrets": SECRET})
        )
        result = without.deliver_due(now=utc_now())
        assert (result.delivered, result.rescheduled, result.failed) == (0, 1, 0)
        assert server.received == []
        result = with_previous.deliver_due(now=utc_now() + RETRY)
        assert (result.delivered, result.rescheduled, result.failed) == (1, 0, 0)
    assert link in server.received[0].mail.get_body(("plain",)).get_content()
