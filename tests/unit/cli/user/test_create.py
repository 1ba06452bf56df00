"""`authsite user create`: the account that it creates, or the error."""

import pytest
import sqlalchemy as sa

from authsite.models import AuditEvent, EmailLink, OutboxMessage, User
from tests.browsers import PASSWORD
from tests.factories import a_hasher, a_user

ADA = ("--email", "Ada@example.com", "--first-name", " Ada ", "--last-name", "Lovelace")


def users(dbsession):
    """Return how many there are."""
    return dbsession.scalar(sa.select(sa.func.count()).select_from(User))


def test_without_a_password_a_link_to_choose_one_is_emailed(shell, row_of, happened, mailbox):
    printed = shell("create", *ADA)
    ada = row_of("Ada@example.com")
    assert printed == (
        f"Ada@example.com: account created with the ID {ada.id}; an email with a link to choose a "
        "password is queued\n"
    )
    assert (ada.first_name, ada.last_name) == ("Ada", "Lovelace")
    assert (ada.password_hash, ada.email_verified_at, ada.is_administrator) == (None, None, False)
    email = mailbox.latest("reset_password", "Ada@example.com")
    assert f"http://localhost{email.path_to('reset-password')}" in email.text
    assert {actor for event_type, actor in happened() if event_type != "email_queued"} == {
        "operator"
    }
    assert {event_type for event_type, _ in happened()} == {
        "account_created",
        "password_reset_requested",
        "email_queued",
    }


def test_link_is_in_the_email_only(shell, mailbox, caplog):
    printed = shell("create", "--json", *ADA)
    token = mailbox.latest("reset_password", "Ada@example.com").path_to("reset-password")[16:]
    assert token not in printed
    assert token not in caplog.text


@pytest.mark.asvs("8.2.1")
def test_first_administrator_is_created(shell, row_of, happened):
    answer = shell.json("create", "--admin", "--verified", *ADA)
    ada = row_of("Ada@example.com")
    assert answer == {
        "id": ada.id,
        "email": "Ada@example.com",
        "administrator": True,
        "verified": True,
        "email_queued": "reset_password",
    }
    assert ada.is_administrator
    assert ada.email_verified_at == ada.created_at
    assert ("admin_granted", "operator") in happened()


def test_piped_password_signs_in(shell, row_of, dbsession, browser):
    stdin = f" {PASSWORD} \r\nand more\n"
    answer = shell.json("create", "--password-stdin", *ADA, stdin=stdin)
    assert (answer["administrator"], answer["email_queued"]) == (False, None)
    assert a_hasher().verify(row_of("Ada@example.com").password_hash, f" {PASSWORD} ")
    assert dbsession.scalars(sa.select(OutboxMessage.id)).all() == []
    assert dbsession.scalars(sa.select(EmailLink.digest)).all() == []
    assert browser.sign_in("ada@example.com", f" {PASSWORD} ").location.endswith("/dashboard")


def test_terminal_prompts_twice_until_both_are_the_same(shell, row_of):
    typed = f"{PASSWORD}!\n{PASSWORD}\n{PASSWORD}\n{PASSWORD}\n"
    printed = shell("create", "--password-stdin", "--admin", *ADA, stdin=typed, terminal=True)
    ada = row_of("Ada@example.com")
    assert printed == f"Ada@example.com: administrator created with the ID {ada.id}\n"
    assert a_hasher().verify(ada.password_hash, PASSWORD)


def test_prompt_without_an_answer_creates_nothing(shell, dbsession):
    printed = shell.refused("create", "--password-stdin", *ADA, stdin="", terminal=True)
    assert printed.endswith("Aborted!\n")
    assert users(dbsession) == 0


@pytest.mark.asvs("6.2.4", "6.2.11")
@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("password1234", "refused: "),
        ("ada lovelace 1815", "refused: "),
        ("", "refused: "),
        ("seven green llamas hum " * 50, "refused: "),
        ("seven green\x00llamas hum", "refused: Enter one line of text in UTF-8"),
        (b"seven green \xff llamas", "not text in UTF-8"),
    ],
)
def test_password_is_refused_as_at_sign_up(shell, dbsession, password, reason):
    printed = shell.refused("create", "--password-stdin", *ADA, stdin=password)
    assert printed.startswith(f"authsite: the password is {reason}")
    assert len(printed.splitlines()) == 1
    assert users(dbsession) == 0


def test_taken_email_is_refused(shell, dbsession, happened):
    a_user(dbsession, email="ada@example.com")
    printed = shell.refused("create", "--admin", *ADA)
    assert "an account has the email address Ada@example.com" in printed
    assert "grant-admin" in printed
    assert users(dbsession) == 1
    assert happened() == []


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--email", "ada"),
        ("--email", ""),
        ("--first-name", "A" * 101),
        ("--last-name", "Love\x1b[2Jlace"),
        ("--last-name", "Love\udcfflace"),
        ("--last-name", "Love\N{RIGHT-TO-LEFT OVERRIDE}lace"),
    ],
)
def test_values_that_no_form_accepts_are_wrong_usage(shell, option, value):
    printed = shell.refused("create", *ADA, option, value, status=2)
    assert f"Error: Invalid value for '{option}': " in printed


@pytest.mark.parametrize("missing", ["--email", "--first-name", "--last-name"])
def test_account_needs_email_and_names(shell, missing):
    at = ADA.index(missing)
    printed = shell.refused("create", *ADA[:at], *ADA[at + 2 :], status=2)
    assert f"Missing option '{missing}'" in printed


def test_failed_transaction_leaves_nothing(shell, dbsession):
    """Audit events and emails are in the transaction of the account."""
    dbsession.execute(sa.text("ALTER TABLE authsite_outbox_message RENAME TO elsewhere"))
    dbsession.commit()
    try:
        assert "the database cannot be used" in shell.refused("create", *ADA)
    finally:
        dbsession.execute(sa.text("ALTER TABLE elsewhere RENAME TO authsite_outbox_message"))
        dbsession.commit()
    assert users(dbsession) == 0
    assert dbsession.scalars(sa.select(AuditEvent.id)).all() == []
