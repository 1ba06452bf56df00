"""Labels of browsers, which never repeat text of the client."""

import pytest

from authsite.http.user_agents import MAX_PARSED, UNKNOWN, browser_label

_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
_APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
_IPHONE = f"(iPhone; CPU iPhone OS 18_6 like Mac OS X) {_APPLE}"
_MAC = f"(Macintosh; Intel Mac OS X 10_15_7) {_APPLE}"


_CHROME = f"{_WEBKIT} Chrome/139.0.0.0"
WORDS = {
    "(X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0": "Firefox on Linux",
    "(X11; Ubuntu; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0": "Firefox on Ubuntu",
    "(Android 15; Mobile; rv:141.0) Gecko/141.0 Firefox/141.0": "Firefox on Android",
    f"{_IPHONE} FxiOS/141.0 Mobile/15E148 Safari/605.1.15": "Firefox on iOS",
    f"(Windows NT 10.0; Win64; x64) {_CHROME} Safari/537.36": "Chrome on Windows",
    f"(X11; CrOS x86_64 14541.0.0) {_CHROME} Safari/537.36": "Chrome on ChromeOS",
    f"(Linux; Android 10; K) {_CHROME} Mobile Safari/537.36": "Chrome on Android",
    f"{_IPHONE} CriOS/139.0.7258.60 Mobile/15E148 Safari/604.1": "Chrome on iOS",
    f"(Windows NT 10.0; Win64; x64) {_CHROME} Safari/537.36 Edg/139.0.0.0": "Edge on Windows",
    f"(X11; Linux x86_64) {_CHROME} Safari/537.36 OPR/121.0.0.0": "Opera on Linux",
    f"{_IPHONE} Version/18.6 Mobile/15E148 Safari/604.1": "Safari on iOS",
    f"{_MAC} Version/18.6 Safari/605.1.15": "Safari on macOS",
    f"(Linux; Android 10; K) {_WEBKIT} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36": (
        "Samsung Internet on Android"
    ),
    "(X11; Linux) Test/1.0": f"{UNKNOWN} on Linux",
}


@pytest.mark.parametrize(("user_agent", "words"), WORDS.items())
def test_browser_label_names_browser_and_system(user_agent, words):
    assert browser_label(f"Mozilla/5.0 {user_agent}") == words


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [("curl/8.14.1", "curl"), ("python-requests/2.32.4", "Python program")],
)
def test_browser_label_names_programs(user_agent, words):
    assert browser_label(user_agent) == words


@pytest.mark.parametrize("user_agent", [None, "", "x", "x" * 512, "Quark" * 100, "\N{SNOWMAN}"])
def test_unrecognized_user_agent_is_an_unknown_browser(user_agent):
    assert browser_label(user_agent) == UNKNOWN


@pytest.mark.parametrize(
    "user_agent",
    ["CheapPillsBot/1.0", "www.pills.example crawler", "Pills/1.0 CFNetwork/978 Darwin/18.0.0"],
)
def test_browser_label_does_not_repeat_the_user_agent(user_agent):
    assert "pills" not in browser_label(user_agent).casefold()


def test_browser_label_ignores_text_beyond_the_limit():
    late = "Mozilla/5.0".ljust(MAX_PARSED) + " (Windows NT 10.0) Firefox/141.0"
    assert browser_label(late) == UNKNOWN
