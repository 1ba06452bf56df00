"""The checks of the ini file, the settings, the environment and the application."""

from pathlib import Path

import pytest
from pyramid.config import Configurator

from authsite.doctor.examine import examine
from authsite.doctor.subject import Subject
from tests.unit.doctor.findings import fails, findings_of, passes, warns

DEVELOPMENT = {"authsite.dev": "true", "authsite.site.url": "http://localhost:6543"}
LOG = {"loggers": {"keys": "root"}, "logger_root": {"level": "INFO", "handlers": "console"}}


def test_ini_file_can_be_read(a_subject):
    assert "site.ini" in passes(a_subject(), "ini file")


@pytest.mark.parametrize("content", [None, b"no ini file", b"\xff\xfe[app:main]"])
def test_ini_file_that_cannot_be_read_is_named(content, tmp_path):
    path = tmp_path / "broken.ini"
    if content is not None:
        path.write_bytes(content)
    assert f"{path} cannot be read" in fails(Subject(ini=str(path), environ={}), "ini file")


def test_ini_file_needs_an_application(tmp_path):
    path = tmp_path / "other.ini"
    path.write_text("[app:other]\nuse = egg:authsite\n")
    assert "[app:main]" in fails(Subject(ini=str(path), environ={}), "ini file")


def test_ini_file_with_a_lone_percent_sign_hides_its_value(tmp_path):
    path = tmp_path / "site.ini"
    path.write_text("[app:main]\nsqlalchemy.url = postgresql://ada:hush%40hush@db/site\n")
    subject = Subject(ini=str(path), environ={})
    assert f"[app:main] sqlalchemy.url in {path}" in fails(subject, "ini file")
    for finding in examine(subject):
        assert "hush" not in str(finding)


def test_ini_file_is_found_from_the_current_folder(a_subject, monkeypatch):
    path = Path(a_subject().ini)
    monkeypatch.chdir(path.parent)
    passes(Subject(ini=path.name, environ={}), "ini file")


def test_settings_are_valid(a_subject):
    passes(a_subject(), "settings")


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"authsite.site.url": None}, "authsite.site.url"),
        ({"authsite.mail.port": "many"}, "authsite.mail.port"),
        ({"authsite.mial.port": "25"}, "authsite.mial.port"),
    ],
)
def test_settings_name_the_first_wrong_one(a_subject, change, name):
    assert fails(a_subject(app=change), "settings").startswith(f"{name} ")


def test_settings_of_the_environment_win(a_subject):
    subject = a_subject(environ={"AUTHSITE_SITE_URL": "https://other.example.com"})
    assert subject.settings.site.url == "https://other.example.com"


def test_settings_include_the_names_of_variables(a_subject):
    subject = a_subject(environ={"AUTHSITE_SITE_URI": "x"})
    assert "Did you mean AUTHSITE_SITE_URL?" in fails(subject, "settings")


def test_application_can_be_built(a_subject):
    passes(a_subject(), "application")


def test_application_that_ends_at_its_start_fails(a_subject):
    subject = a_subject(app={"authsite.site.url": None})
    assert "authsite.site.url is missing" in fails(subject, "application")


def breaks(_global_config, **_settings):
    """The factory of an application that is broken."""
    raise RuntimeError("in two\nlines")


def without_authsite(_global_config, **settings):
    """The factory of an application without authsite."""
    with Configurator(settings=settings) as config:
        return config.make_wsgi_app()


def with_a_toolbar(_global_config, **settings):
    """The factory of an application that includes the toolbar in its code."""
    with Configurator(settings=settings | {"debugtoolbar.hosts": "127.0.0.1"}) as config:
        config.include("authsite.application.standalone")
        return config.make_wsgi_app()


@pytest.mark.parametrize(
    ("factory", "message"),
    [
        ("egg:nothing", "PackageNotFoundError"),
        ("call:tests.unit.doctor.test_settings:breaks", "RuntimeError: in two lines"),
        ("call:tests.unit.doctor.test_settings:without_authsite", "does not include authsite"),
    ],
)
def test_application_that_cannot_be_built_fails(a_subject, factory, message):
    assert message in fails(a_subject(app={"use": factory}), "application")


def test_debug_passes_when_all_is_off(a_subject):
    passes(a_subject(app={"pyramid.reload_templates": "false"}), "debug")


@pytest.mark.parametrize("flag", ["reload_templates", "debug_notfound", "debug_all"])
def test_debug_names_the_switch_that_is_on(a_subject, flag):
    assert f"pyramid.{flag}" in fails(a_subject(app={f"pyramid.{flag}": "true"}), "debug")


def test_debug_works_without_the_application(a_subject):
    change = {"pyramid.debug_notfound": "true", "authsite.site.url": None}
    assert "pyramid.debug_notfound" in fails(a_subject(app=change), "debug")


def test_debug_includes_the_environment(a_subject):
    subject = a_subject(app={"use": "egg:nothing"}, environ={"PYRAMID_RELOAD_TEMPLATES": "1"})
    assert "pyramid.reload_templates" in fails(subject, "debug")


@pytest.mark.parametrize(
    "change",
    [
        {"pyramid.includes": "pyramid_tm pyramid_debugtoolbar", "use": "egg:nothing"},
        {"use": "call:tests.unit.doctor.test_settings:with_a_toolbar"},
    ],
)
def test_debug_finds_the_toolbar(a_subject, change):
    assert "the debug toolbar" in fails(a_subject(app=change), "debug")


def test_debug_warns_of_development_on_this_machine(a_subject):
    subject = a_subject(app=DEVELOPMENT | {"pyramid.reload_templates": "true"})
    assert "development" in warns(subject, "debug")


def test_debug_fails_for_development_in_a_network(a_subject):
    change = {"authsite.dev": "true", "authsite.site.url": "http://192.168.1.5:6543"}
    change["authsite.mail.sender"] = "accounts@example.com"
    assert "192.168.1.5" in fails(a_subject(app=change), "debug")
    change["pyramid.reload_templates"] = "true"
    assert len(findings_of(a_subject(app=change), "debug")) == 2


def test_log_for_operators_passes(a_subject):
    quiet = {"logger_waitress_queue": {"level": "ERROR", "qualname": "waitress.queue"}}
    quiet |= {"logger_ours": {"level": "INFO", "qualname": "authsite"}}
    passes(a_subject(more=LOG | quiet), "log")


def test_log_that_is_missing_is_a_warning(a_subject):
    warns(a_subject(), "log")


@pytest.mark.parametrize(
    ("logger", "message"),
    [
        ({"logger_root": {"level": "debug"}}, "root at DEBUG"),
        ({"logger_a": {"level": "NOTSET", "qualname": "authsite"}}, "authsite at NOTSET"),
        ({"logger_s": {"level": "INFO", "qualname": "sqlalchemy.engine"}}, "engine at INFO"),
    ],
)
def test_log_that_is_verbose_is_a_warning(a_subject, logger, message):
    assert message in warns(a_subject(more=LOG | logger), "log")
