"""Choosing a password by a link: whose it is, and who has nothing any more."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from authsite.accounts.email_links import InvalidLink, Purpose, find_link, issue_link
from authsite.accounts.new_password import WeakPassword
from authsite.accounts.reset_password import reset_password
from authsite.models import EmailLink, OutboxMessage, User, UserSession
from authsite.throttling.throttles import RateLimited
from authsite.tokens import LinkToken
from tests.factories import (
    NOW,
    a_hasher,
    a_policy,
    a_session,
    a_user,
    an_audit_log,
    an_outbox,
    some_noise,
    throttles_for,
)

HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)
ADA = "Ada@example.com"
PASSWORD = "eleven blue otters sing"
HASHER = a_hasher()


@pytest.fixture
def ada(dbsession) -> User:
    """One person, signed in twice, among others."""
    some_noise(dbsession)
    ada = a_user(dbsession, email=ADA, first_name="Ada")
    a_session(dbsession, ada)
    a_session(dbsession, ada)
    return ada


@pytest.fixture
def token(dbsession, ada) -> LinkToken:
    """What the link carries that was sent to Ada."""
    return a_link(dbsession, ada, Purpose.RESET_PASSWORD)


def a_link(dbsession, user: User, purpose: Purpose) -> LinkToken:
    words = {
        "email": user.email,
        "email_normalized": user.email_normalized,
        "lifetime": HOUR,
        "now": NOW,
    }
    token = issue_link(dbsession, user, purpose, **words)
    dbsession.commit()
    return token


def watch(dbsession, token: LinkToken):
    link = find_link(dbsession, token, purpose=Purpose.RESET_PASSWORD, now=NOW)
    dbsession.commit()
    return link


def reset(services, dbsession, token: LinkToken, *, password: str = PASSWORD, **values: Any):
    """Choose a password by the link, as it is now or as the values say; return what is returned."""
    rest = {
        "throttles": throttles_for(services),
        "hasher": HASHER,
        "policy": a_policy(),
        "network": "192.0.2.1",
        "link": values["link"] if "link" in values else watch(dbsession, token),
    }
    return reset_password(
        dbsession,
        token,
        audit=an_audit_log(),
        outbox=an_outbox(),
        password=password,
        revert_lifetime=WEEK,
        now=NOW,
        **rest | values,
    )


def owners(dbsession, model) -> set[str]:
    return set(dbsession.scalars(sa.select(model.user_id)))


@pytest.mark.asvs("6.4.3", "7.4.3")
def test_the_password_is_the_new_one_and_every_session_has_ended(services, dbsession, ada, token):
    others = dbsession.scalars(sa.select(User.password_hash).where(User.id != ada.id)).all()
    reset(services, dbsession, token)
    assert HASHER.matches(ada.password_hash, PASSWORD)
    assert ada.id not in owners(dbsession, UserSession)
    assert len(owners(dbsession, UserSession)) == 3
    assert dbsession.scalars(sa.select(User.password_hash).where(User.id != ada.id)).all() == others


@pytest.mark.parametrize("before", [None, NOW - WEEK])
def test_the_address_is_proven_since_it_first_was(services, dbsession, ada, token, before):
    ada.email_verified_at = before
    reset(services, dbsession, token)
    assert ada.email_verified_at == (before or NOW)


@pytest.mark.asvs("6.3.7")
def test_the_owner_is_told_and_can_say_that_it_was_not_them(services, dbsession, ada, token):
    reset(services, dbsession, token)
    [message] = dbsession.scalars(sa.select(OutboxMessage))
    assert (message.template, message.recipient, message.user_id) == (
        "password_changed",
        ADA,
        ada.id,
    )
    carried = message.text.partition("https://site.example/secure-account/")[2].split()[0]
    link = find_link(dbsession, LinkToken.parse(carried), purpose=Purpose.SECURE_ACCOUNT, now=NOW)
    assert (link.user_id, link.expires_at) == (ada.id, NOW + WEEK)


@pytest.mark.parametrize("purpose", Purpose)
def test_everything_else_that_was_pending_is_void_but_what_disavows(
    services, dbsession, ada, token, purpose
):
    pending = a_link(dbsession, ada, purpose)
    token = token if purpose is not Purpose.RESET_PASSWORD else pending
    reset(services, dbsession, token)
    alive = set(dbsession.scalars(sa.select(EmailLink.digest)))
    assert (pending.digest in alive) == (purpose is Purpose.SECURE_ACCOUNT)
    assert token.digest not in alive


@pytest.mark.asvs("2.3.4")
@pytest.mark.parametrize("why", ["followed", "expired", "address given up", "account gone"])
def test_a_link_that_has_died_since_it_was_looked_at_changes_nothing(
    services, dbsession, ada, token, why
):
    link = watch(dbsession, token)
    if why == "followed":
        reset(services, dbsession, token)
        a_session(dbsession, ada)
    elif why == "expired":
        dbsession.execute(sa.update(EmailLink).values(expires_at=NOW))
    elif why == "address given up":
        ada.email = ada.email_normalized = "x@example.com"
    else:
        dbsession.delete(ada)
    dbsession.commit()
    hashes, sessions = (
        dbsession.scalars(sa.select(User.password_hash)).all(),
        owners(dbsession, UserSession),
    )
    with pytest.raises(InvalidLink):
        reset(services, dbsession, token, link=link, password="twelve red foxes run")
    assert dbsession.scalars(sa.select(User.password_hash)).all() == hashes
    assert owners(dbsession, UserSession) == sessions


@pytest.mark.asvs("6.2.4", "6.2.11")
@pytest.mark.parametrize("password", ["short", "password1", "ada ada ada", "hopper hopper"])
def test_a_password_that_this_person_should_not_have_spends_nothing(
    services, dbsession, ada, token, password
):
    throttles = throttles_for(services, email_link_account="1/1h")
    for _ in range(2):
        with pytest.raises(WeakPassword):
            reset(services, dbsession, token, password=password, throttles=throttles)
    reset(services, dbsession, token, throttles=throttles)


@pytest.mark.asvs("6.3.1")
@pytest.mark.parametrize("kind", ["link_account", "link_network"])
def test_who_is_held_up_spends_nothing_and_costs_no_hash(services, dbsession, ada, token, kind):
    throttles = throttles_for(services, **{kind: "1/1h"})
    hits = throttles.hit(
        {kind: f"{ada.id} {ada.email_normalized}" if kind == "link_account" else "192.0.2.1"},
        now=NOW,
    )
    with pytest.raises(RateLimited):
        reset(services, dbsession, token, throttles=throttles, hasher=None)
    throttles.refund(hits)
    reset(services, dbsession, token, throttles=throttles)


def test_what_is_returned_gives_the_try_back(services, dbsession, ada, token):
    throttles = throttles_for(services, email_link_account="1/1h", email_link_network="1/1h")
    hits = reset(services, dbsession, token, throttles=throttles)
    dbsession.commit()
    throttles.refund(hits)
    again = a_link(dbsession, ada, Purpose.RESET_PASSWORD)
    assert len(reset(services, dbsession, again, throttles=throttles)) == 2


def test_a_link_that_never_was_counts_for_the_network(services, dbsession, ada):
    throttles = throttles_for(services, email_link_network="1/1h")
    with pytest.raises(InvalidLink):
        reset(services, dbsession, LinkToken.new(), throttles=throttles)
    with pytest.raises(RateLimited):
        reset(services, dbsession, LinkToken.new(), throttles=throttles)
