"""Fixtures of the admin pages: an administrator, and a user to manage."""

import pytest
import sqlalchemy as sa

from authsite.models import AuditEvent, User
from tests.functional.reading import button_of


@pytest.fixture
def id_of(services):
    """Return the id of the account with an email."""

    def look(email="ada@example.com"):
        with services.database.read_engine.connect() as connection:
            wanted = sa.select(User.id).where(User.email == email)
            return connection.execute(wanted).scalar_one()

    return look


@pytest.fixture
def admin_browser(new_browser, grant_admin):
    """The browser of an administrator."""
    browser = new_browser(REMOTE_ADDR="203.0.113.9")
    browser.sign_up(first_name="Grace", last_name="Hopper", email="admin@example.com")
    grant_admin("admin@example.com")
    return browser


@pytest.fixture
def ada(browser):
    """The browser of a user who is no administrator."""
    browser.sign_up()
    return browser


@pytest.fixture
def ada_page(ada, id_of):
    """The path of the admin page of Ada's account."""
    return f"/admin/users/{id_of()}"


class Desk:
    """An administrator's browser at the admin page of one account."""

    def __init__(self, browser, path):
        self.browser = browser
        self.path = path

    def open(self):
        return self.browser.get(self.path)

    def press(self, words, page=None, **typed):
        """Fill in the form of a button, on this or another page, and press it."""
        form = button_of(page or self.open(), words)
        for name, value in typed.items():
            form[name] = value
        return form.submit(headers={"Sec-Fetch-Site": "same-origin"}, expect_errors=True)


@pytest.fixture
def desk(admin_browser, ada_page):
    """An administrator at the page of Ada's account."""
    return Desk(admin_browser, ada_page)


@pytest.fixture
def history_of(services, id_of):
    """Return the audit events of an account, the oldest first."""

    def look(email="ada@example.com"):
        mine = sa.select(AuditEvent.__table__).where(AuditEvent.user_id == id_of(email))
        with services.database.read_engine.connect() as connection:
            return connection.execute(mine.order_by(AuditEvent.occurred_at)).all()

    return look
