"""Each page about an account of another user records the look, also pages of a host application."""

import pytest
import sqlalchemy as sa
from pyramid.response import Response

from authsite.audit.event_types import AccountEvent, EventType
from authsite.models import AuditEvent
from authsite.resources import UserResource
from authsite.resources.site_map import endpoints
from tests.site.page_paths import path_of

pytestmark = pytest.mark.one_database


@pytest.fixture
def administrator(visit, grant_admin):
    """Sign up a user and an administrator at an application; return the latter's browser."""

    def sign_up(application):
        visit(application).sign_up()
        browser = visit(application)
        browser.sign_up(email="grace@example.com")
        grant_admin("grace@example.com")
        return browser

    return sign_up


def forget_looks(dbsession):
    """Delete the events of looks; return how many there were."""
    looks = sa.delete(AuditEvent).where(AuditEvent.type == EventType.ACCOUNT_VIEWED.key)
    count = dbsession.execute(looks).rowcount
    dbsession.commit()
    return count


@pytest.mark.asvs("16.3.3")
def test_account_is_not_shown_without_the_event(new_application, administrator, services):
    def refuse(event):
        if event.type is EventType.ACCOUNT_VIEWED:
            raise RuntimeError

    application = new_application(lambda config: config.add_subscriber(refuse, AccountEvent))
    page = administrator(application).get(path_of(services, "/admin/users/{id}"), status=500)
    assert "ada@example.com" not in page.text


def test_look_at_a_host_page_about_an_account_is_recorded(
    new_application, administrator, services, dbsession
):
    def add_orders(config):
        options = {"request_method": "GET", "permission": "administer", "confirm_password": True}
        config.add_view(
            lambda context, _request: Response(context.record.email),
            context=UserResource,
            name="orders",
            **options,
        )

    browser = administrator(new_application(add_orders))
    assert browser.get(path_of(services, "/admin/users/{id}/orders")).text == "ada@example.com"
    assert forget_looks(dbsession) == 1


def test_every_page_below_an_account_records_the_look(
    new_application, administrator, services, dbsession
):
    application = new_application()
    browser = administrator(application)
    pages = [
        each.url
        for each in endpoints(application.registry)
        if each.method == "GET" and each.url.startswith("/admin/users/{id}")
    ]
    assert pages
    for url in pages:
        browser.get(path_of(services, url), status=200)
        assert forget_looks(dbsession) == 1, url


def test_form_that_is_shown_again_records_the_look(
    new_application, administrator, services, dbsession
):
    browser = administrator(new_application())
    page = browser.get(path_of(services, "/admin/users/{id}/notes"))
    forget_looks(dbsession)
    assert browser.submit(page, {"note": "Called."}).status_int == 303
    assert forget_looks(dbsession) == 0
    assert browser.submit(page, {"note": ""}).status_int == 422
    assert forget_looks(dbsession) == 1
