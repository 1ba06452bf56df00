"""The pages of administrators, in every state that they can show."""

from collections.abc import Callable

import sqlalchemy as sa
from playwright.sync_api import Page
from sqlalchemy.engine import Engine

from authsite.clock import utc_now
from authsite.models import User
from tests.browser.people import Person, fill_in, press, sign_in, sign_up

_FREEZE = "Suspend account"


def _search(text: str) -> Callable[[Page, str], None]:
    def search(page: Page, _account: str) -> None:
        page.goto("/admin")
        fill_in(page, {"Name, email or ID": text}, "Find accounts")

    return search


def _open(page: Page, account: str) -> None:
    page.goto(account)


def _freeze(reason: str) -> Callable[[Page, str], None]:
    def freeze(page: Page, account: str) -> None:
        page.goto(account)
        fill_in(page, {"Reason": reason}, _FREEZE)

    return freeze


def _sign_in_when_frozen(page: Page, account: str) -> None:
    _freeze("A stranger has your password.")(page, account)
    email = page.locator("dd").first.inner_text().partition(",")[0]
    page.context.clear_cookies()
    page.goto("/sign-in")
    sign_in(page, Person(email=email))


def _unfreeze(page: Page, account: str) -> None:
    _freeze("W" * 200)(page, account)
    press(page, "Reinstate account")


def _send_twice(page: Page, account: str) -> None:
    for _ in range(2):
        page.goto(account)
        press(page, "Send reset link")


def _open_own(page: Page, _account: str) -> None:
    _search("Grace Ad")(page, _account)
    page.get_by_role("link", name="Grace Administrator").last.click()


#: What an administrator sees, with the address of somebody's account at hand.
STATES: dict[str, Callable[[Page, str], None]] = {
    "administration": lambda page, _account: page.goto("/admin"),
    "administration, found": _search("person"),
    "administration, nobody found": _search("nobody at all"),
    "administration, mistyped": _search("x" * 255),
    "somebody": _open,
    "somebody, no reason": _freeze(""),
    "somebody, frozen": _freeze("W" * 200),
    "somebody, no longer frozen": _unfreeze,
    "somebody, a link too soon": _send_twice,
    "somebody, oneself": _open_own,
    "sign in, frozen": _sign_in_when_frozen,
}


def reach(state: str, page: Page, engine: Engine, *, somebody: Person) -> None:
    """Bring the page of a stranger into the state; `somebody` has an account that they look at."""
    sign_up(page, somebody)
    administrator = Person("Grace", "Administrator")
    page.context.clear_cookies()
    sign_up(page, administrator)
    with engine.begin() as connection:
        is_theirs = User.email == administrator.email
        rights = {"is_administrator": True, "email_verified_at": utc_now()}
        connection.execute(sa.update(User).where(is_theirs).values(**rights))
        wanted = sa.select(User.id).where(User.email == somebody.email)
        account = connection.execute(wanted).scalar_one()
    STATES[state](page, f"/admin/users/{account}")
