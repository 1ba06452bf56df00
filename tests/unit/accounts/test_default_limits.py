"""The default limits bound guesses as docs/security.md says."""

from datetime import timedelta

import pytest

from authsite.settings.throttle_schema import GUESS_LIMITS
from authsite.throttling.throttles import RateLimited
from tests.factories import NOW, throttles_for

DAY = timedelta(days=1)


@pytest.fixture
def attempts(services):
    """Make attempts as soon as they are allowed, `pause` apart; return when each was made."""
    throttles = throttles_for(services, sign_in_account=", ".join(map(str, GUESS_LIMITS)))

    def made(*, pause, days):
        at, passed = timedelta(0), []
        while at < days * DAY:
            try:
                throttles.hit({"sign_in_account": "ada"}, now=NOW + at)
            except RateLimited as throttled:
                at += throttled.retry_after
            else:
                passed.append(at)
                at += pause
        return passed

    return made


def per_day(passed, days):
    return [sum(day * DAY <= at < (day + 1) * DAY for at in passed) for day in range(days)]


def test_default_limits_of_impatient_attackers(attempts):
    passed = attempts(pause=timedelta(seconds=1), days=3)
    assert sum(at < timedelta(minutes=5) for at in passed) == 13
    assert per_day(passed, 3) == [39, 24, 24]


def test_default_limits_of_patient_attackers(attempts):
    # Nine in five minutes stay below the first limit.
    passed = attempts(pause=timedelta(seconds=33.5), days=3)
    assert per_day(passed, 3) == [79, 24, 24]
