"""docs/add-authsite.md: its changes fit the applications, are few, and the result works."""

from collections.abc import Callable
from pathlib import Path

import alembic.command
import alembic.config
import pytest
import sqlalchemy as sa
from pyramid.paster import get_appsettings

from tests.hosts.conftest import forget_modules
from tests.hosts.visitor import HOME, Visitor
from tests.hosts.walkthrough import added_lines, apply_changes
from tests.shell import run

COOKIECUTTER = "An application of the cookiecutter"
WIKI2 = "An application with users and roles: wiki2"
MOST_PYTHON = 15
MOST_INI = 5
BEFORE = Path(__file__).parent / "before"


@pytest.fixture
def before(
    copied: Callable[[Path], Path], use_backend: Callable[[Path, str], None], backend: str
) -> Callable[[str], Path]:
    """Return a function for the ini file of an application without authsite, with its tables."""

    def prepare(name: str) -> Path:
        ini = copied(BEFORE / name) / "development.ini"
        use_backend(ini, backend)
        autogenerate(ini)
        return ini

    return prepare


def adopt(section: str, ini: Path) -> None:
    """Do what the section says; the migrations drop no table of authsite."""
    apply_changes(section, ini.parent)
    forget_modules(ini.parent)
    run("migrate", str(ini))
    autogenerate(ini)


def autogenerate(ini: Path) -> None:
    """Write the next migration of the application from its models, and run it."""
    config = alembic.config.Config(str(ini))
    alembic.command.revision(config, "next", autogenerate=True)
    alembic.command.upgrade(config, "head")


@pytest.mark.parametrize("section", [COOKIECUTTER, WIKI2])
def test_few_lines_add_authsite(section: str) -> None:
    assert 0 < added_lines(section, ".py") <= MOST_PYTHON
    assert 0 < added_lines(section, ".ini") <= MOST_INI


def test_applications_work_without_authsite(
    before: Callable[[str], Path], start_host: Callable[[Path], Visitor]
) -> None:
    assert start_host(before("cookiecutter")).get("/").html.h1.text == "Articles"
    assert start_host(before("wiki2")).get("/add_page/Tea").location == f"{HOME}/login"


def test_cookiecutter_with_authsite(
    before: Callable[[str], Path], start_host: Callable[[Path], Visitor]
) -> None:
    ini = before("cookiecutter")
    adopt(COOKIECUTTER, ini)
    visitor = start_host(ini)
    assert visitor.get("/members").location == f"{HOME}/accounts/sign-in?next=%2Fmembers"
    assert visitor.sign_up().location == f"{HOME}/members"
    assert visitor.get("/members").text == "Hello Ada"
    assert "ada@example.com" in visitor.get("/").text
    assert visitor.sign_out().status_int == 303
    assert visitor.get("/members").status_int == 303
    assert "Sign in" in visitor.get("/").text


def test_wiki2_with_authsite(
    before: Callable[[str], Path], start_host: Callable[[Path], Visitor]
) -> None:
    ini = before("wiki2")
    adopt(WIKI2, ini)
    visitor = start_host(ini)
    form = visitor.get("/add_page/Tea").follow()
    assert visitor.submit(form, {"email": "ada@example.com", "password": "x"}).status_int == 422
    assert visitor.sign_up().location == f"{HOME}/"
    page = visitor.submit(visitor.get("/add_page/Tea"), {"body": "hot"}).follow()
    assert page.html.main.text.strip() == "hot"
    assert "Ada Lovelace" in page.text

    other = visitor.another()
    other.sign_up(email="grace@example.com")
    assert other.get("/Tea/edit_page", expect_errors=True).status_int == 403
    make_editors(visitor)
    assert other.submit(other.get("/Tea/edit_page"), {"body": "cold"}).follow().html.main.p

    assert visitor.sign_out().status_int == 303
    form = visitor.get("/Tea/edit_page").location
    assert visitor.sign_in(at=form).location == f"{HOME}/Tea/edit_page"
    page = visitor.submit(visitor.get("/Tea/edit_page"), {"body": "mild"}).follow()
    assert page.html.main.text.strip() == "mild"
    assert "_debug_toolbar" in page.text  # as in development: it keeps requests and their identity


def test_sign_out_leaves_no_snapshot(
    before: Callable[[str], Path], start_host: Callable[[Path], Visitor]
) -> None:
    """The debug toolbar keeps cursors; one that is not read to its end keeps SQLite's snapshot.

    Its connection could not write once another one has (SQLITE_BUSY_SNAPSHOT).
    """
    ini = before("wiki2")
    adopt(WIKI2, ini)
    visitor = start_host(ini)
    visitor.sign_up()
    assert visitor.sign_out().status_int == 303
    engine = sa.create_engine(get_appsettings(str(ini))["sqlalchemy.url"], poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE users SET role = 'editor'"))
    assert visitor.sign_in().location == f"{HOME}/"


def make_editors(visitor: Visitor) -> None:
    """Give all users of the wiki the other role of the tutorial."""
    dbsession_factory = visitor.application.registry["dbsession_factory"]
    with dbsession_factory.begin() as dbsession:
        dbsession.execute(sa.text("UPDATE users SET role = 'editor'"))
