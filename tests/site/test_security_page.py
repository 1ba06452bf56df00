"""What docs/security.md says of data, logs, algorithms, sessions and limits is so."""

import ast
import re
from datetime import timedelta

import pytest

from authsite.audit.event_types import EventType
from authsite.models import Base
from authsite.settings.loader import describe_settings
from tests.site.requirements_table import ROOT
from tests.site.security_page import code_in, rows_below
from tests.site.settings_table import spelled
from tests.site.source import PACKAGE, calls, uses_of

LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}


@pytest.mark.asvs("14.1.1", "14.1.2")
def test_every_column_is_listed_with_its_class_and_protection():
    listed = [name for row in rows_below("Data") for name in code_in(row[0])]
    there = [
        f"{table}.{column.name}" for table, of in Base.metadata.tables.items() for column in of.c
    ]
    assert sorted(listed) == sorted(there)
    assert all(len(row) == 4 and all(map(str.strip, row)) for row in rows_below("Data"))


def events():
    """Return the first word of every message that the package logs."""
    found = set()
    for _, name, call in calls():
        if name.startswith("log.") and name.removeprefix("log.") in {*LEVELS, "log"}:
            message = call.args[name == "log.log"]  # which takes the level first
            assert isinstance(message, ast.Constant), ast.unparse(call)
            found.add(message.value.partition(":")[0])
    assert "%s" in found  # the events of accounts, by their own words
    # People who are imported are too many: that is in their histories, and no line tells of it.
    return found - {"%s"} | {
        kind.log_name for kind in EventType if kind is not EventType.ACCOUNT_IMPORTED
    }


@pytest.mark.asvs("16.1.1")
def test_every_event_that_is_logged_is_listed():
    listed = [name for row in rows_below("Logs") for name in code_in(row[0])]
    assert len(set(listed)) == len(listed)
    assert set(listed) == events()


@pytest.mark.asvs("11.1.2", "11.1.3")
def test_every_use_of_cryptography_is_listed():
    """Every function of these libraries, in the file that names it; more than this is not used."""
    uses = set(uses_of("hashlib", "hmac", "secrets", "random", "argon2", "bcrypt", "uuid", "ssl"))
    uses |= {each for each in uses_of("os") if each[1] in {"os.urandom", "os.getrandom"}}
    listed = {
        (file, function)
        for row in rows_below("Algorithms")
        for file in re.findall(r"\(\.\./authsite/([^)]+)\)", row[3])
        for function in code_in(row[2])
    }
    assert listed == uses
    assert all((PACKAGE / file).exists() for file, _ in listed)


@pytest.mark.asvs("7.1.1")
def test_the_limits_of_sessions_are_those_of_the_settings():
    limits = {row[1].strip("`"): row[2] for row in rows_below("Sessions")}
    defaults = {
        setting.key: spelled(setting.default)
        for setting in describe_settings()
        if setting.key.startswith("authsite.session.") and isinstance(setting.default, timedelta)
    }
    assert limits == defaults


@pytest.mark.asvs("6.1.1", "2.1.3")
def test_the_limits_of_tries_are_those_of_the_settings():
    limits = {row[1].strip("`"): row[2] for row in rows_below("Throttling")}
    throttles = [row for row in describe_settings() if row.key.startswith("authsite.throttle.")]
    assert limits == {row.key: spelled(row.default) for row in throttles}


@pytest.mark.asvs("6.1.3", "6.3.4")
def test_every_way_to_sign_in_is_listed():
    """Wherever somebody is let in; the policy's own steps to that are taken there alone."""
    start_session = {path for path, name, _ in calls() if name == "start_session"}
    listed = {
        file
        for row in rows_below("Ways to sign in")
        for file in re.findall(r"\(\.\./authsite/([^)]+)\)", row[0])
    }
    assert start_session == listed
    steps = {path for path, name, _ in calls() if name in {"remember", "create_session"}}
    assert steps == {"signing_in.py", "security.py"}


@pytest.mark.asvs("15.1.3")
def test_what_is_costly_is_bounded_by_settings_that_exist():
    text = " ".join(cell for row in rows_below("Costly and dangerous parts") for cell in row)
    keys = {setting.key for setting in describe_settings()}
    assert {name for name in code_in(text) if name.startswith("authsite.")} <= keys


def test_every_file_that_the_page_names_exists():
    page = (ROOT / "docs" / "security.md").read_text("utf-8")
    named = re.findall(r"`((?:authsite|tests|docs|alembic)/[\w/.-]+)`", page)
    assert [each for each in named if not (ROOT / each).exists()] == []
