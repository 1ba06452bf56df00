"""Forgetting a password: what is written, to whom, and that nobody's account costs the same."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.accounts.email_links import Purpose, find_link, issue_link
from authsite.accounts.forgot_password import request_password_reset
from authsite.email_addresses import parse_email_address
from authsite.models import EmailLink, OutboxMessage, User
from authsite.throttling.throttles import RateLimited
from authsite.tokens import LinkToken
from tests.factories import NOW, a_user, an_audit_log, an_outbox, some_noise, throttles_for

HOUR = timedelta(hours=1)
ADA, EVE = "Ada@example.com", "eve@example.net"


@pytest.fixture
def ada(dbsession) -> User:
    """One person among others."""
    some_noise(dbsession)
    return a_user(dbsession, email=ADA, first_name="Ada", email_verified_at=NOW)


def forget(services, dbsession, email: str, *, network="192.0.2.1", **limits: str) -> None:
    """Ask for a link."""
    request_password_reset(
        dbsession,
        parse_email_address(email),
        throttles=throttles_for(services, **limits),
        audit=an_audit_log(),
        outbox=an_outbox(),
        reset_link_lifetime=HOUR,
        network=network,
        now=NOW,
    )
    dbsession.commit()


def ask(services, dbsession, email: str, **values: str) -> OutboxMessage:
    """Ask for a link; return what was written."""
    before = set(dbsession.scalars(sa.select(OutboxMessage.id)))
    dbsession.commit()
    forget(services, dbsession, email, **values)
    [message] = dbsession.scalars(sa.select(OutboxMessage).where(OutboxMessage.id.not_in(before)))
    return message


def token_in(message: OutboxMessage) -> LinkToken:
    """Return what the link in the mail carries."""
    rest = message.text.partition("https://site.example/reset-password/")[2]
    return LinkToken.parse(rest.split()[0])


def test_the_owner_gets_a_link_for_an_hour_at_the_address_that_they_typed(services, dbsession, ada):
    message = ask(services, dbsession, "ADA@EXAMPLE.COM")
    assert (message.template, message.recipient, message.user_id) == ("reset_password", ADA, ada.id)
    token = token_in(message)
    link = find_link(dbsession, token, purpose=Purpose.RESET_PASSWORD, now=NOW)
    assert (link.user_id, link.email, link.expires_at) == (ada.id, ADA, NOW + HOUR)
    assert link.is_for_present_address
    assert find_link(dbsession, token, purpose=Purpose.RESET_PASSWORD, now=NOW + HOUR) is None


@pytest.mark.asvs("6.3.8")
def test_for_nobody_no_link_is_kept(services, dbsession, ada):
    message = ask(services, dbsession, EVE)
    assert (message.template, message.recipient, message.user_id) == ("no_account", EVE, None)
    assert dbsession.scalars(sa.select(EmailLink)).all() == []


def test_a_newer_link_makes_an_older_one_void_and_no_other(services, dbsession, ada):
    words = {"email": ADA, "email_normalized": ADA.lower(), "lifetime": HOUR, "now": NOW}
    others = [
        issue_link(dbsession, ada, purpose, **words)
        for purpose in (Purpose.SECURE_ACCOUNT, Purpose.VERIFY_EMAIL)
    ]
    tokens = [token_in(ask(services, dbsession, ADA)) for _ in range(2)]
    alive = set(dbsession.scalars(sa.select(EmailLink.digest)))
    assert alive == {each.digest for each in (tokens[1], *others)}


@pytest.mark.parametrize(("verified_at", "greeting"), [(NOW, "Hello Ada,"), (None, "Hello,")])
def test_a_name_is_used_when_the_address_is_proven(services, dbsession, ada, verified_at, greeting):
    ada.email_verified_at = verified_at
    message = ask(services, dbsession, ADA)
    assert message.text.startswith(f"{greeting}\n")
    assert f"<p>{greeting}</p>" in message.html


@pytest.mark.asvs("6.3.1", "6.3.8")
@pytest.mark.parametrize("email", [ADA, EVE])
def test_known_and_unknown_addresses_count_alike(services, dbsession, ada, email):
    for count, kind, network in ((1, "mail_address", None), (2, "mail_network", "192.0.2.1")):
        for n in range(count):
            name = email if kind == "mail_address" else f"{n}{email}"
            ask(
                services,
                dbsession,
                name,
                network=network or f"192.0.2.{n}",
                **{kind: f"{count}/1h"},
            )
        with pytest.raises(RateLimited) as held_up:
            ask(services, dbsession, email, network=network or "192.0.2.9", **{kind: f"{count}/1h"})
        assert held_up.value.limit == kind
    count = sa.select(sa.func.count()).select_from(OutboxMessage)
    assert dbsession.scalar(count) == 3


@pytest.mark.asvs("6.3.8")
def test_the_same_statements_are_made_for_everybody(services, dbsession, ada):
    """So that nobody learns from the time; only the values differ, and what they find."""
    made = {ADA: [], EVE: []}
    engine = dbsession.get_bind()
    for email, statements in made.items():

        def note(_connection, _cursor, statement, *_rest, to=statements):
            to.append(statement)

        sa.event.listen(engine, "before_cursor_execute", note)
        forget(services, dbsession, email)
        sa.event.remove(engine, "before_cursor_execute", note)
    assert made[ADA] == made[EVE]
    assert sum(each.startswith("INSERT INTO authsite_email_link") for each in made[EVE]) == 1
