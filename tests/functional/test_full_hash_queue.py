"""A full hash queue: visitors get a 503 and lose nothing that they entered."""

import os

import pytest

from tests.browsers import PASSWORD
from tests.functional.crowds import BUSY, full_queue
from tests.functional.reading import alert_of, input_of, rows_of


@pytest.mark.asvs("15.2.2")
@pytest.mark.parametrize("email", ["ada@example.com", "eve@example.com"])
def test_sign_in_keeps_input_when_hash_queue_is_full(new_browser, new_site, services, email):
    new_browser().sign_up()
    busy, browser = new_site(BUSY)
    before = rows_of(services)
    page = browser.get("/sign-in?next=/account")
    with full_queue(busy.hasher):
        page = browser.submit(page, {"email": email, "password": PASSWORD})
        assert page.status_int == 503
        assert int(page.headers["Retry-After"]) > 0
        assert "Try again in a few seconds" in alert_of(page)
        assert input_of(page, "email")["value"] == email
        assert PASSWORD not in page
        assert browser.get("/").status_int == 200
        assert rows_of(services) == before
    answer = browser.submit(page, {"email": "ada@example.com", "password": PASSWORD})
    assert answer.location == "http://localhost/account"


def test_sign_up_keeps_input_when_hash_queue_is_full(new_site, services):
    busy, browser = new_site(BUSY)
    with full_queue(busy.hasher):
        page = browser.sign_up(first_name="Grace", email="grace@example.com")
        assert page.status_int == 503
        assert int(page.headers["Retry-After"]) > 0
        assert input_of(page, "first_name")["value"] == "Grace"
        assert input_of(page, "email")["value"] == "grace@example.com"
        assert PASSWORD not in page
        assert rows_of(services) == {"authsite_user": [], "authsite_session": []}
    answer = browser.submit(page, {"password": PASSWORD, "confirm_password": PASSWORD})
    assert answer.status_int == 303


@pytest.mark.one_database
def test_hashes_are_computed_on_the_cores_of_the_settings(new_site):
    core = max(os.sched_getaffinity(0))
    site, _ = new_site({"authsite.passwords.hash_cores": str(core)})
    assert site.hasher.queue.run(os.sched_getaffinity, 0) == {core}
    assert site.settings.passwords.hashes_at_once == 1
