"""A database of a host that is busy, and pyramid_debugtoolbar, which keeps what requests used."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
import sqlalchemy as sa
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPForbidden

from authsite.models import User
from authsite.security import identity_of
from tests.hosts.seam.host import Host, Order, add_page


def add_order(request: Any) -> str:
    request.dbsession.add(Order(text="tea"))
    return "ordered"


def with_debugtoolbar(config: Configurator) -> None:
    """Add the toolbar and the pages of a host, as the cookiecutter does in development."""

    def account(request: Any) -> str:
        if identity_of(request) is None:
            raise HTTPForbidden
        return add_order(request)

    config.include("pyramid_debugtoolbar")
    config.add_forbidden_view("authsite.send_to_sign_in")
    add_page(config, "/account", account)
    add_page(config, "/order", add_order, request_method="POST")


def test_busy_database_is_unavailable(build_host: Callable[..., Host]) -> None:
    host = build_host()
    sa.event.listen(host.engine, "checkout", wait_briefly)
    host.visitor().sign_up()
    with closing(sqlite3.connect(host.engine.url.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert host.visitor().sign_in().status_int == 503
        assert host.visitor().sign_up(email="grace@example.com").status_int == 503
        other.execute("ROLLBACK")
    assert host.visitor().sign_in().status_int == 303
    assert host.all(sa.select(sa.func.count(User.id))) == [(1,)]


def wait_briefly(connection: sqlite3.Connection, *_rest: object) -> None:
    connection.execute("PRAGMA busy_timeout = 1")


def test_page_that_meets_another_writer_is_attempted_again(
    build_host: Callable[..., Host],
) -> None:
    host = build_host()
    host.visitor().sign_up()
    attempts = []

    def meet(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("INSERT INTO authsite_session"):
            attempts.append(statement)
            if len(attempts) == 1:
                raise snapshot_is_old(statement)

    sa.event.listen(host.engine, "before_cursor_execute", meet)
    assert host.visitor().sign_in().status_int == 303
    assert len(attempts) == 2


def snapshot_is_old(statement: str) -> sa.exc.OperationalError:
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = sqlite3.SQLITE_BUSY_SNAPSHOT
    return sa.exc.OperationalError(statement, {}, error)


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_debugtoolbar_leaves_no_lock(build_host: Callable[..., Host], mode: str) -> None:
    host = build_host(after=with_debugtoolbar)
    with host.engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA journal_mode={mode}")
    visitor = host.visitor(REMOTE_ADDR="127.0.0.1")
    assert visitor.sign_up().status_int == 303
    for _ in range(2):
        sign_out = visitor.get("/accounts/dashboard").forms[0]
        assert sign_out.submit(headers={"Sec-Fetch-Site": "same-origin"}).status_int == 303
        assert visitor.get("/account").status_int == 303
        write_beside(host)
        assert visitor.app.post("/order").text == "ordered"
        assert visitor.sign_in().status_int == 303
        write_beside(host)
        assert visitor.get("/account").text.startswith("ordered")
    assert host.all(sa.select(sa.func.count(Order.id))) == [(8,)]


def write_beside(host: Host) -> None:
    """Write on a connection that no request has used."""
    engine = sa.create_engine(host.engine.url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.insert(Order.__table__).values(text="milk"))


def test_cookies_have_names_of_authsite(build_host: Callable[..., Host]) -> None:
    visitor = build_host().visitor()
    visitor.sign_up()
    visitor.get("/accounts/dashboard").forms[0].submit(headers={"Sec-Fetch-Site": "same-origin"})
    visitor.sign_in()
    assert all(name.startswith("authsite_") for name in visitor.app.cookies)
    assert visitor.cookie
