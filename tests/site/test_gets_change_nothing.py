"""Following links and guessing URLs changes no row: only forms do.

One exception: that an administrator looks at an account is recorded, since it is by a GET.
"""

import pytest
import sqlalchemy as sa

from authsite.audit.event_types import Actor, EventType
from authsite.models import AuditEvent, Base, OutboxMessage, Throttle, User
from authsite.resources.site_map import endpoints
from tests.site.page_paths import WITHOUT_TOKEN, path_of


def dump(services):
    """Return all rows of all tables, except throttles: a download is counted."""
    tables = [table for table in Base.metadata.sorted_tables if table is not Throttle.__table__]
    with services.database.engine.connect() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(sa.select(table)))) for table in tables
        }


def delete_views(services):
    """Delete the events that administrators looked at accounts, and return which they were."""
    is_view = sa.and_(
        AuditEvent.type == EventType.ACCOUNT_VIEWED.key, AuditEvent.actor == Actor.ADMINISTRATOR
    )
    with services.database.write_engine.begin() as connection:
        accounts = sa.select(User.email).join(AuditEvent, AuditEvent.user_id == User.id)
        found = set(connection.scalars(accounts.where(is_view)))
        connection.execute(sa.delete(AuditEvent).where(is_view))
    return found


def crawl(browser, starts):
    """Follow all links by GET and HEAD; return the paths."""
    seen, waiting = set(), list(starts)
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        browser.app.head(path, expect_errors=True)
        page = browser.get(path, expect_errors=True)
        if page.location:
            waiting.append(page.location.removeprefix("http://localhost"))
        if page.content_type == "text/html":
            links = page.html(["a", "link", "img", "form"])
            found = (each.get("href") or each.get("src") or each.get("action") for each in links)
            waiting += [url for url in found if url and url.startswith("/")]
    return seen


#: URLs that no page links to.
UNLINKED = ("/sign-in?next=/account", "/nothing", "/account/nothing", "/admin?q=grace")


@pytest.mark.asvs("3.5.3", "7.6.2")
@pytest.mark.parametrize("role", ["anonymous", "member", "administrator"])
def test_crawl_of_all_pages_changes_no_row(application, new_browser, grant_admin, services, role):
    other, browser, signed_in = new_browser(), new_browser(), role != "anonymous"
    other.sign_up(email="grace@example.com")
    if signed_in:
        browser.sign_up()
    if role == "administrator":
        grant_admin("ada@example.com")
    paths = {path_of(services, page.url) for page in endpoints(application.registry)}
    before = dump(services)
    seen = crawl(browser, [*paths, *UNLINKED])
    assert paths <= seen
    views = delete_views(services)
    assert views == ({"ada@example.com", "grace@example.com"} if role == "administrator" else set())
    assert any(path.startswith("/authsite-static/site.css?") for path in seen)
    assert dump(services) == before
    assert len(before["authsite_session"]) == 1 + signed_in
    assert browser.is_signed_in == signed_in


def test_every_page_is_linked_from_the_home_page(application, new_browser, grant_admin, services):
    anonymous, member, administrator = new_browser(), new_browser(), new_browser()
    member.sign_up()
    new_browser().sign_in()  # another session to sign out
    administrator.sign_up(email="grace@example.com")
    grant_admin("grace@example.com")
    with services.database.engine.begin() as connection:
        connection.execute(sa.update(OutboxMessage).values(last_error="451 later"))
    reached = crawl(anonymous, ["/"]) | crawl(member, ["/"])
    reached |= crawl(administrator, ["/", "/admin?q=ada"])  # the search has results
    account = path_of(services, "/admin/users/{id}")
    with services.database.engine.begin() as connection:
        ada = sa.update(User).where(User.email == "ada@example.com")
        connection.execute(ada.values(suspended_at=User.created_at))
    reached |= crawl(administrator, [account])  # now suspended
    reached = {path.partition("?")[0] for path in reached}
    urls = {page.url for page in endpoints(application.registry)}
    linked = {each for each in urls if not each.startswith("/.well-known/")}
    linked -= {"/healthz", "/readyz"}
    linked -= WITHOUT_TOKEN | {each for each in urls if "{token}" in each}  # linked from emails
    linked = {path_of(services, each) for each in linked}
    # An expired re-authentication, a sign-in to a closed account and one to another account lead
    # there.
    assert linked <= reached | {"/confirm-password", "/reactivate-account", "/switch-account"}
