"""Reading a page as a browser or a screen reader presents it."""

from typing import Any

import sqlalchemy as sa
from webtest import Form, TestResponse

from authsite.models import User, UserSession
from authsite.services import Services


def input_of(page: TestResponse, name: str) -> Any:
    """Return the input with this name in the main content."""
    return page.html.main.find("input", attrs={"name": name})


def description_of(page: TestResponse, name: str) -> str:
    """Return the text that `aria-describedby` ties to the input: its hint and its error."""
    ids = input_of(page, name).get("aria-describedby", "").split()
    described = [page.html.find(id=each) for each in ids]
    assert None not in described, f"{name} names a description that is not there: {ids}"
    return " ".join(each.get_text(" ", strip=True) for each in described)


def is_marked(page: TestResponse, name: str) -> bool:
    """Whether the input is marked as invalid."""
    return input_of(page, name).get("aria-invalid") == "true"


def alert_of(page: TestResponse) -> str:
    """Return the alert of a page with errors."""
    return page.html.find(attrs={"role": "alert"}).get_text(" ", strip=True)


def status_of(page: TestResponse) -> str | None:
    """Return the flash message of the page, if there is one."""
    message = page.html.find(attrs={"role": "status"})
    return message.get_text(" ", strip=True) if message else None


def rows_of(services: Services) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of users and sessions."""
    with services.database.engine.connect() as connection:
        return {
            model.__tablename__: [
                tuple(row)
                for row in connection.execute(sa.select(model.__table__).order_by(model.id))
            ]
            for model in (User, UserSession)
        }


def form_of(page: TestResponse) -> Form:
    """Return the form of the main content."""
    return _form(page, page.html.main.form)


def sign_out_button_of(page: TestResponse) -> Form:
    """Return the form around the sign-out button in the navigation."""
    return _form(page, page.html.nav.form)


def button_of(page: TestResponse, words: str) -> Form:
    """Return the form around the button with this text."""
    [button] = [each for each in page.html("button") if each.get_text(strip=True) == words]
    return _form(page, button.find_parent("form"))


def _form(page: TestResponse, wanted: Any) -> Form:
    return page.forms[
        next(place for place, each in enumerate(page.html.find_all("form")) if each is wanted)
    ]
