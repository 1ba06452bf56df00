"""The labels of throttles."""

from authsite.accounts.unlock_account import NETWORK_LIMITS, subjects_of
from authsite.settings.throttle_schema import ThrottleSettings
from authsite.throttling.labels import THROTTLE_LABELS


def test_each_throttle_that_support_sees_has_a_label():
    limits = {limit for limit, _ in subjects_of("id", "ada@example.com")}
    assert limits | set(NETWORK_LIMITS) == set(THROTTLE_LABELS)
    assert set(THROTTLE_LABELS) <= set(ThrottleSettings.__dataclass_fields__)


def test_each_throttle_of_a_network_can_be_named():
    of_networks = {
        name for name in ThrottleSettings.__dataclass_fields__ if name.endswith("_network")
    }
    assert set(NETWORK_LIMITS) == of_networks
