"""What `authsite user` does to accounts: freeze, end sessions, send links, close, give rights."""

import logging

import pytest
import sqlalchemy as sa

from authsite.models import OutboxMessage, User, UserSession

REASON = "Too many mails. Write to us."
FREEZE = ("suspend", "--reason", REASON)
CLOSE = ("close", "--yes")
ACTS = [FREEZE, ("reinstate",), ("end-sessions",), ("send-reset",), CLOSE]
RIGHTS = [("grant-admin",), ("revoke-admin",)]


def find_sessions(dbsession, user_id):
    """Return how many there are, and how many of others."""
    dbsession.rollback()
    owners = dbsession.scalars(sa.select(UserSession.user_id)).all()
    return owners.count(user_id), len(owners) - owners.count(user_id)


@pytest.mark.asvs("7.4.2", "7.4.5")
def test_a_frozen_account_has_no_sessions(shell, ada, row_of, dbsession, happened):
    assert shell(*FREEZE, "ada@example.com") == "ada@example.com: frozen, 2 sessions ended\n"
    assert find_sessions(dbsession, ada) == (0, 6)
    assert row_of().suspension_reason == REASON
    kinds = ["suspended", "session_ended", "session_ended"]
    assert happened() == [(kind, "operator") for kind in kinds]


def test_a_frozen_account_may_get_another_reason(shell, ada, row_of, happened):
    first = shell.json(*FREEZE, ada)
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
    assert [kind for kind, _ in happened()].count("suspended") == 2


@pytest.mark.parametrize("reason", ["", " ", "x" * 201, "a\nb", "\N{RIGHT-TO-LEFT OVERRIDE}"])
def test_a_reason_is_what_can_be_shown(shell, ada, row_of, reason):
    assert "argument --reason" in shell.refused("suspend", ada, "--reason", reason, status=2)
    assert "--reason" in shell.refused("suspend", ada, status=2)
    assert row_of().suspended_at is None


def test_who_is_unfrozen_can_sign_in_again(shell, ada, row_of, happened):
    assert "ada@example.com is not frozen" in shell.refused("reinstate", ada)
    shell(*FREEZE, ada)
    assert shell("reinstate", ada) == "ada@example.com: no longer frozen\n"
    assert (row_of().suspended_at, row_of().suspension_reason) == (None, None)
    assert happened()[-1] == ("reinstated", "operator")


@pytest.mark.asvs("7.4.5")
def test_somebody_is_signed_out_everywhere(shell, ada, dbsession, happened):
    assert shell("end-sessions", "ADA@example.com") == "ada@example.com: 2 sessions ended\n"
    assert find_sessions(dbsession, ada) == (0, 6)
    assert shell.json("end-sessions", ada)["sessions_ended"] == 0
    assert happened() == [("session_ended", "operator")] * 2


def test_a_link_is_sent_which_nobody_else_sees(shell, ada, mailbox, happened, caplog):
    caplog.set_level(logging.INFO)
    said = shell("send-reset", ada)
    assert said == "ada@example.com: a mail with a link is on its way\n"
    token = mailbox.latest("reset_password").path_to("reset-password")[16:]
    assert token not in said + caplog.text
    assert set(happened()) == {("password_reset_requested", "operator"), ("email_queued", "system")}


def test_an_account_is_closed_as_its_owner_would(shell, ada, row_of, dbsession, mailbox):
    answer = shell.json(*CLOSE, ada)
    assert answer["delete_after"] == row_of().delete_after.isoformat()
    assert (row_of().delete_after - happened_at(dbsession, ada)).days == 14
    assert find_sessions(dbsession, ada) == (0, 6)
    kinds = ["deletion_reminder", "deletion_scheduled"]
    assert sorted(mail.template for mail in mailbox.all_for("ada@example.com")) == kinds
    goes = f"{row_of().delete_after:%Y-%m-%d}"
    said = f"ada@example.com is closed already, and goes on {goes}"
    assert said in shell.refused(*CLOSE, ada)
    assert len(mailbox.all_for("ada@example.com")) == 2


def happened_at(dbsession, user_id):
    """Return when the first mail was due."""
    due = sa.select(sa.func.min(OutboxMessage.send_at)).where(OutboxMessage.user_id == user_id)
    return dbsession.scalar(due)


def test_it_is_asked_first_whether_that_is_meant(shell, ada, row_of, typed, capsys):
    typed("no\n", on_a_terminal=True)
    said = shell.refused("close", "ada@example.com")
    asked = "Close the account of ada@example.com? Type yes to go on: "
    assert said == f"{asked}authsite: nothing was done\n"
    typed("", on_a_terminal=True)
    assert "nothing was done" in shell.refused("close", "ada@example.com")
    typed("yes\n")
    assert "--yes says so" in shell.refused("close", "ada@example.com")
    assert row_of().delete_after is None
    typed("yes\n", on_a_terminal=True)
    goes = shell("close", "ada@example.com")
    assert goes == f"ada@example.com: closed; it goes on {row_of().delete_after:%Y-%m-%d}\n"


def test_rights_are_given_and_taken(shell, ada, row_of, dbsession, happened):
    said = shell.refused("grant-admin", ada)
    assert "nobody has shown that mail to ada@example.com reaches them" in said
    dbsession.execute(sa.update(User).values(email_verified_at=row_of().created_at))
    dbsession.commit()
    assert "is no administrator" in shell.refused("revoke-admin", ada)
    assert shell("grant-admin", ada) == "ada@example.com: an administrator now\n"
    assert row_of().is_administrator
    assert "is an administrator already" in shell.refused("grant-admin", ada)
    assert shell.json("revoke-admin", ada)["administrator"] is False
    assert not row_of().is_administrator
    kinds = ["admin_granted", "admin_revoked"]
    assert happened() == [(kind, "operator") for kind in kinds]


@pytest.mark.parametrize("act", [*ACTS, *RIGHTS], ids=lambda act: act[0])
@pytest.mark.parametrize("nobody", ["nobody@example.com", "ada@example.co", "nobody", "-"])
def test_who_is_not_there_is_named(shell, ada, happened, act, nobody):
    word = "address" if "@" in nobody else "id"
    said = shell.refused(*act, "--", nobody)
    assert said == f"authsite: no account has the {word} {nobody}\n"
    assert happened() == []


@pytest.mark.asvs("16.2.1")
@pytest.mark.parametrize(
    ("act", "word"),
    [(FREEZE, "user_suspended"), (CLOSE, "user_deletion_scheduled")],
    ids=["suspend", "close"],
)
def test_the_log_says_that_it_was_an_operator(shell, ada, act, word, caplog):
    caplog.set_level(logging.INFO, "authsite.audit")
    shell(*act, ada)
    [logged] = [each for each in caplog.records if each.getMessage().startswith(f"{word}:")]
    assert (logged.user_id, logged.actor) == (ada, "operator")


def test_an_id_may_begin_with_a_hyphen(shell, ada, dbsession, row_of):
    dbsession.execute(sa.delete(UserSession))
    dbsession.execute(sa.update(User).where(User.id == ada).values(id="-bcdefghijklmnop"))
    dbsession.commit()
    shell(*FREEZE, "--", "-bcdefghijklmnop")
    assert row_of().suspended_at
