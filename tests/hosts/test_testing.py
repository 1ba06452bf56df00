"""`authsite.testing`, with and without the fixtures of the official cookiecutter."""

import importlib
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import plaster
import pytest
import transaction
from webtest import TestApp

from authsite.accounts.users import EmailTaken
from authsite.models import User
from authsite.testing import (
    BROWSER,
    PASSWORD,
    as_browser,
    create_user,
    migrate,
    sign_in,
    without_workers,
)
from authsite.testing.fixtures import signed_in_user, user  # noqa: F401 - fixtures
from tests.conftest import ROOT
from tests.hosts.conftest import EXAMPLES, in_shell, release
from tests.hosts.conftest import migrate as migrate_all
from tests.hosts.visitor import Visitor
from tests.hosts.walkthrough import changes


@pytest.fixture(params=["in the transaction of the test", "committed"])
def testapp(
    request: pytest.FixtureRequest,
    copied: Callable[[Path], Path],
    use_backend: Callable[[Path, str], None],
    backend: str,
) -> Iterator[TestApp]:
    without_workers()
    ini = copied(EXAMPLES / "cookiecutter") / "orders.ini"
    use_backend(ini, backend)
    settings = plaster.get_settings(str(ini), "app:main")
    migrate(settings["sqlalchemy.url"])
    migrate_all(ini)
    application = importlib.import_module("orders").main({}, **settings)
    manager = transaction.TransactionManager(explicit=True)
    environ = {"HTTP_HOST": "localhost:6543"}
    if request.param != "committed":
        manager.begin()
        manager.doom()
        models = importlib.import_module("orders.models")
        dbsession = models.get_tm_session(application.registry["dbsession_factory"], manager)
        environ |= {"tm.active": True, "tm.manager": manager, "app.dbsession": dbsession}
    yield TestApp(application, extra_environ=environ)
    if request.param != "committed":
        manager.abort()
    release(application.registry)


def test_created_user_signs_in_by_the_form(testapp: TestApp) -> None:
    create_user(testapp)
    form = testapp.get("/accounts/sign-in").forms[0]
    form["email"], form["password"] = "ada@example.com", PASSWORD
    assert form.submit(headers=BROWSER, status=303).location.endswith("/orders")
    with pytest.raises(EmailTaken):
        create_user(testapp)


def test_user_is_signed_in_without_the_form(testapp: TestApp) -> None:
    grace = create_user(testapp, email="grace@example.com", first_name="Grace")
    assert testapp.get("/accounts/dashboard").status_int == 303
    sign_in(testapp, grace)
    assert testapp.get("/accounts/dashboard").html.main.h1.text == "Hello, Grace"
    assert testapp.get("/orders").status_int == 200


def test_fixture_signs_in(testapp: TestApp, signed_in_user: User) -> None:  # noqa: F811
    page = testapp.get("/accounts/dashboard")
    assert page.html.main.h1.text == f"Hello, {signed_in_user.first_name}"


def test_nothing_is_left_after_the_test(testapp: TestApp) -> None:
    manager = testapp.extra_environ.get("tm.manager")
    create_user(testapp)
    if manager:
        manager.abort()
        manager.begin()
        create_user(testapp)
    else:
        with pytest.raises(EmailTaken):
            create_user(testapp)


def test_deleted_user_cannot_be_signed_in(testapp: TestApp) -> None:
    ada = create_user(testapp)
    ada.email = "other@example.com"
    with pytest.raises(ValueError, match="deleted"):
        sign_in(testapp, ada)


def test_tests_of_the_docs_pass(copied: Callable[[Path], Path]) -> None:
    folder = copied(EXAMPLES / "cookiecutter")
    page = (ROOT / "docs" / "testing.md").read_text("utf-8")
    files = re.findall(r"^`(\S+)`\n\n```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert [name for name, _ in files] == ["conftest.py", "test_orders.py"]
    for name, text in files:
        (folder / name).write_text(text, "utf-8")
    quiet = ("-q", "-p", "no:cacheprovider", "-p", "no:randomly")
    assert "4 passed" in in_shell(folder / "orders.ini", sys.executable, "-m", "pytest", *quiet)


def test_requests_are_those_of_a_browser_at_the_site(testapp: TestApp) -> None:
    testapp.extra_environ["HTTP_HOST"] = "example.com"
    assert testapp.get("/accounts/sign-in", status=400)
    as_browser(testapp)
    create_user(testapp)
    form = testapp.get("/accounts/sign-in").forms[0]
    form["email"], form["password"] = "ada@example.com", PASSWORD
    assert form.submit(status=303).location == "http://localhost:6543/orders"


def test_settings_of_the_page_for_tests_start(
    copied: Callable[[Path], Path], start_host: Callable[[Path], Visitor]
) -> None:
    (change,) = changes("Its tests")
    ini = copied(EXAMPLES / "cookiecutter") / "orders.ini"
    lines = ini.read_text("utf-8").splitlines(keepends=True)
    others = "".join(line for line in lines if not line.startswith("authsite."))
    ini.write_text(others.replace(change.before, change.after), "utf-8")
    app = start_host(ini).app
    assert app.get("/accounts/", headers={"Host": "example.com"}, status="*").status_int != 400
