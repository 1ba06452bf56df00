"""`authsite user create`: who has an account then, and who has not."""

import getpass

import pytest
import sqlalchemy as sa

from authsite.models import AuditEvent, EmailLink, OutboxMessage, User
from tests.browsers import PASSWORD
from tests.factories import a_hasher, a_user

ADA = ("--email", "Ada@example.com", "--first-name", " Ada ", "--last-name", "Lovelace")


def people(dbsession):
    """Return how many there are."""
    return dbsession.scalar(sa.select(sa.func.count()).select_from(User))


def test_without_a_password_a_link_to_choose_one_is_sent(shell, row_of, happened, mailbox):
    said = shell("create", *ADA)
    ada = row_of("Ada@example.com")
    assert said == (
        f"Ada@example.com: an account with the id {ada.id}; a mail with a link to choose a "
        "password is on its way\n"
    )
    assert (ada.first_name, ada.last_name) == ("Ada", "Lovelace")
    assert (ada.password_hash, ada.email_verified_at, ada.is_administrator) == (None, None, False)
    mail = mailbox.latest("reset_password", "Ada@example.com")
    assert f"http://localhost{mail.path_to('reset-password')}" in mail.text
    assert {actor for kind, actor in happened() if kind != "email_queued"} == {"operator"}
    assert {kind for kind, _ in happened()} == {
        "account_created",
        "password_reset_requested",
        "email_queued",
    }


def test_nobody_reads_the_link_but_who_reads_the_mail(shell, mailbox, caplog):
    said = shell("create", "--json", *ADA)
    token = mailbox.latest("reset_password", "Ada@example.com").path_to("reset-password")[16:]
    assert token not in said
    assert token not in caplog.text


@pytest.mark.asvs("8.2.1")
def test_the_first_administrator_is_made(shell, row_of, happened):
    answer = shell.json("create", "--admin", "--verified", *ADA)
    ada = row_of("Ada@example.com")
    assert answer == {
        "id": ada.id,
        "email": "Ada@example.com",
        "administrator": True,
        "verified": True,
        "mail": "reset_password",
    }
    assert ada.is_administrator
    assert ada.email_verified_at == ada.created_at
    assert ("admin_granted", "operator") in happened()


def test_a_password_is_piped_and_opens_the_account(shell, typed, row_of, dbsession, browser):
    typed(f" {PASSWORD} \r\nand more\n")
    answer = shell.json("create", "--password-stdin", *ADA)
    assert (answer["administrator"], answer["mail"]) == (False, None)
    assert a_hasher().verify(row_of("Ada@example.com").password_hash, f" {PASSWORD} ")
    assert dbsession.scalars(sa.select(OutboxMessage.id)).all() == []
    assert dbsession.scalars(sa.select(EmailLink.digest)).all() == []
    assert browser.sign_in("ada@example.com", f" {PASSWORD} ").location.endswith("/dashboard")


def test_on_a_terminal_it_is_asked_for_twice(shell, typed, row_of, monkeypatch):
    typed("", on_a_terminal=True)
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: PASSWORD)
    shell("create", "--password-stdin", *ADA)
    assert a_hasher().verify(row_of("Ada@example.com").password_hash, PASSWORD)


def test_who_mistypes_it_there_is_told(shell, typed, dbsession, monkeypatch):
    typed("", on_a_terminal=True)
    answers = iter([PASSWORD, f"{PASSWORD}!"])
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: next(answers))
    assert "are not the same" in shell.refused("create", "--password-stdin", *ADA)
    assert people(dbsession) == 0


@pytest.mark.asvs("6.2.4", "6.2.11")
@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "Use at least 8 characters"),
        ("password1", "Many people use this password"),
        ("ada lovelace 1815", "Leave out"),
        ("", "Choose a password"),
        (b"seven green \xff llamas", "no text in UTF-8"),
        ("seven green\x00llamas hum", "one line of text"),
        ("seven green llamas hum " * 50, "at most 256 characters"),
    ],
)
def test_a_password_is_judged_as_at_the_sign_up(shell, typed, dbsession, password, why):
    typed(password)
    said = shell.refused("create", "--password-stdin", *ADA)
    assert said.startswith("authsite: the password is")
    assert why.lower() in said.lower()
    assert people(dbsession) == 0


def test_a_taken_address_is_refused_and_a_way_on_is_named(shell, dbsession, happened):
    a_user(dbsession, email="ada@example.com")
    said = shell.refused("create", "--admin", *ADA)
    assert "there is an account with the address Ada@example.com" in said
    assert "grant-admin" in said
    assert people(dbsession) == 1
    assert happened() == []


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--email", "ada"),
        ("--email", ""),
        ("--first-name", " "),
        ("--first-name", "A" * 101),
        ("--last-name", "Love\x1b[2Jlace"),
        ("--last-name", "Love\udcfflace"),
        ("--last-name", "Love\N{RIGHT-TO-LEFT OVERRIDE}lace"),
    ],
)
def test_what_no_form_would_take_is_asked_wrongly(shell, dbsession, option, value):
    said = shell.refused("create", *ADA, option, value, status=2)
    assert f"argument {option}: " in said
    assert people(dbsession) == 0


@pytest.mark.parametrize("missing", ["--email", "--first-name", "--last-name"])
def test_an_account_has_an_address_and_names(shell, missing):
    at = ADA.index(missing)
    assert missing in shell.refused("create", *ADA[:at], *ADA[at + 2 :], status=2)


def test_what_cannot_be_kept_is_not_told_and_not_written_down(shell, dbsession, monkeypatch):
    """The history and the mail are in the transaction of the account."""
    dbsession.execute(sa.text("ALTER TABLE authsite_outbox_message RENAME TO elsewhere"))
    dbsession.commit()
    try:
        assert "the database cannot be used" in shell.refused("create", *ADA)
    finally:
        dbsession.execute(sa.text("ALTER TABLE elsewhere RENAME TO authsite_outbox_message"))
        dbsession.commit()
    assert people(dbsession) == 0
    assert dbsession.scalars(sa.select(AuditEvent.id)).all() == []
