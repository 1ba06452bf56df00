"""A form is attempted again, with all its values, if the database was busy."""

import pytest
import sqlalchemy as sa
from pyramid.response import Response
from pyramid_retry import mark_error_retryable

from authsite.audit.event_types import AccountEvent
from authsite.models import User
from authsite.resources import Root
from authsite.services import services_of
from tests.site.response_comparison import FORMS, REQUIRED, send
from tests.site.wsgi_requests import send_request


def busy_database_error() -> sa.exc.OperationalError:
    error = sa.exc.OperationalError("INSERT", None, Exception("busy"))
    mark_error_retryable(error)
    return error


@pytest.mark.asvs("15.4.3")
@pytest.mark.parametrize(
    ("attempts", "busy", "status"),
    [("3", 0, 200), ("3", 2, 200), ("3", 3, 503), ("1", 1, 503), ("2", 1, 200)],
)
def test_form_is_attempted_as_often_as_the_settings_say(  # noqa: PLR0917 - fixtures
    new_application, visit, dbsession, caplog, attempts, busy, status
):
    def keep(request):
        request.authsite.dbsession.execute(sa.update(User).values(first_name=request.POST["name"]))
        if request.environ["retry.attempt"] < busy:
            raise busy_database_error()
        return Response("kept")

    def add(config):
        config.add_view(keep, context=Root, name="keep", permission="public", require_csrf=False)

    browser = visit(new_application(add, **{"authsite.database.attempts": attempts}))
    browser.sign_up()
    answer = browser.app.post("/keep", {"name": "Grace"}, expect_errors=True)
    assert answer.status_int == status
    name = "Grace" if status == 200 else "Ada"
    assert dbsession.scalars(sa.select(User.first_name)).all() == [name]
    assert len([each for each in caplog.records if each.levelname == "ERROR"]) == (status == 503)


def busy_once(config):
    """Let the database be busy when the first attempt of a form records an event."""
    attempts = set()

    def fail(_event):
        if not attempts:
            attempts.add("first")
            raise busy_database_error()

    config.add_subscriber(fail, AccountEvent)


@pytest.mark.asvs("15.4.3")
@pytest.mark.parametrize("settings", [{}, REQUIRED])
@pytest.mark.parametrize(
    ("form", "template"), [("/sign-up", "verify_email"), ("/forgot-password", "no_account")]
)
def test_form_that_is_attempted_again_sends_its_email(
    new_application, mailbox, settings, form, template
):
    """The first attempt is not counted by the limits of emails."""
    application = new_application(busy_once, **settings)
    answer, _ = send(application, form, "eve@example.com", form=FORMS[form])
    assert answer.status_int == (303 if form == "/sign-up" and not settings else 200)
    assert [mail.template for mail in mailbox.all_for()] == [template]


@pytest.mark.asvs("15.4.3")
@pytest.mark.parametrize(
    ("path", "values", "template"),
    [
        ("/verify-email", {}, "verify_email"),
        ("/account/email", {"email": "new@example.com"}, "change_email"),
    ],
)
def test_users_form_that_is_attempted_again_sends_its_email(  # noqa: PLR0917 - fixtures
    new_application, visit, mailbox, path, values, template
):
    browser = visit(new_application(**{"authsite.throttle.email_recipient": "off"}))
    browser.sign_up()
    mailbox.empty()
    page = browser.get(path)
    browser.app.app = new_application(busy_once)
    assert browser.submit(page, values).status_int in {200, 303}
    assert template in [mail.template for mail in mailbox.all_for()]


def test_busy_database_cannot_refund_an_email(new_application, mailbox, services, caplog):
    """The form is attempted again nevertheless; its email counts."""
    application = new_application(busy_once)
    engine = services_of(application.registry).database.engine

    def fail(_connection, _cursor, statement, *_rest):
        if statement.startswith("UPDATE authsite_throttle"):
            raise busy_database_error()

    sa.event.listen(engine, "before_cursor_execute", fail)
    answer, _ = send(
        application, "/forgot-password", "eve@example.com", form=FORMS["/forgot-password"]
    )
    assert answer.status_int == 429
    assert "sys_refund_failed: busy" in caplog.text


def test_get_is_attempted_once(new_application, services):
    def read(request):
        raise busy_database_error()

    application = new_application(
        lambda config: config.add_view(read, context=Root, name="read", permission="public")
    )
    answer = send_request(application, "/read")
    assert answer.status_int == 503
    assert answer.headers["Retry-After"] == "5"


def test_template_error_is_logged_with_its_line(new_application, services, tmp_path, caplog):
    """The traceback names the line of the template, not of the code that Jinja2 generates."""
    (tmp_path / "authsite").mkdir()
    (tmp_path / "authsite/home.jinja2").write_text("one\ntwo\n{{ 1 // 0 }}\n")

    def add(config):
        config.add_jinja2_search_path(str(tmp_path), name=".jinja2", prepend=True)

    assert send_request(new_application(add), "/").status_int == 500
    assert 'home.jinja2", line 3' in caplog.text
