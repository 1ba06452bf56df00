"""A form that met a busy database is tried again, from the start and with all that was typed."""

import pytest
import sqlalchemy as sa
from pyramid.response import Response
from pyramid_retry import mark_error_retryable

from authsite.models import User
from authsite.resources import Root
from tests.site.raw import ask


def a_busy_database() -> sa.exc.OperationalError:
    error = sa.exc.OperationalError("INSERT", None, Exception("busy"))
    mark_error_retryable(error)
    return error


@pytest.mark.asvs("15.4.3")
@pytest.mark.parametrize(("busy", "status"), [(0, 200), (2, 200), (3, 503)])
def test_a_form_is_tried_three_times(  # noqa: PLR0917 - fixtures
    new_application, visit, dbsession, caplog, busy, status
):
    def keep(request):
        request.dbsession.execute(sa.update(User).values(first_name=request.POST["name"]))
        if request.environ["retry.attempt"] < busy:
            raise a_busy_database()
        return Response("kept")

    def add(config):
        config.add_view(keep, context=Root, name="keep", permission="public", require_csrf=False)

    browser = visit(new_application(add))
    browser.sign_up()
    answer = browser.app.post("/keep", {"name": "Grace"}, expect_errors=True)
    assert answer.status_int == status
    assert dbsession.scalars(sa.select(User.first_name)).all() == ["Grace" if busy < 3 else "Ada"]
    assert len([each for each in caplog.records if each.levelname == "ERROR"]) == (busy == 3)


def test_a_page_that_only_reads_is_tried_once(new_application, services):
    def look(request):
        raise a_busy_database()

    application = new_application(
        lambda config: config.add_view(look, context=Root, name="look", permission="public")
    )
    answer = ask(application, "/look")
    assert answer.status_int == 503
    assert answer.headers["Retry-After"] == "5"


def test_a_mistake_in_a_template_is_shown_where_it_is(new_application, services, tmp_path, caplog):
    """The traceback in the log names the template's own line, not the code that Jinja2 made."""
    (tmp_path / "home.jinja2").write_text("one\ntwo\n{{ 1 // 0 }}\n")

    def add(config):
        config.add_jinja2_search_path(str(tmp_path), name=".jinja2", prepend=True)

    assert ask(new_application(add), "/").status_int == 500
    assert 'home.jinja2", line 3' in caplog.text
