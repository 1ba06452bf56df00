"""`/account/history`: the audit events of an account, on pages and as downloads."""

import csv
import io
import json
import tracemalloc
from datetime import timedelta

import pytest
import sqlalchemy as sa
from webob import Request

from authsite.accounts.export_account import count_export
from authsite.audit.event_types import Actor, EventType
from authsite.clock import utc_now
from authsite.models import AuditEvent, User
from authsite.tokens import new_id
from tests.browsers import PASSWORD
from tests.functional.recovery import NEW_PASSWORD

PAGE = "/account/history"


@pytest.fixture
def ada(browser):
    """The browser of a new user."""
    browser.sign_up()
    return browser


@pytest.fixture
def add(dbsession):
    """Add events to an account, the latest an hour old, at the same or at different times."""

    def events(number, *, email="ada@example.com", every=timedelta(0), **values):
        user_id = dbsession.scalar(sa.select(User.id).where(User.email == email))
        begun = utc_now() - timedelta(hours=1)
        made = [
            {
                "id": new_id(),
                "user_id": user_id,
                "occurred_at": begun - position * every,
                "type": EventType.SIGN_IN_FAILED.key,
                "actor": Actor.USER.value,
                "ip_address": "203.0.113.9",
                "details": {"subject": f"number {position}"},
            }
            | values
            for position in range(number)
        ]
        dbsession.execute(sa.insert(AuditEvent.__table__), made)
        dbsession.commit()
        return [each["id"] for each in made]

    return events


def lines_of(page):
    """Return the text of each entry of the page."""
    return [" ".join(each.get_text(" ").split()) for each in page.html.main.ol("li")]


def files_of(browser):
    """Return the rows of the JSON and of the CSV download."""
    as_json = browser.get(f"{PAGE}.json")
    as_csv = browser.get(f"{PAGE}.csv")
    assert as_csv.body.startswith(b"\xef\xbb\xbf")
    rows = csv.DictReader(io.StringIO(as_csv.body.decode("utf-8-sig"), newline=""))
    return json.loads(as_json.body), list(rows)


def test_history_lists_events_newest_first(ada, mailbox):
    ada.sign_out()
    ada.sign_in(password="not that one")
    ada.sign_in()
    typed = {"current_password": PASSWORD, "password": NEW_PASSWORD}
    page = ada.get("/account/password")
    ada.submit(page, typed | {"confirm_password": NEW_PASSWORD})
    ada.submit(ada.get("/account/email"), {"email": "ada@new.example"})
    lines = lines_of(ada.get("/account").click("History"))
    labels = [
        "Email sent automatically",
        "Email change requested",
        "Email sent automatically",
        "Password changed",
        "Signed in",
        "Failed sign-in",
        "Session ended",
        "Signed in",
        "Email sent automatically",
        "Signed up",
    ]
    assert all(line.startswith(label) for label, line in zip(labels, lines, strict=True)), lines
    assert "To: ada@new.example" in lines[1]
    assert "Subject: Your authsite password" in lines[2]
    assert "Method: with a password" in lines[4]
    assert "Unknown browser on Linux · 192.0.2.1 · Session: this device" in lines[4]
    assert "Reason: signed out Session: Unknown browser on Linux · 192.0.2.1" in lines[6]
    assert "Method: by signing up" in lines[-3]


def test_history_names_support_but_no_administrator(ada, add, dbsession):
    details = {"reason": "Too <many> complaints."}
    add(
        1,
        type=EventType.SUSPENDED.key,
        actor=Actor.ADMINISTRATOR,
        actor_id="B" * 16,
        details=details,
    )
    page = ada.get(PAGE)
    line = lines_of(page)[-1]
    assert line.startswith("Account suspended by support")
    assert "Reason: Too <many> complaints." in line
    files = files_of(ada)
    for text in (page.text, str(files)):
        assert "B" * 16 not in text


def test_history_shows_unknown_event_types(ada, add):
    add(1, type="key_added", details={"method": "carrier_pigeon"})
    add(1, type="session_ended", details={"reason": "no_more_corn", "session": "C" * 16})
    ended, added = lines_of(ada.get(PAGE))[-2:]
    assert added.startswith("Key added")
    assert "Method: carrier pigeon" in added
    assert "Reason: no more corn" in ended


def test_history_links_active_sessions_only(ada, new_browser):
    phone = new_browser()
    phone.sign_in()
    path = f"/account/sessions/{phone.cookie.partition('.')[0]}"
    ada.submit(ada.get(path), {"session_name": "my phone"})
    page = ada.get(PAGE)
    assert page.html.main.find("a", href=path).get_text() == "my phone"
    phone.sign_out()
    page = ada.get(PAGE)
    assert page.html.main.find("a", href=path) is None
    assert f"Session: {path.rpartition('/')[2][:6]}" in " ".join(lines_of(page))


@pytest.mark.parametrize("every", [timedelta(0), timedelta(seconds=1)])
def test_history_pages_have_no_gaps(ada, add, every):
    ids = set(add(120, every=every))
    pages = [ada.get(PAGE)]
    while pages[-1].html.main.find("a", string="Older"):
        pages.append(pages[-1].click("^Older$"))
    own = len(lines_of(pages[-1])) - 20
    assert [len(lines_of(page)) for page in pages] == [50, 50, 20 + own]
    numbered = [line for page in pages for line in lines_of(page) if "Subject: number" in line]
    assert len(set(numbered)) == len(numbered) == len(ids)
    assert lines_of(pages[2].click("^Newest$")) == lines_of(pages[0])
    assert pages[0].html.main.find("a", string="Newest") is None


@pytest.mark.parametrize("beyond", [0, 1])
def test_history_page_holds_fifty_events(ada, add, dbsession, beyond):
    dbsession.execute(sa.delete(AuditEvent))
    dbsession.commit()
    add(50 + beyond)
    page = ada.get(PAGE)
    assert len(lines_of(page)) == 50
    older = page.html.main.find("a", string="Older")
    assert bool(older) == bool(beyond)
    if older:
        assert len(lines_of(page.click("^Older$"))) == 1


def test_page_before_the_first_event_is_empty(ada, dbsession):
    first = dbsession.scalar(
        sa.select(AuditEvent.id).order_by(AuditEvent.occurred_at, AuditEvent.id)
    )
    page = ada.get(f"{PAGE}?before={first}")
    assert "No activity yet." in page
    assert page.html.main.find("a", string="Newest")


@pytest.mark.asvs("8.2.2")
def test_events_of_other_users_are_not_found(ada, new_browser, dbsession):
    own = dbsession.scalar(sa.select(AuditEvent.id))
    eve = new_browser()
    eve.sign_up(email="eve@example.com")
    eve.get(f"{PAGE}?before={own}", status=404)
    ada.get(f"{PAGE}?before={own}", status=200)


@pytest.mark.parametrize("before", ["", "x", "A" * 16, "A" * 17, "%00", "A" * 15 + "%0A", "%F0%9F"])
def test_unknown_event_is_not_found(ada, before):
    assert ada.get(f"{PAGE}?before={before}", expect_errors=True).status_int in {400, 404}


@pytest.mark.asvs("8.2.2")
def test_history_hides_other_users_events(ada, add, new_browser):
    eve = new_browser(REMOTE_ADDR="203.0.113.77")
    eve.sign_up(email="eve@example.com")
    add(3, email="eve@example.com")
    assert "203.0.113" not in ada.get(PAGE)
    assert "203.0.113" not in str(files_of(ada))


def test_history_ends_after_ninety_days(ada, add, let_time_pass):
    add(1, type=EventType.PASSWORD_RESET_REQUESTED.key)
    let_time_pass(timedelta(days=20))
    ada.get("/dashboard")
    let_time_pass(timedelta(days=20))
    ada.get("/dashboard")
    let_time_pass(timedelta(days=20))
    ada.get("/dashboard")
    let_time_pass(timedelta(days=29))
    page = ada.get(PAGE)
    assert lines_of(page)[-1].startswith("Password reset requested")
    let_time_pass(timedelta(days=1))
    ada.sign_in()
    page = ada.get(PAGE)
    assert "Password reset requested" not in page
    assert "Password reset requested" not in str(files_of(ada))


def test_csv_and_json_downloads_are_complete_and_equal(ada, add):
    ids = add(1100)
    as_json, as_csv = files_of(ada)
    assert {each["id"] for each in as_json} >= set(ids)
    assert [each["id"].lstrip("'") for each in as_csv] == [each["id"] for each in as_json]
    assert sorted((each["occurred_at"] for each in as_json), reverse=True) == [
        e["occurred_at"] for e in as_json
    ]
    assert as_json[0].keys() == as_csv[0].keys()
    assert "actor_id" not in as_json[0]
    for one, other in zip(as_json, as_csv, strict=True):
        for name in ("label", "occurred_at", "actor", "browser"):
            assert (one[name] or "") == other[name]
    assert as_csv[5]["details"].startswith("Subject: number ")


def test_downloads_are_attachments(ada):
    page = ada.get(PAGE)
    for words, ending, content_type in (
        ("CSV", "csv", "text/csv"),
        ("JSON", "json", "application/json"),
    ):
        file = page.click(words)
        assert file.content_type == content_type
        disposition = f'attachment; filename="history.{ending}"'
        assert file.headers["Content-Disposition"] == disposition
        assert file.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", [f"{PAGE}.csv", f"{PAGE}.json", "/account/export"])
def test_accounts_have_four_downloads_an_hour(ada, new_browser, path):
    for _ in range(4):
        ada.get(path)
    refused = ada.get(path, status=429)
    assert "You have downloaded your data several times. Try again in" in refused.text
    assert refused.html.h1.text == "Too many downloads"
    assert refused.click("Back to history").request.path == PAGE
    assert 3500 < int(refused.headers["Retry-After"]) <= 3600
    other = new_browser()
    other.sign_up(email="grace@example.com")
    other.get(path)


@pytest.mark.parametrize("path", [f"{PAGE}.csv", f"{PAGE}.json", "/account/export"])
def test_head_of_a_download_counts_nothing(ada, path, dbsession):
    for _ in range(9):
        answer = ada.app.head(path)
        assert answer.body == b""
        assert answer.headers["Content-Disposition"].startswith("attachment")
    assert ada.get(path).content_length > 100


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_links_of_other_sites_download_nothing(ada, site):
    for _ in range(9):
        answer = ada.get(f"{PAGE}.csv", headers={"Sec-Fetch-Site": site}, status=303)
        assert answer.location == "http://localhost/account"
    ada.get(f"{PAGE}.csv", headers={"Sec-Fetch-Site": "same-origin"}, status=200)


def test_second_simultaneous_download_is_refused(ada, services, dbsession):
    user_id = dbsession.scalar(sa.select(User.id))
    with count_export(services.throttles, user_id, now=utc_now()):
        refused = ada.get(f"{PAGE}.csv", status=429)
    assert "Another download is being prepared. Try again in" in refused.text
    ada.get(f"{PAGE}.csv")


def test_download_is_written_in_little_memory(ada, add, application):
    """The file is longer than the memory that it may take."""
    add(10_000, every=timedelta(seconds=1))
    files_of(ada)  # what is loaded once
    cookies = {"HTTP_COOKIE": "; ".join(f"{k}={v}" for k, v in ada.app.cookies.items())}
    tracemalloc.start()
    try:
        answer = Request.blank(f"{PAGE}.json", environ=cookies).get_response(application)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    answer.app_iter.close()
    assert answer.content_length > 2_000_000
    assert peak < 1_000_000


@pytest.mark.parametrize("ending", ["csv", "json"])
def test_downloads_use_the_servers_file_wrapper(ada, ending):
    """So a slow download does not occupy a thread: the server sends the file by itself."""
    handed_over = []

    def wrapper(file):
        handed_over.append(file)
        return file

    page = ada.get(f"{PAGE}.{ending}", extra_environ={"wsgi.file_wrapper": wrapper})
    assert len(handed_over) == 1
    assert page.content_length == len(page.body) > 100


@pytest.mark.asvs("1.2.10")
def test_csv_download_contains_no_formulas(ada, new_browser):
    eve = new_browser(HTTP_USER_AGENT='=HYPERLINK("https://evil.example";"open");+1')
    eve.sign_in(password="not that one")
    as_json, as_csv = files_of(ada)
    assert as_json[0]["browser"].startswith("=HYPERLINK")
    assert as_csv[0]["browser"].startswith("'=HYPERLINK")
    assert as_csv[0]["browser"].endswith(";'+1")


def test_empty_history_gives_empty_downloads(ada, dbsession):
    dbsession.execute(sa.delete(AuditEvent))
    dbsession.commit()
    assert files_of(ada) == ([], [])
    assert "No activity yet." in ada.get(PAGE)


@pytest.mark.asvs("1.2.1")
def test_history_escapes_user_agents(ada, new_browser):
    eve = new_browser(HTTP_USER_AGENT="<script>alert(1)</script> Bot/1.0")
    eve.sign_in(password="not that one")
    assert "<script>" not in ada.get(PAGE)


@pytest.mark.asvs("8.2.1")
def test_history_sends_visitors_to_sign_in(browser):
    for ending in ("", ".csv", ".json"):
        sent = browser.get(f"{PAGE}{ending}", status=303).location
        assert sent == f"http://localhost/sign-in?next=%2Faccount%2Fhistory{ending}"
