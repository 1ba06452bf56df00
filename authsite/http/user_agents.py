"""Browsers and systems in words: "Firefox on Windows", of what a browser calls itself."""

import functools

from ua_parser.basic import Resolver
from ua_parser.core import Domain
from ua_parser.loaders import load_lazy_builtins

UNKNOWN = "Unknown browser"
#: Browsers name themselves within so many characters. The time for a longer text grows with its
#: square: 16 ms for 512 characters that somebody has made up.
LONGEST = 256
#: Texts of which the words are kept: some hundred KB.
REMEMBERED = 1000

#: What the library calls them, and what people do. Other names are not repeated: the library takes
#: some of them from the text itself, and a stranger must not put words into our mails.
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


@functools.lru_cache(REMEMBERED)
def browser_label(user_agent: str | None) -> str:
    """Return which browser it is and on which system; `UNKNOWN` if that is not known.

    What a browser says of itself proves nothing: anybody can say the same.
    """
    parsed = _resolver()((user_agent or "")[:LONGEST], Domain.USER_AGENT | Domain.OS)
    browser = _BROWSERS.get(parsed.user_agent.family) if parsed.user_agent else None
    system = _SYSTEMS.get(parsed.os.family) if parsed.os else None
    return f"{browser or UNKNOWN} on {system}" if system else browser or UNKNOWN


@functools.cache
def _resolver() -> Resolver:
    """Return what knows the patterns; they are read when somebody first asks."""
    return Resolver(load_lazy_builtins())
