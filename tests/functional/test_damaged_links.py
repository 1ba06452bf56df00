"""Email links that gained or lost characters when they were copied or turned into links."""

import logging

import pytest

from authsite.accounts.email_links import Purpose
from tests.site.page_paths import path_of

PURPOSES = [purpose.url_name for purpose in Purpose]
#: What email programs and people leave at the end of a link.
ENDINGS = [".", ",", ")", ">", "]", '"', "'", ";", ":", "!", "=", "*", "%20", "%0D%0A", "%C2%A0"]
ENDINGS += ["/", "%2F", "./", "//", "/.", "%3E", ").", "%E2%80%9D", "%E2%80%8B"]


@pytest.fixture
def link(browser, services):
    """Return a function that issues a link of a purpose and returns its path."""
    browser.sign_up()
    browser.app.reset()
    return lambda purpose: path_of(services, f"/{purpose}/{{token}}")


@pytest.mark.parametrize("purpose", PURPOSES)
def test_trailing_punctuation_of_a_link_is_ignored(browser, link, purpose, caplog):
    path = link(purpose)
    token = path.rpartition("/")[2]
    with caplog.at_level(logging.DEBUG, "authsite"):
        for ending in ENDINGS:
            for method in ("GET", "HEAD"):
                answer = browser.app.request(path + ending, method=method)
                assert (answer.status_int, answer.location) == (303, f"http://localhost{path}")
                assert answer.headers["Cache-Control"] == "no-store"
    assert browser.get(path + ".").follow(status=200)
    assert token not in caplog.text


@pytest.mark.parametrize("purpose", PURPOSES)
def test_damaged_link_shows_the_page_for_invalid_links(browser, link, purpose):
    path = link(purpose)
    damaged = [
        path[:-1],
        path + "A",
        path + "3D",
        path[:-1] + ".",
        path[:-1] + "%00",
        path + "." * 11,
        path + ".A",
        f"/{purpose}/%3C{path.rpartition('/')[2]}",
        f"/{purpose}/x",
        f"/{purpose}/",
        f"/{purpose}//",
        f"/{purpose}/..",
        f"/{purpose}/x/",
        path + "/x",
        path + "/" * 11,
        path.replace("/", "//")[1:],
        f"/{purpose}/{'x' * 5000}",
    ]
    invalid = browser.get(f"/{purpose}/{'A' * 43}", status=410)
    for each in damaged:
        page = browser.get(each, status=410)
        assert page.html.h1.text == "This link is no longer valid"
        assert page.html.main.text == invalid.html.main.text
        assert page.html.main.find("a")["href"]


@pytest.mark.parametrize("purpose", PURPOSES)
def test_link_without_token_offers_a_new_one(browser, purpose):
    if purpose == "verify-email":  # a page of its own
        assert browser.get(f"/{purpose}").location.endswith("/sign-in?next=%2Fverify-email")
        return
    page = browser.get(f"/{purpose}", status=410)
    assert page.html.h1.text == "This link is no longer valid"
    assert page.html.main.text == browser.get(f"/{purpose}/x", status=410).html.main.text
    assert browser.app.head(f"/{purpose}", status=410)


@pytest.mark.parametrize("purpose", PURPOSES)
def test_form_at_a_damaged_link_changes_nothing(browser, link, purpose):
    path = link(purpose)
    page = browser.get(path)
    fields = {"csrf_token": page.html.main.find("input", attrs={"name": "csrf_token"})["value"]}
    for each in (path[:-1], path + ".", path + "/", f"/{purpose}/"):
        here = {"Sec-Fetch-Site": "same-origin"}
        assert browser.app.post(each, fields, headers=here, status=410)
    assert browser.get(path, status=200)


@pytest.mark.one_database
@pytest.mark.parametrize("path", ["/sign-in.", "/sign-in/", "/sign-up//", "/forgot-password/x"])
def test_other_urls_stay_strict(browser, path):
    browser.get(path, status=404)
