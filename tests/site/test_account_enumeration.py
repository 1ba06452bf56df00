"""No response and no response time reveals whether an email has an account (ASVS 6.3.8)."""

import re

import pytest
import sqlalchemy as sa

from authsite.accounts.sign_up import SignUpRefused
from authsite.audit.event_types import AccountEvent, EventType
from authsite.clock import utc_now
from authsite.models import User
from authsite.services import services_of
from tests.browsers import PASSWORD
from tests.functional.crowds import BUSY, full_queue
from tests.site.response_comparison import (
    FORMS,
    KNOWN,
    REQUIRED,
    SIGN_UP_WITH_VERIFICATION,
    WRONG_PASSWORD,
    anonymous_forms,
    masked,
    responses_match,
    send,
    site_with_costly_hashes,
    take_same_time,
)
from tests.throttles import THROTTLES

SILENT_FORMS = [path for path, form in FORMS.items() if not form.reveals]
#: More failures than any account, known or not, may have before it is throttled.
MANY = 14


@pytest.mark.asvs("6.3.8")
def test_table_has_every_anonymous_form(application):
    assert anonymous_forms(application.registry) == set(FORMS)


@pytest.mark.asvs("6.3.8")
@pytest.mark.parametrize("path", SILENT_FORMS)
@pytest.mark.parametrize("unknown", ["eve@example.com", "ada@example.net", "ada+x@example.com"])
def test_known_and_unknown_emails_get_the_same_response(
    new_application, new_browser, path, unknown
):
    """Addresses that differ in a plus tag share the limit of emails, which is off here."""
    new_browser().sign_up(email=KNOWN)
    application = new_application(**{"authsite.throttle.email_recipient": "off"})
    assert responses_match(application, path, KNOWN, unknown)


@pytest.mark.asvs("6.3.8")
@pytest.mark.parametrize("path", SILENT_FORMS)
def test_known_and_unknown_emails_take_the_same_time(new_application, path):
    """A form that reveals accounts may take longer for a new one, whose email it writes.

    The throttle of that form applies first, so the time is no way around it.
    """
    assert take_same_time(site_with_costly_hashes(new_application), path, form=FORMS[path])


@pytest.fixture(params=["verified", "not verified yet"])
def verify_known(request, dbsession):
    """Verify the email of the account, or leave it unverified."""

    def verify():
        verified_at = utc_now() if request.param == "verified" else None
        dbsession.execute(sa.update(User).values(email_verified_at=verified_at))
        dbsession.commit()

    return verify


def sign_up_with_verification(application, email):
    """Sign up on a site that requires verification; return the masked response."""
    answer, _ = send(application, "/sign-up", email, form=SIGN_UP_WITH_VERIFICATION)
    return masked(answer, email)


@pytest.mark.asvs("6.3.8")
@pytest.mark.parametrize("unknown", ["eve@example.com", "ada@example.net", "ada+x@example.com"])
def test_required_verification_hides_registered_emails(
    new_application, new_browser, verify_known, unknown
):
    new_browser().sign_up(email=KNOWN)
    verify_known()
    application = new_application(**REQUIRED)
    for _ in range(2):  # the second time no email is sent
        answers = [sign_up_with_verification(application, email) for email in (KNOWN, unknown)]
        assert answers[0] == answers[1]
        assert answers[0][0] == "200 OK"


@pytest.mark.asvs("6.3.8")
def test_required_verification_takes_the_same_time(new_application, verify_known):
    application = site_with_costly_hashes(new_application, **REQUIRED)
    verify_known()
    assert take_same_time(application, "/sign-up", form=SIGN_UP_WITH_VERIFICATION)


@pytest.mark.asvs("6.3.8")
def test_refusal_by_a_host_takes_the_same_time(new_application):
    refused = []

    def refuse(event):
        if event.type is EventType.SIGNED_UP and refused:
            refused.append(event.email)
            raise SignUpRefused("Not now.")

    def build(**settings):
        return new_application(
            lambda config: config.add_subscriber(refuse, AccountEvent), **settings
        )

    application = site_with_costly_hashes(build, **REQUIRED)
    refused.append("from now on")
    assert take_same_time(application, "/sign-up", form=SIGN_UP_WITH_VERIFICATION)
    assert KNOWN in refused


@pytest.mark.asvs("6.3.8", "6.3.1")
def test_repeated_sign_ups_get_the_same_responses(new_application, new_browser, verify_known):
    """Known and unknown come from two networks, until these are throttled."""
    new_browser().sign_up(email=KNOWN)
    verify_known()
    application = new_application(**REQUIRED | {"authsite.throttle.sign_up_network": "5/1h"})
    statuses = []
    for _ in range(7):
        answers = []
        for email, ip_address in ((KNOWN, "192.0.2.7"), ("eve@example.com", "192.0.2.8")):
            client = {"REMOTE_ADDR": ip_address}
            answer, _ = send(
                application, "/sign-up", email, form=SIGN_UP_WITH_VERIFICATION, **client
            )
            answers.append(masked(answer, email))
        assert answers[0] == answers[1]
        statuses.append(answers[0][0].split()[0])
    assert statuses == ["200"] * 5 + ["429"] * 2


@pytest.mark.asvs("6.3.8", "6.3.1")
@pytest.mark.parametrize("path", SILENT_FORMS)
def test_repeated_failures_get_the_same_responses(application, new_browser, path):
    """Known and unknown come from two networks, so only the count of the email could differ."""
    new_browser().sign_up(email=KNOWN)
    statuses = []
    for _ in range(MANY):
        answers = [
            masked(
                send(application, path, email, form=FORMS[path], REMOTE_ADDR=ip_address)[0], email
            )
            for email, ip_address in ((KNOWN, "192.0.2.7"), ("eve@example.com", "192.0.2.8"))
        ]
        assert answers[0] == answers[1]
        statuses.append(answers[0][0].split()[0])
    throttled = len(set(statuses)) == 2 and statuses[-1] == "429"
    assert throttled == bool(THROTTLES)
    assert statuses == sorted(statuses)


@pytest.mark.asvs("6.3.8")
@pytest.mark.parametrize("email", [KNOWN, "eve@example.com", "no address", "a@b"])
def test_sign_in_with_any_email_costs_a_hash(new_application, visit, new_browser, email):
    """Every request waits in the same queue, so the time reveals nothing."""
    new_browser().sign_up(email=KNOWN)
    application = new_application(**BUSY)
    browser = visit(application)
    page = browser.get("/sign-in")
    with full_queue(services_of(application.registry).hasher):
        assert browser.submit(page, {"email": email, "password": PASSWORD}).status_int == 503
    assert browser.submit(page, {"email": email, "password": "wrong"}).status_int == 422


def test_sign_in_form_does_not_depend_on_the_previous_email(new_browser):
    new_browser().sign_up(email=KNOWN)
    known, anonymous = new_browser(), new_browser()
    known.sign_in(KNOWN, WRONG_PASSWORD)
    anonymous.sign_in("eve@example.com", WRONG_PASSWORD)
    pages = [masked(browser.get("/sign-in"), KNOWN) for browser in (known, anonymous)]
    assert pages[0] == pages[1]


@pytest.mark.parametrize("path", ["/account", "/account/x", "/dashboard", "/sign-out"])
def test_anonymous_responses_do_not_reveal_accounts(new_browser, path):
    before = new_browser().get(path)
    new_browser().sign_up(email=KNOWN)
    assert masked(new_browser().get(path), KNOWN) == masked(before, KNOWN)


@pytest.mark.asvs("7.2.1")
def test_ended_unknown_and_forged_sessions_look_the_same(new_browser):
    ada, eve = new_browser(), new_browser()
    ada.sign_up(email=KNOWN)
    eve.sign_up(email="eve@example.com")
    ended = eve.cookie
    eve.sign_out()
    forged = f"{ada.cookie.partition('.')[0]}.{ended.partition('.')[2]}"
    pages, headers = set(), []
    for cookie in (ended, "A" * 16 + "." + "A" * 43, "nonsense", forged):
        for path in ("/", "/dashboard"):
            answer = new_browser().get(path, headers={"Cookie": f"authsite_session={cookie}"})
            pages.add((path, answer.status, answer.text))
            headers.append(re.sub(r"expires=[^;]*", "", answer.headers.get("Set-Cookie", "")))
    assert len(pages) == 2
    # The cookie of the living session, whose id has 96 random bits, is kept.
    cleared, kept = headers[:6], headers[6:]
    assert len(set(cleared)) == 1
    assert kept == ["", ""]
