"""The main journeys in a browser without scripts, with errors on the way."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.actions import (
    fill_in,
    labelled,
    navigation,
    path_of,
    press,
    sign_in,
    sign_out,
    sign_up,
)
from tests.browsers import PASSWORD


def test_sign_up_shows_errors_beside_their_fields(page, person):
    page.goto("/")
    navigation(page).get_by_role("link", name="Sign up").click()
    wrong = {"First name": "", "Email": "ada@example", "Confirm password": "another"}
    fill_in(page, person.sign_up_fields | wrong, "Sign up")

    assert path_of(page) == "/sign-up"
    expect(page).to_have_title("Error: Sign up \N{EN DASH} authsite")
    expect(page.get_by_role("alert")).to_contain_text("There are 3 problems")
    for label, error in {
        "First name": "Enter your first name.",
        "Email": "Enter an email address like name@example.com.",
        "Confirm password": "The passwords don't match.",
    }.items():
        expect(labelled(page, label)).to_have_accessible_description(error)
        assert is_marked(page, label)
    assert not is_marked(page, "Last name")
    assert entered(page) == person.sign_up_fields | wrong | NO_PASSWORDS

    common = dict.fromkeys(PASSWORDS, "password1234")
    right = {"First name": person.first_name, "Email": person.email}
    fill_in(page, right | common, "Sign up")
    expect(labelled(page, "Password")).to_have_accessible_description(
        re.compile("At least 12 characters.*Use a few unrelated words")
    )
    assert is_marked(page, "Password")

    fill_in(page, PASSWORDS, "Sign up")
    assert path_of(page) == "/dashboard"
    expect(page.get_by_role("heading", level=1)).to_have_text("Hello, Ada")


def test_sign_up_with_a_taken_email_keeps_the_input(page, new_page, member, person):
    other_page = new_page()
    other_page.goto("/sign-up")
    fields = person.sign_up_fields | {"First name": "Eve", "Email": member.email.upper()}
    fill_in(other_page, fields, "Sign up")
    expect(labelled(other_page, "Email")).to_have_accessible_description(
        "This email already has an account. Sign in instead."
    )
    assert entered(other_page) == fields | NO_PASSWORDS
    other_page.goto("/dashboard")
    assert path_of(other_page) == "/sign-in?next=%2Fdashboard"


def test_navigation_shows_the_signed_in_user(page, person):
    page.goto("/")
    assert links(page) == ["Sign up", "Sign in"]
    sign_up(page, person)
    assert links(page) == ["Dashboard", "Account: Ada Lovelace"]
    expect(navigation(page).get_by_role("link", name="Dashboard")).to_have_attribute(
        "aria-current", "page"
    )
    navigation(page).get_by_role("link", name="Account: Ada Lovelace").click()
    assert path_of(page) == "/account"
    page.get_by_role("link", name="authsite").click()
    assert path_of(page) == "/"
    page.get_by_role("link", name="Go to dashboard").click()
    assert path_of(page) == "/dashboard"
    sign_out(page)
    assert links(page) == ["Sign up", "Sign in"]


def test_account_page_changes_the_name(page, member):
    page.goto("/account")
    main = page.get_by_role("main")
    expect(main).to_contain_text(member.email)
    fill_in(page, {"First name": " "}, "Save name")
    expect(labelled(page, "First name")).to_have_accessible_description("Enter your first name.")
    assert labelled(page, "Last name").input_value() == "Lovelace"
    assert links(page)[1] == "Account: Ada Lovelace"

    fill_in(page, {"First name": "Augusta <b>"}, "Save name")
    assert path_of(page) == "/account"
    expect(page.get_by_role("status")).to_have_text("Name saved.")
    assert labelled(page, "First name").input_value() == "Augusta <b>"
    assert links(page)[1] == "Account: Augusta <b> Lovelace"
    page.reload()
    expect(page.get_by_role("status")).to_have_count(0)


def test_sign_in_returns_to_the_requested_page(page, member):
    sign_out(page)
    expect(page.get_by_role("status")).to_have_text("You're signed out.")
    page.goto("/account")
    assert path_of(page) == "/sign-in?next=%2Faccount"
    expect(page.get_by_role("main")).to_contain_text("Sign in to continue.")

    sign_in(page, member, "not that one")
    assert path_of(page) == "/sign-in"
    expect(page.get_by_role("alert")).to_have_text("Incorrect email or password.")
    for label in ("Email", "Password"):
        expect(labelled(page, label)).to_have_accessible_description("Incorrect email or password.")
    assert labelled(page, "Email").input_value() == member.email
    assert labelled(page, "Password").input_value() == ""

    sign_in(page, member)
    assert path_of(page) == "/account"


def test_signed_in_user_skips_sign_in_and_sign_up(page, member):
    for path in ("/sign-in", "/sign-up"):
        page.goto(path)
        assert path_of(page) == "/dashboard"


def test_sign_out_page_asks_for_confirmation(page, member):
    page.goto("/sign-out")
    page.get_by_role("link", name="Stay signed in").click()
    assert path_of(page) == "/dashboard"
    page.get_by_role("main").get_by_role("link", name="Sign out").click()
    press(page, "Sign out")
    assert path_of(page) == "/sign-in"
    page.goto("/dashboard")
    assert path_of(page) == "/sign-in?next=%2Fdashboard"


@pytest.mark.asvs("3.5.1")
def test_form_of_another_session_is_refused(page, new_page, member):
    """A form that was loaded before another user signed in is refused."""
    page.goto("/account")
    page.context.clear_cookies()
    other = page.context.new_page()
    sign_up(other, type(member)())
    fill_in(page, {"First name": "Mallory"}, "Save name")
    expect(page.get_by_role("heading", level=1)).to_have_text("This form has expired")
    page.get_by_role("link", name="Reload page").click()
    assert path_of(page) == "/account"
    assert labelled(page, "First name").input_value() == "Ada"


PASSWORDS = dict.fromkeys(("Password", "Confirm password"), PASSWORD)
NO_PASSWORDS = dict.fromkeys(PASSWORDS, "")


def entered(page):
    """Return the values in the sign-up form, by label."""
    labels = ("First name", "Last name", "Email", *PASSWORDS)
    return {label: labelled(page, label).input_value() for label in labels}


def is_marked(page, label):
    """Whether the field is marked as invalid."""
    return labelled(page, label).get_attribute("aria-invalid") == "true"


def links(page):
    """Return the texts of the links in the navigation."""
    found = navigation(page).get_by_role("link").all()
    return [" ".join(link.text_content().split()) for link in found]
