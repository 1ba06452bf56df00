"""Hostile text in fields: markup, headers, SQL, overlong and invisible text."""

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
#: All fields of all forms, with the token.
ALL = [(path, name) for path, fields in FORMS.items() for name in (*fields, "csrf_token")]
#: The fields for text.
TYPED = [each for each in ALL if each[1] not in {"public_computer", "next", "csrf_token"}]
HERE = {"Sec-Fetch-Site": "same-origin"}
MARKUP = "\"'><svg id=evil onload=1></textarea></title>--><b id=evil>"
LINES = "x\r\nX-Evil: 1\r\nSet-Cookie: evil=1\r\n\r\n<b id=evil>"
#: A quote that ends a string of SQL, and a statement after it.
STATEMENTS = [
    "' OR '1'='1",
    "'; DELETE FROM user; --",
    '"; DROP TABLE authsite_user; --',
    "%' \\",
]
#: Longer than any field may be.
TOO_LONG = "x" * 3000
#: One character of each class that no user types on purpose.
UNSEEN = ["a\x00b", "a\rb", "a\x1bb", "a\x7fb", "a\x85b", "a\ufffdb"]


@pytest.fixture
def send(new_browser, browser):
    """Return a function that sends the form at a path, with some fields changed."""
    new_browser().sign_up()

    def fill_in(path, **changed):
        if path in {"/sign-up", "/sign-in"}:
            browser.app.reset()
        elif browser.cookie is None:
            browser.sign_in()
        fields = dict(form_of(browser.get(path)).submit_fields()) | FORMS[path] | changed
        return browser.app.post(path, fields, headers=HERE, expect_errors=True)

    return fill_in


def is_uninjected(answer):
    """Whether the text has become no header and no element."""
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
def test_fields_inject_no_markup_or_headers(browser, send, path, name, typed):
    answer = send(path, **{name: typed})
    assert answer.status_int in {303, 403, 422}
    assert is_uninjected(answer)
    if answer.status_int == 422 and (path, name) in {("/sign-up", "email"), ("/sign-in", "email")}:
        assert input_of(answer, name)["value"] == typed.strip()
    for page in ("/", "/dashboard", "/account", "/sign-in", "/sign-up", "/nothing"):
        assert is_uninjected(browser.get(page, expect_errors=True))


@pytest.mark.asvs("1.2.4")
@pytest.mark.parametrize("typed", STATEMENTS)
def test_fields_inject_no_sql(dbsession, send, typed):
    for path, name in ALL:
        assert send(path, **{name: typed}).status_int in {303, 403, 422}
    send("/account", first_name=typed)
    assert typed in dbsession.scalars(sa.select(User.first_name)).all()


@pytest.mark.asvs("1.1.2", "1.2.1")
@pytest.mark.parametrize("typed", [MARKUP, LINES, f"/{MARKUP}", f"/{LINES}"])
@pytest.mark.parametrize("signed_in", [False, True])
def test_queries_inject_no_markup_or_headers(browser, typed, signed_in):
    if signed_in:
        browser.sign_up()
    for path in ("/", "/sign-in", "/sign-up", "/dashboard", "/account", "/sign-out", "/nothing"):
        for query in (urlencode({"next": typed}), urlencode({typed: typed})):
            answer = browser.get(f"{path}?{query}", expect_errors=True)
            assert is_uninjected(answer)
            if answer.location:
                assert is_uninjected(browser.get(answer.location.removeprefix("http://localhost")))


@pytest.mark.asvs("1.3.3", "2.2.1", "2.2.2")
@pytest.mark.parametrize(
    ("path", "name", "typed"),
    [(*each, typed) for each in TYPED for typed in (TOO_LONG, UNSEEN[0])]
    + [("/sign-up", "first_name", typed) for typed in UNSEEN[1:]],
)
def test_overlong_or_invisible_text_is_refused(services, send, path, name, typed):
    assert send(path).status_int == 303
    before = rows_of(services)
    answer = send(path, **{name: typed})
    assert answer.status_int == 422
    assert is_marked(answer, name)
    assert rows_of(services) == before


@pytest.mark.asvs("2.2.1", "2.2.2")
@pytest.mark.parametrize("typed", [f"/{TOO_LONG}", "/account\x00", "/acc\rount", "/acc\ufffdount"])
def test_overlong_or_invisible_next_url_is_ignored(send, typed):
    assert send("/sign-in", next=typed).location == "http://localhost/dashboard"
