"""Addresses end up in logs, histories and referrers: no secret is ever in one."""

import re
from urllib.parse import unquote

import pytest

from authsite.resources.site_map import endpoints
from authsite.services import services_of
from tests.browsers import PASSWORD
from tests.functional.reading import form_of
from tests.site.places import path_of

HERE = {"Sec-Fetch-Site": "same-origin"}
WRONG = "seven wrong llamas hum"
#: What is sent to each form, rightly and wrongly.
SENT = {
    "/account": [{}, {"first_name": ""}],
    "/account/close": [{"password": WRONG}, {"password": ""}],
    "/account/email": [{"email": ""}, {}],
    "/account/password": [{}, {"current_password": WRONG}, {"password": WRONG}],
    "/confirm-password": [{"current_password": WRONG}, {}],
    "/forgot-password": [{"email": ""}, {}],
    "/sign-in": [{"password": WRONG}, {}],
    "/sign-up": [{"password": WRONG}, {"email": "grace@example.com"}, {}],
    "/sign-out": [{"csrf_token": ""}, {}],
    "/verify-email": [{"csrf_token": ""}, {}],
}
TYPED = {
    "first_name": "Ada",
    "last_name": "Lovelace",
    "email": "ada@example.com",
    "password": PASSWORD,
    "confirm_password": PASSWORD,
    "current_password": PASSWORD,
}


def answers(application, new_browser):
    """Yield every page and every answer to a form, with the browser that it came to."""
    new_browser().sign_up()
    services = services_of(application.registry)
    for address in sorted({page.url for page in endpoints(application.registry)}):
        path = path_of(services, address)
        stranger, member = new_browser(), new_browser()
        member.sign_in()
        for browser in (stranger, member):
            page = browser.get(f"{path}?next=/account", expect_errors=True)
            yield browser, page
            if page.status_int == 200 and path in SENT:
                for values in SENT[path]:
                    yield from _answers_to(browser, page, values)


def _answers_to(browser, page, values):
    """Yield what a filled-in form is answered with, and the page that is shown after it."""
    fields = {name: TYPED.get(name, value) for name, value in form_of(page).submit_fields()}
    answer = browser.app.post(page.request.path, fields | values, headers=HERE, expect_errors=True)
    yield browser, answer
    if answer.location:
        yield browser, browser.get(answer.location.removeprefix("http://localhost"))


def forms_of(answer):
    """Return the forms of a page."""
    return answer.html.find_all("form") if answer.content_type == "text/html" else []


def addresses_in(answer):
    """Yield every address that an answer names, unquoted, and the one that was asked for."""
    yield unquote(answer.request.url)
    for header in ("Location", "Content-Location", "Link", "Refresh"):
        yield unquote(answer.headers.get(header, ""))
    if answer.content_type == "text/html":
        for name in ("href", "src", "action", "formaction", "content", "srcset"):
            yield from (unquote(each[name]) for each in answer.html.find_all(attrs={name: True}))


def secrets_of(browser, answer):
    """Return what nobody else may know: tokens of forms, cookies and their parts, passwords."""
    tokens = {
        each["value"] for form in forms_of(answer) for each in form(attrs={"name": "csrf_token"})
    }
    cookies = {value for value in browser.app.cookies.values() if len(value) > 15}
    parts = {part for each in cookies for part in each.split(".") if len(part) > 15}
    # The id of a session is none: by it alone nobody gets in.
    parts.discard((browser.cookie or "").partition(".")[0])
    return tokens | cookies | parts | {PASSWORD, WRONG}


@pytest.mark.asvs("14.2.1")
def test_no_secret_is_in_an_address(application, new_browser):
    seen, kinds = set(), set()
    for browser, answer in answers(application, new_browser):
        seen |= secrets_of(browser, answer)
        kinds |= set(browser.app.cookies)
        for address in addresses_in(answer):
            assert not re.search(r"[?&;](csrf|token|password|session|secret|device)", address)
            assert [each for each in seen if each in address] == []
    assert len(seen) > 20
    assert kinds >= {"form", "session", "device"}


@pytest.mark.asvs("14.2.1")
def test_every_form_is_sent_in_a_body(application, new_browser):
    """What is sent by GET would be in the address."""
    found = set()
    for _, answer in answers(application, new_browser):
        for form in forms_of(answer):
            assert form["method"] == "post", form["action"]
            assert form.find(attrs={"formmethod": True}) is None
            found.add(form["action"].partition("?")[0])
    assert found >= set(SENT)
