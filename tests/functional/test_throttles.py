"""Throttled attempts have to wait; attackers cannot throttle the owner of an account."""

import math
from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.models import Throttle, User
from tests.browsers import PASSWORD
from tests.factories import a_hasher
from tests.functional.cookies import cookies_of, lasts, plant
from tests.functional.crowds import BUSY, full_queue
from tests.functional.reading import alert_of, description_of, form_of, input_of, is_marked, rows_of
from tests.functional.recovery import NEW_PASSWORD, choose, reset_link

ADA, UNKNOWN = "ada@example.com", "unknown@example.com"
WRONG = "not that one"
MINUTE = timedelta(minutes=1)
NO_NETWORK = dict.fromkeys(
    ("authsite.throttle.sign_in_network", "authsite.throttle.sign_in_attempts_network"), "off"
)


def statuses(browser, times, email=ADA, password=WRONG):
    """Attempt to sign in so many times; return the status of each answer."""
    return [browser.sign_in(email, password).status_int for _ in range(times)]


def minutes_to_wait(answer):
    """Return `Retry-After` in minutes, rounded up."""
    assert answer.status_int == 429
    return math.ceil(int(answer.headers["Retry-After"]) / 60)


@pytest.fixture
def ada(new_browser):
    """The browser of a user who is signed out."""
    browser = new_browser(REMOTE_ADDR="198.51.100.7")
    browser.sign_up()
    browser.sign_out()
    return browser


@pytest.fixture
def attackers(new_browser):
    """Browsers with an IP address each."""
    return (new_browser(REMOTE_ADDR=f"203.0.113.{n}") for n in range(256))


@pytest.mark.asvs("6.3.1", "2.4.1")
@pytest.mark.parametrize("email", [ADA, UNKNOWN, "no address"])
def test_ten_wrong_passwords_throttle_any_email(ada, browser, attackers, email):
    assert statuses(browser, 10, email) == [422] * 10
    for other in (browser, next(attackers), next(attackers)):
        page = other.sign_in(email, WRONG)
        assert page.status_int == 429
        assert 20 <= int(page.headers["Retry-After"]) <= 30
    assert statuses(next(attackers), 1, "other@else.example") == [422]


@pytest.mark.asvs("6.3.1")
def test_throttled_page_explains_the_wait_and_keeps_input(ada, browser, services):
    statuses(browser, 10)
    page = browser.submit(
        browser.get("/sign-in?next=/account"),
        {"email": " Ada@Example.com ", "password": PASSWORD, "public_computer": True},
    )
    assert page.status_int == 429
    assert alert_of(page).startswith("Too many failed attempts. Try again in ")
    assert (
        " seconds. You may be able to sign in now from a browser you have used before."
        in alert_of(page)
    )
    assert alert_of(page) in description_of(page, "password")
    assert not is_marked(page, "email")
    assert input_of(page, "email")["value"] == "Ada@Example.com"
    assert input_of(page, "public_computer").has_attr("checked")
    assert input_of(page, "next")["value"] == "/account"
    assert PASSWORD not in page
    assert page.headers["Cache-Control"] == "private, no-cache"
    assert browser.cookie is None


@pytest.mark.asvs("6.3.1")
def test_delays_grow_and_apply_to_the_right_password(ada, browser, let_time_pass):
    statuses(browser, 10)
    waited = []
    for _ in range(8):
        page = browser.sign_in(ADA, PASSWORD)
        waited.append(minutes_to_wait(page))
        let_time_pass(timedelta(seconds=int(page.headers["Retry-After"])))
        assert browser.sign_in(ADA, WRONG).status_int == 422
    assert waited == [1, 1, 2, 4, 8, 16, 32, 60]
    let_time_pass(60 * MINUTE)
    assert browser.sign_in(ADA, PASSWORD).status_int == 303


@pytest.mark.asvs("6.1.1", "6.3.1")
def test_failures_elsewhere_do_not_throttle_the_owner(ada, attackers, dbsession, let_time_pass):
    """Her browser has its own attempt limit; in other browsers she has to wait too."""
    for attacker in (next(attackers), next(attackers), next(attackers)):
        statuses(attacker, 12)
    dbsession.execute(sa.update(Throttle).values(hits=10_000))
    dbsession.commit()
    assert statuses(next(attackers), 1) == [429]
    assert statuses(ada, 1, password=PASSWORD) == [303]
    ada.sign_out()
    assert statuses(ada, 9) == [422] * 9
    assert statuses(ada, 1, password=PASSWORD) == [303]


def test_shared_ip_address_does_not_throttle_the_owner(ada, new_browser):
    """A household or a company may share one IP address."""
    neighbour = new_browser(REMOTE_ADDR="198.51.100.7")
    for n in range(30):
        assert neighbour.sign_in(f"person{n}@example.com", WRONG).status_int == 422
    assert neighbour.sign_in(ADA, WRONG).status_int == 429
    assert statuses(ada, 1, password=PASSWORD) == [303]


def test_known_device_has_the_same_number_of_attempts(ada, attackers, let_time_pass):
    """Nor does an attacker with a copy of its cookie."""
    assert statuses(ada, 12) == [422] * 10 + [429] * 2
    attacker = next(attackers)
    plant(attacker, "authsite_device", ada.app.cookies["authsite_device"])
    assert statuses(attacker, 2) == [429] * 2
    assert statuses(next(attackers), 11) == [422] * 10 + [429]
    let_time_pass(MINUTE)
    assert statuses(ada, 1, password=PASSWORD) == [303]


def test_devices_of_one_user_are_throttled_separately(ada, new_browser):
    """An attacker may have a copy of one device's cookie."""
    phone = new_browser(REMOTE_ADDR="198.51.100.8")
    phone.sign_in()
    phone.sign_out()
    assert statuses(ada, 11)[-1] == 429
    assert statuses(phone, 1, password=PASSWORD) == [303]


def test_new_password_makes_devices_unknown(ada, attackers, dbsession):
    """An attacker with the old password must not have attempts for the new one."""
    renewed = a_hasher(time_cost=2).hash("eleven blue otters sing")
    dbsession.execute(sa.update(User).values(password_hash=renewed))
    dbsession.commit()
    assert statuses(next(attackers), 11)[-1] == 429
    assert statuses(ada, 1) == [429]


@pytest.mark.asvs("6.3.1")
def test_reset_lets_the_user_sign_in_after_failed_attempts(new_browser, mailbox):
    """A user who forgot the password, failed eleven times and reset it signs in at once."""
    new_browser(REMOTE_ADDR="198.51.100.7").sign_up()
    browser = new_browser(REMOTE_ADDR="203.0.113.9")
    assert statuses(browser, 11)[-1] == 429
    choose(browser, reset_link(browser, mailbox))
    assert statuses(browser, 1, password=NEW_PASSWORD) == [303]


@pytest.mark.asvs("6.3.1")
def test_reset_in_a_throttled_known_device_starts_a_new_count(ada, mailbox):
    assert statuses(ada, 11)[-1] == 429
    choose(ada, reset_link(ada, mailbox))
    assert statuses(ada, 1, password=NEW_PASSWORD) == [303]


def test_reset_makes_other_devices_unknown(ada, new_browser, attackers, mailbox):
    phone = new_browser(REMOTE_ADDR="198.51.100.8")
    choose(phone, reset_link(phone, mailbox))
    assert statuses(next(attackers), 11)[-1] == 429
    assert statuses(ada, 1, password=NEW_PASSWORD) == [429]
    assert statuses(phone, 1, password=NEW_PASSWORD) == [303]


def test_device_is_known_for_its_own_accounts_only(ada, new_browser, attackers):
    eve = new_browser(REMOTE_ADDR="203.0.113.250")
    eve.sign_up(email="eve@example.com")
    eve.sign_out()
    assert statuses(next(attackers), 11)[-1] == 429
    assert statuses(eve, 1) == [429]
    assert statuses(eve, 1, "eve@example.com", PASSWORD) == [303]


@pytest.mark.asvs("9.1.1")
@pytest.mark.parametrize(
    "device",
    [
        "",
        "authsite_device=",
        "authsite_device={1}{0}",
        "authsite_device=x{0}",
        "authsite_device={0}; authsite_device={0}",
    ],
)
def test_forged_device_cookie_gives_no_attempts(ada, attackers, device):
    assert statuses(next(attackers), 11)[-1] == 429
    form = form_of(ada.get("/sign-in"))
    form["email"], form["password"] = ADA, PASSWORD
    value, anonymous = ada.app.cookies["authsite_device"], ada.app.cookies["authsite_form"]
    ada.app.reset()

    def send(cookie):
        headers = {
            "Cookie": f"authsite_form={anonymous}; {cookie}",
            "Sec-Fetch-Site": "same-origin",
        }
        return form.submit(headers=headers, expect_errors=True).status_int

    assert send(device.format(value[1:], "A" if value[0] != "A" else "B")) == 429
    assert send(f"authsite_device={value}") == 303


@pytest.mark.asvs("3.3.1", "3.3.2", "3.3.4")
def test_device_cookie_lasts_a_year_and_survives_sign_out(ada, browser):
    answer = browser.sign_in()
    cookie = cookies_of(answer)["authsite_device"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert lasts(cookie, timedelta(days=365))
    before = browser.app.cookies["authsite_device"]
    browser.sign_out()
    assert browser.app.cookies["authsite_device"] == before
    browser.sign_in()
    assert browser.app.cookies["authsite_device"] != before


@pytest.mark.asvs("6.3.1")
def test_success_refunds_only_its_own_attempt(ada, attackers, dbsession):
    """An attacker cannot refund failed attempts by signing in to an account of their own."""
    attacker = next(attackers)
    assert statuses(attacker, 9) == [422] * 9
    for _ in range(3):
        other = next(attackers)
        assert other.sign_in(ADA, PASSWORD).status_int == 303
    assert statuses(attacker, 2) == [422, 429]


@pytest.mark.asvs("6.3.1")
def test_thirty_failures_throttle_a_network(ada, new_browser, attackers, let_time_pass):
    sprayer = new_browser(REMOTE_ADDR="203.0.113.250")
    answers = [sprayer.sign_in(f"person{n}@example.com", PASSWORD) for n in range(31)]
    assert [each.status_int for each in answers] == [422] * 30 + [429]
    assert minutes_to_wait(answers[-1]) == 5
    assert minutes_to_wait(sprayer.sign_in(ADA, PASSWORD)) == 5
    assert next(attackers).sign_in(ADA, PASSWORD).status_int == 303
    let_time_pass(5 * MINUTE)
    assert sprayer.sign_in(ADA, PASSWORD).status_int == 303


@pytest.mark.asvs("6.3.1")
def test_ipv6_addresses_of_one_network_count_together(ada, new_browser):
    def sign_in(address, n):
        return new_browser(REMOTE_ADDR=address).sign_in(f"person{n}@example.com").status_int

    assert {sign_in(f"2001:db8:0:1::{n:x}", n) for n in range(30)} == {422}
    assert sign_in("2001:db8:0:1:ffff::1", 30) == 429
    assert sign_in("2001:db8:0:2::1", 30) == 422


@pytest.mark.asvs("2.4.1", "2.3.2")
def test_sign_ups_from_one_network_are_throttled(new_browser, dbsession, let_time_pass):
    def sign_up(n, address="203.0.113.1"):
        browser = new_browser(REMOTE_ADDR=address)
        return browser.sign_up(email=f"person{n}@example.com", first_name="Eve")

    assert {sign_up(n).status_int for n in range(20)} == {303}
    page = sign_up(20)
    assert minutes_to_wait(page) == 60
    assert alert_of(page).startswith("Too many sign-ups from your network.")
    assert "Try again in 60 minutes." in alert_of(page)
    assert input_of(page, "first_name")["value"] == "Eve"
    assert input_of(page, "email")["value"] == "person20@example.com"
    assert PASSWORD not in page
    assert dbsession.scalar(sa.select(sa.func.count()).select_from(User)) == 20
    assert sign_up(21, "203.0.113.2").status_int == 303
    let_time_pass(timedelta(hours=1))
    assert sign_up(22).status_int == 303


@pytest.mark.asvs("2.4.1")
def test_probing_for_emails_is_throttled_but_typos_are_not(ada, new_site):
    _, browser = new_site({"authsite.throttle.sign_up_network": "2/1h"}, REMOTE_ADDR="192.0.2.9")
    weak = {"password": "password1234", "confirm_password": "password1234"}
    assert [browser.sign_up(**weak).status_int for _ in range(3)] == [422] * 3
    assert [browser.sign_up().status_int for _ in range(3)] == [422, 422, 429]


def test_full_hash_queue_counts_no_attempt(ada, new_site):
    busy, browser = new_site(BUSY | NO_NETWORK, REMOTE_ADDR="192.0.2.9")
    with full_queue(busy.hasher):
        assert statuses(browser, 12) == [503] * 12
        assert {browser.sign_up().status_int for _ in range(22)} == {503}
    assert statuses(browser, 1, password=PASSWORD) == [303]


@pytest.mark.asvs("15.2.2")
def test_throttled_requests_take_no_slot(ada, new_site):
    """They are refused at once, even while other requests fill the queue."""
    busy, browser = new_site(BUSY, REMOTE_ADDR="192.0.2.9")
    assert statuses(browser, 10) == [422] * 10
    with full_queue(busy.hasher):
        assert statuses(browser, 3) == [429] * 3
        assert statuses(browser, 1, "other@else.example") == [503]


def test_empty_password_counts_no_attempt(ada, browser, services):
    for _ in range(12):
        assert browser.sign_in(password="").status_int == 422
        browser.get("/sign-in")
    assert statuses(browser, 1, password=PASSWORD) == [303]


def test_limits_are_settings_and_can_be_switched_off(ada, new_site):
    _, browser = new_site({"authsite.throttle.sign_in_account": "2/1m"}, REMOTE_ADDR="192.0.2.9")
    assert statuses(browser, 3) == [422, 422, 429]
    off = dict.fromkeys(
        (f"authsite.throttle.{name}" for name in ("sign_in_account", "sign_in_network")), "off"
    )
    _, browser = new_site(off, REMOTE_ADDR="192.0.2.9")
    assert statuses(browser, 31) == [422] * 31


@pytest.mark.asvs("6.3.1")
def test_restart_keeps_throttles(ada, browser, new_site):
    assert statuses(browser, 10) == [422] * 10
    _, after_restart = new_site({}, REMOTE_ADDR="192.0.2.9")
    assert statuses(after_restart, 1) == [429]


def test_throttled_attempt_changes_nothing(ada, browser, services, dbsession):
    statuses(browser, 10)
    before = rows_of(services)
    throttles = dbsession.execute(sa.select(Throttle.__table__)).all()
    dbsession.commit()
    assert statuses(browser, 3, password=PASSWORD) == [429] * 3
    assert rows_of(services) == before
    assert dbsession.execute(sa.select(Throttle.__table__)).all() == throttles


@pytest.mark.asvs("16.3.3", "16.2.5")
def test_log_names_the_throttle_but_no_input(browser, caplog):
    statuses(browser, 11, UNKNOWN)
    [record] = [each for each in caplog.records if "excess" in each.getMessage()]
    assert record.getMessage() == "excess_rate_limit_exceeded: sign_in_account"
    assert UNKNOWN not in caplog.text


@pytest.mark.asvs("6.3.1", "15.2.2")
def test_right_passwords_are_throttled_by_account(ada, new_site):
    limits = {"authsite.throttle.sign_in_attempts_account": "3/5m"}
    _, browser = new_site(limits, REMOTE_ADDR="192.0.2.9")
    assert statuses(browser, 1) == [422]
    for _ in range(2):
        assert statuses(browser, 1, password=PASSWORD) == [303]
        browser.app.reset()
    page = browser.sign_in()
    assert minutes_to_wait(page) == 5
    assert alert_of(page).startswith("Too many sign-in attempts. Try again in 5 minutes.")
    assert input_of(page, "email")["value"] == ADA
    assert PASSWORD not in page


@pytest.mark.asvs("6.3.1", "15.2.2")
def test_right_passwords_are_throttled_by_network(ada, new_site, new_browser):
    _, eve = new_site(
        {"authsite.throttle.sign_in_attempts_network": "3/5m"}, REMOTE_ADDR="192.0.2.9"
    )
    new_browser().sign_up(email="eve@example.com")
    for _ in range(3):
        assert statuses(eve, 1, "eve@example.com", PASSWORD) == [303]
        eve.app.reset()
    page = eve.sign_in(UNKNOWN)
    assert minutes_to_wait(page) == 5
    assert alert_of(page).startswith("Too many sign-in attempts from your network.")
    assert "from a browser you have used before" in alert_of(page)


@pytest.mark.asvs("6.1.1", "6.3.1")
def test_right_passwords_elsewhere_do_not_throttle_the_owner(new_site):
    """Neither those of another account in the same network, nor those for the same account."""
    limits = dict.fromkeys(
        (
            "authsite.throttle.sign_in_attempts_account",
            "authsite.throttle.sign_in_attempts_network",
        ),
        "4/5m",
    )
    _, ada = new_site(limits, REMOTE_ADDR="192.0.2.9")
    ada.sign_up()
    _, eve = new_site(limits, REMOTE_ADDR="192.0.2.9")
    eve.sign_up(email="eve@example.com")
    eve.app.reset()
    for email in ("eve@example.com", ADA):
        for _ in range(2):
            assert statuses(eve, 1, email, PASSWORD) == [303]
            eve.app.reset()
    assert statuses(eve, 1, ADA, PASSWORD) == [429]
    ada.sign_out()
    assert statuses(ada, 1, password=PASSWORD) == [303]


@pytest.mark.asvs("6.3.1", "15.2.2")
@pytest.mark.parametrize("path", ["/account/password", "/account/close", "/confirm-password"])
def test_every_page_that_verifies_a_password_counts_attempts(new_site, path):
    _, browser = new_site({"authsite.throttle.sign_in_attempts_account": "2/5m"})
    browser.sign_up()
    new = "eleven blue otters sing"
    typed = {
        "/account/password": {
            "current_password": WRONG,
            "password": new,
            "confirm_password": new,
        },
        "/account/close": {"password": WRONG},
        "/confirm-password": {"current_password": WRONG},
    }[path]
    answers = [browser.submit(browser.get(path), typed) for _ in range(3)]
    assert [each.status_int for each in answers] == [422, 422, 429]
    assert "Too many sign-in attempts." in alert_of(answers[-1])


@pytest.mark.asvs("6.3.1", "15.2.2")
def test_default_limits_of_attempts_are_beyond_those_of_failures(services):
    throttle = services.settings.throttle
    assert ", ".join(map(str, throttle.sign_in_attempts_account)) == "60/5m"
    assert ", ".join(map(str, throttle.sign_in_attempts_network)) == "120/5m"
