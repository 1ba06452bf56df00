"""Throttles: how often something may be tried, how long one waits, and what is given back."""

import contextlib
from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.models import Throttle
from authsite.settings.schema import ThrottleSettings
from authsite.throttling.throttles import RateLimited
from tests.factories import NOW, throttles_for

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def tries(services):
    """Make tries under a limit; each of them is counted, or returns how long to wait."""

    def under(limit: str):
        throttles = throttles_for(services, sign_in_account=limit)
        throttles.hit({"sign_in_account": "somebody else"}, now=NOW)

        def hit(*, subject: str = "ada", at=timedelta(0)):
            tried = {"sign_in_account": subject}
            looked = held_up(throttles.check, tried, now=NOW + at)
            taken = held_up(throttles.hit, tried, now=NOW + at)
            assert looked == (taken if isinstance(taken, timedelta) else None)
            return taken

        hit.refund = throttles.refund
        return hit

    return under


def held_up(act, *args, **kwargs):
    """Return what the act returns, or how long to wait for it."""
    try:
        return act(*args, **kwargs)
    except RateLimited as throttled:
        return throttled.retry_after


def waits(hit, times: int, **kwargs):
    """Try so often; return how long each had to wait."""
    return [found if isinstance(found := hit(**kwargs), timedelta) else None for _ in range(times)]


@pytest.mark.asvs("6.3.1")
def test_as_many_as_may_get_through_in_a_period_and_no_more(tries):
    hit = tries("3/5m")
    assert waits(hit, 2) == [None] * 2
    assert waits(hit, 3, at=MINUTE) == [None, 4 * MINUTE, 4 * MINUTE]
    assert waits(hit, 1, at=5 * MINUTE - timedelta(milliseconds=1)) == [timedelta(milliseconds=1)]
    assert waits(hit, 4, at=5 * MINUTE) == [None, None, None, 5 * MINUTE]


def test_one_who_tries_holds_up_nobody_else(tries):
    hit = tries("3/5m")
    assert waits(hit, 4)[-1]
    assert waits(hit, 4, subject="grace") == [None, None, None, 5 * MINUTE]


@pytest.mark.asvs("6.3.1")
def test_waits_grow_to_the_longest_and_each_buys_one_try(tries):
    hit, now, waited = tries("3/5m..10m"), timedelta(0), []
    assert waits(hit, 3) == [None] * 3
    for _ in range(8):
        wait = hit(at=now)
        waited.append(wait.total_seconds())
        assert hit(at=now + wait - timedelta(milliseconds=1)) == timedelta(milliseconds=1)
        now += wait
        assert not isinstance(hit(at=now), timedelta)
    assert waited == [30, 60, 120, 240, 480, 600, 600, 600]


def test_the_longest_wait_may_be_the_first(tries):
    assert waits(tries("1/5m..10s"), 2) == [None, timedelta(seconds=10)]


def test_failures_that_were_held_up_are_remembered_beyond_the_period(tries):
    hit = tries("3/5m..1h")
    waits(hit, 3)
    assert waits(hit, 2, at=2 * HOUR) == [None, MINUTE]
    assert waits(hit, 3, at=6 * HOUR) == [None, None, None]


@pytest.mark.parametrize("limit", ["3/5m", "3/5m..1h"])
def test_what_is_given_back_may_be_tried_again(tries, limit):
    hit = tries(limit)
    first = hit()
    assert waits(hit, 3)[:2] == [None, None]
    hit.refund(first)
    assert waits(hit, 2)[0] is None
    assert waits(hit, 3, at=5 * MINUTE)[0] is None


def test_a_try_after_a_wait_that_is_given_back_leaves_all_as_it_was(tries):
    hit = tries("3/5m..1h")
    waits(hit, 3)
    hit.refund(hit(at=MINUTE))
    assert waits(hit, 2, at=MINUTE) == [None, MINUTE]


def test_when_all_is_given_back_it_is_as_if_nobody_had_been_there(tries):
    hit = tries("3/5m..1h")
    for each in [hit() for _ in range(3)]:
        hit.refund(each)
    assert waits(hit, 4, at=6 * MINUTE) == [None, None, None, timedelta(seconds=30)]


def test_one_that_is_given_back_leaves_the_period_as_it_was(tries):
    hit = tries("3/5m..1h")
    *_, last = [hit() for _ in range(3)]
    hit.refund(last)
    assert waits(hit, 4, at=5 * MINUTE)[:3] == [None, None, None]


@pytest.mark.asvs("2.3.2")
def test_nothing_is_given_back_beyond_nothing(tries):
    hit = tries("3/5m")
    early = hit()
    for _ in range(5):
        hit.refund(early)
    assert waits(hit, 4) == [None, None, None, 5 * MINUTE]


@pytest.mark.asvs("2.3.2")
def test_nothing_is_given_back_to_a_later_count(tries):
    hit = tries("3/5m")
    early = hit()
    waits(hit, 2)
    assert waits(hit, 4, at=6 * MINUTE) == [None, None, None, 5 * MINUTE]
    hit.refund(early)
    assert waits(hit, 1, at=6 * MINUTE) == [5 * MINUTE]


def test_of_several_limits_each_counts(services):
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


def test_who_is_held_up_by_one_limit_uses_up_no_other(services):
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


def test_what_is_not_limited_is_not_written_down(services, dbsession):
    throttles = throttles_for(services)
    hits = throttles.hit({"sign_in_account": "ada"}, now=NOW)
    throttles.refund(hits)
    assert dbsession.scalars(sa.select(Throttle)).all() == []


def test_a_new_limit_is_a_new_count(services, dbsession):
    for limit in ("1/1h", "2/1h", "1/2h"):
        throttles_for(services, sign_in_account=limit).hit({"sign_in_account": "ada"}, now=NOW)
    assert len(dbsession.scalars(sa.select(Throttle)).all()) == 3


@pytest.mark.parametrize("limit", ["3/5m", "3/5m..1h"])
def test_a_clock_that_was_far_ahead_holds_nobody_up(tries, limit):
    hit = tries(limit)
    waits(hit, 4, at=timedelta(days=3650))
    assert waits(hit, 4, at=timedelta(0))[:3] == [None, None, None]


@pytest.mark.one_database
@pytest.mark.asvs("6.3.1", "6.1.1")
def test_who_stays_just_below_the_waits_has_some_fifty_tries_a_day(services):
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
def test_who_does_not_know_the_key_cannot_tell_whom_a_row_is_about(services, dbsession):
    for key in (b"one key", b"another"):
        throttles = throttles_for(services, key=key, sign_in_account="9/1h")
        throttles.hit({"sign_in_account": "ada@example.com"}, now=NOW)
    assert len(dbsession.scalars(sa.select(Throttle)).all()) == 2


@pytest.mark.asvs("14.2.4")
def test_what_people_typed_is_not_to_be_read_in_the_table(services, dbsession):
    """A password typed into the field for the address, say."""
    typed = "seven green llamas hum"
    throttles_for(services, sign_in_account="9/1h").hit({"sign_in_account": typed}, now=NOW)
    [row] = dbsession.execute(sa.select(Throttle.__table__)).all()
    assert len(row.key) == 32
    assert not any(typed.split(maxsplit=1)[0] in str(value) for value in row)
