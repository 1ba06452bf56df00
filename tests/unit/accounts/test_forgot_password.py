"""Requesting a password reset: the same is done for known and unknown email addresses."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.accounts.email_links import Purpose, issue_link
from authsite.accounts.forgot_password import request_password_reset, send_password_reset
from authsite.email_addresses import parse_email_address
from authsite.http.client import Client
from authsite.models import EmailLink, OutboxMessage, User
from authsite.throttling.throttles import RateLimited
from tests.factories import NOW, a_user, some_noise, throttles_for
from tests.mailbox import content_of
from tests.unit.accounts.links import active_link, is_active, token_in

HOUR = timedelta(hours=1)
ADA, EVE = "Ada@example.com", "eve@example.net"


@pytest.fixture
def ada(dbsession) -> User:
    """A user with a verified address, and other users."""
    some_noise(dbsession)
    return a_user(dbsession, email=ADA, first_name="Ada", email_verified_at=NOW)


def request(work, email: str) -> None:
    """Request a reset link."""
    request_password_reset(work, parse_email_address(email))
    work.dbsession.commit()


def ask(work, email: str) -> OutboxMessage:
    """Request a reset link; return the email that is sent."""
    dbsession = work.dbsession
    before = set(dbsession.scalars(sa.select(OutboxMessage.id)))
    dbsession.commit()
    request(work, email)
    [message] = dbsession.scalars(sa.select(OutboxMessage).where(OutboxMessage.id.not_in(before)))
    return message


def test_reset_link_goes_to_the_address_of_the_account(begin, work, ada):
    message = ask(work, "ADA@EXAMPLE.COM")
    assert (message.template, message.recipient, message.user_id) == ("reset_password", ADA, ada.id)
    token = token_in(content_of(message).text, "reset-password")
    link = active_link(work, token, Purpose.RESET_PASSWORD)
    assert (link.user_id, link.email, link.expires_at) == (ada.id, ADA, NOW + HOUR)
    assert link.is_for_current_email
    assert not is_active(begin(now=NOW + HOUR), token, Purpose.RESET_PASSWORD)


@pytest.mark.asvs("6.3.8")
def test_reset_of_an_unknown_address_stores_no_link(dbsession, work, ada):
    message = ask(work, EVE)
    assert (message.template, message.recipient, message.user_id) == ("no_account", EVE, None)
    assert dbsession.scalars(sa.select(EmailLink)).all() == []


def test_operator_can_send_a_reset_link(dbsession, work, ada):
    send_password_reset(work, ada)
    [message] = dbsession.scalars(sa.select(OutboxMessage))
    assert (message.template, message.recipient, message.user_id) == ("reset_password", ADA, ada.id)
    token = token_in(content_of(message).text, "reset-password")
    assert active_link(work, token, Purpose.RESET_PASSWORD).user_id == ada.id


def test_newer_reset_link_revokes_the_older_only(dbsession, work, ada):
    others = [
        issue_link(work, ada, purpose) for purpose in (Purpose.SECURE_ACCOUNT, Purpose.VERIFY_EMAIL)
    ]
    tokens = [token_in(content_of(ask(work, ADA)).text, "reset-password") for _ in range(2)]
    left = set(dbsession.scalars(sa.select(EmailLink.digest)))
    assert left == {each.digest for each in (tokens[1], *others)}


@pytest.mark.parametrize(("verified_at", "greeting"), [(NOW, "Hello Ada,"), (None, "Hello,")])
def test_reset_email_has_the_name_if_verified(work, ada, verified_at, greeting):
    ada.email_verified_at = verified_at
    message = ask(work, ADA)
    assert content_of(message).text.startswith(f"{greeting}\n")
    assert f"<p>{greeting}</p>" in content_of(message).html


@pytest.mark.asvs("6.3.1", "6.3.8")
@pytest.mark.parametrize("email", [ADA, EVE])
def test_reset_requests_of_an_address_are_limited(services, begin, ada, email):
    throttles = throttles_for(services, email_recipient="1/1h")

    def ask_from(network):
        ask(begin(throttles=throttles, client=Client(network, network, None)), email)

    ask_from("192.0.2.1")
    with pytest.raises(RateLimited) as throttled:
        ask_from("192.0.2.2")
    assert throttled.value.limit == "email_recipient"


@pytest.mark.asvs("6.3.1", "6.3.8")
@pytest.mark.parametrize("email", [ADA, EVE])
def test_reset_requests_of_a_network_are_limited(dbsession, services, begin, ada, email):
    work = begin(throttles=throttles_for(services, email_network="2/1h"))
    for each in ("grace@example.com", "alan@example.com"):
        ask(work, each)
    with pytest.raises(RateLimited) as throttled:
        ask(work, email)
    assert throttled.value.limit == "email_network"
    assert dbsession.scalar(sa.select(sa.func.count()).select_from(OutboxMessage)) == 2


@pytest.mark.asvs("6.3.8")
def test_reset_executes_the_same_for_unknown_addresses(dbsession, work, ada):
    """Otherwise the time would reveal accounts; only the values and results differ."""
    executed = {ADA: [], EVE: []}
    engine = dbsession.get_bind()
    for email, statements in executed.items():

        def note(_connection, _cursor, statement, *_rest, to=statements):
            to.append(statement)

        sa.event.listen(engine, "before_cursor_execute", note)
        request(work, email)
        sa.event.remove(engine, "before_cursor_execute", note)
    assert executed[ADA] == executed[EVE]
    assert sum(each.startswith("INSERT INTO authsite_email_link") for each in executed[EVE]) == 1
