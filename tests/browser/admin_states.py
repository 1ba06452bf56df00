"""The admin pages in every state."""

from collections.abc import Callable

import sqlalchemy as sa
from playwright.sync_api import Page
from sqlalchemy.engine import Engine

from authsite.clock import utc_now
from authsite.models import User
from tests.browser.actions import Person, fill_in, press, sign_in, sign_up

_SUSPEND = "Suspend account"


def _search(text: str) -> Callable[[Page, str], None]:
    def search(page: Page, _account: str) -> None:
        page.goto("/admin")
        fill_in(page, {"Name, email, ID or network": text}, "Find accounts")

    return search


def _open(page: Page, account: str) -> None:
    page.goto(account)


def _suspend(reason: str) -> Callable[[Page, str], None]:
    def suspend(page: Page, account: str) -> None:
        page.goto(account)
        fill_in(page, {"Reason": reason}, _SUSPEND)

    return suspend


def _sign_in_when_suspended(page: Page, account: str) -> None:
    _suspend("Someone else has your password.")(page, account)
    email = page.locator("dd").first.inner_text().partition(",")[0]
    page.context.clear_cookies()
    page.goto("/sign-in")
    sign_in(page, Person(email=email))


def _reinstate(page: Page, account: str) -> None:
    _suspend("W" * 200)(page, account)
    press(page, "Reinstate account")


def _send_twice(page: Page, account: str) -> None:
    for _ in range(2):
        page.goto(account)
        press(page, "Send reset link")


def _click(*links: str) -> Callable[[Page, str], None]:
    def click(page: Page, account: str) -> None:
        page.goto(account)
        for link in links:
            page.get_by_role("main").get_by_role("link", name=link, exact=True).click()

    return click


def _write(note: str) -> Callable[[Page, str], None]:
    def write(page: Page, account: str) -> None:
        _click("Notes")(page, account)
        fill_in(page, {"Note": note}, "Add note")

    return write


def _open_noted(page: Page, account: str) -> None:
    _write("W" * 1000 + "\nCalled, and will write.")(page, account)
    _click("Back to the account")(page, page.url)


def _unlock(page: Page, account: str) -> None:
    page.goto(account)
    press(page, "Unlock account")


def _audit(query: str) -> Callable[[Page, str], None]:
    def audit(page: Page, account: str) -> None:
        _suspend("W" * 200)(page, account)
        page.goto(f"/admin/audit{query}")

    return audit


def _open_own(page: Page, _account: str) -> None:
    _search("Grace Ad")(page, _account)
    page.get_by_role("link", name="Grace Administrator").last.click()


#: How an administrator reaches each state; the second argument is the path of a user's page.
STATES: dict[str, Callable[[Page, str], None]] = {
    "administration": lambda page, _account: page.goto("/admin"),
    "administration, found": _search("person"),
    "administration, no account found": _search("unknown user"),
    "administration, mistyped": _search("x" * 255),
    "user": _open,
    "user, no reason": _suspend(""),
    "user, suspended": _suspend("W" * 200),
    "user, reinstated": _reinstate,
    "user, reset link throttled": _send_twice,
    "user, own account": _open_own,
    "user, unlocked": _unlock,
    "user, noted": _open_noted,
    "emails": _click("Emails"),
    "notes, none": _click("Notes"),
    "notes, no text": _write(""),
    "notes, added": _write("W" * 2000),
    "mark email as verified": _click("Mark email as verified"),
    "audit log": _audit(""),
    "audit log, filtered": _audit("?actor=administrator"),
    "audit log, no event found": _audit("?type=account_erased"),
    "audit log, mistyped": _audit("?account=unknown&network=x&since=x&type=x"),
    "sign in, suspended": _sign_in_when_suspended,
}


def reach(state: str, page: Page, engine: Engine, *, user: Person) -> None:
    """Bring the page into the state; `user` signs up and is the user that the page shows."""
    sign_up(page, user)
    administrator = Person("Grace", "Administrator")
    page.context.clear_cookies()
    sign_up(page, administrator)
    with engine.begin() as connection:
        is_administrator = User.email == administrator.email
        rights = {"is_administrator": True, "email_verified_at": utc_now()}
        connection.execute(sa.update(User).where(is_administrator).values(**rights))
        user_id = sa.select(User.id).where(User.email == user.email)
        account = connection.execute(user_id).scalar_one()
    STATES[state](page, f"/admin/users/{account}")
