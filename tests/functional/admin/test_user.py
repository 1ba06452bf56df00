"""`/admin/users/{id}`: what administrators see of an account."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.audit.event_types import EventType
from authsite.audit.queries import PAGE
from authsite.clock import utc_now
from authsite.models import EmailLink, User, UserSession
from tests.factories import a_user, an_event
from tests.functional.reading import rows_of

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:141.0) Gecko/20100101 Firefox/141.0"


def facts(page):
    """Return the facts about the account by their labels."""
    terms = page.html.main.dl.find_all("dt")
    return {each.text: " ".join(each.find_next("dd").text.split()) for each in terms}


def entries(page, heading):
    """Return the items listed below a heading."""
    [found] = [each for each in page.html.main("h2") if each.text == heading]
    listed = found.find_next_sibling(["ul", "ol", "h2", "p"])
    return [" ".join(each.text.split()) for each in listed.find_all("li")]


@pytest.fixture
def ada(new_browser):
    """The browser of a user on a desktop computer."""
    browser = new_browser(HTTP_USER_AGENT=FIREFOX)
    browser.sign_up()
    return browser


def test_user_page_describes_the_account(desk, ada, id_of):
    shown = facts(desk.open())
    assert shown["Email"] == "ada@example.com, not verified"
    assert shown["ID"] == id_of()
    assert set(shown) == {"Email", "ID", "Created"}


def test_user_page_describes_unusual_states(desk, dbsession):
    now = utc_now().replace(year=2031, month=5, day=17, hour=12, minute=30)
    changed = sa.update(User).where(User.email == "ada@example.com")
    dbsession.execute(
        changed.values(
            email_verified_at=now,
            delete_after=now,
            suspended_at=now,
            suspension_reason="Too <many> mails.",
            is_administrator=True,
            password_hash=None,
        )
    )
    dbsession.commit()
    shown, when = facts(desk.open()), "17 May 2031, 12:30 UTC"
    assert shown["Email"] == f"ada@example.com, verified on {when}"
    assert shown["Suspended"] == f"Since {when}. Reason shown to the user: Too <many> mails."
    assert (
        shown["Closed"]
        == f"Will be deleted on {when}. The user can't keep the account while it is suspended."
    )
    assert shown["Password"] == "No password set"
    assert shown["Role"] == "Administrator"


def test_user_page_lists_sessions(desk, ada, new_browser, dbsession):
    new_browser(REMOTE_ADDR="198.51.100.7").sign_in()
    here = UserSession.id == ada.cookie.partition(".")[0]
    dbsession.execute(sa.update(UserSession).where(here).values(name="work laptop"))
    dbsession.commit()
    other, desk = entries(desk.open(), "Sessions")
    assert desk.startswith("work laptop Firefox on Windows · 192.0.2.1 Signed in by signing up on ")
    assert "198.51.100.7 Signed in with a password on " in other


def test_session_list_is_limited(desk, ada, dbsession):
    row = dict(dbsession.execute(sa.select(UserSession.__table__)).mappings().first())
    [row["user_id"]] = dbsession.scalars(sa.select(User.id).where(User.email == "ada@example.com"))
    rows = [row | {"id": f"session-{number:08}"} for number in range(102)]
    dbsession.execute(sa.insert(UserSession), rows)
    dbsession.commit()
    page = desk.open()
    assert len(entries(page, "Sessions")) == 100
    assert "And 3 older sessions" in page.html.main.text


def test_empty_lists_are_explained(admin_browser, dbsession):
    user = a_user(dbsession)
    page = admin_browser.get(f"/admin/users/{user.id}")
    assert "No sessions." in page.text
    assert "No activity yet." in page.text


def test_user_page_shows_the_users_own_history(desk, ada):
    theirs = ada.get("/account/history").html.main.ol.find_all("li")
    mine = entries(desk.open(), "History")
    assert len(mine) == len(theirs)
    for here, there in zip(mine, theirs, strict=True):
        assert " ".join(there.text.split()).startswith(here)


def test_user_history_is_paged(desk, dbsession):
    ada = dbsession.scalars(sa.select(User).where(User.email == "ada@example.com")).one()
    for number in range(2 * PAGE):
        at = utc_now() - timedelta(minutes=number + 1)
        an_event(dbsession, ada, kind=EventType.PASSWORD_CONFIRMED, occurred_at=at)
    desk.open()  # the first look is an event
    first = desk.open()
    second = first.click("Older")
    assert len(entries(first, "History")) == len(entries(second, "History")) == PAGE
    assert "Newest" not in first.html.main.text
    assert second.click("Newest").html.main.ol.text == first.html.main.ol.text


def test_events_of_other_users_are_not_found(admin_browser, ada_page, history_of):
    theirs, other = history_of()[0].id, history_of("admin@example.com")[0].id
    admin_browser.get(f"{ada_page}?before={theirs}", status=200)
    for place in (other, "A" * 16, "x", ""):
        admin_browser.get(f"{ada_page}?before={place}", status=404)


@pytest.mark.asvs("14.2.6", "15.3.1")
def test_user_page_shows_no_hash_link_or_email(desk, admin_browser, services, mailbox, dbsession):
    desk.press("Send reset link")
    shown = desk.open().text + admin_browser.get("/admin?q=ada").text
    ada = dbsession.execute(sa.select(User.__table__).where(User.email == "ada@example.com")).one()
    assert ada.password_hash not in shown
    for row in rows_of(services)["authsite_session"]:
        for secret in (value for value in row if isinstance(value, bytes)):
            assert secret.hex() not in shown
    for link in dbsession.scalars(sa.select(EmailLink)):
        assert link.digest.hex() not in shown
    mail = mailbox.latest("reset_password")
    assert mail.path_to("reset-password") not in shown
    assert mail.text.splitlines()[0] not in shown or mail.text.splitlines()[0] == ""
    inputs = desk.open().html.main.find_all("input")
    assert {each["name"] for each in inputs} == {"csrf_token", "reason"}


def test_viewing_changes_nothing_but_the_history(desk, admin_browser, services, history_of):
    before = rows_of(services), history_of()
    desk.open()
    admin_browser.get("/admin?q=ada")
    *same, viewed = history_of()
    assert (rows_of(services), same) == before
    assert viewed.type == "account_viewed"
