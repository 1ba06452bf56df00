"""The notation of rate limits, and what follows from their numbers."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsite.throttling.limits import FIRST_DELAY, RateLimit

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
durations = st.integers(1, 9_999_999).map(lambda seconds: timedelta(seconds=seconds))


def test_limit_is_parsed():
    assert RateLimit.parse("10/5m") == RateLimit(10, 5 * MINUTE)
    assert RateLimit.parse("10/5m..1h") == RateLimit(10, 5 * MINUTE, max_delay=HOUR)


@given(st.builds(RateLimit, st.integers(1, 9999), durations, st.none() | durations))
def test_formatted_limit_is_parsed_back(limit):
    assert RateLimit.parse(str(limit)) == limit


NO_LIMITS = """
10 10/ /5m 0/5m 10/0m 10/5 10/5..1h 10/5m..60 10/5m.. 10/5m...1h 10/5m..0h 10/5m.1h 10/5m,
-1/5m 1e3/5m 9999999999/5m
\N{ARABIC-INDIC DIGIT THREE}/5m 101/1s..9999999d 999999999/1s..9999999d
"""


@pytest.mark.parametrize("text", ["", "10 /5m", *NO_LIMITS.split()])
def test_malformed_limit_is_refused(text):
    with pytest.raises(ValueError, match=r"^"):
        RateLimit.parse(text)


@pytest.mark.parametrize(
    ("longest", "max_doublings"),
    [("10s", 0), ("30s", 0), ("31s", 1), ("1m", 1), ("1h", 7), ("1d", 12)],
)
def test_doublings_reach_the_max_delay(longest, max_doublings):
    limit = RateLimit.parse(f"10/5m..{longest}")
    assert limit.max_doublings == max_doublings
    assert FIRST_DELAY * 2**max_doublings >= limit.max_delay


@pytest.mark.asvs("6.3.1")
def test_cooldown_allows_no_more_attempts_than_delays():
    limit = RateLimit.parse("10/5m..1h")
    assert limit.cooldown / limit.hits >= limit.max_delay
    assert RateLimit.parse("30/5m").cooldown == timedelta(0)
