"""Settings that turn throttles off, for tests that repeat the same attempts."""

from authsite.settings.loader import describe_settings

#: The keys of all throttle settings.
THROTTLES = [row.key for row in describe_settings() if row.key.startswith("authsite.throttle.")]
UNTHROTTLED = dict.fromkeys(THROTTLES, "off")
