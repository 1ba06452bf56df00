"""New passwords on every page: the throttle and the current password come before the meter."""

import time
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from webtest import TestResponse

from authsite.clock import utc_now
from authsite.models import User
from tests.browsers import PASSWORD, Browser
from tests.functional.reading import alert_of, description_of
from tests.functional.recovery import choose, reset_link

WEAK, STRONG = "password1234", "nine purple yaks waltz"
#: Cost the strength meter more than a second without a bound.
COSTLY = ("4@8({[<3691!|0$5+7%2" * 13)[:256]
NETWORK, ACCOUNT = (
    "authsite.throttle.new_password_network",
    "authsite.throttle.new_password_account",
)
#: CPU seconds of a whole request.
MOST_SECONDS = 0.3

Send = Callable[[str], TestResponse]


def change(browser: Browser, password: str, *, current: str = PASSWORD) -> TestResponse:
    """Send the form for another password."""
    typed = {"current_password": current, "password": password, "confirm_password": password}
    return browser.submit(browser.get("/account/password"), typed)


@pytest.fixture(params=["sign-up", "reset", "change"])
def new_form(request, new_site, mailbox) -> Callable[..., Send]:
    """Return a function that opens a site with settings, and there a form with a new password."""

    def open_form(limit: str) -> Send:
        _, ada = new_site(dict.fromkeys((NETWORK, ACCOUNT), limit))
        if request.param == "sign-up":
            return lambda password: ada.sign_up(password=password, confirm_password=password)
        new_site({})[1].sign_up()
        if request.param == "change":
            ada.sign_in()
            return lambda password: change(ada, password)
        link = reset_link(ada, mailbox)
        return lambda password: choose(ada, link, password)

    return open_form


@pytest.mark.asvs("2.4.1", "15.2.2")
def test_weak_passwords_are_throttled(new_form):
    send = new_form("2/1h")
    assert [send(WEAK).status_int for _ in range(2)] == [422, 422]
    throttled = send(WEAK)
    assert throttled.status_int == 429
    assert int(throttled.headers["Retry-After"]) > 3000
    assert "Too many new passwords f" in alert_of(throttled)
    assert description_of(throttled, "password") == description_of(send(STRONG), "password")


@pytest.mark.asvs("6.2.1")
def test_short_passwords_are_not_throttled(new_form):
    send = new_form("1/1h")
    pages = [send("abc") for _ in range(3)]
    assert [page.status_int for page in pages] == [422] * 3
    assert "Use at least 12 characters." in description_of(pages[-1], "password")
    assert send(WEAK).status_int == 422
    assert send(WEAK).status_int == 429


def test_length_of_a_new_password_is_counted_in_nfc(new_form):
    decomposed = "e\N{COMBINING ACUTE ACCENT}" * 11
    page = new_form("9/1h")(decomposed)
    assert "Use at least 12 characters." in description_of(page, "password")


@pytest.mark.asvs("15.2.2")
@pytest.mark.one_database
def test_costly_password_costs_little(new_form):
    send = new_form("100/1h")
    before = time.process_time()
    assert send(COSTLY).status_int == 303
    assert time.process_time() - before < MOST_SECONDS


@pytest.mark.asvs("2.4.1", "15.2.2")
def test_throttled_sign_up_does_not_rate_its_password(new_site):
    _, browser = new_site({"authsite.throttle.sign_up_network": "1/1h", NETWORK: "2/1h"})
    assert browser.sign_up().status_int == 303
    browser.sign_out()
    statuses = [browser.sign_up(email="eve@example.com", password=WEAK).status_int for _ in "123"]
    assert statuses == [429] * 3


@pytest.mark.asvs("2.4.1", "15.2.2")
def test_throttled_link_does_not_rate_its_password(new_site, mailbox):
    services, browser = new_site({"authsite.throttle.email_link_account": "1/1h", ACCOUNT: "1/1h"})
    new_site({})[1].sign_up()
    link = reset_link(browser, mailbox)
    with Session(services.database.engine) as dbsession:
        user_id = dbsession.scalar(sa.select(User.id))
    services.throttles.hit({"email_link_account": f"{user_id} ada@example.com"}, now=utc_now())
    throttled = choose(browser, link, WEAK)
    assert throttled.status_int == 429
    assert "links for this account" in alert_of(throttled)


@pytest.mark.asvs("6.2.3", "15.2.2")
def test_wrong_current_password_is_refused_before_the_new_one(new_site):
    _, browser = new_site({ACCOUNT: "1/1h"})
    browser.sign_up()
    page = change(browser, WEAK, current="another password")
    assert "Incorrect password." in description_of(page, "current_password")
    assert "too common" not in description_of(page, "password")
    same = change(browser, "another password", current="another password")
    assert "This is already your password." not in same
    assert change(browser, WEAK).status_int == 422
    assert change(browser, WEAK).status_int == 429


def test_throttled_password_uses_up_no_link(new_site, mailbox):
    limits = {"authsite.throttle.email_link_account": "2/1h"}
    _, browser = new_site(limits | {ACCOUNT: "1/1h"})
    new_site({})[1].sign_up()
    link = reset_link(browser, mailbox)
    statuses = [choose(browser, link, WEAK).status_int for _ in range(4)]
    assert statuses == [422, 429, 429, 429]
    _, later = new_site(limits)
    assert choose(later, link).status_int == 303


def test_sign_ups_of_a_network_throttle_no_reset(new_site, mailbox):
    _, browser = new_site({NETWORK: "1/1h"})
    new_site({})[1].sign_up()
    statuses = [browser.sign_up(email="eve@example.com", password=WEAK).status_int for _ in "12"]
    assert statuses == [422, 429]
    assert choose(browser, reset_link(browser, mailbox)).status_int == 303
