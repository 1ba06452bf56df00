"""Following links, or guessing addresses, changes no row: only forms do."""

import pytest
import sqlalchemy as sa

from authsite.addresses import pages_of
from authsite.malformed import PROBES
from authsite.models import Base
from tests.site.conftest import wait_for_sweeps
from tests.site.places import path_of


def dump(site):
    """Return everything in every table."""
    wait_for_sweeps()
    with site.database.engine.connect() as connection:
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


@pytest.mark.asvs("3.5.3", "7.6.2")
@pytest.mark.parametrize("signed_in", [False, True])
def test_a_crawl_of_all_pages_changes_no_row(application, new_browser, site, mailbox, signed_in):
    somebody, browser = new_browser(), new_browser()
    somebody.sign_up(email="grace@example.com")
    if signed_in:
        browser.sign_up()
    addresses = {path_of(site, page.address) for page in pages_of(application.registry)}
    before = dump(site)
    seen = crawl(browser, [*addresses, "/sign-in?next=/account", "/nothing", "/account/nothing"])
    assert addresses <= seen
    assert any(path.startswith("/authsite-static/site.css?") for path in seen)
    assert dump(site) == before
    assert len(before["user_session"]) == 1 + signed_in
    assert browser.is_signed_in == signed_in


def test_from_the_home_page_every_page_for_people_can_be_reached(application, new_browser):
    stranger, member = new_browser(), new_browser()
    member.sign_up()
    reached = {path.partition("?")[0] for each in (stranger, member) for path in crawl(each, ["/"])}
    addresses = {page.address for page in pages_of(application.registry)}
    for_people = {each for each in addresses if not each.startswith("/.well-known/")}
    for_people -= PROBES | {each for each in addresses if "{token}" in each}  # which mails lead to
    # To the last one those are sent who have not typed their password for a while.
    assert for_people <= reached | {"/confirm-password"}
