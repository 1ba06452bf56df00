"""Running all checks, even if one of them fails."""

import threading

import pytest

from authsite.doctor.checks import CHECKS, Check
from authsite.doctor.examine import examine, exit_status
from authsite.doctor.finding import Finding, Status, fail, ok, warn
from authsite.doctor.subject import Subject

PASSWORD = "a password that must not be shown"


def chain(**results):
    """Return checks with these findings; each needs the one before."""
    names = list(results)
    return [
        Check(name, lambda _subject, found=found: found, "Fix it.", tuple(names[:at][-1:]))
        for at, (name, found) in enumerate(results.items())
    ]


def shown(subject, checks):
    """Return check, status, message and fix of each finding."""
    return [
        (each.check, each.status, each.message, each.fix)
        for each in examine(subject, checks=checks)
    ]


def test_checks_that_need_a_failed_one_are_skipped(a_subject):
    checks = chain(
        one=[warn("a", "b"), ok("c")], two=[fail("d"), ok("e")], three=ok("f"), four=ok("g")
    )
    found = shown(a_subject(), checks)
    assert found[:4] == [
        ("one", Status.WARN, "a", "b"),
        ("one", Status.OK, "c", ""),
        ("two", Status.FAIL, "d", "Fix it."),
        ("two", Status.OK, "e", ""),
    ]
    assert [each[:2] for each in found[4:]] == [
        ("three", Status.SKIPPED),
        ("four", Status.SKIPPED),
    ]
    assert "two" in found[4][2]


def test_exception_in_a_check_is_a_finding(a_subject):
    def break_off(_subject):
        raise RuntimeError("on two\nlines")

    [(_, status, message, _)] = shown(a_subject(), [Check("one", break_off, "", ())])
    assert status is Status.FAIL
    assert message.endswith("RuntimeError: on two lines")


def test_check_that_does_not_end_is_abandoned(a_subject):
    released = threading.Event()

    def hang(_subject):
        released.wait(2)
        return []

    try:
        found = shown(a_subject(timeout=0.01), [Check("one", hang, "", ())])
    finally:
        released.set()
    assert [each[:3] for each in found] == [("one", Status.FAIL, "No answer within 0.03 s.")]


def test_findings_contain_no_secret(a_subject):
    subject = a_subject(environ={"AUTHSITE_MAIL_PASSWORD": PASSWORD})
    checks = chain(one=fail(f"not {PASSWORD}", f"not {PASSWORD}"))
    assert shown(subject, checks) == [("one", Status.FAIL, "not [...]", "not [...]")]


@pytest.mark.parametrize(("dev", "shown_as"), [("true", Status.OK), ("false", Status.FAIL)])
def test_development_passes_checks_for_production(a_subject, dev, shown_as):
    subject = a_subject(app={"authsite.dev": dev, "authsite.site.url": "http://localhost"})
    [check] = chain(one=fail("a"))
    [found] = examine(subject, checks=[check._replace(production_only=True)])
    assert found.status is shown_as


@pytest.mark.parametrize(
    "backend", [check.backend for check in CHECKS if check.backend] and ["sqlite", "postgresql"]
)
def test_checks_of_another_database_find_nothing(a_subject, backend):
    url = {"sqlite": "postgresql://db.example.com/site", "postgresql": "sqlite:////x.sqlite"}
    subject = a_subject(app={"sqlalchemy.url": url[backend]})
    checks = [check._replace(needs=()) for check in CHECKS if check.backend == backend]
    assert len(checks) > 2
    assert list(examine(subject, checks=checks)) == []


@pytest.mark.parametrize(
    ("statuses", "status"),
    [([], 0), ([Status.OK, Status.WARN, Status.SKIPPED], 0), ([Status.OK, Status.FAIL], 1)],
)
def test_exit_status_is_1_after_a_failure(statuses, status):
    assert exit_status(Finding(each, "") for each in statuses) == status


def test_checks_have_unique_names_and_follow_what_they_need():
    names = [check.name for check in CHECKS]
    assert len(set(names)) == len(names)
    for at, check in enumerate(CHECKS):
        assert set(check.needs) <= set(names[:at]), check.name


def test_checks_describe_themselves_in_one_line():
    assert all(check.description.endswith(".") for check in CHECKS)
    assert not any("\n" in check.description or not check.fix for check in CHECKS)


@pytest.mark.parametrize("change", [{"authsite.site.url": None}, {"use": "egg:nothing"}])
def test_site_that_does_not_start_is_examined_in_part(migrated, a_subject, change):
    found = {each.check: each.status for each in examine(a_subject(app=change))}
    assert found["application"] is not Status.OK
    for name in ("servers", "proxy", "limits", "database", "migrations", "clock", "outbox"):
        assert found[name] is Status.OK, name


def test_without_an_ini_file_only_that_is_examined(tmp_path):
    subject = Subject(ini=str(tmp_path / "none.ini"), environ={}, outside=True)
    found = list(examine(subject))
    examined = [each.check for each in found if each.status is not Status.SKIPPED]
    assert examined == ["ini file"]
    assert {each.check for each in found} == {check.name for check in CHECKS}


def test_site_without_a_fault_fails_for_its_mail_server_only(migrated):
    """No mail server listens in this test."""
    assert {each.check for each in examine(migrated) if each.status is Status.FAIL} == {
        "mail server"
    }
