"""The clock."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from authsite.clock import midnight_after, midnight_of, utc_now

MOMENT = datetime(2030, 5, 17, 12, 0, tzinfo=UTC)


@pytest.mark.asvs("16.2.2")
@time_machine.travel(MOMENT, tick=False)
def test_now_is_aware_and_in_utc():
    assert utc_now() == MOMENT
    assert utc_now().utcoffset() == timedelta(0)


def test_day_begins_and_ends_at_midnight_in_utc():
    assert midnight_of("2030-05-17") == MOMENT - timedelta(hours=12)
    assert midnight_after("2030-05-17") == MOMENT + timedelta(hours=12)


@pytest.mark.parametrize(
    ("day", "error"),
    [("2030-05-32", ValueError), ("2030", ValueError), ("9999-12-31", OverflowError)],
)
def test_day_outside_of_the_calendar_is_refused(day, error):
    with pytest.raises(error):
        midnight_after(day)
