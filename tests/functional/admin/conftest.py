"""What the tests of administrators' pages share: one of them, and somebody to look at."""

import pytest
import sqlalchemy as sa

from authsite.models import AuditEvent, User
from tests.functional.reading import button_of


@pytest.fixture
def id_of(services):
    """Return the id of the account with an address."""

    def look(email="ada@example.com"):
        with services.database.read_engine.connect() as connection:
            wanted = sa.select(User.id).where(User.email == email)
            return connection.execute(wanted).scalar_one()

    return look


@pytest.fixture
def boss(new_browser, grant_admin):
    """The browser of somebody who runs the site."""
    browser = new_browser(REMOTE_ADDR="203.0.113.9")
    browser.sign_up(first_name="Grace", last_name="Hopper", email="boss@example.com")
    grant_admin("boss@example.com")
    return browser


@pytest.fixture
def ada(browser):
    """The browser of somebody who does not."""
    browser.sign_up()
    return browser


@pytest.fixture
def ada_page(ada, id_of):
    """Where her account is found."""
    return f"/admin/users/{id_of()}"


class Desk:
    """Where an administrator sits, with the page of Ada's account at hand."""

    def __init__(self, browser, path):
        self.browser = browser
        self.path = path

    def open(self):
        """Open the page."""
        return self.browser.get(self.path)

    def press(self, words, page=None, **typed):
        """Press a button on it, or on another page, with what was typed beside it."""
        form = button_of(page or self.open(), words)
        for name, value in typed.items():
            form[name] = value
        return form.submit(headers={"Sec-Fetch-Site": "same-origin"}, expect_errors=True)


@pytest.fixture
def desk(boss, ada_page):
    """An administrator who looks at Ada's account."""
    return Desk(boss, ada_page)


@pytest.fixture
def history_of(services, id_of):
    """Return what is in the history of an account, the oldest first."""

    def look(email="ada@example.com"):
        mine = sa.select(AuditEvent.__table__).where(AuditEvent.user_id == id_of(email))
        with services.database.read_engine.connect() as connection:
            return connection.execute(mine.order_by(AuditEvent.occurred_at)).all()

    return look
