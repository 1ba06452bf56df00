"""Each column of each table is protected, as rows and pages show."""

import hashlib
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.clock import utc_now
from authsite.models import Base
from authsite.resources.site_map import endpoints
from tests.browsers import PASSWORD
from tests.mailbox import Mailbox
from tests.site.page_paths import WITHOUT_TOKEN

AGENT, IP_ADDRESS = "Mozilla/5.0 (Peculiar) Test/1.0", "198.51.100.77"
ADA = {"first_name": "Adaline", "last_name": "Loveless", "email": "Ada.Loveless@Example.com"}
GRACE = {"first_name": "Grace", "last_name": "Hopper", "email": "grace@example.com"}


#: The hours by which the times of Ada are moved back, so that none of them equals a time of
#: another user or another column.
EARLIER = {
    "authsite_user": {"email_verified_at": 5.9},
    "authsite_session": {
        "created_at": 20.2,
        "last_seen_at": 0.6,
        "authenticated_at": 0.1,
        "rotated_at": 2.8,
        "expires_at": 3.3,
    },
    "authsite_audit_event": {"occurred_at": 7.2},
    "authsite_outbox_message": {"send_at": 9.4, "next_attempt_at": 9.4},
    "authsite_email_link": {"created_at": 11.7, "expires_at": 13.3},
}


def _move_times(services, email):
    tables = Base.metadata.tables
    users = tables["authsite_user"]
    with services.database.engine.begin() as connection:
        of_email = users.c.email == email
        connection.execute(sa.update(users).where(of_email).values(email_verified_at=utc_now()))
        owner = connection.execute(sa.select(users.c.id).where(of_email)).scalar_one()
        for name, earlier in EARLIER.items():
            table = tables[name]
            (key,) = table.primary_key
            is_own = (table.c.id if name == "authsite_user" else table.c.user_id) == owner
            for row in connection.execute(sa.select(table).where(is_own)).mappings().all():
                times = {each: row[each] - timedelta(hours=by) for each, by in earlier.items()}
                this = sa.update(table).where(key == row[key.name])
                connection.execute(this.values(times))


class Visit:
    """Two users, the pages that they and an anonymous visitor see, and all rows."""

    def __init__(self, new_browser, services, paths):
        environ = {"HTTP_USER_AGENT": AGENT, "REMOTE_ADDR": IP_ADDRESS}
        self.ada, grace, anonymous = new_browser(**environ), new_browser(), new_browser()
        grace.sign_up(**GRACE)
        self.ada.sign_up(**ADA)
        self.previous_secret = self.ada.cookie.partition(".")[2]
        self.ada.submit(self.ada.get("/confirm-password"), {"current_password": PASSWORD})
        anonymous.sign_in(ADA["email"], "not that one")
        _move_times(services, ADA["email"])
        browsers = {"ada": self.ada, "grace": grace, "anonymous": anonymous}
        self.shown = {
            name: "".join(browser.get(path).text for path in paths)
            for name, browser in browsers.items()
        }
        [self.email] = Mailbox(services).all_for("Ada.Loveless@example.com")
        with services.database.engine.connect() as connection:
            self.rows = {
                table.name: [dict(row) for row in connection.execute(sa.select(table)).mappings()]
                for table in Base.metadata.sorted_tables
            }

    def values(self, column):
        """Return the values of the column in all rows."""
        table, _, name = column.partition(".")
        return [row[name] for row in self.rows[table]]

    def of_ada(self, column):
        """Return the value of the column in the only row of Ada."""
        [value] = self.values_of(ADA, column)
        return value

    def values_of(self, user, column):
        """Return the values of the column in the rows of a user."""
        table, _, name = column.partition(".")
        [owner] = [row for row in self.rows["authsite_user"] if row["email"] == user["email"]]
        where = "id" if table == "authsite_user" else "user_id"
        return [row[name] for row in self.rows[table] if row[where] == owner["id"]]


@pytest.fixture
def visit(application, new_browser, services):
    """A visit that leaves rows in the tables."""
    urls = {
        page.url
        for page in endpoints(application.registry)
        if page.method == "GET" and page.permission != "administer"
    }
    # A link may show its account to its reader, and the list of sessions shows all of a session.
    return Visit(
        new_browser, services, sorted(each for each in urls - WITHOUT_TOKEN if "{" not in each)
    )


def forms_of(value):
    """Return the forms in which a page could show a value; a bool has none."""
    if isinstance(value, bytes):
        return {value.hex(), repr(value)[2:-1]}
    if hasattr(value, "isoformat"):
        return {value.isoformat(), value.isoformat(" "), f"{value:%H:%M}", f"{value:%H:%M:%S}"}
    return {value} if isinstance(value, str) else set()


def is_shown(value, page):
    return any(each in page for each in forms_of(value))


def is_random(visit, column):
    """96 random bits, or a reference to such an id."""
    values = visit.values(column)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{16}", each) for each in values)
    assert len(set(values)) == len(values) >= 2


def is_a_slow_hash(visit, column):
    for value in visit.values(column):
        assert value.startswith("$argon2id$v=19$")
        assert not any(is_shown(value, page) for page in visit.shown.values())
    assert len(set(visit.values(column))) == 2  # of one password


def is_a_digest(visit, column):
    secret = visit.ada.cookie.partition(".")[2]
    if column == "authsite_session.previous_secret_digest":
        secret = visit.previous_secret
    if column.startswith("authsite_email_link."):
        secret = visit.email.path_to("verify-email").rpartition("/")[2]
    assert visit.of_ada(column) == hashlib.sha256(secret.encode("ascii")).digest()
    assert len(secret) == 43
    assert not any(is_shown(visit.of_ada(column), page) for page in visit.shown.values())


def is_encrypted(visit, column):
    """No word of the text is readable."""
    values = visit.values(column)
    assert len(set(values)) == len(values) >= 2
    for value in values:
        assert value.startswith(b"\x01")
        assert not any(word in value for word in (b"http", b"Hello", b"example.com"))


def is_empty(visit, column):
    assert set(visit.values(column)) == {None}


def is_for_its_owner(visit, column):
    value = visit.of_ada(column)
    if value is None or isinstance(value, bool):
        return  # no value yet, or not recognizable on a page
    if column == "authsite_user.created_at":
        assert f"{value:%B} {value.year}" in visit.shown["ada"]
        assert f"{value:%B} {value.year}" not in visit.shown["anonymous"]
        return
    if not column.endswith(".email_normalized"):
        assert is_shown(value, visit.shown["ada"])
    assert not is_shown(value, visit.shown["grace"])
    assert not is_shown(value, visit.shown["anonymous"])


def is_in_their_history(visit, column):
    """Values that another user has as well, such as subjects of emails, are not personal."""
    own, of_others = (
        {
            each
            for value in visit.values_of(user, column)
            for each in (value.values() if isinstance(value, dict) else [value])
        }
        for user in (ADA, GRACE)
    )
    own -= of_others | {None}
    if column != "authsite_audit_event.details":  # both users did the same
        assert own
    for value in own:
        assert is_shown(value, visit.shown["ada"])
        assert not is_shown(value, visit.shown["grace"])
        assert not is_shown(value, visit.shown["anonymous"])


def is_not_shown(visit, column):
    assert not any(is_shown(visit.of_ada(column), page) for page in visit.shown.values())


def is_a_mac(visit, column):
    """Hashes without the key match no row."""
    values = visit.values(column)
    assert all(len(each) == 32 for each in values)
    for subject in (ADA["email"].lower(), IP_ADDRESS, "192.0.2.1"):
        for function in (hashlib.sha256, hashlib.blake2b, hashlib.blake2s):
            assert not any(
                each.startswith(function(subject.encode()).digest()[:16]) for each in values
            )
        assert not any(subject.encode() in each for each in values)
    assert len(values) >= 3


def is_a_number(visit, column):
    assert all(isinstance(each, int) for each in visit.values(column))


def is_not_personal(visit, column):
    for value in visit.values(column):
        assert not any(is_shown(each, str(value)) for each in (*ADA.values(), IP_ADDRESS, AGENT))


#: How each column is protected. A new column needs a row here, and one in docs/security.md.
PROTECTIONS = {
    "authsite_user.id": is_random,
    "authsite_user.first_name": is_for_its_owner,
    "authsite_user.last_name": is_for_its_owner,
    "authsite_user.email": is_for_its_owner,
    "authsite_user.email_normalized": is_for_its_owner,
    "authsite_user.password_hash": is_a_slow_hash,
    "authsite_user.created_at": is_for_its_owner,
    "authsite_user.email_verified_at": is_for_its_owner,
    "authsite_user.delete_after": is_for_its_owner,
    "authsite_user.devices_valid_since": is_for_its_owner,
    "authsite_user.suspended_at": is_for_its_owner,
    "authsite_user.suspension_reason": is_for_its_owner,
    "authsite_user.is_administrator": is_not_personal,
    "authsite_user.external_id": is_for_its_owner,
    "authsite_user.unlocked_at": is_for_its_owner,
    "authsite_session.id": is_random,
    "authsite_session.secret_digest": is_a_digest,
    "authsite_session.previous_secret_digest": is_a_digest,
    "authsite_session.rotation_salt": is_not_shown,
    "authsite_session.user_id": is_random,
    "authsite_session.created_at": is_for_its_owner,
    "authsite_session.last_seen_at": is_for_its_owner,
    "authsite_session.authenticated_at": is_for_its_owner,
    "authsite_session.rotated_at": is_for_its_owner,
    "authsite_session.expires_at": is_for_its_owner,
    "authsite_session.user_agent": is_for_its_owner,
    "authsite_session.ip_address": is_for_its_owner,
    "authsite_session.public_computer": is_for_its_owner,
    "authsite_session.name": is_for_its_owner,
    "authsite_session.auth_method": is_not_personal,
    "authsite_audit_event.id": is_not_personal,
    "authsite_audit_event.user_id": is_not_personal,
    "authsite_audit_event.type": is_not_personal,
    "authsite_audit_event.occurred_at": is_in_their_history,
    "authsite_audit_event.session_id": is_in_their_history,
    "authsite_audit_event.user_agent": is_in_their_history,
    "authsite_audit_event.ip_address": is_in_their_history,
    "authsite_audit_event.details": is_in_their_history,
    "authsite_audit_event.actor": is_not_personal,
    "authsite_audit_event.actor_id": is_not_personal,
    "authsite_audit_event.actor_name": is_empty,
    "authsite_audit_event.network": is_in_their_history,
    # No sign-in is pending here; tests/functional/test_reactivate_account.py has one.
    "authsite_pending_sign_in.id": is_not_personal,
    "authsite_pending_sign_in.secret_digest": is_not_personal,
    "authsite_pending_sign_in.user_id": is_not_personal,
    "authsite_pending_sign_in.stage": is_not_personal,
    "authsite_pending_sign_in.auth_method": is_not_personal,
    "authsite_pending_sign_in.public_computer": is_not_personal,
    "authsite_pending_sign_in.next": is_not_personal,
    "authsite_pending_sign_in.created_at": is_not_personal,
    "authsite_pending_sign_in.expires_at": is_not_personal,
    "authsite_answered_form.digest": is_not_personal,
    "authsite_answered_form.answer": is_not_personal,
    "authsite_answered_form.session_id": is_not_personal,
    "authsite_answered_form.secret_digest": is_not_personal,
    "authsite_answered_form.expires_at": is_not_personal,
    "authsite_throttle.key": is_a_mac,
    "authsite_throttle.window_started_at": is_a_number,
    "authsite_throttle.hits": is_a_number,
    "authsite_throttle.blocked_until": is_a_number,
    "authsite_throttle.expires_at": is_a_number,
    "authsite_email_link.digest": is_a_digest,
    "authsite_email_link.user_id": is_not_personal,
    "authsite_email_link.purpose": is_not_personal,
    "authsite_email_link.email": is_for_its_owner,
    "authsite_email_link.email_normalized": is_for_its_owner,
    "authsite_email_link.created_at": is_for_its_owner,
    "authsite_email_link.expires_at": is_for_its_owner,
    "authsite_outbox_message.id": is_not_personal,
    "authsite_outbox_message.template": is_not_personal,
    "authsite_outbox_message.user_id": is_not_personal,
    "authsite_outbox_message.recipient": is_for_its_owner,
    "authsite_outbox_message.subject": is_not_personal,
    "authsite_outbox_message.content": is_encrypted,
    "authsite_outbox_message.text": is_empty,
    "authsite_outbox_message.html": is_empty,
    "authsite_outbox_message.send_at": is_for_its_owner,
    "authsite_outbox_message.next_attempt_at": is_for_its_owner,
    "authsite_outbox_message.delivered_at": is_for_its_owner,
    "authsite_outbox_message.purge_after": is_for_its_owner,
    "authsite_outbox_message.attempts": is_not_personal,
    "authsite_outbox_message.last_error": is_not_shown,
    # No note is added here; tests/functional/admin/test_support.py has some.
    "authsite_account_note.id": is_not_personal,
    "authsite_account_note.user_id": is_not_personal,
    "authsite_account_note.created_at": is_not_personal,
    "authsite_account_note.actor": is_not_personal,
    "authsite_account_note.actor_id": is_not_personal,
    "authsite_account_note.text": is_not_personal,
    "authsite_account_note.actor_name": is_not_personal,
    "authsite_purge_run.name": is_not_personal,
    "authsite_purge_run.started_at": is_not_personal,
}


@pytest.mark.asvs("14.2.4")
def test_each_column_has_a_protection():
    columns = {
        f"{table}.{each.name}" for table, of in Base.metadata.tables.items() for each in of.c
    }
    assert set(PROTECTIONS) == columns


@pytest.mark.asvs("14.2.4")
def test_each_column_is_protected(visit):
    for column, check in PROTECTIONS.items():
        try:
            check(visit, column)
        except AssertionError as error:
            error.add_note(column)
            raise


@pytest.mark.asvs("14.2.4")
def test_no_row_contains_a_password_or_session_secret(visit):
    secret = visit.ada.cookie.partition(".")[2]
    for value in (each for rows in visit.rows.values() for row in rows for each in row.values()):
        shown = value.hex() if isinstance(value, bytes) else str(value)
        for each in (PASSWORD, secret, visit.previous_secret, "not that one"):
            assert each not in shown
            assert each.encode().hex() not in shown


@pytest.mark.asvs("14.2.4")
def test_session_requires_its_secret(visit, new_browser):
    identifier, _, secret = visit.ada.cookie.partition(".")
    digest = visit.of_ada("authsite_session.secret_digest")
    for instead in ("", "A" * 43, digest.hex(), secret[::-1]):
        cookie = {"Cookie": f"authsite_session={identifier}.{instead}"}
        assert new_browser().get("/dashboard", headers=cookie).status_int == 303
    assert visit.ada.is_signed_in
