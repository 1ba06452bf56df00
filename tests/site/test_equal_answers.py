"""Nobody learns who has an account: known and unknown are answered alike, and as fast."""

import re

import pytest
import sqlalchemy as sa

from authsite.clock import utc_now
from authsite.models import User
from authsite.services import services_of
from tests.browsers import PASSWORD
from tests.functional.crowds import BUSY, full_queue
from tests.site.equal import (
    BY_MAIL,
    FORMS,
    KNOWN,
    REQUIRED,
    WRONG_PASSWORD,
    answers_alike,
    costly,
    forms_of_strangers,
    masked,
    send,
    takes_as_long,
)
from tests.throttles import THROTTLES

ALIKE = [path for path, form in FORMS.items() if not form.tells]
#: More than the failures after which an account, known or not, has to wait.
MANY = 14


@pytest.mark.asvs("6.3.8")
def test_table_has_every_anonymous_form(application):
    assert forms_of_strangers(application.registry) == set(FORMS)


@pytest.mark.asvs("6.3.8")
@pytest.mark.parametrize("path", ALIKE)
@pytest.mark.parametrize("unknown", ["eve@example.com", "ada@example.net", "ada+x@example.com"])
def test_known_and_unknown_are_answered_alike(application, new_browser, path, unknown):
    new_browser().sign_up(email=KNOWN)
    assert answers_alike(application, path, KNOWN, unknown)


@pytest.mark.asvs("6.3.8")
@pytest.mark.parametrize("path", ALIKE)
def test_known_and_unknown_take_as_long(new_application, path):
    """Where it is told in words who has an account, a new one may take the time of its mail.

    The throttle of that form is judged before, so that the time is no way around it.
    """
    assert takes_as_long(costly(new_application), path, form=FORMS[path])


@pytest.fixture(params=["verified", "not verified yet"])
def verify_known(request, dbsession):
    """Verify the address that somebody has, or leave it as it is."""

    def verify():
        verified_at = utc_now() if request.param == "verified" else None
        dbsession.execute(sa.update(User).values(email_verified_at=verified_at))
        dbsession.commit()

    return verify


def sign_up_with_verification(application, email):
    """Sign up where addresses must be verified; return what is answered."""
    answer, _ = send(application, "/sign-up", email, form=BY_MAIL)
    return masked(answer, email)


@pytest.mark.asvs("6.3.8")
@pytest.mark.parametrize("unknown", ["eve@example.com", "ada@example.net", "ada+x@example.com"])
def test_who_signs_up_learns_nothing_where_addresses_must_be_verified(
    new_application, new_browser, verify_known, unknown
):
    new_browser().sign_up(email=KNOWN)
    verify_known()
    application = new_application(**REQUIRED)
    for _ in range(2):  # the second time no mail is sent
        answers = [sign_up_with_verification(application, email) for email in (KNOWN, unknown)]
        assert answers[0] == answers[1]
        assert answers[0][0] == "200 OK"


@pytest.mark.asvs("6.3.8")
def test_a_sign_up_takes_as_long_where_addresses_must_be_verified(new_application, verify_known):
    application = costly(new_application, **REQUIRED)
    verify_known()
    assert takes_as_long(application, "/sign-up", form=BY_MAIL)


@pytest.mark.asvs("6.3.8", "6.3.1")
def test_many_sign_ups_are_answered_alike_step_by_step(new_application, new_browser, verify_known):
    """Each from a network of its own, until that is held up."""
    new_browser().sign_up(email=KNOWN)
    verify_known()
    application = new_application(**REQUIRED | {"authsite.throttle.sign_up_network": "5/1h"})
    statuses = []
    for _ in range(7):
        answers = []
        for email, at in ((KNOWN, "192.0.2.7"), ("eve@example.com", "192.0.2.8")):
            answer, _ = send(application, "/sign-up", email, form=BY_MAIL, REMOTE_ADDR=at)
            answers.append(masked(answer, email))
        assert answers[0] == answers[1]
        statuses.append(answers[0][0].split()[0])
    assert statuses == ["200"] * 5 + ["429"] * 2


@pytest.mark.asvs("6.3.8", "6.3.1")
@pytest.mark.parametrize("path", ALIKE)
def test_many_failures_are_answered_alike_step_by_step(application, new_browser, path):
    """Each from a network of its own, so that only what is known of the address could count."""
    new_browser().sign_up(email=KNOWN)
    statuses = []
    for _ in range(MANY):
        answers = [
            masked(send(application, path, email, form=FORMS[path], REMOTE_ADDR=at)[0], email)
            for email, at in ((KNOWN, "192.0.2.7"), ("eve@example.com", "192.0.2.8"))
        ]
        assert answers[0] == answers[1]
        statuses.append(answers[0][0].split()[0])
    throttled = len(set(statuses)) == 2 and statuses[-1] == "429"
    assert throttled == bool(THROTTLES)
    assert statuses == sorted(statuses)


@pytest.mark.asvs("6.3.8")
@pytest.mark.parametrize("address", [KNOWN, "eve@example.com", "no address", "a@b"])
def test_every_address_costs_a_hash(new_application, visit, new_browser, address):
    """Whoever asks waits in the same queue, so that nothing is told by the time."""
    new_browser().sign_up(email=KNOWN)
    application = new_application(**BUSY)
    browser = visit(application)
    page = browser.get("/sign-in")
    with full_queue(services_of(application.registry).hasher):
        assert browser.submit(page, {"email": address, "password": PASSWORD}).status_int == 503
    assert browser.submit(page, {"email": address, "password": "wrong"}).status_int == 422


def test_the_sign_in_form_is_the_same_page_whoever_was_typed_before(new_browser):
    new_browser().sign_up(email=KNOWN)
    known, stranger = new_browser(), new_browser()
    known.sign_in(KNOWN, WRONG_PASSWORD)
    stranger.sign_in("eve@example.com", WRONG_PASSWORD)
    pages = [masked(browser.get("/sign-in"), KNOWN) for browser in (known, stranger)]
    assert pages[0] == pages[1]


@pytest.mark.parametrize("path", ["/account", "/account/x", "/dashboard", "/sign-out"])
def test_a_stranger_is_answered_alike_whether_anybody_has_an_account_or_not(new_browser, path):
    before = new_browser().get(path)
    new_browser().sign_up(email=KNOWN)
    assert masked(new_browser().get(path), KNOWN) == masked(before, KNOWN)


@pytest.mark.asvs("7.2.1")
def test_a_session_that_ended_one_that_never_was_and_a_forged_one_are_alike(new_browser):
    ada, eve = new_browser(), new_browser()
    ada.sign_up(email=KNOWN)
    eve.sign_up(email="eve@example.com")
    ended = eve.cookie
    eve.sign_out()
    forged = f"{ada.cookie.partition('.')[0]}.{ended.partition('.')[2]}"
    answers = []
    for cookie in (ended, "A" * 16 + "." + "A" * 43, forged, "nonsense"):
        for path in ("/", "/dashboard"):
            answer = new_browser().get(path, headers={"Cookie": f"session={cookie}"})
            header = re.sub(r"expires=[^;]*", "", answer.headers["Set-Cookie"])
            answers.append((path, answer.status, answer.text, header))
    assert len(set(answers)) == 2
