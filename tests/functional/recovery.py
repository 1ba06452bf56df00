"""Requesting and using reset links."""

from webtest import TestResponse

from tests.browsers import Browser
from tests.mailbox import Mailbox

#: The password that users choose in a reset.
NEW_PASSWORD = "eleven blue otters sing"
ADA = "ada@example.com"


def request_reset(browser: Browser, email: str = ADA) -> TestResponse:
    """Request a reset link."""
    return browser.submit(browser.get("/forgot-password"), {"email": email})


def reset_link(browser: Browser, mailbox: Mailbox, email: str = ADA) -> str:
    """Request a reset link and return its path."""
    assert request_reset(browser, email).status_int == 200
    return mailbox.latest("reset_password", email).path_to("reset-password")


def choose(browser: Browser, path: str, password: str = NEW_PASSWORD) -> TestResponse:
    """Open the link and set a new password."""
    typed = {"password": password, "confirm_password": password}
    return browser.submit(browser.get(path, status=200), typed)
