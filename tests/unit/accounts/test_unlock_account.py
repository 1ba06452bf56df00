"""Unlocking accounts."""

from datetime import timedelta

import pytest

from authsite.accounts.email_limits import VERIFY_EMAIL, hit_email
from authsite.accounts.email_links import link_subject
from authsite.accounts.unlock_account import Throttled, find_throttled, unlock_account
from authsite.throttling.throttles import RateLimited
from tests.factories import NOW, a_user, an_event, throttles_for

HOUR = timedelta(hours=1)


@pytest.fixture
def find(dbsession, services):
    """Return what is throttled of a user."""

    def find_of(user, throttles):
        return find_throttled(
            dbsession,
            throttles,
            user_id=user.id,
            email_normalized=user.email_normalized,
            now=NOW,
        )

    return find_of


def test_reached_limits_are_found_once_by_the_longest_delay(find, services, dbsession):
    user = a_user(dbsession, email="ada@example.com")
    throttles = throttles_for(services, sign_in_account="1/1h", new_password_account="2/1h")
    assert find(user, throttles) == []
    throttles.hit({"sign_in_account": "ada@example.com"}, now=NOW - HOUR / 2)
    throttles.hit({"sign_in_account": "ada@example.com link"}, now=NOW - HOUR / 4)
    throttles.hit({"new_password_account": user.id}, now=NOW)
    assert find(user, throttles) == [Throttled("sign_in_account", NOW + HOUR * 3 / 4)]


def test_networks_of_the_last_day_are_found(find, services, dbsession):
    ada, eve = a_user(dbsession), a_user(dbsession)
    throttles = throttles_for(services, sign_in_network="1/1h")
    networks = ("192.0.2.1", "192.0.2.2", "2001:db8:1:2::/64", "192.0.2.3")
    for network in networks:
        throttles.hit({"sign_in_network": network}, now=NOW)
    an_event(dbsession, ada, occurred_at=NOW - timedelta(hours=2), ip_address="192.0.2.2")
    an_event(dbsession, ada, occurred_at=NOW - timedelta(hours=1), ip_address="2001:db8:1:2::3")
    an_event(dbsession, ada, occurred_at=NOW, ip_address="2001:db8:1:2::4")
    an_event(dbsession, ada, occurred_at=NOW, ip_address=None)
    an_event(dbsession, ada, occurred_at=NOW - timedelta(days=2), ip_address="192.0.2.3")
    an_event(dbsession, eve, occurred_at=NOW, ip_address="192.0.2.1")
    found = find(ada, throttles)
    assert [each.network for each in found] == ["2001:db8:1:2::/64", "192.0.2.2"]
    assert {each.limit for each in found} == {"sign_in_network"}


def test_many_addresses_of_one_network_hide_no_other(find, services, dbsession):
    ada = a_user(dbsession)
    throttles = throttles_for(services, sign_in_network="1/1h")
    throttles.hit({"sign_in_network": "192.0.2.1"}, now=NOW)
    an_event(dbsession, ada, occurred_at=NOW - timedelta(hours=1), ip_address="192.0.2.1")
    for number in range(1, 7):
        an_event(dbsession, ada, occurred_at=NOW, ip_address=f"2001:db8::{number}")
    assert [each.network for each in find(ada, throttles)] == ["192.0.2.1"]


def test_every_limit_of_the_account_is_reset(begin, find, services, dbsession):
    user = a_user(dbsession, email="Ada+1@example.com", email_normalized="ada+1@example.com")
    throttles = throttles_for(
        services,
        sign_in_attempts_account="1/1h",
        new_password_account="1/1h",
        email_recipient="1/1h",
        email_unverified="1/1h",
        email_link_account="1/1h",
    )
    work = begin(throttles=throttles)
    throttles.hit({"sign_in_attempts_account": "ada+1@example.com known"}, now=NOW)
    throttles.hit({"new_password_account": user.id}, now=NOW)
    throttles.hit(dict([link_subject(user.id, "ada+1@example.com")]), now=NOW)
    hit_email(work, VERIFY_EMAIL, "ada+1@example.com")
    assert len(find(user, throttles)) == 5
    dbsession.rollback()
    unlock_account(work, user)
    dbsession.commit()
    assert find(user, throttles) == []
    hit_email(work, VERIFY_EMAIL, "ada+1@example.com")


def test_only_named_networks_are_reset(begin, services, dbsession):
    user = a_user(dbsession)
    throttles = throttles_for(services, email_network="1/1h")
    for network in ("192.0.2.1", "192.0.2.2"):
        throttles.hit({"email_network": network}, now=NOW)
    unlock_account(begin(throttles=throttles), user, networks=["192.0.2.1"])
    dbsession.commit()
    throttles.hit({"email_network": "192.0.2.1"}, now=NOW)
    with pytest.raises(RateLimited):
        throttles.hit({"email_network": "192.0.2.2"}, now=NOW)
