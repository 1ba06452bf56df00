"""Labels of browsers and systems, such as "Firefox on Windows", from user agents."""

import functools

from ua_parser.basic import Resolver
from ua_parser.core import Domain
from ua_parser.loaders import load_lazy_builtins

UNKNOWN = "Unknown browser"
#: Characters that are parsed; browsers need no more. The time grows with the square of the length:
#: 16 ms for a malicious text of 512.
MAX_PARSED = 256
#: Labels in the cache: a few hundred KB.
CACHE_SIZE = 1000

#: By the library's names. Other names are not shown: the library takes some of them from the user
#: agent itself, and an attacker must not write into our emails.
_BROWSERS = {
    "Amazon Silk": "Silk",
    "Android": "Android's browser",
    "Apple Mail": "Apple Mail",
    "Brave": "Brave",
    "Chrome": "Chrome",
    "Chrome Mobile": "Chrome",
    "Chrome Mobile iOS": "Chrome",
    "Chrome Mobile WebView": "Chrome in an app",
    "Chromium": "Chromium",
    "DuckDuckGo Mobile": "DuckDuckGo",
    "Edge": "Edge",
    "Edge Mobile": "Edge",
    "Epiphany": "GNOME Web",
    "Facebook": "Facebook",
    "Firefox": "Firefox",
    "Firefox Focus": "Firefox Focus",
    "Firefox iOS": "Firefox",
    "Firefox Mobile": "Firefox",
    "Google": "Google's app",
    "HeadlessChrome": "Headless Chrome",
    "IE": "Internet Explorer",
    "Instagram": "Instagram",
    "Konqueror": "Konqueror",
    "MiuiBrowser": "MIUI Browser",
    "Mobile Safari": "Safari",
    "Mobile Safari UI/WKWebView": "Safari in an app",
    "Opera": "Opera",
    "Opera GX": "Opera GX",
    "Opera Mini": "Opera Mini",
    "Opera Mobile": "Opera",
    "Pale Moon": "Pale Moon",
    "Python Requests": "Python program",
    "QQ Browser": "QQ Browser",
    "QQ Browser Mobile": "QQ Browser",
    "Safari": "Safari",
    "Samsung Internet": "Samsung Internet",
    "SeaMonkey": "SeaMonkey",
    "UC Browser": "UC Browser",
    "Vivaldi": "Vivaldi",
    "Waterfox": "Waterfox",
    "Yandex Browser": "Yandex Browser",
    "curl": "curl",
    "Wget": "Wget",
}
_SYSTEMS = {
    "Android": "Android",
    "Chrome OS": "ChromeOS",
    "Debian": "Debian",
    "Fedora": "Fedora",
    "FreeBSD": "FreeBSD",
    "iOS": "iOS",
    "KaiOS": "KaiOS",
    "Linux": "Linux",
    "Mac OS X": "macOS",
    "OpenBSD": "OpenBSD",
    "Tizen": "Tizen",
    "Ubuntu": "Ubuntu",
    "Windows": "Windows",
    "Windows Phone": "Windows Phone",
}


@functools.lru_cache(CACHE_SIZE)
def browser_label(user_agent: str | None) -> str:
    """Return the browser and its system, or `UNKNOWN`.

    It is no proof: any client can send any user agent.
    """
    parsed = _resolver()((user_agent or "")[:MAX_PARSED], Domain.USER_AGENT | Domain.OS)
    browser = _BROWSERS.get(parsed.user_agent.family) if parsed.user_agent else None
    system = _SYSTEMS.get(parsed.os.family) if parsed.os else None
    return f"{browser or UNKNOWN} on {system}" if system else browser or UNKNOWN


@functools.cache
def _resolver() -> Resolver:
    # Not at import: reading the patterns takes time.
    return Resolver(load_lazy_builtins())
