"""What a person can take away: all that is theirs, nothing of others, and no way in."""

import json

from authsite.accounts.email_links import Purpose, issue_link
from authsite.accounts.export_account import export_account
from authsite.models import Base
from authsite.tokens import SessionToken
from tests.factories import LIMITS, NOW, a_session, a_user, an_outbox, some_noise


def everything_about_ada(dbsession):
    """Make somebody of whom something is in every table, and return them and their data."""
    some_noise(dbsession)
    ada = a_user(dbsession, email="ada@example.com", first_name="Ada")
    token = SessionToken.new()
    a_session(dbsession, ada, token=token, user_agent="Firefox", ip_address="192.0.2.7")
    link = issue_link(
        dbsession,
        ada,
        Purpose.RESET_PASSWORD,
        email=ada.email,
        email_normalized=ada.email_normalized,
        lifetime=LIMITS.idle_timeout,
        now=NOW,
    )
    an_outbox().put(
        dbsession,
        "verify_email",
        to=ada.email,
        user_id=ada.id,
        now=NOW,
        link=str(link),
        lifetime="a day",
    )
    dbsession.commit()
    return ada, token, link, export_account(dbsession, ada.id, now=NOW)


def test_everything_of_a_person_is_there_and_is_json(dbsession):
    _, _, _, data = everything_about_ada(dbsession)
    assert json.loads(json.dumps(data)) == data
    assert data["account"]["first_name"] == "Ada"
    assert data["account"]["email"] == "ada@example.com"
    assert data["account"]["email_verified_at"] is None
    (session,) = data["sessions"]
    assert (session["user_agent"], session["ip_address"]) == ("Firefox", "192.0.2.7")
    assert session["created_at"].endswith("+00:00")
    (mail,) = data["emails"]
    assert (mail["kind"], mail["recipient"]) == ("verify_email", "ada@example.com")
    (event,) = data["history"]
    assert (event["type"], event["actor"]) == ("email_queued", "system")
    (link,) = data["email_links"]
    assert link["purpose"] == "reset_password"


def test_nothing_in_it_is_a_way_in(dbsession):
    ada, token, link, data = everything_about_ada(dbsession)
    text = json.dumps(data)
    for secret in (ada.password_hash, token.secret, str(link), str(token.digest)):
        assert secret not in text


def test_every_table_about_a_person_is_in_it():
    """A new one is in the download too, or this says so."""
    about_people = {
        table.name
        for table in Base.metadata.sorted_tables
        if any(key.column.table.name == "authsite_user" for key in table.foreign_keys)
    }
    assert about_people == {
        "authsite_audit_event",
        "authsite_session",
        "authsite_outbox_message",
        "authsite_email_link",
        "authsite_pending_sign_in",
    }
