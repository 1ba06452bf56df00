"""Choosing a password by a link: whose it is, and who has nothing any more."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from authsite.accounts.email_links import DeadLink, Purpose, issue_link, link_of
from authsite.accounts.new_password import WeakPassword
from authsite.accounts.reset_password import reset_password
from authsite.models import OutboxMessage, PendingLink, User, UserSession
from authsite.throttling.throttles import Throttled
from authsite.tokens import LinkToken
from tests.factories import (
    NOW,
    a_hasher,
    a_journal,
    a_policy,
    a_session,
    a_user,
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
    words = {"email": user.email, "email_key": user.email_key, "lifetime": HOUR, "now": NOW}
    token = issue_link(dbsession, user, purpose, **words)
    dbsession.commit()
    return token


def look_at(dbsession, token: LinkToken):
    link = link_of(dbsession, token, purpose=Purpose.RESET_PASSWORD, now=NOW)
    dbsession.commit()
    return link


def reset(site, dbsession, token: LinkToken, *, password: str = PASSWORD, **values: Any):
    """Choose a password by the link, as it is now or as the values say; return what is returned."""
    rest = {
        "throttles": throttles_for(site),
        "hasher": HASHER,
        "policy": a_policy(),
        "network": "192.0.2.1",
        "link": values["link"] if "link" in values else look_at(dbsession, token),
    }
    return reset_password(
        dbsession,
        token,
        journal=a_journal(),
        outbox=an_outbox(),
        password=password,
        undo_within=WEEK,
        now=NOW,
        **rest | values,
    )


def owners(dbsession, model) -> set[str]:
    return set(dbsession.scalars(sa.select(model.user_id)))


@pytest.mark.asvs("6.4.3", "7.4.3")
def test_the_password_is_the_new_one_and_every_session_has_ended(site, dbsession, ada, token):
    others = dbsession.scalars(sa.select(User.password_hash).where(User.id != ada.id)).all()
    reset(site, dbsession, token)
    assert HASHER.matches(ada.password_hash, PASSWORD)
    assert ada.id not in owners(dbsession, UserSession)
    assert len(owners(dbsession, UserSession)) == 3
    assert dbsession.scalars(sa.select(User.password_hash).where(User.id != ada.id)).all() == others


@pytest.mark.parametrize("before", [None, NOW - WEEK])
def test_the_address_is_proven_since_it_first_was(site, dbsession, ada, token, before):
    ada.email_verified_at = before
    reset(site, dbsession, token)
    assert ada.email_verified_at == (before or NOW)


@pytest.mark.asvs("6.3.7")
def test_the_owner_is_told_and_can_say_that_it_was_not_them(site, dbsession, ada, token):
    reset(site, dbsession, token)
    [message] = dbsession.scalars(sa.select(OutboxMessage))
    assert (message.kind, message.recipient, message.user_id) == ("password_changed", ADA, ada.id)
    carried = message.text.partition("https://site.example/not-me/")[2].split()[0]
    link = link_of(dbsession, LinkToken.parse(carried), purpose=Purpose.NOT_ME, now=NOW)
    assert (link.user_id, link.expires_at) == (ada.id, NOW + WEEK)


@pytest.mark.parametrize("purpose", Purpose)
def test_everything_else_that_was_pending_is_void_but_what_disavows(
    site, dbsession, ada, token, purpose
):
    pending = a_link(dbsession, ada, purpose)
    token = token if purpose is not Purpose.RESET_PASSWORD else pending
    reset(site, dbsession, token)
    alive = set(dbsession.scalars(sa.select(PendingLink.digest)))
    assert (pending.digest in alive) == (purpose is Purpose.NOT_ME)
    assert token.digest not in alive


@pytest.mark.asvs("2.3.4")
@pytest.mark.parametrize("why", ["followed", "expired", "address given up", "account gone"])
def test_a_link_that_has_died_since_it_was_looked_at_changes_nothing(
    site, dbsession, ada, token, why
):
    link = look_at(dbsession, token)
    if why == "followed":
        reset(site, dbsession, token)
        a_session(dbsession, ada)
    elif why == "expired":
        dbsession.execute(sa.update(PendingLink).values(expires_at=NOW))
    elif why == "address given up":
        ada.email = ada.email_key = "x@example.com"
    else:
        dbsession.delete(ada)
    dbsession.commit()
    hashes, sessions = (
        dbsession.scalars(sa.select(User.password_hash)).all(),
        owners(dbsession, UserSession),
    )
    with pytest.raises(DeadLink):
        reset(site, dbsession, token, link=link, password="twelve red foxes run")
    assert dbsession.scalars(sa.select(User.password_hash)).all() == hashes
    assert owners(dbsession, UserSession) == sessions


@pytest.mark.asvs("6.2.4", "6.2.11")
@pytest.mark.parametrize("password", ["short", "password1", "ada ada ada", "hopper hopper"])
def test_a_password_that_this_person_should_not_have_spends_nothing(
    site, dbsession, ada, token, password
):
    throttles = throttles_for(site, link_account="1/1h")
    for _ in range(2):
        with pytest.raises(WeakPassword):
            reset(site, dbsession, token, password=password, throttles=throttles)
    reset(site, dbsession, token, throttles=throttles)


@pytest.mark.asvs("6.3.1")
@pytest.mark.parametrize("kind", ["link_account", "link_network"])
def test_who_is_held_up_spends_nothing_and_costs_no_hash(site, dbsession, ada, token, kind):
    throttles = throttles_for(site, **{kind: "1/1h"})
    hits = throttles.take(
        {kind: f"{ada.id} {ada.email_key}" if kind == "link_account" else "192.0.2.1"}, now=NOW
    )
    with pytest.raises(Throttled):
        reset(site, dbsession, token, throttles=throttles, hasher=None)
    throttles.give_back(hits)
    reset(site, dbsession, token, throttles=throttles)


def test_what_is_returned_gives_the_try_back(site, dbsession, ada, token):
    throttles = throttles_for(site, link_account="1/1h", link_network="1/1h")
    hits = reset(site, dbsession, token, throttles=throttles)
    dbsession.commit()
    throttles.give_back(hits)
    again = a_link(dbsession, ada, Purpose.RESET_PASSWORD)
    assert len(reset(site, dbsession, again, throttles=throttles)) == 2


def test_a_link_that_never_was_counts_for_the_network(site, dbsession, ada):
    throttles = throttles_for(site, link_network="1/1h")
    with pytest.raises(DeadLink):
        reset(site, dbsession, LinkToken.new(), throttles=throttles)
    with pytest.raises(Throttled):
        reset(site, dbsession, LinkToken.new(), throttles=throttles)
