"""What `authsite user` does to accounts: suspend, end sessions, send links, close, give rights."""

import logging

import pytest
import sqlalchemy as sa

from authsite.models import OutboxMessage, User, UserSession

REASON = "Too many emails. Write to us."
SUSPEND = ("suspend", "--reason", REASON)
CLOSE = ("close", "--yes")
ACTIONS = [
    SUSPEND,
    ("reinstate",),
    ("end-sessions",),
    ("send-reset",),
    CLOSE,
    ("grant-admin",),
    ("revoke-admin",),
    ("show",),
]


def find_sessions(dbsession, user_id):
    """Return how many there are, and how many of other users."""
    dbsession.rollback()
    owners = dbsession.scalars(sa.select(UserSession.user_id)).all()
    return owners.count(user_id), len(owners) - owners.count(user_id)


@pytest.mark.asvs("7.4.2", "7.4.5")
def test_suspended_account_has_no_sessions(shell, ada, row_of, dbsession, happened):
    assert shell(*SUSPEND, "ada@example.com") == "ada@example.com: suspended, 2 sessions ended\n"
    assert find_sessions(dbsession, ada) == (0, 6)
    assert row_of().suspension_reason == REASON
    event_types = ["suspended", "session_ended", "session_ended"]
    assert happened() == [(event_type, "operator") for event_type in event_types]


def test_suspension_can_get_another_reason(shell, ada, row_of, happened):
    first = shell.json(*SUSPEND, ada)
    again = shell.json("suspend", "--reason", "Another one.", ada)
    assert first == {
        "id": ada,
        "email": "ada@example.com",
        "suspended_at": row_of().suspended_at.isoformat(),
        "reason": REASON,
        "sessions_ended": 2,
    }
    assert again == first | {"reason": "Another one.", "sessions_ended": 0}
    shell("suspend", "--reason", "Another one.", ada)
    assert [event_type for event_type, _ in happened()].count("suspended") == 2


@pytest.mark.parametrize("reason", ["", "x" * 201, "a\nb", "\N{RIGHT-TO-LEFT OVERRIDE}"])
def test_reason_is_what_a_page_can_show(shell, ada, row_of, reason):
    assert "'--reason': " in shell.refused("suspend", ada, "--reason", reason, status=2)
    assert row_of().suspended_at is None


def test_reinstated_user_can_sign_in_again(shell, ada, row_of, happened):
    assert shell.refused("reinstate", ada) == "authsite: ada@example.com is not suspended\n"
    shell(*SUSPEND, ada)
    assert shell("reinstate", ada) == "ada@example.com: reinstated\n"
    assert (row_of().suspended_at, row_of().suspension_reason) == (None, None)
    assert happened()[-1] == ("reinstated", "operator")


@pytest.mark.asvs("7.4.5")
def test_all_sessions_of_a_user_can_be_ended(shell, ada, dbsession, happened):
    assert shell("end-sessions", "ADA@example.com") == "ada@example.com: 2 sessions ended\n"
    assert find_sessions(dbsession, ada) == (0, 6)
    assert shell.json("end-sessions", ada)["sessions_ended"] == 0
    assert happened() == [("session_ended", "operator")] * 2


def test_reset_link_is_emailed_and_not_shown(shell, ada, mailbox, happened, caplog):
    caplog.set_level(logging.INFO)
    printed = shell("send-reset", ada)
    assert printed == "ada@example.com: password reset email queued\n"
    token = mailbox.latest("reset_password").path_to("reset-password")[16:]
    assert token not in printed + caplog.text
    assert set(happened()) == {("password_reset_requested", "operator"), ("email_queued", "system")}


def test_account_is_closed_as_its_user_could(shell, ada, row_of, dbsession, mailbox):
    answer = shell.json(*CLOSE, ada)
    assert answer["delete_after"] == row_of().delete_after.isoformat()
    first_email = sa.select(sa.func.min(OutboxMessage.send_at)).where(OutboxMessage.user_id == ada)
    assert (row_of().delete_after - dbsession.scalar(first_email)).days == 14
    assert find_sessions(dbsession, ada) == (0, 6)
    templates = ["deletion_reminder", "deletion_scheduled"]
    assert sorted(email.template for email in mailbox.all_for("ada@example.com")) == templates
    day = f"{row_of().delete_after:%Y-%m-%d}"
    printed = f"authsite: ada@example.com is closed already and will be deleted on {day}\n"
    assert shell.refused(*CLOSE, ada) == printed
    assert len(mailbox.all_for("ada@example.com")) == 2


@pytest.mark.parametrize("typed", ["no\n", "\n", ""])
def test_closing_needs_a_confirmation(shell, ada, row_of, typed):
    printed = shell.refused("close", "ada@example.com", stdin=typed, terminal=True)
    assert printed.startswith("Close the account ada@example.com? [y/N]: ")
    assert printed.endswith("Aborted!\n")
    assert row_of().delete_after is None


def test_confirmed_account_is_closed(shell, ada, row_of):
    printed = shell("close", "ada@example.com", stdin="yes\n", terminal=True)
    day = f"{row_of().delete_after:%Y-%m-%d}"
    assert printed == f"ada@example.com: closed; will be deleted on {day}\n"


def test_without_a_terminal_closing_needs_yes(shell, ada, row_of):
    printed = shell.refused("close", "ada@example.com", stdin="yes\n")
    assert printed == "authsite: no terminal to confirm on; pass --yes\n"
    assert row_of().delete_after is None


def test_admin_rights_are_granted_and_revoked(shell, ada, row_of, dbsession, happened):
    assert "ada@example.com is not verified" in shell.refused("grant-admin", ada)
    dbsession.execute(sa.update(User).values(email_verified_at=row_of().created_at))
    dbsession.commit()
    assert "is not an administrator" in shell.refused("revoke-admin", ada)
    assert shell("grant-admin", ada) == "ada@example.com: now an administrator\n"
    assert row_of().is_administrator
    assert "is an administrator already" in shell.refused("grant-admin", ada)
    assert shell.json("revoke-admin", ada)["administrator"] is False
    assert not row_of().is_administrator
    event_types = ["admin_granted", "admin_revoked"]
    assert happened() == [(event_type, "operator") for event_type in event_types]


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action[0])
def test_missing_account_is_named(shell, ada, happened, action):
    printed = shell.refused(*action, "--", "ada@example.co")
    assert printed == "authsite: no account has the email address ada@example.co\n"
    assert happened() == []


@pytest.mark.parametrize("account", ["nothing", "-", "-x"])
def test_missing_id_is_named(shell, account):
    assert shell.refused("show", "--", account) == f"authsite: no account has the ID {account}\n"


@pytest.mark.asvs("16.2.1")
@pytest.mark.parametrize(
    ("action", "word"),
    [(SUSPEND, "user_suspended"), (CLOSE, "user_deletion_scheduled")],
    ids=["suspend", "close"],
)
def test_log_names_the_operator_as_actor(shell, ada, action, word, caplog):
    caplog.set_level(logging.INFO, "authsite.audit.recorder")
    shell(*action, ada)
    [logged] = [each for each in caplog.records if each.getMessage().startswith(f"{word}:")]
    assert (logged.user_id, logged.actor) == (ada, "operator")


def test_id_may_begin_with_a_hyphen(shell, ada, dbsession, row_of):
    dbsession.execute(sa.delete(UserSession))
    dbsession.execute(sa.update(User).where(User.id == ada).values(id="-bcdefghijklmnop"))
    dbsession.commit()
    shell(*SUSPEND, "--", "-bcdefghijklmnop")
    assert row_of().suspended_at
