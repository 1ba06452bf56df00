"""Passwords that have appeared in a data breach are refused."""

import logging

import pytest

from authsite.settings.loader import SettingError
from tests.breaches import a_breached_filter, a_breached_folder, digest_of
from tests.browsers import PASSWORD
from tests.functional.reading import description_of, is_marked, rows_of

BREACHED = "seven purple llamas hum"
NO_ROWS = {"authsite_user": [], "authsite_session": []}


@pytest.fixture(params=["folder", "filter"])
def breached(request, tmp_path):
    """A list with one password, in each format."""
    folder = a_breached_folder(tmp_path / "all", [BREACHED], others=[PASSWORD])
    if request.param == "folder":
        return folder
    a_breached_filter(folder, tmp_path / "filter")
    return tmp_path / "filter"


@pytest.mark.asvs("6.2.12")
def test_sign_up_refuses_a_breached_password(new_site, breached):
    services, browser = new_site({"authsite.passwords.breached": str(breached)})
    page = browser.sign_up(password=BREACHED)
    assert page.status_int == 422
    assert description_of(page, "password").endswith(
        "This password has appeared in a data breach. Choose another one."
    )
    assert is_marked(page, "password")
    assert rows_of(services) == NO_ROWS
    assert browser.cookie is None
    assert browser.sign_up().status_int == 303


def test_breaches_are_not_checked_without_a_list(browser):
    assert browser.sign_up(password=BREACHED).status_int == 303


@pytest.mark.asvs("16.5.3", "16.2.5")
def test_missing_breached_list_stops_sign_up(new_site, breached, tmp_path, caplog):
    """The log does not contain the password."""
    services, browser = new_site({"authsite.passwords.breached": str(breached)})
    breached.rename(tmp_path / "away")
    with caplog.at_level(logging.DEBUG):
        page = browser.sign_up()
    assert page.status_int == 500
    assert rows_of(services) == NO_ROWS
    assert "BreachedPasswordsUnreadable" in caplog.text
    assert str(breached) in caplog.text
    assert PASSWORD not in caplog.text
    digest = digest_of(PASSWORD)
    assert digest[:5] not in caplog.text.upper()
    assert digest[5:11] not in caplog.text.upper()


def test_sign_in_accepts_a_breached_password(browser, new_site, breached):
    browser.sign_up(password=BREACHED)
    _, other = new_site({"authsite.passwords.breached": str(breached)})
    assert other.sign_in(password=BREACHED).status_int == 303


@pytest.mark.parametrize("place", ["nothing", "empty"])
def test_site_without_its_breached_list_does_not_start(new_site, tmp_path, place):
    (tmp_path / "empty").mkdir()
    with pytest.raises(SystemExit, match=r"authsite\.passwords\.breached must be the path") as end:
        new_site({"authsite.passwords.breached": str(tmp_path / place)})
    assert isinstance(end.value.__context__, SettingError)
