"""Who tries too often is asked to wait; the owner of an account never is because of others."""

import math
from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.models import Throttle, User
from tests.browsers import PASSWORD
from tests.factories import a_hasher
from tests.functional.cookies import cookies_of, lasts, plant
from tests.functional.crowds import BUSY, full_queue
from tests.functional.reading import alert_of, form_of, input_of, is_marked, rows_of, said_beside

ADA, NOBODY = "ada@example.com", "nobody@example.com"
WRONG = "not that one"
MINUTE = timedelta(minutes=1)
NO_NETWORK = {"authsite.throttle.sign_in_network": "off"}


def statuses(browser, times, email=ADA, password=WRONG):
    """Try so often; return the status of each answer."""
    return [browser.sign_in(email, password).status_int for _ in range(times)]


def minutes_to_wait(answer):
    """Return what `Retry-After` says, in minutes."""
    assert answer.status_int == 429
    return math.ceil(int(answer.headers["Retry-After"]) / 60)


@pytest.fixture
def ada(new_browser):
    """Someone who has an account, in a browser of her own."""
    browser = new_browser(REMOTE_ADDR="198.51.100.7")
    browser.sign_up()
    browser.sign_out()
    return browser


@pytest.fixture
def attackers(new_browser):
    """As many browsers as one likes, each at an address of its own."""
    return (new_browser(REMOTE_ADDR=f"203.0.113.{n}") for n in range(256))


@pytest.mark.asvs("6.3.1", "2.4.1")
@pytest.mark.parametrize("email", [ADA, NOBODY, "no address"])
def test_after_ten_wrong_passwords_an_address_has_to_wait_known_or_not(
    ada, browser, attackers, email
):
    assert statuses(browser, 10, email) == [422] * 10
    for other in (browser, next(attackers), next(attackers)):
        page = other.sign_in(email, WRONG)
        assert page.status_int == 429
        assert 20 <= int(page.headers["Retry-After"]) <= 30
    assert statuses(next(attackers), 1, "somebody@else.example") == [422]


@pytest.mark.asvs("6.3.1")
def test_the_page_says_when_to_try_again_and_what_else_one_can_do(ada, browser, services):
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
    assert alert_of(page) in said_beside(page, "password")
    assert not is_marked(page, "email")
    assert input_of(page, "email")["value"] == "Ada@Example.com"
    assert input_of(page, "public_computer").has_attr("checked")
    assert input_of(page, "next")["value"] == "/account"
    assert PASSWORD not in page
    assert page.headers["Cache-Control"] == "no-store"
    assert browser.cookie is None


@pytest.mark.asvs("6.3.1")
def test_even_the_right_password_has_to_wait_and_waits_grow(ada, browser, let_time_pass):
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
    """Not in her browser: it has tries of its own. Elsewhere she has to wait as they do."""
    for attacker in (next(attackers), next(attackers), next(attackers)):
        statuses(attacker, 12)
    dbsession.execute(sa.update(Throttle).values(hits=10_000))
    dbsession.commit()
    assert statuses(next(attackers), 1) == [429]
    assert statuses(ada, 1, password=PASSWORD) == [303]
    ada.sign_out()
    assert statuses(ada, 9) == [422] * 9
    assert statuses(ada, 1, password=PASSWORD) == [303]


def test_the_owner_is_not_held_up_by_somebody_at_the_same_address_either(ada, new_browser):
    """The same household, or a large company behind one address."""
    neighbour = new_browser(REMOTE_ADDR="198.51.100.7")
    for n in range(30):
        assert neighbour.sign_in(f"person{n}@example.com", WRONG).status_int == 422
    assert neighbour.sign_in(ADA, WRONG).status_int == 429
    assert statuses(ada, 1, password=PASSWORD) == [303]


def test_a_browser_that_is_known_has_no_more_tries_than_others(ada, attackers, let_time_pass):
    """Nor does a thief of its cookie."""
    assert statuses(ada, 12) == [422] * 10 + [429] * 2
    thief = next(attackers)
    plant(thief, "device", ada.app.cookies["device"])
    assert statuses(thief, 2) == [429] * 2
    assert statuses(next(attackers), 11) == [422] * 10 + [429]
    let_time_pass(MINUTE)
    assert statuses(ada, 1, password=PASSWORD) == [303]


def test_two_browsers_of_one_person_do_not_hold_each_other_up(ada, new_browser):
    """Somebody has the cookie of the one, or has it stand open."""
    phone = new_browser(REMOTE_ADDR="198.51.100.8")
    phone.sign_in()
    phone.sign_out()
    assert statuses(ada, 11)[-1] == 429
    assert statuses(phone, 1, password=PASSWORD) == [303]


def test_a_new_password_makes_browsers_strangers_until_they_sign_in(ada, attackers, dbsession):
    """So that who knew the old one has not collected tries for the new one."""
    renewed = a_hasher(time_cost=2).hash("eleven blue otters sing")
    dbsession.execute(sa.update(User).values(password_hash=renewed))
    dbsession.commit()
    assert statuses(next(attackers), 11)[-1] == 429
    assert statuses(ada, 1) == [429]


def test_a_browser_is_known_for_its_own_accounts_only(ada, new_browser, attackers):
    eve = new_browser(REMOTE_ADDR="203.0.113.250")
    eve.sign_up(email="eve@example.com")
    eve.sign_out()
    assert statuses(next(attackers), 11)[-1] == 429
    assert statuses(eve, 1) == [429]
    assert statuses(eve, 1, "eve@example.com", PASSWORD) == [303]


@pytest.mark.asvs("9.1.1")
@pytest.mark.parametrize(
    "device", ["", "device=", "device={1}{0}", "device=x{0}", "device={0}; device={0}"]
)
def test_what_is_no_device_cookie_of_ours_gives_no_tries(ada, attackers, device):
    assert statuses(next(attackers), 11)[-1] == 429
    form = form_of(ada.get("/sign-in"))
    form["email"], form["password"] = ADA, PASSWORD
    value, stranger = ada.app.cookies["device"], ada.app.cookies["form"]
    ada.app.reset()

    def send(cookie):
        headers = {"Cookie": f"form={stranger}; {cookie}", "Sec-Fetch-Site": "same-origin"}
        return form.submit(headers=headers, expect_errors=True).status_int

    assert send(device.format(value[1:], "A" if value[0] != "A" else "B")) == 429
    assert send(f"device={value}") == 303


@pytest.mark.asvs("3.3.1", "3.3.2", "3.3.4")
def test_the_device_cookie_lasts_a_year_and_survives_the_sign_out(ada, browser):
    answer = browser.sign_in()
    cookie = cookies_of(answer)["device"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert lasts(cookie, timedelta(days=365))
    before = browser.app.cookies["device"]
    browser.sign_out()
    assert browser.app.cookies["device"] == before
    browser.sign_in()
    assert browser.app.cookies["device"] != before


@pytest.mark.asvs("6.3.1")
def test_a_success_gives_back_its_own_try_and_no_other(ada, attackers, dbsession):
    """A thief with an account of their own cannot wipe away what they tried on others."""
    attacker = next(attackers)
    assert statuses(attacker, 9) == [422] * 9
    for _ in range(3):
        stranger = next(attackers)
        assert stranger.sign_in(ADA, PASSWORD).status_int == 303
    assert statuses(attacker, 2) == [422, 429]


@pytest.mark.asvs("6.3.1")
def test_after_thirty_failures_a_network_has_to_wait(ada, new_browser, attackers, let_time_pass):
    sprayer = new_browser(REMOTE_ADDR="203.0.113.250")
    answers = [sprayer.sign_in(f"person{n}@example.com", PASSWORD) for n in range(31)]
    assert [each.status_int for each in answers] == [422] * 30 + [429]
    assert minutes_to_wait(answers[-1]) == 5
    assert minutes_to_wait(sprayer.sign_in(ADA, PASSWORD)) == 5
    assert next(attackers).sign_in(ADA, PASSWORD).status_int == 303
    let_time_pass(5 * MINUTE)
    assert sprayer.sign_in(ADA, PASSWORD).status_int == 303


@pytest.mark.asvs("6.3.1")
def test_all_addresses_of_one_ipv6_network_count_together(ada, new_browser):
    def sign_in(address, n):
        return new_browser(REMOTE_ADDR=address).sign_in(f"person{n}@example.com").status_int

    assert {sign_in(f"2001:db8:0:1::{n:x}", n) for n in range(30)} == {422}
    assert sign_in("2001:db8:0:1:ffff::1", 30) == 429
    assert sign_in("2001:db8:0:2::1", 30) == 422


@pytest.mark.asvs("2.4.1", "2.3.2")
def test_twenty_accounts_can_be_made_from_a_network_in_an_hour(
    new_browser, dbsession, let_time_pass
):
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
    weak = {"password": "password1", "confirm_password": "password1"}
    assert [browser.sign_up(**weak).status_int for _ in range(3)] == [422] * 3
    assert [browser.sign_up().status_int for _ in range(3)] == [422, 422, 429]


def test_who_is_put_off_in_a_crowd_has_used_up_nothing(ada, new_site):
    crowded, browser = new_site(BUSY | NO_NETWORK, REMOTE_ADDR="192.0.2.9")
    with full_queue(crowded.hasher):
        assert statuses(browser, 12) == [503] * 12
        assert {browser.sign_up().status_int for _ in range(22)} == {503}
    assert statuses(browser, 1, password=PASSWORD) == [303]


@pytest.mark.asvs("15.2.2")
def test_throttled_requests_take_no_slot(ada, new_site):
    """However many come, they wait in no queue, and are told so while others fill it."""
    crowded, browser = new_site(BUSY, REMOTE_ADDR="192.0.2.9")
    assert statuses(browser, 10) == [422] * 10
    with full_queue(crowded.hasher):
        assert statuses(browser, 3) == [429] * 3
        assert statuses(browser, 1, "somebody@else.example") == [503]


def test_what_is_no_try_is_not_counted(ada, browser, services):
    for _ in range(12):
        assert browser.sign_in(password="").status_int == 422
        browser.get("/sign-in")
    assert statuses(browser, 1, password=PASSWORD) == [303]


def test_limits_are_settings_and_can_be_switched_off(ada, new_site):
    _, browser = new_site({"authsite.throttle.sign_in_account": "2/1m"}, REMOTE_ADDR="192.0.2.9")
    assert statuses(browser, 3) == [422, 422, 429]
    off = dict.fromkeys(
        (f"authsite.throttle.{kind}" for kind in ("sign_in_account", "sign_in_network")), "off"
    )
    _, browser = new_site(off, REMOTE_ADDR="192.0.2.9")
    assert statuses(browser, 31) == [422] * 31


@pytest.mark.asvs("6.3.1")
def test_a_restart_forgets_nothing(ada, browser, new_site):
    assert statuses(browser, 10) == [422] * 10
    _, after_restart = new_site({}, REMOTE_ADDR="192.0.2.9")
    assert statuses(after_restart, 1) == [429]


def test_who_is_held_up_changes_nothing(ada, browser, services, dbsession):
    statuses(browser, 10)
    before = rows_of(services)
    throttles = dbsession.execute(sa.select(Throttle.__table__)).all()
    dbsession.commit()
    assert statuses(browser, 3, password=PASSWORD) == [429] * 3
    assert rows_of(services) == before
    assert dbsession.execute(sa.select(Throttle.__table__)).all() == throttles


@pytest.mark.asvs("16.3.3", "16.2.5")
def test_the_log_says_what_was_tried_too_often_but_not_what_was_typed(browser, caplog):
    statuses(browser, 11, NOBODY)
    [record] = [each for each in caplog.records if "excess" in each.getMessage()]
    assert record.getMessage() == "excess_rate_limit_exceeded: sign_in_account"
    assert NOBODY not in caplog.text
