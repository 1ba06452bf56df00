"""Whether the ini file, its settings and the environment make a site."""

from pathlib import Path

import pytest
from pyramid.config import Configurator

from authsite.checks.examination import examine
from authsite.checks.setup import Setup
from tests.unit.checks.saying import is_doubtful, is_fine, is_wrong, looked_at


def test_an_ini_file_that_can_be_read_is_fine(a_setup):
    assert is_fine(a_setup(), "ini file").endswith("site.ini can be read")


@pytest.mark.parametrize("content", [None, b"no ini file", b"\xff\xfe[app:main]"])
def test_one_that_cannot_be_read_is_named(content, tmp_path):
    path = tmp_path / "broken.ini"
    if content is not None:
        path.write_bytes(content)
    assert f"{path} cannot be read" in is_wrong(Setup(ini=str(path), environ={}), "ini file")


def test_one_without_an_application_is_named(tmp_path):
    path = tmp_path / "other.ini"
    path.write_text("[app:other]\nuse = egg:authsite\n")
    setup = Setup(ini=str(path), environ={})
    assert "says nothing in [app:main]" in is_wrong(setup, "ini file")


def test_a_percent_sign_that_is_not_doubled_is_told_without_what_is_around_it(tmp_path):
    path = tmp_path / "site.ini"
    path.write_text("[app:main]\nsqlalchemy.url = postgresql://ada:hush%40hush@db/site\n")
    setup = Setup(ini=str(path), environ={})
    said = is_wrong(setup, "ini file")
    assert said == f"[app:main] sqlalchemy.url in {path} has a % that means nothing"
    for finding in examine(setup):
        assert "hush" not in str(finding)


def test_settings_that_make_sense_are_fine(a_setup):
    assert "make sense" in is_fine(a_setup(), "settings")


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"authsite.site.url": None}, "authsite.site.url is missing"),
        ({"authsite.mail.port": "many"}, "authsite.mail.port must be"),
        ({"authsite.mial.port": "25"}, "authsite.mial.port is not a setting"),
    ],
)
def test_the_first_setting_that_is_missing_or_wrong_is_named(a_setup, changed, named):
    assert named in is_wrong(a_setup(app=changed), "settings")


def test_the_environment_goes_before_the_ini_file(a_setup):
    setup = a_setup(environ={"AUTHSITE_SITE_URL": "https://other.example.com"})
    assert setup.settings.site.url == "https://other.example.com"


def test_variables_that_are_settings_are_fine(a_setup):
    environ = {"AUTHSITE_SITE_URL": "x", "AUTHSITE_SECRET_FILE": "x", "HOME": "/"}
    assert is_fine(a_setup(environ=environ), "variables").startswith("2 of AUTHSITE_…")


def test_a_variable_with_a_typing_mistake_is_named_with_what_may_be_meant(a_setup):
    setup = a_setup(environ={"AUTHSITE_SITE_URI": "x"})
    assert "AUTHSITE_SITE_URI is set" in is_doubtful(setup, "variables")
    assert "AUTHSITE_SITE_URL may be meant" in looked_at(setup, "variables")[0].mend


def test_what_is_no_secret_is_not_read_from_a_file(a_setup):
    setup = a_setup(environ={"AUTHSITE_SITE_NAME_FILE": "/etc/name"})
    assert "AUTHSITE_SITE_NAME_FILE" in is_doubtful(setup, "variables")


def test_a_variable_that_is_like_no_setting_is_named_alone(a_setup):
    setup = a_setup(environ={"AUTHSITE_": "x"})
    found = looked_at(a_setup(environ={"AUTHSITE_QQQQQQQQQQQQQQQQQQQQQQ": "x"}), "variables")
    assert found[0].mend == "docs/configuration.md lists what there is"
    assert "AUTHSITE_ is set" in is_doubtful(setup, "variables")


def test_an_application_that_can_be_built_is_fine(a_setup):
    assert is_fine(a_setup(), "application") == "it can be built"


def test_one_that_ends_with_a_sentence_is_wrong(a_setup):
    setup = a_setup(app={"authsite.site.url": None})
    assert "authsite.site.url is missing" in is_wrong(setup, "application")


def breaks(_global_config, **_settings):
    """The factory of an application that is broken."""
    raise RuntimeError("in two\nlines")


def without_authsite(_global_config, **settings):
    """The factory of an application that has forgotten us."""
    with Configurator(settings=settings) as config:
        return config.make_wsgi_app()


@pytest.mark.parametrize(
    ("factory", "said"),
    [
        ("egg:nothing", "it does not start: PackageNotFoundError"),
        ("call:tests.unit.checks.test_ini:breaks", "RuntimeError: in two lines"),
        ("call:tests.unit.checks.test_ini:without_authsite", "without authsite in it"),
    ],
)
def test_one_that_cannot_be_built_or_is_another_is_wrong(a_setup, factory, said):
    assert said in is_wrong(a_setup(app={"use": factory}), "application")


def test_the_ini_file_is_found_from_where_one_is(a_setup, monkeypatch):
    path = Path(a_setup().ini)
    monkeypatch.chdir(path.parent)
    assert is_fine(Setup(ini=path.name, environ={}), "ini file") == "site.ini can be read"
