"""`authsite user show`: an account, its sessions and what happened of late."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.audit.event_types import Actor, EventType
from authsite.clock import utc_now
from authsite.models import EmailLink, User
from tests.factories import a_session, a_user, an_event, some_noise

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:141.0) Gecko/20100101 Firefox/141.0"


@pytest.fixture
def ada(dbsession):
    """The id of somebody to whom something has happened, among others."""
    some_noise(dbsession)
    now = utc_now()
    names = {"first_name": "Ada", "last_name": "Lovelace"}
    ada = a_user(dbsession, id="Ada-Lovelace_id1", email="ada@example.com", **names)
    where = {"ip_address": "192.0.2.7", "user_agent": FIREFOX}
    a_session(dbsession, ada, created_at=now, name="work laptop", **where)
    a_session(dbsession, ada, created_at=now - timedelta(days=40))
    an_event(dbsession, ada, occurred_at=now - timedelta(minutes=2), **where)
    details = {"reason": "Too many mails."}
    an_event(
        dbsession,
        ada,
        kind=EventType.SUSPENDED,
        occurred_at=now,
        actor=Actor.OPERATOR.value,
        details=details,
    )
    ada_id = ada.id
    dbsession.rollback()
    return ada_id


def part(said, heading):
    """Return the lines below a heading."""
    _, _, rest = said.partition(f"\n{heading}\n")
    return rest.partition("\n\n")[0].splitlines()


def test_an_account_is_shown(shell, ada):
    said = shell("show", "ADA@example.com")
    head, *facts = said.partition("\n\n")[0].splitlines()
    assert head == "Ada Lovelace <ada@example.com>"
    words = {line[:19].strip(): line[19:] for line in facts}
    assert words["id"] == ada
    assert (words["address confirmed"], words["password"]) == ("no", "yes")
    assert words["administrator"] == "no"
    assert set(words) == {"id", "made", "address confirmed", "password", "administrator"}


def test_so_is_what_is_unusual_about_it(shell, ada, dbsession):
    now = utc_now().replace(year=2031, month=5, day=17, hour=12, minute=30, second=0)
    changed = sa.update(User).where(User.id == ada)
    values = {"suspended_at": now, "suspension_reason": "Too many mails.", "delete_after": now}
    dbsession.execute(changed.values(password_hash=None, is_administrator=True, **values))
    dbsession.commit()
    said = shell("show", ada)
    assert "suspended          2031-05-17 12:30:00Z: Too many mails.\n" in said
    assert "goes               2031-05-17 12:30:00Z\n" in said
    assert "password           none yet\n" in said
    assert "administrator      yes\n" in said


def test_sessions_that_live_are_shown(shell, ada):
    [session] = part(shell("show", ada), "sessions, the one that was used last first")
    assert "192.0.2.7  Firefox on Windows  work laptop" in session


def test_what_happened_is_shown_newest_first(shell, ada):
    newest, before = part(shell("show", ada), "last events")
    assert "by operator  The account was frozen" in newest
    assert newest.endswith("Reason: Too many mails.")
    assert "by user" in before
    assert "Signed in" in before
    assert "192.0.2.7" in before


def test_where_there_is_nothing_that_is_said(shell, dbsession):
    nobody = a_user(dbsession).email
    dbsession.rollback()
    said = shell("show", nobody)
    assert part(said, "sessions, the one that was used last first") == ["none"]
    assert part(said, "last events") == ["none"]


@pytest.mark.asvs("14.2.6")
def test_programs_get_all_of_it_and_nothing_secret(shell, ada, dbsession):
    shell("send-reset", ada)
    answer = shell.json("show", ada)
    assert answer["account"]["id"] == ada
    assert [each["name"] for each in answer["sessions"]] == ["work laptop"]
    assert answer["events"][-1]["label"] == "Signed in"
    said = str(answer)
    assert dbsession.scalar(sa.select(User.password_hash).where(User.id == ada)) not in said
    assert dbsession.scalar(sa.select(EmailLink.digest)).hex() not in said
    assert "reset-password/" not in said


@pytest.mark.parametrize("nobody", ["nobody@example.com", "nobody"])
def test_who_is_not_there_is_named(shell, ada, nobody):
    assert f"no account has the {'address' if '@' in nobody else 'id'} {nobody}" in shell.refused(
        "show", nobody
    )
