"""The way through the whole site in a real browser that runs no script, with the wrong turns."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.people import (
    fill_in,
    labelled,
    navigation,
    press,
    sign_in,
    sign_out,
    sign_up,
    where,
)
from tests.browsers import PASSWORD


def test_who_makes_mistakes_signing_up_is_told_beside_each_field(page, person):
    page.goto("/")
    navigation(page).get_by_role("link", name="Sign up").click()
    wrong = {"First name": "", "Email": "ada@example", "Confirm password": "another"}
    fill_in(page, person.answers | wrong, "Sign up")

    assert where(page) == "/sign-up"
    expect(page).to_have_title("Error: Sign up \N{EN DASH} authsite")
    expect(page.get_by_role("alert")).to_contain_text("There are 3 problems")
    for label, said in {
        "First name": "Enter your first name.",
        "Email": "Enter an email address like name@example.com.",
        "Confirm password": "The passwords don't match.",
    }.items():
        expect(labelled(page, label)).to_have_accessible_description(said)
        assert is_marked(page, label)
    assert not is_marked(page, "Last name")
    assert typed(page) == person.answers | wrong | NO_PASSWORDS

    common = dict.fromkeys(PASSWORDS, "password1")
    right = {"First name": person.first_name, "Email": person.email}
    fill_in(page, right | common, "Sign up")
    expect(labelled(page, "Password")).to_have_accessible_description(
        re.compile("At least 8 characters.*Use a few unrelated words")
    )
    assert is_marked(page, "Password")

    fill_in(page, PASSWORDS, "Sign up")
    assert where(page) == "/dashboard"
    expect(page.get_by_role("heading", level=1)).to_have_text("Hello, Ada")


def test_an_address_that_is_taken_is_told_and_nothing_is_lost(page, new_page, member, person):
    neighbour = new_page()
    neighbour.goto("/sign-up")
    answers = person.answers | {"First name": "Eve", "Email": member.email.upper()}
    fill_in(neighbour, answers, "Sign up")
    expect(labelled(neighbour, "Email")).to_have_accessible_description(
        "This email already has an account. Sign in instead."
    )
    assert typed(neighbour) == answers | NO_PASSWORDS
    neighbour.goto("/dashboard")
    assert where(neighbour) == "/sign-in?next=%2Fdashboard"


def test_the_navigation_follows_who_is_signed_in(page, person):
    page.goto("/")
    assert links(page) == ["Sign up", "Sign in"]
    sign_up(page, person)
    assert links(page) == ["Dashboard", "Account: Ada Lovelace"]
    expect(navigation(page).get_by_role("link", name="Dashboard")).to_have_attribute(
        "aria-current", "page"
    )
    navigation(page).get_by_role("link", name="Account: Ada Lovelace").click()
    assert where(page) == "/account"
    page.get_by_role("link", name="authsite").click()
    assert where(page) == "/"
    page.get_by_role("link", name="Go to dashboard").click()
    assert where(page) == "/dashboard"
    sign_out(page)
    assert links(page) == ["Sign up", "Sign in"]


def test_a_name_is_changed_on_the_account_page(page, member):
    page.goto("/account")
    main = page.get_by_role("main")
    expect(main).to_contain_text(member.email)
    fill_in(page, {"First name": " "}, "Save name")
    expect(labelled(page, "First name")).to_have_accessible_description("Enter your first name.")
    assert labelled(page, "Last name").input_value() == "Lovelace"
    assert links(page)[1] == "Account: Ada Lovelace"

    fill_in(page, {"First name": "Augusta <b>"}, "Save name")
    assert where(page) == "/account"
    expect(page.get_by_role("status")).to_have_text("Name saved.")
    assert labelled(page, "First name").input_value() == "Augusta <b>"
    assert links(page)[1] == "Account: Augusta <b> Lovelace"
    page.reload()
    expect(page.get_by_role("status")).to_have_count(0)


def test_who_was_sent_to_sign_in_comes_back_to_where_they_were_going(page, member):
    sign_out(page)
    expect(page.get_by_role("status")).to_have_text("You're signed out.")
    page.goto("/account")
    assert where(page) == "/sign-in?next=%2Faccount"
    expect(page.get_by_role("main")).to_contain_text("Sign in to continue.")

    sign_in(page, member, "not that one")
    assert where(page) == "/sign-in"
    expect(page.get_by_role("alert")).to_have_text("Incorrect email or password.")
    for label in ("Email", "Password"):
        expect(labelled(page, label)).to_have_accessible_description("Incorrect email or password.")
    assert labelled(page, "Email").input_value() == member.email
    assert labelled(page, "Password").input_value() == ""

    sign_in(page, member)
    assert where(page) == "/account"


def test_the_signed_in_need_not_sign_in_again(page, member):
    for path in ("/sign-in", "/sign-up"):
        page.goto(path)
        assert where(page) == "/dashboard"


def test_the_page_to_sign_out_asks_first(page, member):
    page.goto("/sign-out")
    page.get_by_role("link", name="Stay signed in").click()
    assert where(page) == "/dashboard"
    page.get_by_role("main").get_by_role("link", name="Sign out").click()
    press(page, "Sign out")
    assert where(page) == "/sign-in"
    page.goto("/dashboard")
    assert where(page) == "/sign-in?next=%2Fdashboard"


@pytest.mark.asvs("3.5.1")
def test_a_form_of_another_session_is_refused_with_a_way_on(page, new_page, member):
    """A form that was shown before somebody else signed in here is not taken."""
    page.goto("/account")
    page.context.clear_cookies()
    other = page.context.new_page()
    sign_up(other, type(member)())
    fill_in(page, {"First name": "Mallory"}, "Save name")
    expect(page.get_by_role("heading", level=1)).to_have_text("This form has expired")
    page.get_by_role("link", name="Reload page").click()
    assert where(page) == "/account"
    assert labelled(page, "First name").input_value() == "Ada"


PASSWORDS = dict.fromkeys(("Password", "Confirm password"), PASSWORD)
NO_PASSWORDS = dict.fromkeys(PASSWORDS, "")


def typed(page):
    """Return what the fields of the form to sign up hold, by label."""
    labels = ("First name", "Last name", "Email", *PASSWORDS)
    return {label: labelled(page, label).input_value() for label in labels}


def is_marked(page, label):
    """Whether the field is said to be wrong."""
    return labelled(page, label).get_attribute("aria-invalid") == "true"


def links(page):
    """Return the links of the navigation, as they are read out."""
    found = navigation(page).get_by_role("link").all()
    return [" ".join(link.text_content().split()) for link in found]
