"""Persons, and what they do on pages: fill in fields by their labels and press buttons."""

import itertools
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page

from tests.browsers import PASSWORD

_numbers = itertools.count(1)


@dataclass
class Person:
    """A person with a unique email."""

    first_name: str = "Ada"
    last_name: str = "Lovelace"
    email: str = field(default_factory=lambda: f"person{next(_numbers)}@example.com")

    @property
    def full_name(self) -> str:
        """The name in the navigation."""
        return f"{self.first_name} {self.last_name}"

    @property
    def sign_up_fields(self) -> dict[str, str]:
        """The values for the sign-up form, by label."""
        return {
            "First name": self.first_name,
            "Last name": self.last_name,
            "Email": self.email,
            "Password": PASSWORD,
            "Confirm password": PASSWORD,
        }


def labelled(page: Page, label: str) -> Locator:
    """Return the input with this label."""
    return page.get_by_label(label, exact=True)


def press(page: Page, button: str) -> None:
    """Press the button in the main content."""
    page.get_by_role("main").get_by_role("button", name=button, exact=True).click()


def fill_in(page: Page, fields: dict[str, str], button: str) -> None:
    """Fill in the form in the main content and send it."""
    for label, value in fields.items():
        labelled(page, label).fill(value)
    press(page, button)


def sign_up(page: Page, person: Person) -> None:
    """Sign up; the page then shows the dashboard."""
    page.goto("/sign-up")
    fill_in(page, person.sign_up_fields, "Sign up")
    page.wait_for_url("/dashboard")


def sign_in(page: Page, person: Person, password: str = PASSWORD) -> None:
    """Fill in the sign-in form and send it."""
    fill_in(page, {"Email": person.email, "Password": password}, "Sign in")


def navigation(page: Page) -> Locator:
    """Return the navigation of the site."""
    return page.get_by_role("navigation", name="Site")


def sign_out(page: Page) -> None:
    """Sign out by the button in the navigation."""
    navigation(page).get_by_role("button", name="Sign out").click()
    page.wait_for_url("/sign-in")


def path_of(page: Page) -> str:
    """Return the path of the page, with its query, as the address bar shows it."""
    url = urlsplit(page.url)
    return f"{url.path}?{url.query}" if url.query else url.path
