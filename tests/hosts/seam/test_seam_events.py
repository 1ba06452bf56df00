"""What a host's subscriber of account events writes commits, or not, with the account."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from pyramid.config import Configurator
from pyramid.events import NewRequest
from pyramid.request import Request

from authsite.audit.event_types import AccountEvent, EventType
from authsite.models import AuditEvent, Throttle, User
from tests.hosts.seam.host import Host, Order, add_page


def note_sign_up(event: AccountEvent) -> None:
    if event.type is EventType.SIGNED_UP:
        event.dbsession.add(Order(text=f"welcome {event.user_id}"))


def fail(event: AccountEvent) -> None:
    note_sign_up(event)
    event.dbsession.flush()
    raise RuntimeError("the subscriber failed")


def subscriber(function: Callable[[AccountEvent], None]) -> Callable[[Configurator], None]:
    return lambda config: config.add_subscriber(function, AccountEvent)


@pytest.mark.parametrize("has_dbsession", [True, False])
def test_row_of_subscriber_commits_with_account(
    build_host: Callable[..., Host], has_dbsession: bool
) -> None:
    host = build_host(after=subscriber(note_sign_up), has_dbsession=has_dbsession)
    assert host.services.uses_host_dbsession is has_dbsession
    assert host.visitor().sign_up().status_int == 303
    ((user_id,),) = host.all(sa.select(User.id))
    assert host.all(sa.select(Order.text)) == [(f"welcome {user_id}",)]


@pytest.mark.parametrize("has_dbsession", [True, False])
def test_exception_of_subscriber_undoes_account(
    build_host: Callable[..., Host], has_dbsession: bool
) -> None:
    host = build_host(after=subscriber(fail), has_dbsession=has_dbsession)
    answer = host.visitor().sign_up()
    assert answer.status_int == 500
    assert answer.html.h1.text == "Something went wrong on our side"
    assert host.all(sa.select(User.id)) == host.all(sa.select(Order.id)) == []


def test_event_has_the_dbsession_of_the_host(build_host: Callable[..., Host]) -> None:
    of_events, of_requests = [], []

    def configure(config: Configurator) -> None:
        config.add_subscriber(lambda event: of_events.append(event.dbsession), AccountEvent)
        config.add_subscriber(lambda event: of_requests.append(event.request.dbsession), NewRequest)

    build_host(after=configure).visitor().sign_up()
    assert of_events
    assert {id(each) for each in of_events} == {id(of_requests[-1])}


def test_commit_veto_of_the_host_keeps_what_pages_return(build_host: Callable[..., Host]) -> None:
    host = build_host(**{"tm.commit_veto": "pyramid_tm.default_commit_veto"})
    visitor = host.visitor()
    visitor.sign_up()
    other = host.visitor()
    assert other.sign_in("ada@example.com", "wrong password").status_int == 422
    failed = sa.select(AuditEvent.type).where(AuditEvent.type == EventType.SIGN_IN_FAILED.key)
    assert len(host.all(failed)) == 1
    assert host.all(sa.select(sa.func.count(Throttle.key)))[0][0] > 0


def test_host_without_dbsession_or_transactions(build_host: Callable[..., Host]) -> None:
    def page(config: Configurator) -> None:
        add_page(config, "/user", lambda request: request.authsite.user.email)

    host = build_host(after=page, has_dbsession=False)
    visitor = host.visitor()
    assert visitor.sign_up().status_int == 303
    assert visitor.get("/user").text == "ada@example.com"


def test_host_page_writes_and_reads_in_one_transaction(build_host: Callable[..., Host]) -> None:
    """A page of the host uses `request.authsite.work` and its own dbsession together."""

    def rename(request: Request) -> str:
        request.authsite.user.first_name = request.params["name"]
        request.dbsession.add(Order(text="renamed"))
        assert request.authsite.dbsession is request.dbsession
        return "done"

    host = build_host(after=lambda config: add_page(config, "/rename", rename))
    visitor = host.visitor()
    visitor.sign_up()
    visitor.get("/rename?name=Augusta")
    assert host.all(sa.select(User.first_name)) == [("Augusta",)]
    assert host.all(sa.select(Order.text)) == [("renamed",)]
