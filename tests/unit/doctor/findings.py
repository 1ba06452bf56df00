"""What checks find, for tests to compare."""

from authsite.doctor.checks import CHECKS
from authsite.doctor.examine import examine
from authsite.doctor.finding import Finding, Status
from authsite.doctor.subject import Subject


def findings_of(subject: Subject, name: str) -> list[Finding]:
    """Return what the check of this name finds, without the checks that it needs."""
    [check] = [each for each in CHECKS if each.name == name]
    return list(examine(subject, checks=[check._replace(needs=())]))


def _only(subject: Subject, name: str, status: Status) -> str:
    [found] = findings_of(subject, name)
    assert found.status is status, found
    assert bool(found.fix) is (status is not Status.OK), found
    return found.message


def fails(subject: Subject, name: str) -> str:
    """Return the message of the one finding, a failure with a fix."""
    return _only(subject, name, Status.FAIL)


def warns(subject: Subject, name: str) -> str:
    """Return the message of the one finding, a warning with a fix."""
    return _only(subject, name, Status.WARN)


def passes(subject: Subject, name: str) -> str:
    """Return the message of the one finding, which needs no fix."""
    return _only(subject, name, Status.OK)
