"""Fields that no browser sends: repeated, as a file, as bytes that are no text."""

from urllib.parse import urlencode

import pytest

from tests.browsers import PASSWORD
from tests.functional.reading import description_of, form_of, input_of, rows_of

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
    """Open a page, signed in if it requires that, and return its form's fields, filled in."""

    def fill(path):
        if path not in {"/sign-up", "/sign-in"}:
            browser.sign_up()
        form = form_of(browser.get(path))
        return dict(form.submit_fields()) | {
            name: TYPED[name] for name in FORMS[path] if name in TYPED
        }

    return fill


def encoded(fields, **other):
    """Encode the fields as a browser does, with other bytes for some of them."""
    return urlencode(fields | other).encode("ascii")


@pytest.mark.asvs("15.3.5", "15.3.7")
@pytest.mark.parametrize(("path", "name"), ALL)
def test_repeated_field_is_refused(browser, services, fields_of, path, name):
    fields = fields_of(path)
    before = rows_of(services)
    body = encoded(fields) + b"&" + urlencode({name: fields.get(name, "")}).encode("ascii")
    answer = browser.app.post(path, body, headers=HERE, status=400)
    assert answer.html.h1.get_text(strip=True) == "We couldn't read that request"
    assert rows_of(services) == before


@pytest.mark.asvs("15.3.5")
@pytest.mark.parametrize(("path", "name"), ALL)
def test_file_in_a_text_field_is_refused(browser, services, fields_of, path, name):
    fields = fields_of(path)
    fields.pop(name, None)
    before = rows_of(services)
    upload = [(name, "x.txt", b"Ada")]
    browser.app.post(path, fields, upload_files=upload, headers=HERE, status=415)
    assert rows_of(services) == before


@pytest.mark.parametrize("path", FORMS)
def test_file_as_csrf_token_is_refused(browser, services, fields_of, path):
    fields = fields_of(path)
    token = fields.pop("csrf_token").encode("ascii")
    before = rows_of(services)
    upload = [("csrf_token", "x.txt", token)]
    browser.app.post(path, fields, upload_files=upload, headers=HERE, status=415)
    assert rows_of(services) == before


@pytest.mark.asvs("6.2.8")
@pytest.mark.parametrize(("path", "name"), [each for each in ALL if each[1] != "next"])
def test_malformed_utf8_is_refused(browser, services, fields_of, path, name):
    """Replaced by one character, different passwords would become equal."""
    fields = fields_of(path)
    before = rows_of(services)
    body = encoded(fields, **{name: b"seven \xff\xfe llamas hum"})
    page = browser.app.post(path, body, headers=HERE, status=422)
    assert "Remove the unreadable character " in description_of(page, name)
    assert rows_of(services) == before


@pytest.mark.parametrize(("path", "name"), ALL)
def test_missing_field_counts_as_empty(browser, fields_of, path, name):
    fields = fields_of(path)
    fields.pop(name, None)
    answer = browser.app.post(path, fields, headers=HERE, status=422)
    if name != "next":
        assert input_of(answer, name).get("aria-invalid") == "true"


@pytest.mark.asvs("15.3.7")
def test_query_parameters_are_not_form_fields(browser, services, fields_of):
    fields = fields_of("/sign-up")
    first_name = fields.pop("first_name")
    query = urlencode({"first_name": first_name})
    page = browser.app.post(f"/sign-up?{query}", fields, headers=HERE, status=422)
    assert "Enter your first name." in description_of(page, "first_name")
    assert rows_of(services)["authsite_user"] == []
