"""The export of an account: all of its data, none of others, and no secrets."""

import json

from authsite.accounts.email_links import Purpose, issue_link
from authsite.accounts.export_account import export_account
from authsite.models import Base
from authsite.tokens import SessionToken
from tests.factories import NOW, a_session, a_user, some_noise


def everything_about_ada(work):
    """Add a user with a row in every table; return them, their secrets and their data."""
    dbsession = work.dbsession
    some_noise(dbsession)
    ada = a_user(dbsession, email="ada@example.com", first_name="Ada")
    token = SessionToken.new()
    a_session(dbsession, ada, token=token, user_agent="Firefox", ip_address="192.0.2.7")
    link = issue_link(work, ada, Purpose.RESET_PASSWORD)
    values = {"link": str(link), "lifetime": "a day", "is_repeated": False}
    work.outbox.put("verify_email", to=ada.email, user_id=ada.id, **values)
    dbsession.commit()
    return ada, token, link, export_account(dbsession, ada.id, now=NOW)


def test_export_has_everything_as_json(work):
    _, _, _, data = everything_about_ada(work)
    assert json.loads(json.dumps(data)) == data
    assert data["account"]["first_name"] == "Ada"
    assert data["account"]["email"] == "ada@example.com"
    assert data["account"]["email_verified_at"] is None
    (session,) = data["sessions"]
    assert (session["user_agent"], session["ip_address"]) == ("Firefox", "192.0.2.7")
    assert session["created_at"].endswith("+00:00")
    (message,) = data["emails"]
    assert (message["template"], message["recipient"]) == ("verify_email", "ada@example.com")
    (event,) = data["history"]
    assert (event["type"], event["actor"]) == ("email_queued", "system")
    (link,) = data["email_links"]
    assert link["purpose"] == "reset_password"


def test_export_has_no_secrets(work):
    ada, token, link, data = everything_about_ada(work)
    text = json.dumps(data)
    for secret in (ada.password_hash, token.secret, str(link), str(token.digest)):
        assert secret not in text


def test_tables_with_users_are_known_to_the_export():
    """A new table has to be exported, or to have a reason not to be.

    A pending sign-in is a secret that lasts for ten minutes. Notes are given out by hand, since
    they may be about other people (docs/administration.md).
    """
    with_users = {
        table.name
        for table in Base.metadata.sorted_tables
        if any(key.column.table.name == "authsite_user" for key in table.foreign_keys)
    }
    assert with_users == {
        "authsite_account_note",
        "authsite_audit_event",
        "authsite_session",
        "authsite_outbox_message",
        "authsite_email_link",
        "authsite_pending_sign_in",
    }
