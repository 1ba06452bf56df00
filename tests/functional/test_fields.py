"""Fields that no person can have sent: twice, as a file, as bytes that are no text."""

from urllib.parse import urlencode

import pytest

from tests.browsers import PASSWORD
from tests.functional.reading import form_of, input_of, rows_of, said_beside

pytestmark = pytest.mark.one_database

FORMS = {
    "/sign-up": ["first_name", "last_name", "email", "password", "confirm_password"],
    "/sign-in": ["email", "password", "next"],
    "/account": ["first_name", "last_name"],
    "/account/password": ["current_password", "password", "confirm_password"],
    "/confirm-password": ["current_password"],
}
TYPED = {
    "first_name": "Ada",
    "last_name": "Lovelace",
    "email": "grace@example.com",
    "password": PASSWORD,
    "confirm_password": PASSWORD,
    "current_password": PASSWORD,
}
ALL = [(path, name) for path, names in FORMS.items() for name in names]
HERE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def fields_of(browser):
    """Open a page and return its form's fields, filled in, as whoever it is for."""

    def fill(path):
        if path not in {"/sign-up", "/sign-in"}:
            browser.sign_up()
        form = form_of(browser.get(path))
        return dict(form.submit_fields()) | {
            name: TYPED[name] for name in FORMS[path] if name in TYPED
        }

    return fill


def encoded(fields, **other):
    """Write the fields down as a browser would, with other bytes in the place of some."""
    return urlencode(fields | other).encode("ascii")


@pytest.mark.asvs("15.3.5", "15.3.7")
@pytest.mark.parametrize(("path", "name"), ALL)
def test_a_field_that_is_there_twice_is_no_form_of_ours(browser, services, fields_of, path, name):
    fields = fields_of(path)
    before = rows_of(services)
    body = encoded(fields) + b"&" + urlencode({name: fields.get(name, "")}).encode("ascii")
    answer = browser.app.post(path, body, headers=HERE, status=400)
    assert answer.html.h1.get_text(strip=True) == "We couldn't read that request"
    assert rows_of(services) == before


@pytest.mark.asvs("15.3.5")
@pytest.mark.parametrize(("path", "name"), ALL)
def test_a_file_is_no_text(browser, services, fields_of, path, name):
    fields = fields_of(path)
    fields.pop(name, None)
    before = rows_of(services)
    upload = [(name, "x.txt", b"Ada")]
    browser.app.post(path, fields, upload_files=upload, headers=HERE, status=400)
    assert rows_of(services) == before


@pytest.mark.parametrize("path", FORMS)
def test_a_file_in_the_place_of_the_token_is_no_token(browser, services, fields_of, path):
    fields = fields_of(path)
    token = fields.pop("csrf_token").encode("ascii")
    before = rows_of(services)
    upload = [("csrf_token", "x.txt", token)]
    browser.app.post(path, fields, upload_files=upload, headers=HERE, status=403)
    assert rows_of(services) == before


@pytest.mark.asvs("6.2.8")
@pytest.mark.parametrize(("path", "name"), [each for each in ALL if each[1] != "next"])
def test_bytes_that_are_no_utf_8_are_refused_and_not_replaced(
    browser, services, fields_of, path, name
):
    """They would all become the same character, and different passwords one."""
    fields = fields_of(path)
    before = rows_of(services)
    body = encoded(fields, **{name: b"seven \xff\xfe llamas hum"})
    page = browser.app.post(path, body, headers=HERE, status=422)
    assert "Remove invisible characters." in said_beside(page, name)
    assert rows_of(services) == before


@pytest.mark.parametrize(("path", "name"), ALL)
def test_a_field_that_is_missing_is_an_empty_one(browser, fields_of, path, name):
    fields = fields_of(path)
    fields.pop(name, None)
    answer = browser.app.post(path, fields, headers=HERE, status=422)
    if name != "next":
        assert input_of(answer, name).get("aria-invalid") == "true"


@pytest.mark.asvs("15.3.7")
def test_what_the_query_says_is_no_field(browser, services, fields_of):
    fields = fields_of("/sign-up")
    first_name = fields.pop("first_name")
    query = urlencode({"first_name": first_name})
    page = browser.app.post(f"/sign-up?{query}", fields, headers=HERE, status=422)
    assert "Enter your first name." in said_beside(page, "first_name")
    assert rows_of(services)["authsite_user"] == []
