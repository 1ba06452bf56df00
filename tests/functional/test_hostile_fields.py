"""Text in a field that wants to be something else: markup, a header, or more than fits."""

from urllib.parse import urlencode

import pytest
import sqlalchemy as sa

from authsite.models import User
from tests.browsers import PASSWORD
from tests.functional.reading import form_of, input_of, is_marked, rows_of

pytestmark = pytest.mark.one_database

FORMS = {
    "/sign-up": {
        "first_name": "Ada",
        "last_name": "Lovelace",
        "email": "grace@example.com",
        "password": PASSWORD,
        "confirm_password": PASSWORD,
    },
    "/sign-in": {
        "email": "ada@example.com",
        "password": PASSWORD,
        "public_computer": "y",
        "next": "/account",
    },
    "/account": {"first_name": "Ada", "last_name": "Lovelace"},
    "/sign-out": {},
}
#: All fields of all forms, the token's among them.
ALL = [(path, name) for path, fields in FORMS.items() for name in (*fields, "csrf_token")]
#: Those that people type text into.
TYPED = [each for each in ALL if each[1] not in {"public_computer", "next", "csrf_token"}]
HERE = {"Sec-Fetch-Site": "same-origin"}
MARKUP = "\"'><svg id=evil onload=1></textarea></title>--><b id=evil>"
LINES = "x\r\nX-Evil: 1\r\nSet-Cookie: evil=1\r\n\r\n<b id=evil>"
#: A quote that ends a string of SQL, and what a statement would do then.
STATEMENTS = [
    "' OR '1'='1",
    "'; DELETE FROM user; --",
    '"; DROP TABLE authsite_user; --',
    "%' \\",
]
#: Longer than any field may be.
TOO_LONG = "x" * 3000
#: A character that nobody can have meant to type, another for each kind that there is.
UNSEEN = ["a\x00b", "a\rb", "a\x1bb", "a\x7fb", "a\x85b", "a\ufffdb"]


@pytest.fixture
def send(new_browser, browser):
    """Return a function that sends the form at a path, with something else in one field."""
    new_browser().sign_up()

    def fill_in(path, **changed):
        if path in {"/sign-up", "/sign-in"}:
            browser.app.reset()
        elif browser.cookie is None:
            browser.sign_in()
        fields = dict(form_of(browser.get(path)).submit_fields()) | FORMS[path] | changed
        return browser.app.post(path, fields, headers=HERE, expect_errors=True)

    return fill_in


def has_nothing_of(answer):
    """Whether no header and no element has come of what was typed."""
    headers = [f"{name}: {value}" for name, value in answer.headerlist]
    assert not any("\r" in each or "\n" in each for each in headers)
    assert not {"X-Evil"} & set(answer.headers)
    assert not any(each.startswith("evil") for each in answer.headers.getall("Set-Cookie"))
    if answer.content_type != "text/html":
        return answer.body == b""
    return not answer.html.find_all(["svg", "b"]) and not answer.html.find_all(
        lambda element: (
            element.get("id") == "evil" or any(each.startswith("on") for each in element.attrs)
        )
    )


@pytest.mark.asvs("1.1.2", "1.2.1")
@pytest.mark.parametrize("typed", [MARKUP, LINES], ids=["markup", "lines"])
@pytest.mark.parametrize(("path", "name"), ALL)
def test_no_field_becomes_an_element_an_attribute_or_a_header(browser, send, path, name, typed):
    answer = send(path, **{name: typed})
    assert answer.status_int in {303, 403, 422}
    assert has_nothing_of(answer)
    if answer.status_int == 422 and (path, name) in {("/sign-up", "email"), ("/sign-in", "email")}:
        assert input_of(answer, name)["value"] == typed.strip()
    for page in ("/", "/dashboard", "/account", "/sign-in", "/sign-up", "/nothing"):
        assert has_nothing_of(browser.get(page, expect_errors=True))


@pytest.mark.asvs("1.2.4")
@pytest.mark.parametrize("typed", STATEMENTS)
def test_no_field_becomes_a_part_of_a_statement(dbsession, send, typed):
    for path, name in ALL:
        assert send(path, **{name: typed}).status_int in {303, 403, 422}
    send("/account", first_name=typed)
    assert typed in dbsession.scalars(sa.select(User.first_name)).all()


@pytest.mark.asvs("1.1.2", "1.2.1")
@pytest.mark.parametrize("typed", [MARKUP, LINES, f"/{MARKUP}", f"/{LINES}"])
@pytest.mark.parametrize("signed_in", [False, True])
def test_no_query_becomes_an_element_an_attribute_or_a_header(browser, typed, signed_in):
    if signed_in:
        browser.sign_up()
    for path in ("/", "/sign-in", "/sign-up", "/dashboard", "/account", "/sign-out", "/nothing"):
        for query in (urlencode({"next": typed}), urlencode({typed: typed})):
            answer = browser.get(f"{path}?{query}", expect_errors=True)
            assert has_nothing_of(answer)
            if answer.location:
                assert has_nothing_of(browser.get(answer.location.removeprefix("http://localhost")))


@pytest.mark.asvs("1.3.3", "2.2.1", "2.2.2")
@pytest.mark.parametrize(
    ("path", "name", "typed"),
    [(*each, typed) for each in TYPED for typed in (TOO_LONG, UNSEEN[0])]
    + [("/sign-up", "first_name", typed) for typed in UNSEEN[1:]],
)
def test_what_is_too_long_or_cannot_be_seen_is_refused_in_every_field(
    services, send, path, name, typed
):
    """Whatever the browser was told of the field, and whatever it made of that."""
    assert send(path).status_int == 303
    before = rows_of(services)
    answer = send(path, **{name: typed})
    assert answer.status_int == 422
    assert is_marked(answer, name)
    assert rows_of(services) == before


@pytest.mark.asvs("2.2.1", "2.2.2")
@pytest.mark.parametrize("typed", [f"/{TOO_LONG}", "/account\x00", "/acc\rount", "/acc\ufffdount"])
def test_a_way_on_that_is_too_long_or_cannot_be_seen_is_dropped(send, typed):
    assert send("/sign-in", next=typed).location == "http://localhost/dashboard"
