"""No URL contains a secret, since URLs are stored in logs, histories and referrers."""

import re
from urllib.parse import unquote

import pytest

from authsite.resources.site_map import endpoints
from authsite.services import services_of
from tests.browsers import PASSWORD
from tests.functional.reading import form_of
from tests.site.page_paths import path_of

HERE = {"Sec-Fetch-Site": "same-origin"}
WRONG = "seven wrong llamas hum"
#: Values for each form, right and wrong.
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
FIELDS = {
    "first_name": "Ada",
    "last_name": "Lovelace",
    "email": "ada@example.com",
    "password": PASSWORD,
    "confirm_password": PASSWORD,
    "current_password": PASSWORD,
}


def answers(application, new_browser):
    """Yield every page and every response to a form, with the browser that received it."""
    new_browser().sign_up()
    services = services_of(application.registry)
    for url in sorted({page.url for page in endpoints(application.registry)}):
        path = path_of(services, url)
        anonymous, member = new_browser(), new_browser()
        member.sign_in()
        for browser in (anonymous, member):
            page = browser.get(f"{path}?next=/account", expect_errors=True)
            yield browser, page
            if page.status_int == 200 and path in SENT:
                for values in SENT[path]:
                    yield from _answers_to(browser, page, values)


def _answers_to(browser, page, values):
    """Yield the response to a form, and the page that it redirects to."""
    fields = {name: FIELDS.get(name, value) for name, value in form_of(page).submit_fields()}
    answer = browser.app.post(page.request.path, fields | values, headers=HERE, expect_errors=True)
    yield browser, answer
    if answer.location:
        yield browser, browser.get(answer.location.removeprefix("http://localhost"))


def forms_of(answer):
    """Return the forms of a page."""
    return answer.html.find_all("form") if answer.content_type == "text/html" else []


def urls_in(answer):
    """Yield every URL in a response, unquoted, and the requested one."""
    yield unquote(answer.request.url)
    for header in ("Location", "Content-Location", "Link", "Refresh"):
        yield unquote(answer.headers.get(header, ""))
    if answer.content_type == "text/html":
        for name in ("href", "src", "action", "formaction", "content", "srcset"):
            yield from (unquote(each[name]) for each in answer.html.find_all(attrs={name: True}))


def secrets_of(browser, answer):
    """Return the secrets of a browser: CSRF tokens, cookies and their parts, passwords."""
    tokens = {
        each["value"] for form in forms_of(answer) for each in form(attrs={"name": "csrf_token"})
    }
    cookies = {value for value in browser.app.cookies.values() if len(value) > 15}
    parts = {part for each in cookies for part in each.split(".") if len(part) > 15}
    # The id of a session is not secret: it alone gives no access.
    parts.discard((browser.cookie or "").partition(".")[0])
    return tokens | cookies | parts | {PASSWORD, WRONG}


@pytest.mark.asvs("14.2.1")
def test_no_url_contains_a_secret(application, new_browser):
    seen, cookies = set(), set()
    for browser, answer in answers(application, new_browser):
        seen |= secrets_of(browser, answer)
        cookies |= set(browser.app.cookies)
        for url in urls_in(answer):
            assert not re.search(r"[?&;](csrf|token|password|session|secret|device)", url)
            assert [each for each in seen if each in url] == []
    assert len(seen) > 20
    assert cookies >= {"authsite_form", "authsite_session", "authsite_device"}


@pytest.mark.asvs("14.2.1")
def test_every_form_uses_post(application, new_browser):
    """The values of a GET would be in the URL."""
    found = set()
    for _, answer in answers(application, new_browser):
        for form in forms_of(answer):
            assert form["method"] == "post", form["action"]
            assert form.find(attrs={"formmethod": True}) is None
            found.add(form["action"].partition("?")[0])
    assert found >= set(SENT)
