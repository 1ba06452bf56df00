"""Every field of every form is listed and works with password managers."""

import pytest
from wtforms import Form

from authsite.resources.site_map import endpoints
from tests.browsers import PASSWORD
from tests.site.page_paths import path_of

pytestmark = pytest.mark.one_database

HIDDEN = {"csrf_token"}
#: The values of `autocomplete` for each field (HTML, "autofill detail tokens").
AUTOCOMPLETE = {
    "email": {"username", "email"},
    "first_name": {"given-name"},
    "last_name": {"family-name"},
    "password": {"current-password", "new-password"},
    "confirm_password": {"new-password"},
    "current_password": {"current-password"},
    "session_name": {"off"},
    "reason": {"off"},
    "note": {"off"},
    "q": {"off"},
    "account": {"off"},
    "type": {"off"},
    "actor": {"off"},
    "by": {"off"},
    "network": {"off"},
    "since": {"off"},
    "until": {"off"},
}
PASSWORDS = {"password", "confirm_password", "current_password"}
#: All fields of all forms. A new one needs a row here, and one in docs/security.md.
FIELDS = {*AUTOCOMPLETE, "public_computer", "without_password", "leave", "next"}


@pytest.fixture
def inputs(application, new_browser, grant_admin, services):
    """Every input of every form, for anonymous visitors, users and administrators."""
    anonymous, member, administrator = new_browser(), new_browser(), new_browser()
    member.sign_up()
    administrator.sign_up(email="grace@example.com")
    grant_admin("grace@example.com")
    pending = new_browser()
    pending.sign_up(email="joan@example.com")
    pending.submit(pending.get("/account/close"), {"password": PASSWORD})
    pending.sign_in(email="joan@example.com")
    found = []
    for url in {page.url for page in endpoints(application.registry)}:
        path = path_of(services, url)
        for browser in (anonymous, member, administrator, pending):
            page = browser.get(path, expect_errors=True)
            if page.content_type == "text/html":
                found += page.html.find_all(["input", "textarea", "select"])
                found += page.html.find_all("button", attrs={"name": True})
    # An input without a name is not sent; it names the account for password managers.
    return [each for each in found if each.get("name", "csrf_token") not in HIDDEN]


@pytest.mark.asvs("2.1.1", "6.4.2")
def test_every_rendered_field_is_listed(inputs):
    assert {each["name"] for each in inputs} == FIELDS


def forms_below(form):
    """Yield every subclass of this form in the package."""
    for each in form.__subclasses__():
        if each.__module__.startswith("authsite."):
            yield each
        yield from forms_below(each)


@pytest.mark.asvs("6.4.2")
def test_forms_have_no_unlisted_field(application):
    """There is no password hint and no secret question."""
    forms = [*forms_below(Form)]
    pages = {each.__module__.rpartition(".")[2] for each in forms}
    assert pages >= {"sign_in", "sign_up_form"}
    assert set().union(*(each()._fields for each in forms)) == FIELDS


@pytest.mark.asvs("6.2.6")
def test_passwords_use_password_fields(inputs):
    types = {each["name"]: each.get("type", each.name) for each in inputs}
    entered = {name for name in types if types[name] != "submit"}
    assert {name for name in entered if "password" in name} == PASSWORDS
    assert {name for name, type_ in types.items() if type_ == "password"} == PASSWORDS


@pytest.mark.asvs("6.2.7")
def test_fields_support_password_managers(inputs):
    for each in inputs:
        if each.get("type") in {"hidden", "checkbox", "submit"}:
            continue
        assert each["autocomplete"] in AUTOCOMPLETE[each["name"]]
        assert not {"readonly", "disabled", "maxlength", "onpaste", "oncopy"} & set(each.attrs)
