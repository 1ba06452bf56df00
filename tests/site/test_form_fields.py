"""What holds of every field of every form, as people and password managers meet it."""

import pytest
from wtforms import Form

from authsite.resources.site_map import endpoints
from tests.browsers import PASSWORD
from tests.site.places import path_of

pytestmark = pytest.mark.one_database

HIDDEN = {"csrf_token"}
#: What browsers and password managers go by (HTML, "autofill detail tokens").
FILLED_IN_AS = {
    "email": {"username", "email"},
    "first_name": {"given-name"},
    "last_name": {"family-name"},
    "password": {"current-password", "new-password"},
    "confirm_password": {"new-password"},
    "current_password": {"current-password"},
    "session_name": {"off"},
    "reason": {"off"},
    "q": {"off"},
}
PASSWORDS = {"password", "confirm_password", "current_password"}
#: All fields of all forms. A new one needs a row here, and one in docs/security.md.
FIELDS = {*FILLED_IN_AS, "public_computer", "without_password", "leave", "next"}


@pytest.fixture
def inputs(application, new_browser, grant_admin, services):
    """Every input of every form, as all who may see one are shown it."""
    stranger, member, administrator = new_browser(), new_browser(), new_browser()
    member.sign_up()
    administrator.sign_up(email="grace@example.com")
    grant_admin("grace@example.com")
    paused = new_browser()
    paused.sign_up(email="joan@example.com")
    paused.submit(paused.get("/account/close"), {"password": PASSWORD})
    paused.sign_in(email="joan@example.com")
    found = []
    for address in {page.url for page in endpoints(application.registry)}:
        path = path_of(services, address)
        for browser in (stranger, member, administrator, paused):
            page = browser.get(path, expect_errors=True)
            if page.content_type == "text/html":
                found += page.html.find_all(["input", "textarea", "select"])
                found += page.html.find_all("button", attrs={"name": True})
    # What has no name is not sent; it tells password managers whose password is asked for.
    return [each for each in found if each.get("name", "csrf_token") not in HIDDEN]


@pytest.mark.asvs("2.1.1", "6.4.2")
def test_every_field_is_known(inputs):
    assert {each["name"] for each in inputs} == FIELDS


def forms_below(form):
    """Yield every form of the package that is made of this one."""
    for each in form.__subclasses__():
        if each.__module__.startswith("authsite."):
            yield each
        yield from forms_below(each)


@pytest.mark.asvs("6.4.2")
def test_no_form_takes_another_field(application):
    """There is neither a hint nor a secret question, shown or not."""
    forms = {each.__module__.rpartition(".")[2]: set(each()._fields) for each in forms_below(Form)}
    assert set(forms) >= {"profile", "sign_in", "sign_up"}
    assert set().union(*forms.values()) == FIELDS


@pytest.mark.asvs("6.2.6")
def test_a_password_is_typed_into_a_password_field(inputs):
    kinds = {each["name"]: each["type"] for each in inputs}
    typed = {name for name in kinds if kinds[name] != "submit"}
    assert {name for name in typed if "password" in name} == PASSWORDS
    assert {name for name, kind in kinds.items() if kind == "password"} == PASSWORDS


@pytest.mark.asvs("6.2.7")
def test_a_password_manager_is_told_what_to_fill_in_and_nothing_hinders_it(inputs):
    for each in inputs:
        if each["type"] in {"hidden", "checkbox", "submit"}:
            continue
        assert each["autocomplete"] in FILLED_IN_AS[each["name"]]
        assert not {"readonly", "disabled", "maxlength", "onpaste", "oncopy"} & set(each.attrs)
