"""Losing a password and an account, and getting them back, as people do it."""

from webtest import TestResponse

from tests.browsers import Browser
from tests.mailbox import Mailbox

#: What somebody chooses in place of the password that they forgot.
NEW_PASSWORD = "eleven blue otters sing"
ADA = "ada@example.com"


def ask_for_link(browser: Browser, email: str = ADA) -> TestResponse:
    """Say that the password is forgotten."""
    return browser.submit(browser.get("/forgot-password"), {"email": email})


def reset_link(browser: Browser, mailbox: Mailbox, email: str = ADA) -> str:
    """Ask for a link, and return the path that it leads to."""
    assert ask_for_link(browser, email).status_int == 200
    return mailbox.latest("reset_password", email).path_to("reset-password")


def choose(browser: Browser, path: str, password: str = NEW_PASSWORD) -> TestResponse:
    """Open the link and type a new password twice."""
    typed = {"password": password, "confirm_password": password}
    return browser.submit(browser.get(path, status=200), typed)
