"""The ini file, the environment, and the application, debugging and logging that they set up."""

import configparser

from pyramid.settings import asbool, aslist

from authsite.doctor.finding import Finding, fail, in_one_line, ok, warn
from authsite.doctor.subject import UNREADABLE, Subject
from authsite.settings.host_names import is_loopback
from authsite.settings.loader import SettingError

_FLAGS = (
    *("debug_all", "debug_authorization", "debug_notfound", "debug_routematch", "debug_templates"),
    *("reload_all", "reload_assets", "reload_resources", "reload_templates"),
)
_TOOLBAR = "debugtoolbar"
_VERBOSE = {"DEBUG", "NOTSET"}
_SQL = ("sqlalchemy", "sqlalchemy.engine", "sqlalchemy.pool")


def ini_file(subject: Subject) -> Finding:
    """The ini file can be read and has an application in it."""
    try:
        found = subject.app
    except configparser.InterpolationError as error:  # whose text may quote a password
        where = f"[{error.section}] {error.option} in {subject.ini}"
        return fail(f"{where} contains a single %.", "Write %% for each %.")
    except UNREADABLE as error:
        return fail(
            f"{subject.ini} cannot be read: {error}", "Check the path, the user, the syntax."
        )
    if not found:
        return fail(f"{subject.ini} has no section [app:main].")
    return ok(f"{subject.ini} can be read.")


def settings(subject: Subject) -> Finding:
    """Every setting is present and valid."""
    try:
        subject.settings  # noqa: B018 - reads the settings
    except SettingError as error:
        return fail(str(error))
    return ok("All settings are present and valid.")


def application(subject: Subject) -> Finding:
    """The application can be built and includes authsite."""
    try:
        included = "authsite" in subject.registry
    except SystemExit as end:
        return fail(f"The application does not start: {end.code}")
    except Exception as error:  # of the code of a host application
        reason = f"{type(error).__name__}: {in_one_line(error)}"
        return fail(f"The application does not start: {reason}")
    if not included:
        return fail("The application does not include authsite.", 'Add config.include("authsite").')
    return ok("The application can be built.")


def debug(subject: Subject) -> Finding | list[Finding]:
    """Development mode, Pyramid's debug switches and the debug toolbar are off."""
    try:
        dev, host = subject.settings.dev, subject.settings.host
    except SettingError:
        dev, host = False, ""
    if dev and is_loopback(host):
        return warn("The site is in development mode, on this machine.", "Keep it if intended.")
    switches = _switched_on(subject)
    found = [fail(f"Switched on: {', '.join(switches)}.")] if switches else []
    if dev:
        found.append(
            fail(f"authsite.dev is on at {host}: its network can read every email at /dev/mail.")
        )
    return found or ok("Nothing for developers is switched on.")


def _switched_on(subject: Subject) -> list[str]:
    lines = subject.pyramid_settings
    found = [f"pyramid.{flag}" for flag in _FLAGS if asbool(lines.get(flag))]
    included = any(_TOOLBAR in each for each in aslist(lines.get("pyramid.includes", "")))
    if included or any(key.startswith(f"{_TOOLBAR}.") for key in lines):
        found.append("the debug toolbar")
    return found


def log(subject: Subject) -> Finding:
    """Logging is configured, and logs no single statements."""
    if "loggers" not in subject.sections:
        return warn("The ini file configures no logging.")
    verbose = []
    for section in (each for each in subject.sections if each.startswith("logger_")):
        lines = subject.section(section)
        name, level = lines.get("qualname", "root"), lines.get("level", "").upper()
        if level in _VERBOSE or (level == "INFO" and name in _SQL):
            verbose.append(f"{name} at {level}")
    if verbose:
        return warn(f"Verbose loggers slow the site: {', '.join(verbose)}.")
    return ok("Logging is configured, and no logger is at DEBUG.")
