"""Whether anything is on that is for developers only."""

import pytest
from pyramid.config import Configurator

from authsite.checks.finding import Status
from tests.unit.checks.saying import is_doubtful, is_fine, is_wrong, looked_at

DEVELOPMENT = {"authsite.dev": "true", "authsite.site.url": "http://localhost:6543"}
LOG = {"loggers": {"keys": "root"}, "logger_root": {"level": "INFO", "handlers": "console"}}


def with_a_toolbar(_global_config, **settings):
    """The factory of an application that includes the toolbar in its code."""
    with Configurator(settings=settings | {"debugtoolbar.hosts": "127.0.0.1"}) as config:
        config.include("authsite")
        return config.make_wsgi_app()


def test_where_nothing_is_on_that_is_fine(a_setup):
    assert is_fine(a_setup(app={"pyramid.reload_templates": "false"}), "debug").startswith("noth")


@pytest.mark.parametrize("flag", ["reload_templates", "debug_notfound", "debug_all"])
def test_a_switch_of_pyramid_that_is_on_is_wrong(a_setup, flag):
    setup = a_setup(app={f"pyramid.{flag}": "true"})
    assert f"pyramid.{flag}" in is_wrong(setup, "debug")


def test_it_is_seen_where_the_application_does_not_start(a_setup):
    changed = {"pyramid.debug_notfound": "true", "authsite.site.url": None}
    assert "pyramid.debug_notfound is on" in is_wrong(a_setup(app=changed), "debug")


def test_it_is_seen_in_the_environment(a_setup):
    setup = a_setup(app={"use": "egg:nothing"}, environ={"PYRAMID_RELOAD_TEMPLATES": "1"})
    assert "pyramid.reload_templates" in is_wrong(setup, "debug")


def test_a_toolbar_is_wrong_wherever_it_is_included(a_setup):
    changed = {"pyramid.includes": "pyramid_tm pyramid_debugtoolbar", "use": "egg:nothing"}
    assert is_wrong(a_setup(app=changed), "debug") == "the debug toolbar is on"
    changed = {"use": "call:tests.unit.checks.test_debugging:with_a_toolbar"}
    assert is_wrong(a_setup(app=changed), "debug") == "the debug toolbar is on"


def test_a_site_for_development_on_this_machine_is_told(a_setup):
    setup = a_setup(app=DEVELOPMENT | {"pyramid.reload_templates": "true"})
    assert "for development" in is_doubtful(setup, "debug")


def test_a_site_for_development_that_people_come_to_is_wrong(a_setup):
    assert "people come to accounts.example.com" in is_wrong(
        a_setup(app={"authsite.dev": "true"}), "debug"
    )
    changed = {"authsite.dev": "true", "pyramid.reload_templates": "true"}
    found = looked_at(a_setup(app=changed), "debug")
    assert [each.status for each in found] == [Status.WRONG] * 2


def test_a_log_for_operators_is_fine(a_setup):
    quiet = {"logger_waitress_queue": {"level": "ERROR", "qualname": "waitress.queue"}}
    quiet |= {"logger_ours": {"level": "INFO", "qualname": "authsite"}}
    assert "set up" in is_fine(a_setup(more=LOG | quiet), "log")


def test_no_log_is_doubtful(a_setup):
    assert "sets up no log" in is_doubtful(a_setup(), "log")


@pytest.mark.parametrize(
    ("logger", "told"),
    [
        ({"logger_root": {"level": "debug"}}, "root at DEBUG"),
        ({"logger_a": {"level": "NOTSET", "qualname": "authsite"}}, "authsite at NOTSET"),
        ({"logger_s": {"level": "INFO", "qualname": "sqlalchemy.engine"}}, "engine at INFO"),
    ],
)
def test_a_log_that_holds_too_much_is_doubtful(a_setup, logger, told):
    assert told in is_doubtful(a_setup(more=LOG | logger), "log")
