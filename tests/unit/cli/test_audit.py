"""`authsite audit`: wrong filters, and output in bounded memory."""

import json
import tracemalloc
from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.audit.event_types import Actor, EventType
from authsite.audit.queries import CHUNK
from authsite.clock import utc_now
from authsite.models import AuditEvent
from authsite.tokens import new_id
from tests.factories import a_user, an_event
from tests.shell import refusal, run


@pytest.fixture
def add(dbsession):
    """Add events to a new account, each a second older than the one before."""

    def events(number, **values):
        user = a_user(dbsession)
        now = utc_now()
        rows = [
            {
                "id": new_id(),
                "user_id": user.id,
                "occurred_at": now - timedelta(seconds=position),
                "type": EventType.EMAIL_QUEUED.key,
                "actor": Actor.SYSTEM.value,
                "details": {"subject": f"number {position} {'x' * 200}"},
            }
            | values
            for position in range(number)
        ]
        dbsession.execute(sa.insert(AuditEvent), rows)
        dbsession.commit()

    return events


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--type", "unknown"], "'--type': 'unknown' is not one of"),
        (["--actor", "unknown"], "'--actor': 'unknown' is not one of"),
        (["--network", "192.0.2.0/24"], "'--network': Enter an IP address, or an IPv6 network"),
        (["--since", "yesterday"], "'--since': Enter a date like 2026-11-30, a time like"),
        (["--since", "9999999d"], "'--since': Enter a date like 2026-11-30, a time like"),
        (["--since", "0001-01-01T00:00+14:00"], "'--since': Enter a date like 2026-11-30, a"),
        (["--until", "7x"], "'--until': Enter a date like 2026-11-30, a time like"),
        (["--by", "a\x00b"], "'--by': Enter one line of text in UTF-8."),
        (["--csv", "--json"], "--csv and --json exclude each other."),
    ],
)
def test_wrong_filter_is_wrong_usage(ini, arguments, message):
    assert message in refusal("audit", ini, *arguments, status=2)


def test_last_day_of_the_calendar_is_a_date(ini, dbsession):
    an_event(dbsession, a_user(dbsession), occurred_at=utc_now())
    assert run("audit", ini, "--until", "9999-12-31").stdout


def test_unknown_account_is_named(ini):
    printed = refusal("audit", ini, "--account", "nothing@example.com")
    assert printed == "authsite: no account has the email address nothing@example.com\n"


def test_empty_audit_log_prints_nothing(ini):
    for arguments in ([], ["--json"]):
        assert run("audit", ini, *arguments).stdout == ""
    assert run("audit", ini, "--csv").stdout.count("\n") == 1


def test_every_event_is_listed_once(ini, add):
    add(2 * CHUNK)
    printed = run("audit", ini, "--json").stdout.splitlines()
    subjects = [json.loads(line)["details"]["subject"].split()[1] for line in printed]
    assert subjects == [str(number) for number in range(2 * CHUNK)]
    assert len(run("audit", ini).stdout.splitlines()) == 2 * CHUNK


def test_events_at_the_same_time_are_listed_once(ini, dbsession):
    user = a_user(dbsession)
    now = utc_now()
    rows = [
        {
            "id": new_id(),
            "user_id": user.id,
            "occurred_at": now,
            "type": EventType.SIGNED_IN.key,
            "actor": Actor.USER.value,
            "details": {},
        }
        for _ in range(CHUNK + 1)
    ]
    dbsession.execute(sa.insert(AuditEvent), rows)
    dbsession.commit()
    printed = run("audit", ini, "--json").stdout.splitlines()
    assert {json.loads(line)["id"] for line in printed} == {row["id"] for row in rows}
    assert len(printed) == len(rows)


@pytest.mark.parametrize("arguments", [["--json"], ["--csv"], []])
def test_audit_log_is_printed_in_bounded_memory(ini, add, arguments, monkeypatch):
    """Memory does not grow with the number of events."""
    written = 0

    def count(text, **_options):
        nonlocal written
        written += len(text)

    monkeypatch.setattr("click.echo", count)
    peaks = []
    for number in (3 * CHUNK, 12 * CHUNK):
        add(number)
        tracemalloc.start()
        run("audit", ini, *arguments)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert written > 15 * CHUNK * 200
    assert peaks[1] < 1.3 * peaks[0]


def test_events_that_are_due_for_the_purge_are_not_listed(ini, dbsession):
    an_event(dbsession, a_user(dbsession), occurred_at=utc_now() - timedelta(days=91))
    assert run("audit", ini).stdout == ""
