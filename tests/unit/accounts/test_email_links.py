"""Email links: issued, revoked and throttled."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.accounts.email_links import (
    ActiveLink,
    InvalidLink,
    Purpose,
    consume_link,
    hit_link_throttle,
    issue_link,
    issue_secure_account_link,
    lifetime_of,
    link_attempt,
    revoke_links,
)
from authsite.accounts.new_password import WeakPassword
from authsite.accounts.users import EmailTaken
from authsite.http.client import Client
from authsite.models import EmailLink, Throttle, User
from authsite.passwords.hash_queue import HashQueueFull
from authsite.throttling.throttles import RateLimited
from authsite.tokens import LinkToken, new_id
from tests.factories import NOW, a_user, some_noise, throttles_for
from tests.unit.accounts.links import active_link, is_active

HERE, THERE = "192.0.2.1", "192.0.2.2"
WEEK = timedelta(days=7)


@pytest.fixture
def ada(dbsession) -> User:
    """A user among others."""
    some_noise(dbsession)
    return a_user(dbsession, email="Ada@example.com")


@pytest.mark.parametrize("purpose", Purpose)
def test_link_works_for_its_purpose_until_it_expires(begin, work, ada, purpose):
    token = issue_link(work, ada, purpose)
    lifetime = lifetime_of(purpose, work.settings)
    assert is_active(begin(now=NOW + lifetime - timedelta(seconds=1)), token, purpose)
    assert not is_active(begin(now=NOW + lifetime), token, purpose)
    for other in set(Purpose) - {purpose}:
        assert not is_active(work, token, other)


def test_link_of_an_unknown_user_is_not_stored(dbsession, work, ada):
    unknown = User(id=new_id(), email="eve@example.net", email_normalized="eve@example.net")
    issue_link(work, unknown, Purpose.RESET_PASSWORD)
    assert dbsession.scalars(sa.select(EmailLink)).all() == []


@pytest.mark.asvs("2.3.4")
def test_link_is_consumed_once(work, ada):
    link = active_link(work, issue_link(work, ada, Purpose.VERIFY_EMAIL), Purpose.VERIFY_EMAIL)
    consumed = consume_link(work, link)
    assert (consumed.user_id, consumed.email) == (ada.id, "Ada@example.com")
    assert (consumed.email_normalized, consumed.created_at) == ("ada@example.com", NOW)
    with pytest.raises(InvalidLink):
        consume_link(work, link)


@pytest.mark.parametrize(
    ("values", "left"),
    [
        ({}, {Purpose.SECURE_ACCOUNT}),
        ({"except_": ()}, set()),
        (
            {"except_": [Purpose.VERIFY_EMAIL, Purpose.CHANGE_EMAIL]},
            {Purpose.VERIFY_EMAIL, Purpose.CHANGE_EMAIL},
        ),
    ],
)
def test_revoke_links_keeps_the_excepted_purposes(dbsession, work, ada, values, left):
    other = a_user(dbsession)
    for user in (ada, other):
        for purpose in Purpose:
            issue_link(work, user, purpose)
    revoke_links(dbsession, ada.id, **values)
    rows = dbsession.execute(sa.select(EmailLink.user_id, EmailLink.purpose)).all()
    assert {row.purpose for row in rows if row.user_id == ada.id} == left
    assert {row.purpose for row in rows if row.user_id == other.id} == set(Purpose)


def test_secure_account_links_are_ordered_as_written(dbsession, begin, work, ada):
    """Even if the request of a later one began before."""
    issue_link(work, ada, Purpose.RESET_PASSWORD)
    units = (work, begin(now=NOW - timedelta(seconds=5)), work, begin(now=NOW + WEEK))
    tokens = [issue_secure_account_link(each, ada) for each in units]
    rows = dbsession.execute(
        sa.select(EmailLink.digest, EmailLink.created_at)
        .where(EmailLink.purpose == Purpose.SECURE_ACCOUNT)
        .order_by(EmailLink.created_at)
    ).all()
    tick = timedelta(microseconds=1)
    assert [row.digest for row in rows] == [token.digest for token in tokens]
    assert [row.created_at for row in rows] == [NOW, NOW + tick, NOW + 2 * tick, NOW + WEEK]


def test_secure_account_link_lasts_from_when_it_is_due(begin, work, ada):
    token = issue_secure_account_link(work, ada, due=NOW + WEEK)
    for moment in (NOW, NOW + 2 * WEEK - timedelta(seconds=1)):
        assert is_active(begin(now=moment), token, Purpose.SECURE_ACCOUNT)
    assert not is_active(begin(now=NOW + 2 * WEEK), token, Purpose.SECURE_ACCOUNT)


@pytest.fixture
def ada_link(work, ada):
    """A link that Ada can use."""
    link = active_link(work, issue_link(work, ada, Purpose.RESET_PASSWORD), Purpose.RESET_PASSWORD)
    work.dbsession.commit()
    return link


@pytest.fixture
def attempt(services, begin):
    """Count attempts with these throttles; return the hits of the last one."""

    def count(throttles, times=1, *, user_id="ada", email="ada@example.com", network=HERE):
        link = ActiveLink(
            token=LinkToken.new(),
            purpose=Purpose.VERIFY_EMAIL,
            user_id=user_id,
            email=email,
            email_normalized=email,
            expires_at=NOW,
            first_name="Ada",
            last_name="Lovelace",
            owner_email=email,
            owner_email_normalized=email,
            email_is_verified=True,
            owner_delete_after=None,
        )
        work = begin(throttles=throttles, client=Client(network, network, None))
        return [hit_link_throttle(work, link) for _ in range(times)][-1]

    return count


@pytest.mark.asvs("6.3.1")
def test_link_attempts_of_an_account_count_across_networks(services, attempt):
    throttles = throttles_for(services, email_link_account="2/1h")
    attempt(throttles, network=HERE)
    attempt(throttles, network=THERE)
    with pytest.raises(RateLimited) as throttled:
        attempt(throttles, network="192.0.2.3")
    assert throttled.value.limit == "email_link_account"
    attempt(throttles, user_id="grace")


def test_link_attempts_count_by_email_address(services, attempt):
    throttles = throttles_for(services, email_link_account="1/1h")
    attempt(throttles, email="attacker@example.net")
    attempt(throttles)


def test_link_attempt_counts_until_the_commit(services, begin, ada_link):
    throttles = throttles_for(services, email_link_account="1/1h")
    due = []
    work = begin(throttles=throttles, refund=due.extend)
    with link_attempt(work, ada_link) as link, pytest.raises(RateLimited):
        hit_link_throttle(work, link)
    throttles.refund(due)
    hit_link_throttle(work, ada_link)


@pytest.mark.parametrize("error", [WeakPassword, HashQueueFull])
def test_link_attempt_that_did_nothing_does_not_count(services, begin, ada_link, error):
    work = begin(throttles=throttles_for(services, email_link_account="1/1h"))
    for _ in range(2):
        with pytest.raises(error), link_attempt(work, ada_link):
            raise error


def test_link_attempt_that_failed_counts(services, begin, ada_link):
    work = begin(throttles=throttles_for(services, email_link_account="1/1h"))
    with pytest.raises(EmailTaken), link_attempt(work, ada_link):
        raise EmailTaken
    with pytest.raises(RateLimited), link_attempt(work, ada_link):
        pass


def test_link_attempt_without_a_link_counts_nothing(services, dbsession, begin):
    limits = dict.fromkeys(vars(services.settings.throttle), "1/1h")
    work = begin(throttles=throttles_for(services, **limits))
    for _ in range(2):
        with pytest.raises(InvalidLink), link_attempt(work, None):
            pass
    assert dbsession.scalars(sa.select(Throttle)).all() == []


def test_refunded_link_attempts_do_not_count(services, attempt):
    throttles = throttles_for(services, email_link_account="1/1h")
    for _ in range(3):
        throttles.refund(attempt(throttles))
    attempt(throttles)
    with pytest.raises(RateLimited):
        attempt(throttles)
