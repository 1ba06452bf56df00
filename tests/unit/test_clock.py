"""The clock."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from authsite.clock import utc_now

MOMENT = datetime(2030, 5, 17, 12, 0, tzinfo=UTC)


@pytest.mark.asvs("16.2.2")
@time_machine.travel(MOMENT, tick=False)
def test_now_is_aware_and_in_utc():
    assert utc_now() == MOMENT
    assert utc_now().utcoffset() == timedelta(0)
