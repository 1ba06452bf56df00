"""Following links, or guessing addresses, changes no row: only forms do."""

import pytest
import sqlalchemy as sa

from authsite.models import Base, User
from authsite.resources.site_map import endpoints
from authsite.web.validation import PROBES
from tests.site.places import path_of


def dump(services):
    """Return everything in every table."""
    with services.database.engine.connect() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(sa.select(table))))
            for table in Base.metadata.sorted_tables
        }


def crawl(browser, starts):
    """Open every page that can be reached by links, by GET and by HEAD; return their paths."""
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
            places = page.html(["a", "link", "img", "form"])
            found = (each.get("href") or each.get("src") or each.get("action") for each in places)
            waiting += [place for place in found if place and place.startswith("/")]
    return seen


#: What no page leads to: where a form was filled in, and what is not there.
PLACES = ("/sign-in?next=/account", "/nothing", "/account/nothing", "/admin?q=grace")


@pytest.mark.asvs("3.5.3", "7.6.2")
@pytest.mark.parametrize("who", ["a stranger", "a member", "an administrator"])
def test_a_crawl_of_all_pages_changes_no_row(application, new_browser, grant_admin, services, who):
    somebody, browser, signed_in = new_browser(), new_browser(), who != "a stranger"
    somebody.sign_up(email="grace@example.com")
    if signed_in:
        browser.sign_up()
    if who == "an administrator":
        grant_admin("ada@example.com")
    addresses = {path_of(services, page.url) for page in endpoints(application.registry)}
    before = dump(services)
    seen = crawl(browser, [*addresses, *PLACES])
    assert addresses <= seen
    assert any(path.startswith("/authsite-static/site.css?") for path in seen)
    assert dump(services) == before
    assert len(before["authsite_session"]) == 1 + signed_in
    assert browser.is_signed_in == signed_in


def test_from_the_home_page_every_page_for_people_can_be_reached(
    application, new_browser, grant_admin, services
):
    stranger, member, administrator = new_browser(), new_browser(), new_browser()
    member.sign_up()
    new_browser().sign_in()  # so that there is somewhere else to be signed out
    administrator.sign_up(email="grace@example.com")
    grant_admin("grace@example.com")
    reached = crawl(stranger, ["/"]) | crawl(member, ["/"])
    reached |= crawl(administrator, ["/", "/admin?q=ada"])  # where the form of a page leads
    account = path_of(services, "/admin/users/{id}")
    with services.database.engine.begin() as connection:
        ada = sa.update(User).where(User.email == "ada@example.com")
        connection.execute(ada.values(suspended_at=User.created_at))
    reached |= crawl(administrator, [account])  # of somebody who is frozen
    reached = {path.partition("?")[0] for path in reached}
    addresses = {page.url for page in endpoints(application.registry)}
    for_people = {each for each in addresses if not each.startswith("/.well-known/")}
    for_people -= PROBES | {each for each in addresses if "{token}" in each}  # which mails lead to
    for_people = {path_of(services, each) for each in for_people}
    # To these lead an expired re-authentication, and a sign-in to a closed account.
    assert for_people <= reached | {"/confirm-password", "/reactivate-account"}
