"""The example `wiki`: traversal, ACLs and ZODB."""

from collections.abc import Callable

import pytest

from tests.hosts.visitor import HOME, Visitor

PAGE = {"name": "Tea", "text": "a <drink>"}


@pytest.fixture
def visitor(open_host: Callable[..., Visitor]) -> Visitor:
    """A browser at the wiki."""
    return open_host("wiki")


def test_signed_in_users_add_pages(visitor: Visitor) -> None:
    assert visitor.get("/").html.h1.text == "Pages"
    form = visitor.get("/add")
    assert form.location == f"{HOME}/accounts/sign-in?next=%2Fadd"
    visitor.sign_up()
    added = visitor.submit(visitor.get("/add"), PAGE).follow()
    assert added.html.p.text == "a <drink>"
    visitor.sign_out()
    assert visitor.get("/Tea/").html.h1.text == "Tea"


def test_authors_delete_their_pages(visitor: Visitor) -> None:
    visitor.sign_up()
    page = visitor.submit(visitor.get("/add"), PAGE).follow()
    other = visitor.another()
    other.sign_up(email="grace@example.com")
    assert other.get("/Tea/").html.main.form is None
    token = other.get("/add").forms[0]["csrf_token"].value
    refused = other.app.post("/Tea/delete", {"csrf_token": token}, expect_errors=True)
    assert refused.status_int == 403
    assert visitor.submit(page, {}).location == f"{HOME}/"
    assert visitor.get("/Tea/", expect_errors=True).status_int == 404
