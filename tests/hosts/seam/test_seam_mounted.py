"""A host below another application, whose transaction is not that of a test."""

from collections.abc import Callable
from typing import Any

from transaction import TransactionManager
from webtest import TestApp

from tests.hosts.seam.host import Host, Visitor


def test_wrong_passwords_are_counted_whatever_the_outer_application_undoes(
    build_host: Callable[..., Host],
) -> None:
    """An outer pyramid_tm marks the environ as tests do; its veto aborts after a 422."""
    host = build_host(has_dbsession=False)

    def outer(environ: dict[str, Any], start_response: Any) -> Any:
        manager = TransactionManager(explicit=True)
        manager.begin()
        del environ["paste.testing"]
        environ |= {"tm.active": True, "tm.manager": manager}
        body = host.router(environ, start_response)
        manager.abort()
        return body

    host.visitor().sign_up()
    visitor = Visitor(TestApp(outer))
    answers = [visitor.sign_in(password="not the password") for _ in range(12)]
    assert [answer.status_int for answer in answers] == [422] * 10 + [429] * 2
