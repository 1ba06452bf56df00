"""Hosts ask authsite who makes a request."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from pyramid.authorization import Allow
from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.security import Allowed

from authsite.models import User
from authsite.security import SecurityPolicy, identity_of
from tests.hosts.seam.host import Host, Visitor, add_page


class OwnPolicy:
    """A policy of a host whose identity is of its own class."""

    def identity(self, request: Request) -> Any:
        identity = identity_of(request)
        return None if identity is None else ("user", identity.user_id, identity.email)

    def authenticated_userid(self, request: Request) -> Any:
        return request.identity and request.identity[1]

    def permits(self, request: Request, _context: Any, _permission: str) -> Any:
        return Allowed("") if request.identity else None

    def remember(self, *_arguments: Any) -> Any:
        raise NotImplementedError

    forget = remember


def who(request: Request) -> str:
    return f"{request.identity}"


def add_pages(config: Configurator) -> None:
    add_page(config, "/who", who)
    add_page(config, "/plain", lambda _request: "plain")
    add_page(config, "/members", who, permission="authenticated")
    add_page(config, "/other", who, permission="other")


@contextmanager
def counted_queries(host: Host) -> Iterator[list[str]]:
    """Yield a list that grows by the statements on the host's engine."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    sa.event.listen(host.engine, "before_cursor_execute", note)
    yield statements
    sa.event.remove(host.engine, "before_cursor_execute", note)


@pytest.fixture
def own_policy_host(build_host: Callable[..., Host]) -> Host:
    """A host with a policy of its own, and pyramid_tm, which asks for the identity as well."""

    def configure(config: Configurator) -> None:
        config.set_security_policy(OwnPolicy())
        add_pages(config)

    return build_host(after=configure)


def test_policy_of_host_gets_the_identity(own_policy_host: Host) -> None:
    visitor = own_policy_host.visitor()
    assert visitor.get("/who").text == "None"
    visitor.sign_up()
    ((user_id,),) = own_policy_host.all(sa.select(User.id))
    assert visitor.get("/who").text == f"('user', '{user_id}', 'ada@example.com')"
    assert "ada@example.com" in visitor.get("/accounts/account").text
    assert visitor.get("/accounts/account/history").status_int == 200


def test_identity_takes_one_query_per_request(own_policy_host: Host) -> None:
    visitor = own_policy_host.visitor()
    visitor.sign_up()
    for path in ("/who", "/members", "/plain"):
        with counted_queries(own_policy_host) as statements:
            visitor.get(path)
        assert len(statements) == 1  # asked by pyramid_tm, the policy and the page
    with counted_queries(own_policy_host) as statements:
        own_policy_host.visitor().get("/who")
    assert statements == []


def test_cookie_is_not_looked_at_by_other_pages(build_host: Callable[..., Host]) -> None:
    host = build_host(after=add_pages, **{"tm.annotate_user": "false"})
    visitor = host.visitor()
    visitor.sign_up()
    with counted_queries(host) as statements:
        visitor.get("/plain")
    assert statements == []


def test_unavailable_database_is_no_identity_on_host_pages(
    own_policy_host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    visitor = own_policy_host.visitor()
    visitor.sign_up()
    with own_policy_host.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE authsite_session RENAME TO lost")
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            assert visitor.get("/who").text == "None"
            assert visitor.get("/plain").text == "plain"
    (line,) = caplog.messages
    assert line == "sys_identity_unavailable: no such table: authsite_session"
    answer = visitor.get("/accounts/account", status=503)
    assert answer.html.h1.text == "We'll be right back"
    with own_policy_host.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE lost RENAME TO authsite_session")
    assert "ada@example.com" in visitor.get("/who").text


class Documents:
    """A root of a host with ACLs: one of them names a principal that the host adds."""

    __acl__ = (
        (Allow, "role:editor", "other"),
        (Allow, "system.Authenticated", "authenticated"),
    )

    def __init__(self, _request: Request) -> None:
        pass


def see(visitor: Visitor, path: str) -> int:
    status: int = visitor.get(path, expect_errors=True).status_int
    return status


def test_policy_of_authsite_applies_without_one_of_the_host(
    build_host: Callable[..., Host],
) -> None:
    visitor = build_host(after=add_pages).visitor()
    assert visitor.get("/who").text == "None"
    assert (see(visitor, "/members"), see(visitor, "/other")) == (403, 403)
    visitor.sign_up()
    assert "email='ada@example.com'" in visitor.get("/who").text
    assert (see(visitor, "/members"), see(visitor, "/other")) == (200, 403)


def test_acls_of_the_host_decide_about_its_pages(build_host: Callable[..., Host]) -> None:
    def configure(config: Configurator) -> None:
        config.set_root_factory(Documents)
        add_pages(config)

    visitor = build_host(before=configure).visitor()
    assert see(visitor, "/members") == 403
    visitor.sign_up()
    assert (see(visitor, "/members"), see(visitor, "/other")) == (200, 403)


def test_host_adds_principals(build_host: Callable[..., Host]) -> None:
    asked = []

    def principals(request: Request) -> list[str]:
        asked.append(request.path)
        return ["role:editor", "administrator", "user:other"]

    def configure(config: Configurator) -> None:
        config.set_root_factory(Documents)
        config.set_authsite_principals(principals)
        add_pages(config)

    visitor = build_host(after=configure).visitor()
    assert see(visitor, "/other") == 403
    assert asked == []
    visitor.sign_up()
    assert see(visitor, "/other") == 200
    assert see(visitor, "/accounts/admin") in (403, 404)
    assert set(asked) == {"/other", "/accounts/admin"}


def test_policy_of_authsite_leaves_signing_in_to_its_pages(
    build_host: Callable[..., Host],
) -> None:
    def sign_out(request: Request) -> Any:
        request.response.headerlist.extend(SecurityPolicy().forget(request))
        return request.response

    def user_id(request: Request) -> str:
        return f"{request.authenticated_userid}"

    def configure(config: Configurator) -> None:
        add_page(config, "/leave", sign_out, require_csrf=False)
        add_page(config, "/user", user_id)

    host = build_host(after=configure)
    visitor = host.visitor()
    visitor.sign_up()
    assert visitor.get("/user").text == host.all(sa.select(User.id))[0][0]
    visitor.app.post("/leave")
    assert not visitor.is_signed_in
    with pytest.raises(TypeError, match="complete_sign_in"):
        SecurityPolicy().remember(None, "ada")
