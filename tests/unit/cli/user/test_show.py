"""`authsite user show`: an account, its sessions and its last events."""

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
    """The ID of a user with a session and events, among others."""
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


def part(printed, heading):
    """Return the lines below a heading."""
    _, _, rest = printed.partition(f"\n{heading}\n")
    return rest.partition("\n\n")[0].splitlines()


def test_account_is_shown(shell, ada):
    printed = shell("show", "ADA@example.com")
    head, *facts = printed.partition("\n\n")[0].splitlines()
    assert head == "Ada Lovelace <ada@example.com>"
    words = dict(line.split("  ", 1) for line in facts)
    words = {name: value.strip() for name, value in words.items()}
    assert words["ID"] == ada
    assert (words["email verified"], words["password"]) == ("no", "yes")
    assert words["administrator"] == "no"
    assert set(words) == {"ID", "created", "email verified", "password", "administrator"}


def test_suspension_and_deletion_are_shown(shell, ada, dbsession):
    now = utc_now().replace(year=2031, month=5, day=17, hour=12, minute=30, second=0)
    changed = sa.update(User).where(User.id == ada)
    values = {"suspended_at": now, "suspension_reason": "Too many mails.", "delete_after": now}
    dbsession.execute(changed.values(password_hash=None, is_administrator=True, **values))
    dbsession.commit()
    printed = shell("show", ada)
    assert "suspended       2031-05-17 12:30:00Z: Too many mails.\n" in printed
    assert "deletion        2031-05-17 12:30:00Z\n" in printed
    assert "password        not set\n" in printed
    assert "administrator   yes\n" in printed


def test_live_sessions_are_shown(shell, ada):
    [session] = part(shell("show", ada), "sessions, the most recently used first")
    assert "192.0.2.7  Firefox on Windows  work laptop" in session


def test_events_are_shown_newest_first(shell, ada):
    newest, before = part(shell("show", ada), "last events")
    assert "by operator  Account suspended" in newest
    assert newest.endswith("Reason: Too many mails.")
    assert "by user" in before
    assert "Signed in" in before
    assert "192.0.2.7" in before


def test_missing_sessions_and_events_are_none(shell, dbsession):
    email = a_user(dbsession).email
    dbsession.rollback()
    printed = shell("show", email)
    assert part(printed, "sessions, the most recently used first") == ["none"]
    assert part(printed, "last events") == ["none"]


@pytest.mark.asvs("14.2.6")
def test_json_has_all_but_secrets(shell, ada, dbsession):
    shell("send-reset", ada)
    answer = shell.json("show", ada)
    assert answer["account"]["id"] == ada
    assert [each["name"] for each in answer["sessions"]] == ["work laptop"]
    assert answer["events"][-1]["label"] == "Signed in"
    printed = str(answer)
    assert dbsession.scalar(sa.select(User.password_hash).where(User.id == ada)) not in printed
    assert dbsession.scalar(sa.select(EmailLink.digest)).hex() not in printed
    assert "reset-password/" not in printed
