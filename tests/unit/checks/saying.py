"""What a check says of a site, for a test to judge."""

from authsite.checks.examination import CHECKS, examine
from authsite.checks.finding import Finding, Status
from authsite.checks.setup import Setup


def looked_at(setup: Setup, name: str) -> list[Finding]:
    """Return what the check of this name finds."""
    [check] = [each for each in CHECKS if each.name == name]
    return list(check.look(setup))


def looked_at_in_time(setup: Setup, name: str) -> Finding:
    """Return what the check finds on its thread, which waits for three answers at most."""
    [check] = [each for each in CHECKS if each.name == name]
    [found] = examine(setup, checks=[check._replace(needs=())])
    return found


def amiss(setup: Setup, name: str) -> Finding:
    """Return the one thing that the check finds, which is not fine, and says how to mend it."""
    [found] = looked_at(setup, name)
    assert found.status in (Status.WARNING, Status.WRONG), found
    assert found.mend
    return found


def is_wrong(setup: Setup, name: str) -> str:
    """Return what the check finds wrong."""
    found = amiss(setup, name)
    assert found.status is Status.WRONG, found
    return found.seen


def is_doubtful(setup: Setup, name: str) -> str:
    """Return what the check warns of."""
    found = amiss(setup, name)
    assert found.status is Status.WARNING, found
    return found.seen


def is_fine(setup: Setup, name: str) -> str:
    """Return what the check says, which is that nothing has to be done."""
    [found] = looked_at(setup, name)
    assert found.status is Status.OK, found
    assert not found.mend
    return found.seen
