"""Settings for tests that repeat actions and are not about throttles."""

from authsite.settings.loader import describe_settings

#: The keys of the throttle settings.
THROTTLES = [row.key for row in describe_settings() if row.key.startswith("authsite.throttle.")]
#: Settings without throttles.
UNTHROTTLED = dict.fromkeys(THROTTLES, "off")
