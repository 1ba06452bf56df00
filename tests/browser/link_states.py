"""The pages behind links, in every state; the links are written into the database by hand."""

from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa
from playwright.sync_api import Page
from sqlalchemy.engine import Engine

from authsite.accounts.email_links import Purpose
from authsite.clock import utc_now
from authsite.models import EmailLink, User
from authsite.tokens import LinkToken
from tests.browser.people import Person, fill_in, press, sign_out, sign_up

#: What is done in the window of somebody who has just signed up, with the path of their link.
State = tuple[Purpose, Callable[[Page, str], object]]


def _open(page: Page, path: str) -> None:
    page.goto(path)


def _as_a_stranger(page: Page, path: str) -> None:
    sign_out(page)
    page.goto(path)


def _wrongly(button: str, **typed: str) -> Callable[[Page, str], None]:
    def send(page: Page, path: str) -> None:
        _as_a_stranger(page, path)
        fill_in(page, {label.replace("_", " "): answer for label, answer in typed.items()}, button)

    return send


def _twice(page: Page, path: str) -> None:
    page.goto(path)
    press(page, "Verify email")
    page.goto(path)


STATES: dict[str, State] = {
    "confirm an address": (Purpose.VERIFY_EMAIL, _open),
    "confirm an address, as a stranger": (Purpose.VERIFY_EMAIL, _as_a_stranger),
    "confirm an address, wrong password": (
        Purpose.VERIFY_EMAIL,
        _wrongly("Verify and sign in", Password="not that one"),
    ),
    "a link that was used": (Purpose.VERIFY_EMAIL, _twice),
    "choose a password": (Purpose.RESET_PASSWORD, _as_a_stranger),
    "choose a password, weak": (
        Purpose.RESET_PASSWORD,
        _wrongly("Reset password", Password="password1", Confirm_password="password1"),
    ),
    "change an address": (Purpose.CHANGE_EMAIL, _open),
    "change an address, as a stranger": (Purpose.CHANGE_EMAIL, _as_a_stranger),
    "change an address, wrong password": (
        Purpose.CHANGE_EMAIL,
        _wrongly("Change email", Password="not that one"),
    ),
    "not me": (Purpose.SECURE_ACCOUNT, _open),
}


def reach(state: str, page: Page, engine: Engine) -> None:
    """Bring the page of a stranger into the state."""
    purpose, go = STATES[state]
    person = Person()
    sign_up(page, person)
    go(page, _a_link(engine, person.email, purpose))


def _a_link(engine: Engine, email: str, purpose: Purpose) -> str:
    """Write a link for the person with this address; return its path."""
    token, now = LinkToken.new(), utc_now()
    with engine.begin() as connection:
        owner = connection.execute(sa.select(User.id).where(User.email == email)).scalar_one()
        # It is a new address that is proven by a link to change it.
        email = f"new.{email}" if purpose is Purpose.CHANGE_EMAIL else email
        row = {
            "digest": token.digest,
            "user_id": owner,
            "purpose": purpose.value,
            "email": email,
            "email_normalized": email,
            "created_at": now,
            "expires_at": now + timedelta(hours=1),
        }
        connection.execute(sa.insert(EmailLink).values(row))
    return f"/{purpose.value.replace('_', '-')}/{token}"
