"""Every page of the site in every state, and how to reach it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from playwright.sync_api import Page
from sqlalchemy.engine import Engine

from tests.browser import admin_states, link_states, session_states
from tests.browser.actions import Person, fill_in, press, sign_in, sign_up
from tests.browsers import PASSWORD

NEW_PASSWORD = "nine purple yaks waltz"


def _person_with_a_long_name() -> Person:
    """Return a person whose names and email have the maximum length and no space."""
    email = Person().email.replace("@", f"{'w' * 40}@{'long.' * 35}")
    return Person("Wilhelmina" * 10, "Vandersloo" * 10, email)


def _open(path: str) -> Callable[[Page], None]:
    return lambda page: page.goto(path)


def _sign_up_with_nothing(page: Page) -> None:
    page.goto("/sign-up")
    press(page, "Sign up")


def _sign_up_with_a_weak_password(page: Page) -> None:
    page.goto("/sign-up")
    weak = dict.fromkeys(("Password", "Confirm password"), "password1234")
    fill_in(page, Person().sign_up_fields | weak, "Sign up")


def _sign_in_with_nothing(page: Page) -> None:
    page.goto("/sign-in")
    press(page, "Sign in")


def _sign_in_with_wrong_password(page: Page) -> None:
    page.goto("/account")
    sign_in(page, Person(), "not that one")


def _send_an_outdated_form(page: Page) -> None:
    page.goto("/sign-in")
    page.context.clear_cookies()
    sign_in(page, Person())


def _save(first_name: str) -> Callable[[Page], None]:
    def save(page: Page) -> None:
        page.goto("/account")
        fill_in(page, {"First name": first_name}, "Save name")

    return save


def _request_reset(email: str) -> Callable[[Page], None]:
    def request_reset(page: Page) -> None:
        page.goto("/forgot-password")
        fill_in(page, {"Email": email}, "Send reset link")

    return request_reset


def _request_email_change(email: str) -> Callable[[Page], None]:
    def request_change(page: Page) -> None:
        page.goto("/account/email")
        fill_in(page, {"New email": email}, "Send link")

    return request_change


def _close_with_wrong_password(page: Page) -> None:
    page.goto("/account/close")
    fill_in(page, {"Password": "not that one"}, "Close account")


def _close(page: Page) -> None:
    page.goto("/account/close")
    fill_in(page, {"Password": PASSWORD}, "Close account")


def _change_password(current: str, new: str) -> Callable[[Page], None]:
    def change(page: Page) -> None:
        page.goto("/account/password")
        twice = dict.fromkeys(("New password", "Confirm new password"), new)
        fill_in(page, {"Current password": current} | twice, "Change password")

    return change


def _confirm_wrong_password(page: Page) -> None:
    page.goto("/confirm-password?next=/dashboard")
    fill_in(page, {"Password": "not that one"}, "Confirm password")


def _sign_out(page: Page) -> None:
    page.goto("/sign-out")
    press(page, "Sign out")


#: States for anonymous visitors.
ANONYMOUS: dict[str, Callable[[Page], object]] = {
    "home": _open("/"),
    "sign up": _open("/sign-up"),
    "sign up, nothing filled in": _sign_up_with_nothing,
    "sign up, weak password": _sign_up_with_a_weak_password,
    "sign in": _open("/sign-in"),
    "sign in, sent from a protected page": _open("/account"),
    "sign in, nothing filled in": _sign_in_with_nothing,
    "sign in, wrong password": _sign_in_with_wrong_password,
    "forgot password": _open("/forgot-password"),
    "forgot password, invalid email": _request_reset("ada"),
    "forgot password, sent": _request_reset("unknown@example.com"),
    "400": _open("/%ff"),
    "403, form out of date": _send_an_outdated_form,
    "404": _open("/nothing"),
    "410": _open(f"/reset-password/{'A' * 43}"),
}
#: States for signed-in users; each starts on the dashboard.
MEMBER: dict[str, Callable[[Page], object]] = {
    "home, signed in": _open("/"),
    "dashboard": _open("/dashboard"),
    "account": _open("/account"),
    "account, no name": _save(""),
    "account, saved": _save("Augusta"),
    "new email": _open("/account/email"),
    "new email, invalid": _request_email_change("ada"),
    "new email, sent": _request_email_change("unknown@new.example.com"),
    "close account": _open("/account/close"),
    "close account, wrong password": _close_with_wrong_password,
    "account closed": _close,
    "sessions, no others": _open("/account/sessions"),
    "history, new": _open("/account/history"),
    "verify email": _open("/verify-email"),
    "password": _open("/account/password"),
    "password, nothing filled in": _change_password("", ""),
    "password, wrong": _change_password("not that one", NEW_PASSWORD),
    "password, weak": _change_password(PASSWORD, "password1234"),
    "password, changed": _change_password(PASSWORD, NEW_PASSWORD),
    "confirm password": _open("/confirm-password"),
    "confirm password, wrong": _confirm_wrong_password,
    "sign out": _open("/sign-out"),
    "signed out": _sign_out,
    "404, signed in": _open("/nothing"),
}
#: These states need changes in the database.
BROKEN = ("500", "503", "429")
#: A sign-in to a closed account.
PAUSED = "reactivate account"
LONG = ("dashboard, long name", "account, long name", "new email, long name")
LINKS, SESSIONS, ADMIN = link_states.STATES, session_states.STATES, admin_states.STATES
ALL = (*ANONYMOUS, *MEMBER, *BROKEN, PAUSED, *LINKS, *SESSIONS, *ADMIN, *LONG)


@contextmanager
def reached(state: str, page: Page, engine: Engine) -> Iterator[None]:
    """Bring the page into the state; it lasts as long as the block."""
    if state in ANONYMOUS:
        ANONYMOUS[state](page)
        yield
    elif state in LINKS:
        link_states.reach(state, page, engine)
        yield
    elif state in SESSIONS:
        session_states.reach(state, page, engine)
        yield
    elif state in ADMIN:
        admin_states.reach(state, page, engine, user=_person_with_a_long_name())
        yield
    elif state == PAUSED:
        person = Person()
        sign_up(page, person)
        _close(page)
        sign_in(page, person, PASSWORD)
        yield
    elif state == "503":
        sign_up(page, Person())
        with _no_sessions(engine):
            page.goto("/account")
            yield
    elif state == "429":
        person = Person()
        page.goto("/account")
        sign_in(page, person, "not that one")
        with engine.begin() as connection:
            throttle = (
                "UPDATE authsite_throttle SET hits = 10, blocked_until = expires_at WHERE hits = 1"
            )
            connection.execute(sa.text(throttle))
        sign_in(page, person, "not that one")
        yield
    elif state == "500":
        person = Person()
        sign_up(page, person)
        _damage(person, engine)
        page.goto("/account")
        yield
    else:
        name, _, long = state.partition(", long")
        sign_up(page, _person_with_a_long_name() if long else Person())
        MEMBER[name](page)
        yield


def _damage(person: Person, engine: Engine) -> None:
    """Write an unreadable value into the row of the user."""
    with engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE authsite_user SET created_at = :nonsense WHERE email = :email"),
            {"nonsense": "no time", "email": person.email},
        )


@contextmanager
def _no_sessions(engine: Engine) -> Iterator[None]:
    """Rename the table of the sessions."""
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE authsite_session RENAME TO renamed"))
    yield
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE renamed RENAME TO authsite_session"))
