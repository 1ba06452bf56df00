"""All checks one after the other: to the end, whatever happens in one of them."""

import threading

import pytest

from authsite.checks.examination import CHECKS, Check, examine
from authsite.checks.finding import Status, doubtful, fine, wrong
from authsite.checks.setup import Setup

PASSWORD = "a password that nobody may read"


def checks(**looks):
    """Return checks by name; each needs the one before."""
    names = list(looks)
    return [
        Check(name, look, tuple(names[:at][-1:])) for at, (name, look) in enumerate(looks.items())
    ]


def shown(setup, *, checks):
    """Return what is found: the check, how things stand, and what is seen."""
    return [(each.check, each.status, each.seen) for each in examine(setup, checks=checks)]


def test_what_needs_something_that_is_wrong_is_skipped(a_setup):
    found = shown(
        a_setup(),
        checks=checks(
            one=lambda _setup: [doubtful("a", "b"), fine("c")],
            two=lambda _setup: [wrong("d", "e"), fine("f")],
            three=lambda _setup: [fine("not seen")],
            four=lambda _setup: [fine("not seen either")],
        ),
    )
    assert found == [
        ("one", Status.WARNING, "a"),
        ("one", Status.OK, "c"),
        ("two", Status.WRONG, "d"),
        ("two", Status.OK, "f"),
        ("three", Status.SKIPPED, "could not be looked at, because of: two"),
        ("four", Status.SKIPPED, "could not be looked at, because of: three"),
    ]


def test_what_breaks_in_a_check_is_a_finding(a_setup):
    def breaks(_setup):
        yield fine("before")
        raise RuntimeError("on two\nlines")

    [(_, status, seen)] = shown(a_setup(), checks=[Check("one", breaks, ())])
    assert (status, seen) == (
        Status.WRONG,
        "it could not be found out: RuntimeError: on two lines",
    )


def test_what_never_ends_is_left_alone(a_setup):
    ends = threading.Event()

    def hangs(_setup):
        ends.wait(2)
        return []

    try:
        found = shown(a_setup(patience=0.01), checks=[Check("one", hangs, ())])
    finally:
        ends.set()
    assert found == [("one", Status.WRONG, "no answer within 0.03 s")]


def test_no_secret_is_in_what_is_found(a_setup):
    setup = a_setup(environ={"AUTHSITE_MAIL_PASSWORD": PASSWORD})
    quoting = [Check("one", lambda _setup: [wrong(f"not {PASSWORD}", f"take {PASSWORD}")], ())]
    [found] = examine(setup, checks=quoting)
    assert (found.seen, found.mend) == ("not [...]", "take [...]")


def test_every_check_has_a_name_of_its_own_and_comes_after_what_it_needs():
    names = [check.name for check in CHECKS]
    assert len(set(names)) == len(names)
    for at, check in enumerate(CHECKS):
        assert set(check.needs) <= set(names[:at]), check.name


def test_every_check_says_what_it_looks_at():
    assert all((check.look.__doc__ or "").endswith(".") for check in CHECKS)


@pytest.mark.parametrize("wanting", [{"authsite.site.url": None}, {"use": "egg:nothing"}])
def test_a_site_that_does_not_start_is_looked_at_as_far_as_it_goes(migrated, a_setup, wanting):
    found = {each.check: each.status for each in examine(a_setup(app=wanting))}
    assert found["application"] is not Status.OK
    for name in ("servers", "proxy", "limits", "database", "migrations", "clock", "outbox"):
        assert found[name] is Status.OK, name


def test_without_an_ini_file_all_that_is_left_are_the_variables(tmp_path):
    setup = Setup(ini=str(tmp_path / "none.ini"), environ={"AUTHSITE_X": "1"})
    found = list(examine(setup))
    left = [each for each in found if each.status is not Status.SKIPPED]
    assert [each.check for each in left] == ["ini file", "variables"]
    assert {each.check for each in found} == {check.name for check in CHECKS}


def test_a_site_that_is_well_has_nothing_wrong(migrated):
    """But for the mail server: nobody is there."""
    found = list(examine(migrated))
    assert {each.check for each in found if each.status is Status.WRONG} == {"mail server"}
