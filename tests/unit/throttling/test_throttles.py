"""Throttles: attempts per period, delays and refunds."""

import contextlib
from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.models import Throttle
from authsite.settings.throttle_schema import ThrottleSettings
from authsite.throttling.throttles import RateLimited
from tests.factories import NOW, throttles_for

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def test_reset_forgets_all_limits_of_its_subjects_only(services, dbsession):
    throttles = throttles_for(
        services, sign_in_account="2/5m, 3/1d", email_recipient="1/1h", email_unverified="1/1h"
    )
    for limit, subject in (
        ("sign_in_account", "ada"),
        ("sign_in_account", "ada link"),
        ("sign_in_account", "eve"),
        ("email_recipient", "ada"),
        ("email_unverified", "ada"),
    ):
        throttles.hit({limit: subject}, now=NOW)
    subjects = [
        ("sign_in_account", "ada"),
        ("sign_in_account", "ada link"),
        ("sign_in_account", "unknown"),
        ("email_recipient", "ada"),
        ("sign_in_network", "192.0.2.1"),
    ]
    throttles.reset_within(dbsession.connection(), subjects)
    dbsession.commit()
    assert len(dbsession.scalars(sa.select(Throttle.key)).all()) == 3  # two of eve, one of ada
    throttles.hit({"email_recipient": "ada"}, now=NOW)
    with pytest.raises(RateLimited):
        throttles.hit({"email_unverified": "ada"}, now=NOW)


@pytest.fixture
def attempts(services):
    """Make attempts under a limit; each is counted, or returns its delay."""

    def under(limit: str):
        throttles = throttles_for(services, sign_in_account=limit)
        throttles.hit({"sign_in_account": "another user"}, now=NOW)

        def hit(*, subject: str = "ada", at=timedelta(0)):
            subjects = {"sign_in_account": subject}
            checked = delay_of(throttles.check, subjects, now=NOW + at)
            counted = delay_of(throttles.hit, subjects, now=NOW + at)
            assert checked == (counted if isinstance(counted, timedelta) else None)
            return counted

        hit.refund = throttles.refund
        return hit

    return under


def delay_of(act, *args, **kwargs):
    """Return the result, or the delay if the attempt is throttled."""
    try:
        return act(*args, **kwargs)
    except RateLimited as error:
        return error.retry_after


def delays_of(hit, times: int, **kwargs):
    """Make this number of attempts; return the delay of each."""
    results = [hit(**kwargs) for _ in range(times)]
    return [result if isinstance(result, timedelta) else None for result in results]


@pytest.mark.asvs("6.3.1")
def test_limit_allows_its_hits_per_period(attempts):
    hit = attempts("3/5m")
    assert delays_of(hit, 2) == [None] * 2
    assert delays_of(hit, 3, at=MINUTE) == [None, 4 * MINUTE, 4 * MINUTE]
    assert delays_of(hit, 1, at=5 * MINUTE - timedelta(milliseconds=1)) == [
        timedelta(milliseconds=1)
    ]
    assert delays_of(hit, 4, at=5 * MINUTE) == [None, None, None, 5 * MINUTE]


def test_limit_is_counted_per_subject(attempts):
    hit = attempts("3/5m")
    assert delays_of(hit, 4)[-1]
    assert delays_of(hit, 4, subject="grace") == [None, None, None, 5 * MINUTE]


@pytest.mark.asvs("6.3.1")
def test_delays_double_and_each_allows_one_attempt(attempts):
    hit, now, delays = attempts("3/5m..10m"), timedelta(0), []
    assert delays_of(hit, 3) == [None] * 3
    for _ in range(8):
        delay = hit(at=now)
        delays.append(delay.total_seconds())
        assert hit(at=now + delay - timedelta(milliseconds=1)) == timedelta(milliseconds=1)
        now += delay
        assert not isinstance(hit(at=now), timedelta)
    assert delays == [30, 60, 120, 240, 480, 600, 600, 600]


def test_max_delay_caps_the_first_delay(attempts):
    assert delays_of(attempts("1/5m..10s"), 2) == [None, timedelta(seconds=10)]


def test_delayed_attempts_count_beyond_the_period(attempts):
    hit = attempts("3/5m..1h")
    delays_of(hit, 3)
    assert delays_of(hit, 2, at=2 * HOUR) == [None, MINUTE]
    assert delays_of(hit, 3, at=6 * HOUR) == [None, None, None]


@pytest.mark.parametrize("limit", ["3/5m", "3/5m..1h"])
def test_refunded_hit_can_be_used_again(attempts, limit):
    hit = attempts(limit)
    first = hit()
    assert delays_of(hit, 3)[:2] == [None, None]
    hit.refund(first)
    assert delays_of(hit, 2)[0] is None
    assert delays_of(hit, 3, at=5 * MINUTE)[0] is None


def test_refund_after_a_delay_restores_the_delay(attempts):
    hit = attempts("3/5m..1h")
    delays_of(hit, 3)
    hit.refund(hit(at=MINUTE))
    assert delays_of(hit, 2, at=MINUTE) == [None, MINUTE]


def test_refund_of_all_hits_resets_the_count(attempts):
    hit = attempts("3/5m..1h")
    for each in [hit() for _ in range(3)]:
        hit.refund(each)
    assert delays_of(hit, 4, at=6 * MINUTE) == [None, None, None, timedelta(seconds=30)]


def test_refund_keeps_the_period(attempts):
    hit = attempts("3/5m..1h")
    *_, last = [hit() for _ in range(3)]
    hit.refund(last)
    assert delays_of(hit, 4, at=5 * MINUTE)[:3] == [None, None, None]


@pytest.mark.asvs("2.3.2")
def test_repeated_refund_adds_no_hits(attempts):
    hit = attempts("3/5m")
    early = hit()
    for _ in range(5):
        hit.refund(early)
    assert delays_of(hit, 4) == [None, None, None, 5 * MINUTE]


@pytest.mark.asvs("2.3.2")
def test_refund_does_not_affect_a_later_period(attempts):
    hit = attempts("3/5m")
    early = hit()
    delays_of(hit, 2)
    assert delays_of(hit, 4, at=6 * MINUTE) == [None, None, None, 5 * MINUTE]
    hit.refund(early)
    assert delays_of(hit, 1, at=6 * MINUTE) == [5 * MINUTE]


def test_each_of_several_limits_applies(services):
    throttles = throttles_for(services, sign_in_account="2/1m, 3/1h", sign_in_network="4/1h")

    def hit(account, at):
        subjects = {"sign_in_account": account, "sign_in_network": "192.0.2.1"}
        return throttles.hit(subjects, now=NOW + at)

    def refusal(account, at):
        with pytest.raises(RateLimited) as refused:
            hit(account, at)
        return refused.value.limit, refused.value.retry_after

    for _ in range(2):
        hit("ada", timedelta(0))
    assert refusal("ada", timedelta(0)) == ("sign_in_account", MINUTE)
    hit("ada", MINUTE)
    assert refusal("ada", MINUTE) == ("sign_in_account", HOUR - MINUTE)
    hit("grace", 2 * MINUTE)
    assert refusal("edsger", 2 * MINUTE) == ("sign_in_network", HOUR - 2 * MINUTE)


def test_throttled_attempt_does_not_count_for_other_limits(services):
    throttles = throttles_for(services, sign_in_account="1/1h", sign_in_network="3/1h")

    def hit(account):
        throttles.hit({"sign_in_account": account, "sign_in_network": "192.0.2.1"}, now=NOW)

    hit("ada")
    for _ in range(9):
        with pytest.raises(RateLimited):
            hit("ada")
    hit("grace")
    hit("edsger")
    with pytest.raises(RateLimited):
        hit("barbara")


def test_refused_try_counts_for_no_limit(services):
    throttles = throttles_for(services, sign_in_account="1/1h", sign_in_network="2/1h")

    def try_hit(account):
        return throttles.try_hit(
            {"sign_in_account": account, "sign_in_network": "192.0.2.1"}, now=NOW
        )

    assert len(try_hit("ada")) == 2
    for _ in range(9):
        assert try_hit("ada") is None
    throttles.refund(try_hit("grace"))
    assert len(try_hit("edsger")) == 2
    assert try_hit("barbara") is None


def test_unlimited_attempt_is_not_stored(services, dbsession):
    throttles = throttles_for(services)
    hits = throttles.hit({"sign_in_account": "ada"}, now=NOW)
    throttles.refund(hits)
    assert dbsession.scalars(sa.select(Throttle)).all() == []


def test_changed_limit_starts_a_new_count(services, dbsession):
    for limit in ("1/1h", "2/1h", "1/2h"):
        throttles_for(services, sign_in_account=limit).hit({"sign_in_account": "ada"}, now=NOW)
    assert len(dbsession.scalars(sa.select(Throttle)).all()) == 3


@pytest.mark.parametrize("limit", ["3/5m", "3/5m..1h"])
def test_clock_that_was_ahead_throttles_no_later_attempts(attempts, limit):
    hit = attempts(limit)
    delays_of(hit, 4, at=timedelta(days=3650))
    assert delays_of(hit, 4, at=timedelta(0))[:3] == [None, None, None]


@pytest.mark.one_database
@pytest.mark.asvs("6.3.1", "6.1.1")
def test_patient_attacker_has_about_fifty_attempts_a_day(services):
    """Nine wrong passwords every five minutes, for two days, by the default limits."""
    limits = ", ".join(map(str, ThrottleSettings().sign_in_account))
    throttles, let_through = throttles_for(services, sign_in_account=limits), 0
    for step in range(2 * 24 * 12):
        for _ in range(9):
            with contextlib.suppress(RateLimited):
                throttles.hit({"sign_in_account": "ada"}, now=NOW + 5 * step * MINUTE)
                let_through += 1
    assert 50 <= let_through <= 2 * 60


@pytest.mark.asvs("14.2.4")
def test_throttle_key_depends_on_the_secret(services, dbsession):
    for key in (b"one key", b"another"):
        throttles = throttles_for(services, key=key, sign_in_account="9/1h")
        throttles.hit({"sign_in_account": "ada@example.com"}, now=NOW)
    assert len(dbsession.scalars(sa.select(Throttle)).all()) == 2


@pytest.mark.asvs("14.2.4")
def test_throttle_row_does_not_contain_the_subject(services, dbsession):
    """A password may have been typed into the email field."""
    typed = "seven green llamas hum"
    throttles_for(services, sign_in_account="9/1h").hit({"sign_in_account": typed}, now=NOW)
    [row] = dbsession.execute(sa.select(Throttle.__table__)).all()
    assert len(row.key) == 32
    assert not any(typed.split(maxsplit=1)[0] in str(value) for value in row)


def test_check_raises_the_longest_delay(services):
    throttles = throttles_for(services, sign_in_account="1/1m, 2/1h", sign_in_network="1/5m")
    subjects = {"sign_in_account": "ada", "sign_in_network": "192.0.2.1"}
    throttles.hit(subjects, now=NOW)
    with pytest.raises(RateLimited) as refused:
        throttles.check(subjects, now=NOW)
    assert (refused.value.limit, refused.value.retry_after) == ("sign_in_network", 5 * MINUTE)
    throttles.check({"sign_in_account": "grace", "sign_in_network": "192.0.2.2"}, now=NOW)


def test_hit_within_a_transaction_counts_with_it(services, dbsession):
    throttles, subjects = (
        throttles_for(services, sign_in_account="1/1h"),
        {"sign_in_account": "ada"},
    )
    assert throttles.hit_within(dbsession.connection(), subjects, now=NOW)
    assert throttles.hit_within(dbsession.connection(), subjects, now=NOW) is None
    dbsession.commit()
    with pytest.raises(RateLimited):
        throttles.check(subjects, now=NOW)


def test_hits_tell_their_limits(services):
    throttles = throttles_for(services, sign_in_account="1/1m, 2/1h", sign_in_network="1/5m")
    hits = throttles.hit({"sign_in_account": "ada", "sign_in_network": "192.0.2.1"}, now=NOW)
    assert sorted(hit.limit for hit in hits) == [
        "sign_in_account",
        "sign_in_account",
        "sign_in_network",
    ]
