"""Links that were sent: how often they may be tried."""

import pytest

from authsite.accounts.email_links import ActiveLink, hit_link_throttle
from authsite.throttling.throttles import RateLimited
from tests.factories import NOW, throttles_for

HERE, THERE = "192.0.2.1", "192.0.2.2"


def tried(throttles, times=1, *, user_id="ada", email_normalized="ada@example.com", network=HERE):
    """Try so often; return what was counted the last time."""
    link = user_id and ActiveLink(
        user_id=user_id,
        email=email_normalized,
        email_normalized=email_normalized,
        expires_at=NOW,
        first_name="Ada",
        last_name="Lovelace",
        owner_email=email_normalized,
        owner_email_normalized=email_normalized,
        email_is_verified=True,
        owner_delete_after=None,
    )
    return [
        hit_link_throttle(throttles, link=link, network=network, now=NOW) for _ in range(times)
    ][-1]


@pytest.mark.asvs("6.3.1")
def test_tries_at_the_links_of_one_account_count_together_wherever_they_come_from(services):
    throttles = throttles_for(services, email_link_account="2/1h")
    tried(throttles, network=HERE)
    tried(throttles, network=THERE)
    with pytest.raises(RateLimited) as held_up:
        tried(throttles, network="192.0.2.3")
    assert held_up.value.limit == "link_account"
    tried(throttles, user_id="grace")


def test_who_has_links_to_another_address_uses_up_nothing_of_the_owners(services):
    throttles = throttles_for(services, email_link_account="1/1h")
    tried(throttles, email_normalized="thief@example.net")
    tried(throttles)


@pytest.mark.asvs("6.3.1")
@pytest.mark.parametrize("user_id", ["ada", None])
def test_tries_from_one_network_count_together_whosever_links_they_are(services, user_id):
    throttles = throttles_for(services, email_link_network="2/1h")
    tried(throttles, user_id=None)
    tried(throttles, user_id="grace")
    with pytest.raises(RateLimited) as held_up:
        tried(throttles, user_id=user_id)
    assert held_up.value.limit == "link_network"
    tried(throttles, user_id=user_id, network=THERE)


def test_links_that_lead_nowhere_count_for_no_account(services):
    throttles = throttles_for(services, email_link_account="1/1h")
    tried(throttles, 3, user_id=None)


def test_a_try_that_is_given_back_was_none(services):
    throttles = throttles_for(services, email_link_account="1/1h", email_link_network="1/1h")
    for _ in range(3):
        throttles.refund(tried(throttles))
    tried(throttles)
    with pytest.raises(RateLimited):
        tried(throttles)
