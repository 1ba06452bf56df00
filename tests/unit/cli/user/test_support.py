"""What `authsite user` does to help one user."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.accounts.notes import find_notes
from authsite.clock import utc_now
from authsite.models import AccountNote, User, UserSession
from tests.factories import a_message, a_user, an_event

VERIFY = ("mark-verified", "--reason", "Seen in person.")
ACTIONS = [
    ("unlock",),
    ("emails",),
    ("notes",),
    ("send-verification",),
    VERIFY,
]


@pytest.fixture
def throttle(services):
    """Use up the limits of failed sign-ins of an email address and a network."""

    def use_up(email="ada@example.com", network="192.0.2.7"):
        for _ in range(30):
            services.throttles.hit({"sign_in_network": network}, now=utc_now())
        for _ in range(10):
            services.throttles.hit({"sign_in_account": email}, now=utc_now())

    return use_up


def test_throttled_account_is_unlocked(shell, ada, throttle, happened, row_of):
    throttle()
    assert "throttled until" in shell("show", ada)
    assert shell.json("show", ada)["throttled"][0]["limit"] == "sign_in_account"
    assert shell("unlock", "ADA@example.com") == "ada@example.com: unlocked\n"
    assert "throttled" not in shell("show", ada)
    assert row_of().unlocked_at
    assert happened() == [("unlocked", "operator")]


def test_throttled_network_is_named_and_unlocked_by_option(shell, ada, throttle, dbsession):
    an_event(dbsession, dbsession.get(User, ada), occurred_at=utc_now(), ip_address="192.0.2.7")
    throttle()
    printed = shell("unlock", ada)
    assert printed.startswith("ada@example.com: unlocked\nstill throttled until ")
    assert printed.endswith(": failed sign-ins from 192.0.2.7\n")
    [left] = shell.json("unlock", ada)["throttled"]
    assert (left["limit"], left["network"]) == ("sign_in_network", "192.0.2.7")
    printed = shell.json("unlock", ada, "--network", "192.0.2.7")
    assert (printed["networks"], printed["throttled"]) == (["192.0.2.7"], [])
    assert shell.json("unlock", ada)["throttled"] == []


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::/64", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
    ],
)
def test_network_is_unlocked_as_it_is_printed_or_logged(shell, ada, text, network):
    assert shell.json("unlock", ada, "--network", text)["networks"] == [network]


def test_unlocking_takes_networks_of_throttles_only(shell, ada):
    assert "'--network': " in shell.refused("unlock", ada, "--network", "x", status=2)


def test_email_is_marked_as_verified(shell, ada, row_of, happened):
    answer = shell.json(*VERIFY, ada)
    assert answer["email_verified_at"] == row_of().email_verified_at.isoformat()
    assert answer["reason"] == "Seen in person."
    assert happened() == [("email_verified", "operator")]
    assert shell.refused(*VERIFY, ada) == "authsite: ada@example.com is verified already\n"
    assert "Reason: Seen in person." in shell("show", ada)


def test_one_session_is_ended(shell, ada, dbsession, happened):
    sessions = [each["id"] for each in shell.json("show", ada)["sessions"]]
    sessions = (
        sessions
        or dbsession.scalars(sa.select(UserSession.id).where(UserSession.user_id == ada)).all()
    )
    printed = shell("end-session", ada, "--", sessions[0])
    assert printed == "ada@example.com: session ended\n"
    assert shell.refused("end-session", ada, "--", sessions[0]) == (
        f"authsite: ada@example.com has no session {sessions[0]}\n"
    )
    dbsession.rollback()
    left = sa.select(UserSession.id).where(UserSession.user_id == ada)
    assert dbsession.scalars(left).all() == sessions[1:]
    assert happened() == [("session_ended", "operator")]


def test_emails_are_listed_without_their_text(shell, ada, dbsession):
    assert shell("emails", ada) == "none\n"
    later = utc_now() + timedelta(hours=5)
    message = a_message(
        dbsession, user_id=ada, next_attempt_at=later, attempts=3, last_error="451 later"
    )
    a_message(dbsession)
    head, line = shell("emails", ada).splitlines()
    assert head.split()[:3] == ["ID", "status", "template"]
    assert line.split()[:3] == [message.id, "deferred", "verify_email"]
    assert "451 later" in line
    [printed] = map(json.loads, shell("emails", ada, "--json").splitlines())
    assert (printed["status"], printed["next_attempt_at"]) == ("deferred", later.isoformat())
    assert "Confirm" not in str(printed)


def test_deferred_email_is_due_at_once(shell, ada, dbsession, happened):
    later = utc_now() + timedelta(hours=5)
    values = {"user_id": ada, "last_error": "451 later"}
    message = a_message(dbsession, next_attempt_at=later, **values)
    dbsession.rollback()
    printed = shell("retry-email", ada, "--", message.id)
    assert printed == "ada@example.com: the email is due now\n"
    dbsession.rollback()
    assert message.next_attempt_at <= utc_now()
    assert happened() == [("email_retried", "operator")]


@pytest.mark.parametrize(
    "values",
    [
        {"next_attempt_at": None, "last_error": "550 unknown"},
        {"next_attempt_at": None, "delivered_at": utc_now()},
        {"next_attempt_at": utc_now() + timedelta(days=9)},
        {"user_id": None, "last_error": "451 later"},
    ],
    ids=["failed", "delivered", "scheduled", "of no account"],
)
def test_other_emails_are_not_repeated(shell, ada, dbsession, happened, values):
    message = a_message(dbsession, **{"user_id": ada} | values)
    dbsession.rollback()
    printed = shell.refused("retry-email", ada, "--", message.id)
    assert printed.startswith(f"authsite: ada@example.com has no deferred email {message.id}; ")
    assert happened() == []


def test_retried_change_of_email_is_not_in_the_history(shell, ada, dbsession, happened):
    values = {"user_id": ada, "last_error": "451 later", "template": "change_email"}
    message = a_message(dbsession, next_attempt_at=utc_now() + timedelta(hours=5), **values)
    dbsession.rollback()
    shell("retry-email", ada, "--", message.id)
    assert happened() == []


def test_verification_link_is_emailed_and_not_shown(shell, ada, mailbox, row_of):
    printed = shell("send-verification", ada)
    assert printed == "ada@example.com: verification email queued\n"
    assert mailbox.latest("verify_email").path_to("verify-email") not in printed
    shell(*VERIFY, ada)
    assert "is verified already" in shell.refused("send-verification", ada)


def test_notes_are_added_and_listed(shell, ada, happened, dbsession):
    assert shell("notes", ada) == "none\n"
    assert shell("add-note", ada, "Called.", "--as", "Joan") == "ada@example.com: note added\n"
    shell("add-note", ada, "-", "--as", "Zoe", stdin="First\n\nsecond line \n")
    newest, oldest = map(json.loads, shell("notes", ada, "--json").splitlines())
    assert (newest["text"], oldest["text"]) == ("First\n\nsecond line", "Called.")
    assert (newest["actor"], newest["actor_id"]) == ("operator", None)
    printed = shell("notes", ada)
    assert " by operator Zoe\n  First\n\n  second line\n" in printed
    assert printed.endswith(" by operator Joan\n  Called.\n")
    assert "\nnotes, the newest first\n" in shell("show", ada)
    assert shell.json("show", ada)["notes"][0]["text"] == newest["text"]
    assert happened() == [("note_added", "operator")] * 2


@pytest.mark.parametrize("text", ["", "x" * 2001, "a\tb"])
def test_unusable_note_is_refused(shell, ada, dbsession, text):
    shell.refused("add-note", ada, text, status=2)
    shell.refused("add-note", ada, "-", stdin=text, status=2)
    assert dbsession.scalars(sa.select(AccountNote.id)).all() == []


def test_note_is_read_as_utf8(shell, ada, dbsession):
    refused = shell.refused("add-note", ada, "-", stdin=b"\xff")
    assert refused == "authsite: the note is not text in UTF-8\n"
    shell("add-note", ada, "-", stdin=("\N{GRINNING FACE}" * 2000).encode())
    assert [len(note.text) for note in find_notes(dbsession, ada)] == [2000]


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action[0])
def test_missing_account_is_named(shell, ada, happened, action):
    printed = shell.refused(*action, "--", "ada@example.co")
    assert printed == "authsite: no account has the email address ada@example.co\n"
    assert happened() == []


def test_json_is_all_that_is_printed(shell, ada):
    """In one line, whatever the ini file logs."""
    actions = [*ACTIONS, ("add-note", ada, "x"), ("show",), ("list",)]
    for action, *arguments in actions:
        options = arguments if ada in arguments else [*arguments, ada]
        for line in shell(action, "--json", *options).splitlines():
            json.loads(line)


def test_accounts_are_listed_by_network(shell, ada, dbsession):
    eve = a_user(dbsession, email="eve@example.com")
    an_event(dbsession, eve, ip_address="192.0.2.70")
    dbsession.rollback()
    lines = [line.split() for line in shell("list", "192.0.2.0/24").splitlines()]
    assert {(line[1], line[-1]) for line in lines} >= {
        ("ada@example.com", "192.0.2.7"),
        ("eve@example.com", "192.0.2.70"),
    }
    [found] = map(json.loads, shell("list", "192.0.2.70", "--json").splitlines())
    assert (found["email"], found["ip_address"]) == ("eve@example.com", "192.0.2.70")
    assert "ends with /8, /16 or /24" in shell.refused("list", "192.0.2.0/25")


@pytest.mark.parametrize("command", ["retry-email", "end-session"])
def test_id_that_is_no_text_is_refused(shell, ada, command):
    assert "Enter one line of text in UTF-8." in shell.refused(command, ada, "x\udcff", status=2)
