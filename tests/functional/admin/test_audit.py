"""`/admin/audit`: who did what across accounts; and looking at an account is an event."""

import csv
import io
from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.audit.event_types import Actor, EventType
from authsite.clock import utc_now
from authsite.models import AuditEvent, User
from authsite.views.admin.audit import PAGE
from tests.browsers import PASSWORD
from tests.factories import a_user, an_event
from tests.functional.reading import alert_of, is_marked

AUDIT = "/admin/audit"


@pytest.fixture
def grace(dbsession):
    """An account with one event of each actor, the latest first."""
    grace = a_user(dbsession, email="grace@example.com")
    now = utc_now()
    causes = [
        ("operator", "suspended", {"actor_name": "joan", "details": {"reason": "Spam."}}),
        ("user", "sign_in_failed", {"ip_address": "2001:db8::7", "network": "2001:db8::/64"}),
        ("system", "email_queued", {"ip_address": None, "user_agent": None}),
        ("user", "signed_in", {"network": "192.0.2.1"}),
    ]
    for days, (actor, event_type, values) in enumerate(causes):
        kind = EventType[event_type.upper()]
        at = now - timedelta(days=days, minutes=1)
        an_event(dbsession, grace, kind=kind, actor=actor, occurred_at=at, **values)
    dbsession.rollback()
    return grace.id


def lines_of(page):
    """Return the text of each entry of the page."""
    listed = page.html.main.find("ol", class_="entries")
    return [" ".join(each.get_text(" ").split()) for each in listed("li")] if listed else []


def labels_of(page):
    """Return the label of each entry of the page."""
    return [each.strong.text for each in page.html.main.find("ol", class_="entries")("li")]


def rows_of(file):
    """Return the rows of a CSV file."""
    return list(csv.DictReader(io.StringIO(file.text.removeprefix("\ufeff"))))


@pytest.fixture
def views(dbsession):
    """Return who looked at which account, the earliest first."""

    def look():
        dbsession.rollback()
        found = sa.select(AuditEvent).where(AuditEvent.type == EventType.ACCOUNT_VIEWED.key)
        rows = dbsession.scalars(found.order_by(AuditEvent.occurred_at)).all()
        return [(row.actor_id, row.user_id) for row in rows]

    return look


@pytest.mark.asvs("16.2.1", "16.3.3")
def test_audit_log_says_who_did_what_to_which_account(desk, admin_browser):
    desk.press("Suspend account", reason="Too <many> mails.")
    page = admin_browser.get("/admin").click("Audit log of all accounts")
    [line] = [each for each in lines_of(page) if each.startswith("Account suspended")]
    assert line.startswith("Account suspended by administrator admin@example.com")
    assert "Reason: Too <many> mails." in line
    assert "Account: ada@example.com" in line
    account = page.html.main.find("a", string="ada@example.com")
    assert account["href"] == desk.path


def test_audit_log_of_all_accounts_is_newest_first(admin_browser, grace):
    lines = lines_of(admin_browser.get(AUDIT))
    of_grace = [each for each in lines if "grace@example.com" in each]
    assert of_grace[0].startswith("Account suspended by operator joan ")
    assert [each.split(" by ")[0].split(" automatically")[0] for each in of_grace] == [
        "Account suspended",
        "Failed sign-in",
        "Email sent",
        "Signed in",
    ]
    assert "admin@example.com" in lines[0]


@pytest.mark.parametrize(
    ("filters", "labels"),
    [
        ({"type": "sign_in_failed"}, ["Failed sign-in"]),
        ({"actor": "operator"}, ["Account suspended"]),
        ({"by": "joan"}, ["Account suspended"]),
        ({"by": "admin@example.com"}, []),
        ({"by": "no such person"}, []),
        ({"account": "GRACE@example.com", "actor": "system"}, ["Email sent"]),
        ({"network": "2001:db8::/64"}, ["Failed sign-in"]),
        ({"network": "2001:db8::1234"}, ["Failed sign-in"]),
        ({"network": "198.51.100.1"}, []),
        ({"account": "grace@example.com", "type": "suspended", "actor": "user"}, []),
    ],
)
def test_audit_log_can_be_filtered(admin_browser, grace, filters, labels):
    page = admin_browser.get(AUDIT, params=filters)
    if labels:
        assert labels_of(page) == labels
    else:
        assert "No events found." in page.html.main.text
    shown = {each["name"]: each.get("value") for each in page.html.main("input")}
    assert all(shown[name] == value for name, value in filters.items() if name in shown)


def test_audit_log_can_be_limited_to_days_in_utc(admin_browser, grace):
    yesterday = (utc_now() - timedelta(days=1, minutes=1)).date().isoformat()
    filters = {"account": grace, "since": yesterday, "until": yesterday, "actor": "user"}
    page = admin_browser.get(AUDIT, params=filters)
    assert labels_of(page) == ["Failed sign-in"]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("account", "nothing@example.com", "No account has this email or ID."),
        ("account", "x" * 255, "Use at most 254 characters."),
        ("by", "\N{RIGHT-TO-LEFT OVERRIDE}x", "Remove the invisible character"),
        ("network", "192.0.2", "Enter an IP address like 192.0.2.7."),
        ("network", "192.0.2.0/24", "Enter an IP address like 192.0.2.7."),
        ("network", "2001:db8::/32", "Enter an IP address like 192.0.2.7."),
        ("since", "tomorrow", "Enter a date like 2026-11-30."),
        ("until", "9999-99-99", "Enter a date like 2026-11-30."),
        ("until", "9999-12-31", "Enter a date like 2026-11-30."),
    ],
)
def test_wrong_filter_is_explained_at_its_field(admin_browser, grace, name, value, message):
    page = admin_browser.get(AUDIT, params={name: value}, status=422)
    assert message in alert_of(page)
    assert is_marked(page, name)
    assert lines_of(page) == []
    admin_browser.get(f"{AUDIT}.csv", params={name: value}, status=404)


@pytest.mark.parametrize("query", ["type=unknown", "actor=other"])
def test_unknown_choice_is_refused(admin_browser, query):
    admin_browser.get(f"{AUDIT}?{query}", status=422)


def test_audit_log_is_paged_with_its_filters(admin_browser, grace, dbsession):
    user = dbsession.get(User, grace)
    at = utc_now() - timedelta(hours=1)
    for _ in range(PAGE + 1):  # all at the same time
        an_event(dbsession, user, kind=EventType.PASSWORD_CONFIRMED, occurred_at=at)
    filters = {"type": "password_confirmed", "account": "grace@example.com"}
    first = admin_browser.get(AUDIT, params=filters)
    second = first.click("Older")
    assert len(lines_of(first)) == PAGE
    assert labels_of(second) == ["Password confirmed"]
    assert "Older" not in second.html.main.text
    assert "Newest" not in first.html.main.text
    assert second.click("Newest").html.main.ol.text == first.html.main.ol.text


@pytest.mark.parametrize("before", ["A" * 16, "x", ""])
def test_page_before_an_unknown_event_is_not_found(admin_browser, before):
    admin_browser.get(f"{AUDIT}?before={before}", status=404)


@pytest.mark.asvs("1.2.10")
def test_audit_log_is_downloaded_as_csv_without_formulas(admin_browser, grace, dbsession):
    user = dbsession.get(User, grace)
    an_event(dbsession, user, actor="operator", actor_name="=1+2", occurred_at=utc_now())
    page = admin_browser.get(AUDIT, params={"actor": "operator"})
    file = page.click("CSV")
    assert file.headers["Content-Disposition"] == 'attachment; filename="audit.csv"'
    formula, suspended = rows_of(file)
    assert formula["actor_name"] == "'=1+2"
    assert suspended["label"] == "Account suspended"
    assert suspended["actor_name"] == "joan"
    assert suspended["account"] == "grace@example.com"
    assert suspended["details"] == "Reason: Spam."


def test_audit_log_never_shows_a_secret(admin_browser, grace, dbsession):
    shown = admin_browser.get(AUDIT).text + admin_browser.get(f"{AUDIT}.csv").text
    for password_hash in dbsession.scalars(sa.select(User.password_hash)):
        assert password_hash not in shown


@pytest.mark.asvs("16.2.1")
def test_looking_at_an_account_is_an_event_once_an_hour(
    desk, views, id_of, let_time_pass, admin_browser
):
    admin, ada = id_of("admin@example.com"), id_of()
    admin_browser.app.head(desk.path)
    assert views() == []
    desk.open()
    desk.open()
    admin_browser.get(AUDIT, params={"account": "ada@example.com"})
    assert views() == [(admin, ada)]
    let_time_pass(timedelta(minutes=5))
    desk.open()
    assert views() == [(admin, ada)]
    let_time_pass(timedelta(minutes=56))
    admin_browser.submit(admin_browser.get("/confirm-password"), {"current_password": PASSWORD})
    admin_browser.get(AUDIT, params={"account": "ada@example.com"})
    assert views() == [(admin, ada)] * 2


def test_each_administrator_is_recorded(desk, views, new_browser, grant_admin, id_of):
    other = new_browser()
    other.sign_up(email="joan@example.com")
    grant_admin("joan@example.com")
    desk.open()
    other.get(desk.path)
    assert [actor for actor, _ in views()] == [
        id_of("admin@example.com"),
        id_of("joan@example.com"),
    ]


def test_audit_log_of_all_accounts_is_no_look_at_one(admin_browser, grace, views):
    admin_browser.get(AUDIT)
    admin_browser.get(f"{AUDIT}.csv?type=suspended")
    admin_browser.get("/admin?q=grace")
    assert views() == []


def test_user_sees_that_support_looked_and_not_who(desk, ada, history_of):
    desk.open()
    shown = ada.get("/account/history")
    assert "Account viewed by support" in " ".join(shown.html.main.text.split())
    files = shown.text + ada.get("/account/history.json").text + ada.get("/account/export").text
    assert "account_viewed" in files
    [viewed] = [event for event in history_of() if event.type == "account_viewed"]
    assert (viewed.actor, viewed.ip_address) == (Actor.ADMINISTRATOR, None)
    assert viewed.actor_id not in files
    assert "admin@example.com" not in files
