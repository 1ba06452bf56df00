"""Every page works in the layout of a host application, with whatever Jinja options it has."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from webtest import TestApp, TestResponse

from authsite.resources.site_map import endpoints
from authsite.services import Services, services_of
from authsite.web.rendering import TEMPLATES
from tests.browsers import PASSWORD, Browser
from tests.functional.reading import alert_of, button_of, description_of, form_of, status_of
from tests.site.page_paths import UNKNOWN_TOKEN, path_of
from tests.site.test_html import add_pages_that_fail

pytestmark = pytest.mark.one_database

PAGES = Path(__file__).parents[2] / "authsite" / "templates" / "authsite"
#: Those of development, which have a test of their own.
NOT_PAGES = {"dev_mail", "dev_message"}
HERE = {"Sec-Fetch-Site": "same-origin"}
NAME = "<b>&\"'</b>"
#: It has the four blocks, and knows nothing else of authsite.
LAYOUT = """
<!DOCTYPE html>
<html lang="en">
  <head>
    <title>{% block title %}{% endblock %} - Orders</title>
    {% block head %}{% endblock %}
  </head>
  <body>
    <p id="frame">{{ request.host }}</p>
    {% block banner %}{% endblock %}
    <main>{% block content %}{% endblock %}</main>
  </body>
</html>
"""


def marked(value: object) -> str:
    """Return what a host application makes of every value in its templates."""
    return f"«{value}»"


OPTIONS = {
    "jinja2.trim_blocks": "false",
    "jinja2.lstrip_blocks": "false",
    "jinja2.undefined": "strict",
    "jinja2.autoescape": "false",
    "jinja2.finalize": f"{__name__}.marked",
}


@pytest.fixture
def new_host(new_application: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    """Return a function that builds a host application with this layout."""
    (tmp_path / "authsite_layout.jinja2").write_text(LAYOUT)

    def add(config: Any) -> None:
        add_pages_that_fail(config)
        config.add_jinja2_search_path(str(tmp_path), name=".jinja2", prepend=True)

    return lambda **options: new_application(add, **options)


def enter(browser: Browser, path: str, fields: dict[str, str], status: int = 303) -> TestResponse:
    """Send the form of a page; return the answer."""
    answer = browser.submit(browser.get(path), fields)
    assert answer.status_int == status
    return answer


def visitors(application: Any, grant_admin: Callable[[str], None]) -> list[Browser]:
    """Return an anonymous visitor, a user, an administrator and a user who has closed the account.

    All have visible names that a page must escape.
    """
    browsers = [Browser(TestApp(application)) for _ in range(4)]
    emails = ("ada@example.com", "grace@example.com", "joan@example.com")
    for browser, email in zip(browsers[1:], emails, strict=True):
        browser.sign_up(email=email, first_name=NAME, last_name=NAME)
    grant_admin("grace@example.com")
    enter(browsers[3], "/account/close", {"password": PASSWORD})
    browsers[3].sign_in(email="joan@example.com")
    return browsers


def every_page(
    services: Services, browsers: list[Browser], urls: set[str]
) -> dict[tuple[str, int], TestResponse]:
    """Return every page, as each visitor sees it."""
    found = {}
    for url in sorted(urls):
        path = path_of(services, url)
        for number, browser in enumerate(browsers):
            page = browser.get(path, expect_errors=True)
            if page.content_type == "text/html" and page.body:
                found[path, number] = page
    return found


def assert_is_framed(page: TestResponse) -> None:
    """Assert that a page is in the layout of the host, whole and escaped."""
    assert page.html.find(id="frame").text == page.request.host
    assert page.html.title.text.strip().endswith("- Orders")
    assert page.html.main.h1, page.request.path
    assert "«" not in page.text
    assert page.html.find("b") is None, page.request.path
    for form in page.html.main.find_all("form", method="post"):
        assert form.find("input", attrs={"name": "csrf_token"})["value"]
        assert form.find("button").get_text(strip=True)


def test_every_page_works_in_the_layout_of_a_host(
    new_host: Callable[..., Any], grant_admin: Callable[[str], None]
) -> None:
    application = new_host(**OPTIONS)
    services = services_of(application.registry)
    browsers = visitors(application, grant_admin)
    urls = {each.url for each in endpoints(application.registry) if "{StaticFile}" not in each.url}
    urls |= {
        "/nothing",
        "/crash",
        "/response",
        f"/reset-password/{UNKNOWN_TOKEN}",
        "/sign-in?a=%ff",
    }
    pages = every_page(services, browsers, urls)
    for page in pages.values():
        assert_is_framed(page)
    for path in ("/account", "/account/email", "/account/sessions", "/account/close"):
        page = pages[path, 1].html
        assert page.find("nav", attrs={"aria-label": "Account"}).a["href"] == "/account"
        assert page.find("aside", class_="banner").form
    anonymous, member, administrator, _pending = browsers
    assert NAME in member.get("/account").html.find("input", id="first_name")["value"]
    assert NAME in administrator.get("/admin?q=ada").html.main.get_text()
    forms_are_explained(anonymous, member)
    buttons_are_explained(administrator, path_of(services, "/admin/users/{id}"))
    loaded = {name.partition("@@")[0] for _loader, name in application.registry[TEMPLATES].cache}
    files = {f"authsite/{each.relative_to(PAGES)}" for each in PAGES.rglob("*.jinja2")}
    assert files - {f"authsite/{name}.jinja2" for name in NOT_PAGES} <= loaded


def forms_are_explained(anonymous: Browser, member: Browser) -> None:
    """Errors, flash messages, other pages of forms."""
    page = enter(anonymous, "/sign-up", {"email": "<i>"}, 422)
    assert "problems" in alert_of(page)
    assert "Enter an email address like" in description_of(page, "email")
    assert form_of(page)["email"].value == "<i>"
    assert_is_framed(page)
    page = enter(anonymous, "/sign-in", {"email": "<i>@example.com", "password": "x"}, 422)
    assert page.html.find(id="form-error")
    assert_is_framed(page)
    assert_is_framed(anonymous.app.post("/account", {"first_name": NAME}, status=403))
    assert_is_framed(member.app.post("/account", {"first_name": NAME}, headers=HERE, status=403))
    saved = enter(member, "/account", {"first_name": NAME}).follow()
    assert status_of(saved) == "Name saved."
    assert_is_framed(saved)
    assert_is_framed(enter(anonymous, "/forgot-password", {"email": "ada@example.com"}, 200))
    other = member.app.post(
        "/sign-in",
        {"email": "other@example.com", "password": "x"},
        headers=HERE,
    )
    assert_is_framed(other.follow())


def buttons_are_explained(administrator: Browser, account: str) -> None:
    """Pages without a GET: the errors of buttons that were pressed twice."""
    for words in ("Send reset link", "Send verification email"):
        for _ in range(2):
            button = button_of(administrator.get(account), words)
            answer = button.submit(headers=HERE, expect_errors=True)
        assert answer.status_int == 429
        assert_is_framed(answer)


def test_pages_of_development_work_in_the_layout_of_a_host(new_host: Callable[..., Any]) -> None:
    browser = Browser(TestApp(new_host(**OPTIONS, **{"authsite.dev": "true"})))
    browser.sign_up()
    messages = browser.get("/dev/mail")
    assert_is_framed(messages)
    assert_is_framed(browser.get(messages.html.main.find("a")["href"]))


def test_outage_page_works_in_the_layout_of_a_host(
    new_host: Callable[..., Any], database_outage: Any
) -> None:
    application = new_host(**OPTIONS)
    browser = Browser(TestApp(application))
    browser.sign_up()
    with database_outage(services_of(application.registry)):
        assert_is_framed(browser.get("/account", status=503))


def test_other_delimiters_of_a_host_are_for_its_templates_only(new_host: Any) -> None:
    delimiters = {
        "jinja2.block_start_string": "<%",
        "jinja2.block_end_string": "%>",
        "jinja2.variable_start_string": "<<",
        "jinja2.variable_end_string": ">>",
        "jinja2.comment_start_string": "<#",
        "jinja2.comment_end_string": "#>",
        "jinja2.line_statement_prefix": "<",
        "jinja2.line_comment_prefix": "{",
    }
    browser = Browser(TestApp(new_host(**delimiters)))
    assert_is_framed(browser.get("/sign-up"))
    browser.sign_up()
    assert_is_framed(browser.get("/account"))
