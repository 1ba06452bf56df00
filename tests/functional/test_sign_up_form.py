"""Host applications that extend the sign-up form, and refuse sign-ups."""

import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
import transaction
import zope.sqlalchemy
from pyramid.config import Configurator
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from webtest import TestApp
from wtforms import BooleanField, HiddenField, SelectField, StringField

from authsite.accounts.sign_up import SignUpRefused
from authsite.audit.event_types import AccountEvent, EventType
from authsite.models import AuditEvent, User
from authsite.services import services_of
from authsite.text import trimmed
from authsite.web.forms import name_field
from authsite.web.sign_up_form import SignUpForm
from authsite.web.validators import NoControlChars, Required
from tests.browsers import PASSWORD, Browser
from tests.functional.reading import (
    alert_of,
    description_of,
    form_of,
    input_of,
    is_marked,
    rows_of,
)

REQUIRED = {"authsite.email.verification": "required"}
FIELDS = {
    "first_name": "Ada Lovelace",
    "email": "ada@example.com",
    "password": PASSWORD,
    "confirm_password": PASSWORD,
    "company": "Analytical Engines",
    "terms": True,
    "plan": "large",
}


class CompanyForm(SignUpForm):
    """One name instead of two, and four more fields."""

    first_name = name_field("Name", autocomplete="name")
    last_name = None
    company = StringField(
        "Company", [Required("Enter your company."), NoControlChars(maximum=100)], [trimmed]
    )
    terms = BooleanField("I accept the terms", [Required("Accept the terms.")])
    plan = SelectField("Plan", choices=["small", "large"])
    campaign = HiddenField(default="autumn")


class HostBase(DeclarativeBase):
    """The tables of the host application."""


class Desk(HostBase):
    """A row for each user."""

    __tablename__ = "test_desk"

    user_id: Mapped[str] = mapped_column(
        sa.ForeignKey(User.id, ondelete="CASCADE"), primary_key=True
    )
    company: Mapped[str]


@pytest.fixture
def new_host(
    database_url: str, settings_of_tests: dict[str, str], services: Any
) -> Iterator[Callable[..., Browser]]:
    """Return a function that opens a browser at a host application with such a form."""
    built = []

    def build(
        subscriber: Callable[[AccountEvent], None] = lambda _event: None,
        form: Any = CompanyForm,
        add: Callable[[Configurator], None] = lambda _config: None,
        **settings: str,
    ) -> Browser:
        everything = settings_of_tests | {"sqlalchemy.url": database_url} | settings
        with Configurator(settings=everything) as config:
            config.include("authsite", route_prefix="accounts")
            config.set_authsite_sign_up_form(form)
            config.add_subscriber(subscriber, AccountEvent)
            add(config)
            application = config.make_wsgi_app()
        built.append(services_of(application.registry))
        return Browser(TestApp(application))

    HostBase.metadata.create_all(services.database.write_engine)
    yield build
    for each in built:
        each.dispose()
    HostBase.metadata.drop_all(services.database.write_engine)


def sign_up(browser, **values):
    """Sign up as Ada, or with these values."""
    return browser.submit(browser.get("/accounts/sign-up"), FIELDS | values)


def add_desk(event):
    """Create the desk of a new user."""
    if event.type is EventType.SIGNED_UP:
        company = event.values["company"]
        event.dbsession.add(Desk(user_id=event.user_id, company=company))


def refuse_competitors(field=None):
    """Return a subscriber that creates the desk, and refuses some."""

    def subscriber(event):
        add_desk(event)
        if event.type is EventType.SIGNED_UP and event.values["company"] == "Difference <Ltd>":
            event.dbsession.flush()
            raise SignUpRefused("We don't serve <competitors>.", field)

    return subscriber


def desks_of(dbsession):
    """Return the companies of all desks."""
    dbsession.rollback()
    return dbsession.scalars(sa.select(Desk.company)).all()


def test_form_shows_added_fields_after_the_others(new_host):
    page = new_host().get("/accounts/sign-up")
    names = [each["name"] for each in page.html.main.form(["input", "select"])]
    own = ["csrf_token", "next", "first_name", "email", "password", "confirm_password"]
    assert names == [*own, "company", "terms", "plan", "campaign"]
    labels = [each.get_text(strip=True) for each in page.html.main.form("label")]
    assert labels[0] == "Name"
    assert labels[-3:] == ["Company", "I accept the terms", "Plan"]


def test_host_replaces_the_block_of_added_fields(new_host, tmp_path):
    folder = tmp_path / "authsite"
    folder.mkdir()
    (folder / "sign_up.jinja2").write_text(
        """
        {% extends "authsite:templates/authsite/sign_up.jinja2" %}
        {% block extra_fields scoped %}
          <h2>About your company</h2>
          {{ super() }}
        {% endblock %}
        """
    )

    def add(config):
        config.add_jinja2_search_path(str(tmp_path), name=".jinja2", prepend=True)

    page = sign_up(new_host(add=add), company="")
    assert page.html.main.form.h2.get_text() == "About your company"
    assert input_of(page, "company").has_attr("autofocus")


def test_values_reach_subscribers_and_nothing_else(new_host, dbsession, caplog):
    caplog.set_level(logging.DEBUG)
    events = []

    def subscriber(event):
        events.append((event.type, event.email, dict(event.values), repr(event)))
        add_desk(event)

    browser = new_host(subscriber)
    assert sign_up(browser).location == "http://localhost/accounts/dashboard"
    signed_up, *others = events
    assert signed_up[:2] == (EventType.SIGNED_UP, "ada@example.com")
    assert signed_up[2] == {
        "company": "Analytical Engines",
        "terms": True,
        "plan": "large",
        "campaign": "autumn",
    }
    assert {each[0] for each in others} == {EventType.EMAIL_QUEUED, EventType.SIGNED_IN}
    assert [each[2] for each in others] == [{}, {}]
    assert desks_of(dbsession) == ["Analytical Engines"]
    stored = repr(dbsession.scalars(sa.select(AuditEvent.details)).all())
    for text in (stored, caplog.text, *(each[3] for each in events)):
        assert "Analytical" not in text
        assert "ada@example.com" not in text.replace("'to': 'ada@example.com'", "")


def test_event_email_is_that_of_the_account(new_host):
    emails = []
    browser = new_host(lambda event: emails.append((event.type, event.email)))
    sign_up(browser, email="Ada@Example.com")
    assert (EventType.SIGNED_IN, "Ada@Example.com") in emails
    anonymous = Browser(TestApp(browser.app.app))
    emails.clear()
    anonymous.sign_in("Ada@Example.com", "not that one", at="/accounts/sign-in")
    anonymous.sign_in("eve@example.com", "not that one", at="/accounts/sign-in")
    assert emails == [
        (EventType.SIGN_IN_FAILED, "Ada@Example.com"),
        (EventType.SIGN_IN_FAILED, None),
    ]


def test_refused_form_keeps_what_was_entered(new_host, services):
    page = sign_up(new_host(), company=" ", terms=False, first_name='Ada "<b>')
    assert page.status_int == 422
    assert "There are 2 problems" in alert_of(page)
    assert "Enter your company." in description_of(page, "company")
    assert "Accept the terms." in description_of(page, "terms")
    assert is_marked(page, "company")
    assert is_marked(page, "terms")
    assert input_of(page, "company").has_attr("autofocus")
    assert input_of(page, "first_name")["value"] == 'Ada "<b>'
    assert form_of(page)["plan"].value == "large"
    assert rows_of(services)["authsite_user"] == []


def test_account_may_have_one_name(new_host, new_browser, grant_admin, dbsession):
    browser = new_host()
    sign_up(browser)
    user = dbsession.scalars(sa.select(User)).one()
    assert (user.first_name, user.last_name) == ("Ada Lovelace", "-")
    page = browser.get("/accounts/account")
    assert page.html.nav.find("a", class_="person").get_text(" ", strip=True).endswith("Lovelace")
    assert input_of(page, "last_name") is None
    assert page.html.find("label", attrs={"for": "first_name"}).get_text(strip=True) == "Name"
    assert browser.submit(page, {"first_name": "Augusta"}).status_int == 303
    dbsession.rollback()
    dbsession.refresh(user)
    assert (user.first_name, user.last_name) == ("Augusta", "-")
    grant_admin("ada@example.com")
    account = f"/accounts/admin/users/{user.id}"
    assert browser.get(account).html.h1.get_text(strip=True) == "Augusta"
    browser.submit(browser.get(f"{account}/notes"), {"note": "called"})
    assert "Augusta -" not in browser.get(account).html.main.get_text(" ", strip=True)


def test_account_may_have_no_entered_name(new_host, dbsession):
    class NamelessForm(SignUpForm):
        first_name = None
        last_name = None

    browser = new_host(form=NamelessForm)
    page = browser.get("/accounts/sign-up")
    fields = {"email": "ada.l@example.com", "password": PASSWORD, "confirm_password": PASSWORD}
    assert browser.submit(page, fields).status_int == 303
    user = dbsession.scalars(sa.select(User)).one()
    assert (user.first_name, user.last_name) == ("ada.l", "-")
    assert input_of(browser.get("/accounts/account"), "first_name")["value"] == "ada.l"


@pytest.mark.asvs("2.2.1")
@pytest.mark.parametrize("field", [None, "company", "unknown"])
def test_subscriber_refuses_a_sign_up_with_a_message(new_host, services, dbsession, mailbox, field):
    browser = new_host(refuse_competitors(field))
    page = sign_up(browser, company="Difference <Ltd>")
    assert page.status_int == 422
    message = "We don't serve <competitors>."
    assert message in alert_of(page)
    assert (message in description_of(page, "company")) == (field == "company")
    assert input_of(page, "company")["value"] == "Difference <Ltd>"
    assert rows_of(services) == {"authsite_user": [], "authsite_session": []}
    assert desks_of(dbsession) == []
    assert mailbox.all_for() == []
    assert dbsession.scalars(sa.select(AuditEvent)).all() == []
    assert browser.cookie is None
    assert browser.submit(page, FIELDS).status_int == 303  # its email was not used up
    assert desks_of(dbsession) == ["Analytical Engines"]
    assert [mail.template for mail in mailbox.all_for()] == ["verify_email"]


@pytest.fixture(params=["verified", "not verified yet"])
def registered(request, new_host, verify):
    """A host application that requires verification, and the form of an account that exists."""
    browser = new_host(refuse_competitors(), **REQUIRED)
    assert sign_up(browser).status_int == 200
    if request.param == "verified":
        verify()
    return browser


def masked(page, email):
    """Return the status and text of a page, without what differs between any two."""
    text = re.sub(r'name="csrf_token"\s+value="[^"]*"', "", page.text)
    return page.status, text.replace(email, "EMAIL")


@pytest.mark.asvs("6.3.8")
@pytest.mark.parametrize("company", ["Difference <Ltd>", "Analytical Engines"])
def test_refusal_hides_registered_emails(registered, dbsession, mailbox, caplog, company):
    caplog.set_level(logging.INFO)
    mailbox.empty()
    caplog.clear()
    known, unknown = (
        masked(sign_up(registered, email=email, company=company), email)
        for email in ("ada@example.com", "eve@example.com")
    )
    assert known == unknown
    is_refused = company == "Difference <Ltd>"
    assert known[0] == ("422 Unprocessable Entity" if is_refused else "200 OK")
    companies = ["Analytical Engines"] * (1 if is_refused else 2)
    assert desks_of(dbsession) == companies
    assert len(rows := dbsession.scalars(sa.select(User)).all()) == len(companies)
    assert {each.email_normalized for each in rows} <= {"ada@example.com", "eve@example.com"}
    assert caplog.text.count("user_created") == (0 if is_refused else 1)
    assert (mailbox.all_for() == []) == is_refused


def test_refused_sign_up_uses_up_no_email(registered, mailbox):
    mailbox.empty()
    sign_up(registered, email="eve@example.com", company="Difference <Ltd>")
    assert mailbox.all_for() == []
    sign_up(registered, email="eve@example.com")
    assert [mail.template for mail in mailbox.all_for()] == ["verify_email"]


@pytest.mark.asvs("6.3.8")
def test_subscriber_cannot_tell_whether_an_email_is_taken(registered, dbsession):
    """It sees the same account in both cases; for a taken email the account is undone."""
    seen = []

    def look(event):
        user = event.dbsession.get_one(User, event.user_id)
        seen.append((event.email, user.email, user.first_name, event.user_id is None))

    registered.app.app.registry.registerHandler(
        lambda event: event.type is EventType.SIGNED_UP and look(event), [AccountEvent]
    )
    for email in ("ada@example.com", "eve@example.com"):
        sign_up(registered, email=email, first_name="Eve")
    assert seen == [
        (email, email, "Eve", False) for email in ("ada@example.com", "eve@example.com")
    ]


def test_event_has_the_dbsession_of_the_host(new_host, dbsession, database_url):
    """What a subscriber writes commits with the account, and an error undoes both."""
    engine = sa.create_engine(sa.make_url(database_url).set(drivername=DRIVERS[database_url[:4]]))
    seen = []

    def add_dbsession(config):
        config.include("pyramid_tm")

        def open_dbsession(request):
            session = Session(engine)
            zope.sqlalchemy.register(session, transaction_manager=request.tm)
            seen.append(session)
            return session

        config.add_request_method(open_dbsession, "dbsession", reify=True)
        config.add_settings({"tm.manager_hook": "pyramid_tm.explicit_manager"})

    def subscriber(event):
        assert event.dbsession is seen[-1]
        add_desk(event)
        if event.values.get("company") == "Broken":
            raise RuntimeError

    browser = new_host(subscriber, add=add_dbsession)
    assert sign_up(browser, company="Broken").status_int == 500
    assert desks_of(dbsession) == []
    assert dbsession.scalars(sa.select(User)).all() == []
    assert sign_up(browser).status_int == 303
    assert desks_of(dbsession) == ["Analytical Engines"]
    assert dbsession.scalars(sa.select(User.email)).all() == ["ada@example.com"]
    transaction.abort()
    engine.dispose()


DRIVERS = {"sqli": "sqlite", "post": "postgresql+psycopg"}
