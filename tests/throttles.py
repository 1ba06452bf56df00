"""Settings for tests that try the same thing over and over, and are not about how often one may."""

from authsite.settings.loader import describe_settings

#: The names of the settings that say how often something may be tried.
THROTTLES = [row.key for row in describe_settings() if row.key.startswith("authsite.throttle.")]
#: Nobody is ever asked to wait.
UNTHROTTLED = dict.fromkeys(THROTTLES, "off")
