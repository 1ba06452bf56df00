"""The example application of docs/extending.md works as documented."""

import configparser
import importlib
import re
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from webtest import TestApp

from authsite.clock import utc_now
from authsite.models import UserSession
from authsite.services import Services, services_of
from tests.browsers import PASSWORD, Browser
from tests.shell import run

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "extending.md").read_text("utf-8")
FILES = dict(re.findall(r"^`(myapp/\S+)`\n\n```\w+\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
FIRST_PART = (
    "__init__.py",
    "reports.py",
    "templates/reports.jinja2",
    "templates/authsite_layout.jinja2",
)
INCLUDE_NOTES = 'config.include("myapp.notes")'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all files of the page, and the line that its second part adds."""
    folder = tmp_path_factory.mktemp("host")
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    assert f"`{INCLUDE_NOTES}`" in PAGE
    included = 'config.include("authsite.application.standalone")\n'
    main = FILES["myapp/__init__.py"].replace(included, f"{included}        {INCLUDE_NOTES}\n")
    (folder / "myapp/__init__.py").write_text(main, "utf-8")
    return folder


@pytest.fixture(scope="module")
def myapp(folder: Path) -> Iterator[ModuleType]:
    """The imported package; its modules are removed afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        importlib.import_module("myapp.notes")
        yield sys.modules["myapp"]
    for name in [name for name in sys.modules if name.partition(".")[0] == "myapp"]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def settings(database_url: str, settings_of_tests: dict[str, str]) -> dict[str, str]:
    """The settings of the application."""
    return settings_of_tests | {"sqlalchemy.url": database_url}


@pytest.fixture(scope="module")
def host(myapp: ModuleType, settings: dict[str, str]) -> Iterator[Any]:
    """The example application, with its own table."""
    application = myapp.main({}, **settings)
    engine = services_of(application.registry).database.engine
    myapp.notes.Base.metadata.create_all(engine)
    yield application
    myapp.notes.Base.metadata.drop_all(engine)
    services_of(application.registry).database.dispose()


@pytest.fixture
def visitor(host: Any, services: Services) -> Browser:
    """A browser at the example application; its rows are deleted after the test."""
    return Browser(TestApp(host))


@pytest.fixture
def ada(visitor: Browser) -> Browser:
    """The same browser, signed in."""
    visitor.sign_up()
    return visitor


def test_example_has_less_than_forty_lines() -> None:
    lines = "".join(FILES[f"myapp/{name}"] for name in FIRST_PART).splitlines()
    assert 20 < len([line for line in lines if line]) < 40


def test_anonymous_visitor_signs_in_and_returns(ada: Browser) -> None:
    ada.sign_out()
    redirect = ada.get("/reports")
    assert redirect.location == "http://localhost/sign-in?next=%2Freports"
    back = ada.sign_in(at=redirect.location)
    assert (back.status_int, back.location) == (303, "http://localhost/reports")
    assert back.follow().html.main.h1.text == "Reports for Ada"


def test_page_uses_the_layout_of_the_site(ada: Browser) -> None:
    page = ada.get("/reports")
    assert page.html.title.text == "Reports \N{EN DASH} authsite"
    assert page.html.nav.form["action"] == "/sign-out"
    assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/dashboard", "/reports", "/nothing"])
def test_overridden_layout_is_on_every_page(ada: Browser, path: str) -> None:
    page = ada.get(path, expect_errors=True)
    assert page.html.nav.find("a", href="/reports").text == "Reports"
    ada.sign_out()
    assert ada.get("/").html.nav.find("a", href="/reports") is None


def test_anonymous_visitor_cannot_probe_child_urls(visitor: Browser) -> None:
    assert visitor.get("/reports/x").location.endswith("/sign-in?next=%2Freports%2Fx")
    visitor.sign_up()
    assert visitor.get("/reports/x", expect_errors=True).status_int == 404
    assert visitor.get("/reports/", expect_errors=True).status_int == 404
    assert visitor.app.post("/reports", expect_errors=True).status_int == 405


def test_form_saves_notes_for_their_owner_only(ada: Browser, host: Any) -> None:
    answer = ada.submit(ada.get("/notes"), {"text": "water the llamas"})
    assert (answer.status_int, answer.location) == (303, "http://localhost/notes")
    assert "water the llamas" in answer.follow().html.main.ul.text
    grace = Browser(TestApp(host))
    grace.sign_up(email="grace@example.com", first_name="Grace")
    assert "llamas" not in grace.get("/notes").text


def test_form_shows_its_errors(ada: Browser) -> None:
    answer = ada.submit(ada.get("/notes"), {"text": "  "})
    assert answer.status_int == 422
    assert answer.html.find(id="text-error").text == "Write something."


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "same-origin"}])
def test_form_without_csrf_token_is_refused(ada: Browser, headers: dict[str, str]) -> None:
    answer = ada.app.post("/notes", {"text": "planted"}, headers=headers, expect_errors=True)
    assert answer.status_int == 403
    assert "planted" not in ada.get("/notes").text


def test_key_page_requires_reauthentication_and_keeps_input(
    ada: Browser, dbsession: Session
) -> None:
    assert ada.submit(ada.get("/keys"), {"name": "first"}).text == "made first"
    page = ada.get("/keys")
    long_ago = sa.update(UserSession).values(authenticated_at=utc_now() - timedelta(minutes=10))
    dbsession.execute(long_ago)
    dbsession.commit()
    assert ada.get("/keys").location == "http://localhost/confirm-password?next=%2Fkeys"
    prompt = ada.submit(page, {"name": "second"})
    assert prompt.status_int == 403
    answer = ada.submit(prompt, {"current_password": PASSWORD})
    assert (answer.status_int, answer.location) == (307, "http://localhost/keys")
    again = ada.app.post("/keys", answer.request.body, headers={"Sec-Fetch-Site": "same-origin"})
    assert again.text == "made second"


def test_documented_ini_file_works(
    myapp: ModuleType,
    folder: Path,
    tmp_path: Path,
) -> None:
    ini = configparser.RawConfigParser()
    ini.read(ROOT / "development.ini", "utf-8")
    block = re.search(r"^```ini\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert block
    ini.read_string(block[1])
    with (tmp_path / "myapp.ini").open("w", encoding="utf-8") as file:
        ini.write(file)
    listed = [line.split() for line in run("urls", str(tmp_path / "myapp.ini")).stdout.splitlines()]
    assert ["/reports", "GET", "authenticated", "myapp.reports.show"] in listed
    assert ["/notes", "POST", "authenticated", "myapp.notes.add"] in listed
    assert ["/keys", "POST", "authenticated", "myapp.keys.Keys.submit"] in listed
    assert run("migrate", str(tmp_path / "myapp.ini")).stdout.startswith("Created the tables")
