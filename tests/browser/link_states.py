"""The pages of email links in every state; the links are inserted into the database."""

from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa
from playwright.sync_api import Page
from sqlalchemy.engine import Engine

from authsite.accounts.email_links import Purpose
from authsite.clock import utc_now
from authsite.models import EmailLink, User
from authsite.tokens import LinkToken
from tests.browser.actions import Person, fill_in, press, sign_out, sign_up

#: The purpose of a link, and what happens in the window of its owner, who has just signed up.
State = tuple[Purpose, Callable[[Page, str], object]]


def _open(page: Page, path: str) -> None:
    page.goto(path)


def _anonymously(page: Page, path: str) -> None:
    sign_out(page)
    page.goto(path)


def _send(button: str, **fields: str) -> Callable[[Page, str], None]:
    def send(page: Page, path: str) -> None:
        _anonymously(page, path)
        fill_in(page, {label.replace("_", " "): value for label, value in fields.items()}, button)

    return send


def _twice(page: Page, path: str) -> None:
    page.goto(path)
    press(page, "Verify email")
    page.goto(path)


STATES: dict[str, State] = {
    "verify email": (Purpose.VERIFY_EMAIL, _open),
    "verify email, anonymous": (Purpose.VERIFY_EMAIL, _anonymously),
    "verify email, wrong password": (
        Purpose.VERIFY_EMAIL,
        _send("Verify and sign in", Password="not that one"),
    ),
    "used link": (Purpose.VERIFY_EMAIL, _twice),
    "reset password": (Purpose.RESET_PASSWORD, _anonymously),
    "reset password, weak": (
        Purpose.RESET_PASSWORD,
        _send("Reset password", Password="password1234", Confirm_password="password1234"),
    ),
    "change email": (Purpose.CHANGE_EMAIL, _open),
    "change email, anonymous": (Purpose.CHANGE_EMAIL, _anonymously),
    "change email, wrong password": (
        Purpose.CHANGE_EMAIL,
        _send("Change email", Password="not that one"),
    ),
    "verify new email, anonymous": (Purpose.VERIFY_NEW_EMAIL, _anonymously),
    "secure account": (Purpose.SECURE_ACCOUNT, _open),
}


def reach(state: str, page: Page, engine: Engine) -> None:
    """Bring the page into the state."""
    purpose, go = STATES[state]
    person = Person()
    sign_up(page, person)
    go(page, _a_link(engine, person.email, purpose))


def _a_link(engine: Engine, email: str, purpose: Purpose) -> str:
    """Insert a link for the user with this email; return its path."""
    token, now = LinkToken.new(), utc_now()
    with engine.begin() as connection:
        owner = connection.execute(sa.select(User.id).where(User.email == email)).scalar_one()
        # A link that changes the email was sent to the new one.
        changes = purpose in {Purpose.CHANGE_EMAIL, Purpose.VERIFY_NEW_EMAIL}
        email = f"new.{email}" if changes else email
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
