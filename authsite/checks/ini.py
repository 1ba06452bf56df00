"""Whether the ini file, its settings and the environment can be read, and a site made of them."""

import configparser
import difflib
from collections.abc import Iterator

from authsite.checks.finding import Finding, doubtful, fine, in_one_line, wrong
from authsite.checks.setup import UNREADABLE, Setup
from authsite.settings.loader import SettingError, describe_settings

_LIST = "docs/configuration.md lists what there is"


def ini_file(setup: Setup) -> Iterator[Finding]:
    """It can be read, and has an application in it."""
    try:
        found = "app:main" in setup.sections and setup.app
    except configparser.InterpolationError as error:  # whose words quote what may be a password
        yield wrong(
            f"[{error.section}] {error.option} in {setup.ini} has a % that means nothing",
            "write %% for each % that is meant",
        )
        return
    except UNREADABLE as error:
        yield wrong(
            f"{setup.ini} cannot be read: {error}",
            "name the ini file that the server is started with, as a user who may read it",
        )
        return
    if found:
        yield fine(f"{setup.ini} can be read")
    else:
        yield wrong(f"{setup.ini} says nothing in [app:main]", "begin with production.ini")


def settings(setup: Setup) -> Iterator[Finding]:
    """Every setting is there and makes sense."""
    try:
        setup.settings  # noqa: B018 - it is read when it is asked for
    except SettingError as error:
        yield wrong(
            str(error).rstrip("."),
            f"set it in the ini file or in the environment of the service; {_LIST}, and this "
            "command has to be given the same environment",
        )
    else:
        yield fine("all are there, and make sense")


def variables(setup: Setup) -> Iterator[Finding]:
    """No variable `AUTHSITE_…` is one that nobody reads."""
    known = {setting.variable for setting in describe_settings()}
    known |= {f"{setting.variable}_FILE" for setting in describe_settings() if setting.secret}
    named = {name for name in setup.environ if name.startswith("AUTHSITE_")}
    for name in sorted(named - known):
        meant = difflib.get_close_matches(name, known, n=1)
        hint = f"{meant[0]} may be meant; " if meant else ""
        yield doubtful(f"{name} is set, and is no setting", f"{hint}{_LIST}")
    if named <= known:
        yield fine(f"{len(named)} of AUTHSITE_… are set, and each is a setting")


def application(setup: Setup) -> Iterator[Finding]:
    """It can be built as the server builds it, and authsite is in it."""
    try:
        services = setup.registry.get("authsite")
    except SystemExit as end:
        yield wrong(f"it does not start: {end.code}", "mend what it says")
    except Exception as error:  # of whatever a host application does
        yield wrong(
            f"it does not start: {type(error).__name__}: {in_one_line(error)}",
            "`pserve` says where it fails",
        )
    else:
        if services is None:
            yield wrong("it is built, without authsite in it", 'call config.include("authsite")')
        else:
            yield fine("it can be built")
