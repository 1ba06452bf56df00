"""Whether anything shows visitors, or the log, what is for developers only."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from pyramid.settings import asbool, aslist

from authsite.checks.finding import Finding, doubtful, fine, wrong
from authsite.checks.setup import Setup
from authsite.settings.loader import SettingError

_FLAGS = (
    "debug_all",
    "debug_authorization",
    "debug_notfound",
    "debug_routematch",
    "debug_templates",
    "reload_all",
    "reload_assets",
    "reload_resources",
    "reload_templates",
)
_TOOLBAR = "debugtoolbar"
_HERE = {"localhost", "127.0.0.1", "::1"}
_NOISY = {"DEBUG", "NOTSET"}
_SQL = ("sqlalchemy", "sqlalchemy.engine", "sqlalchemy.pool")


def debug(setup: Setup) -> Iterator[Finding]:
    """Neither `authsite.dev`, nor Pyramid's switches, nor the debug toolbar is on."""
    told = setup.told_pyramid
    on = [f"pyramid.{flag}" for flag in _FLAGS if asbool(told.get(flag))]
    included = [each for each in aslist(told.get("pyramid.includes", "")) if _TOOLBAR in each]
    if included or any(key.startswith(f"{_TOOLBAR}.") for key in told):
        on.append("the debug toolbar")
    try:
        dev, host = setup.settings.dev, urlsplit(setup.settings.site.url).hostname
    except SettingError:
        dev, host = False, None
    if dev and host in _HERE:
        yield doubtful("the site is for development (authsite.dev), on this machine", "as you like")
        return
    if dev:
        yield wrong(
            f"authsite.dev is on, and people come to {host}: mails stay in the outbox, and "
            "/dev/mail shows them to everybody",
            "take authsite.dev away",
        )
    if on:
        yield wrong(f"{', '.join(on)} is on", "switch it off in the ini file and the environment")
    if not dev and not on:
        yield fine("nothing of it is on")


def log(setup: Setup) -> Iterator[Finding]:
    """It is set up, and holds what an operator needs, not each statement."""
    if "loggers" not in setup.sections:
        yield doubtful("the ini file sets up no log", "give it the sections of production.ini")
        return
    noisy = []
    for section in setup.sections:
        said = setup.section(section) if section.startswith("logger_") else {}
        name, level = said.get("qualname", "root"), said.get("level", "").upper()
        if level in _NOISY or (level == "INFO" and name in _SQL):
            noisy.append(f"{name} at {level}")
    if noisy:
        yield doubtful(
            f"the log holds more than an operator needs, and slows the site: {', '.join(noisy)}",
            "level = INFO for root, WARN for SQLAlchemy",
        )
    else:
        yield fine("it is set up, and nothing is at DEBUG")
