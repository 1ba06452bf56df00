"""The example `tokens`: a session for browsers, a bearer token for programs."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from webtest import TestApp

from tests.hosts.conftest import in_shell
from tests.hosts.visitor import HOST, Visitor


@pytest.fixture
def visitor(open_host: Callable[..., Visitor], backend: str) -> Visitor:
    """A browser at the application, on each database."""
    return open_host("tokens", backend)


@pytest.fixture
def program(visitor: Visitor) -> TestApp:
    """A program without cookies."""
    return TestApp(visitor.application, extra_environ={"HTTP_HOST": HOST})


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_program_uses_the_token_of_a_user(visitor: Visitor, program: TestApp) -> None:
    assert visitor.get("/tokens").location.endswith("/accounts/sign-in?next=%2Ftokens")
    visitor.sign_up()
    token = visitor.submit(visitor.get("/tokens"), {}).html.code.text
    assert token not in visitor.get("/tokens").text
    program.post("/api/notes", b"buy milk", headers=bearer(token))
    assert program.get("/api/notes", headers=bearer(token)).json == {"notes": ["buy milk"]}
    visitor.sign_out()
    assert program.get("/api/notes", headers=bearer(token)).json == {"notes": ["buy milk"]}


def test_session_does_not_open_the_api(visitor: Visitor, program: TestApp) -> None:
    visitor.sign_up()
    for app in (visitor.app, program):
        refused = app.post("/api/notes", b"x", expect_errors=True)
        assert (refused.status_int, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    wrong = program.get("/api/notes", headers=bearer("wrong"), expect_errors=True)
    assert wrong.status_int == 401


def test_token_opens_no_page(visitor: Visitor, program: TestApp) -> None:
    visitor.sign_up()
    token = visitor.submit(visitor.get("/tokens"), {}).html.code.text
    assert program.get("/tokens", headers=bearer(token)).status_int == 303
    assert program.get("/accounts/account", headers=bearer(token)).status_int == 303


def test_token_of_a_suspended_user_is_refused(visitor: Visitor, program: TestApp) -> None:
    visitor.sign_up()
    token = visitor.submit(visitor.get("/tokens"), {}).html.code.text
    authsite = str(Path(sys.executable).with_name("authsite"))
    command = ("user", "suspend", visitor.ini.name, "ada@example.com", "--reason", "spam")
    in_shell(visitor.ini, authsite, *command)
    refused = program.get("/api/notes", headers=bearer(token), expect_errors=True)
    assert refused.status_int == 401
