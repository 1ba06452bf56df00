"""Nobody learns who has an account: known and unknown are answered letter for letter alike."""

import re

import pytest

from authsite.site import site_of
from tests.browsers import PASSWORD
from tests.functional.crowds import BUSY, full_queue

WRONG_PASSWORD = "eight blue llamas hum"
KNOWN = "ada@example.com"
HERE = {"Sec-Fetch-Site": "same-origin"}


def masked(answer, typed):
    """Return everything that was answered but what differs each time, or was typed."""
    text = answer.text.replace(typed, "ADDRESS")
    text = re.sub(r'(name="csrf_token" value=)"[^"]*"', r"\1TOKEN", text)
    headers = [(name, value) for name, value in answer.headers.items() if name != "Content-Length"]
    return answer.status, headers, text


@pytest.mark.asvs("6.3.8")
@pytest.mark.parametrize("unknown", ["eve@example.com", "ada@example.net", "ada+x@example.com"])
def test_a_wrong_password_and_an_unknown_address_are_answered_alike(new_browser, unknown):
    new_browser().sign_up(email=KNOWN)
    known, stranger = new_browser(), new_browser()
    for browser in (known, stranger):
        browser.get("/sign-in")
    answers = [known.sign_in(KNOWN, WRONG_PASSWORD), stranger.sign_in(unknown, WRONG_PASSWORD)]
    assert answers[0].status_int == 422
    assert masked(answers[0], KNOWN) == masked(answers[1], unknown)


@pytest.mark.asvs("6.3.8")
@pytest.mark.parametrize("address", [KNOWN, "eve@example.com", "no address", "a@b"])
def test_every_address_costs_a_hash(new_application, visit, new_browser, address):
    """Whoever asks waits in the same queue, so that nothing is told by the time."""
    new_browser().sign_up(email=KNOWN)
    application = new_application(**BUSY)
    browser = visit(application)
    page = browser.get("/sign-in")
    with full_queue(site_of(application.registry).hasher):
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
