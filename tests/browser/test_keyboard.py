"""The site is usable by keyboard alone, in a browser without scripts."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.actions import fill_in, labelled, navigation, path_of, press, sign_in, sign_out
from tests.browsers import PASSWORD

SKIP = "Skip to main content"
ANONYMOUS_LINKS = [SKIP, "authsite", "Sign up", "Sign in"]
MEMBERS_LINKS = [SKIP, "authsite", "Dashboard", "Account: Ada Lovelace", "Sign out"]
#: The navigation of the account pages.
ACCOUNT_LINKS = ["Profile", "Email", "Password", "Sessions", "History"]
ACCOUNT_LINKS += ["Download data", "Close account"]
#: The banner before the content, until the email is verified.
BANNER = ["Resend email"]
OTHER_PASSWORD = "eight blue llamas hum"


def test_tab_order_follows_the_sign_up_form(page):
    page.goto("/sign-up")
    fields = ["First name", "Last name", "Email", "Password", "Confirm password"]
    order = [*ANONYMOUS_LINKS, *fields, "Sign up", "Sign in"]
    assert tab_through(page, len(order)) == order


def test_tab_order_follows_the_signed_in_pages(page, member):
    order = [*MEMBERS_LINKS, *BANNER, "Your account", "Sign out"]
    assert tab_through(page, len(order)) == order
    page.goto("/account")
    name = ["First name", "Last name", "Save name"]
    order = [*MEMBERS_LINKS, *ACCOUNT_LINKS, *BANNER, *name, "Verify email"]
    assert tab_through(page, len(order)) == order


def test_tab_order_follows_both_forms_of_a_page(page, member, inbox):
    sign_out(page)
    page.goto(inbox.link_for(member.email, "verify-email"))
    forms = ["Password", "Verify and sign in", "I don't know the password"]
    order = [*ANONYMOUS_LINKS, *forms]
    assert tab_through(page, len(order)) == order


def test_skip_link_skips_the_navigation(page, member):
    link = page.get_by_role("link", name=SKIP)
    expect(link).not_to_be_in_viewport()
    assert tab_through(page, 1) == [SKIP]
    expect(link).to_be_in_viewport(ratio=1)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/dashboard#content$"))
    assert tab_through(page, 1) == ["Your account"]


def test_account_is_usable_by_keyboard(page, person):
    """Sign up with an error, open pages, change the name, sign out and sign in again."""
    page.goto("/")
    tab_to(page, "Sign up")
    page.keyboard.press("Enter")
    page.wait_for_url("/sign-up")
    tab_to(page, "First name")
    for value in (" ", *list(person.sign_up_fields.values())[1:]):
        page.keyboard.type(value)
        page.keyboard.press("Tab")
    page.keyboard.press("Space")

    expect(page.get_by_role("alert")).to_be_visible()
    expect(labelled(page, "First name")).to_be_focused()
    page.keyboard.type(person.first_name)
    tab_to(page, "Password")
    page.keyboard.type(PASSWORD)
    tab_to(page, "Confirm password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")

    page.wait_for_url("/dashboard")
    tab_to(page, "Account: Ada Lovelace")
    page.keyboard.press("Enter")
    page.wait_for_url("/account")
    tab_to(page, "First name")
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("Augusta")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Name saved.")

    tab_to(page, "Sign out")
    page.keyboard.press("Space")
    page.wait_for_url("/sign-in")
    tab_to(page, "Email")
    page.keyboard.type(person.email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("/dashboard")
    expect(navigation(page)).to_contain_text("Augusta Lovelace")


def test_password_is_reset_by_keyboard(page, member, inbox):
    """Request a link with an error, open it, choose a password with an error, and sign in."""
    sign_out(page)
    tab_to(page, "Forgot your password?")
    page.keyboard.press("Enter")
    page.wait_for_url("/forgot-password")
    tab_to(page, "Email")
    page.keyboard.type("no email address")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(labelled(page, "Email")).to_be_focused()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type(member.email)
    tab_to(page, "Send reset link")
    page.keyboard.press("Space")
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your email")

    page.goto(inbox.link_for(member.email, "reset-password"))
    tab_to(page, "Password")
    page.keyboard.type("password1234")
    page.keyboard.press("Tab")
    page.keyboard.type("password1234")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(labelled(page, "Password")).to_be_focused()
    page.keyboard.type(OTHER_PASSWORD)
    page.keyboard.press("Tab")
    page.keyboard.type(OTHER_PASSWORD)
    tab_to(page, "Reset password")
    page.keyboard.press("Space")

    page.wait_for_url("/sign-in")
    tab_to(page, "Email")
    page.keyboard.type(member.email)
    page.keyboard.press("Tab")
    page.keyboard.type(OTHER_PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("/dashboard")


@pytest.mark.asvs("6.2.7")
def test_passwords_can_be_pasted(page, person):
    """The password is copied from a text field, as from a password manager."""
    page.goto("/sign-up")
    labelled(page, "Last name").fill(PASSWORD)
    labelled(page, "Last name").focus()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.press("ControlOrMeta+C")
    for label in ("Password", "Confirm password"):
        labelled(page, label).focus()
        page.keyboard.press("ControlOrMeta+V")
        assert labelled(page, label).input_value() == PASSWORD
    names = {each: person.sign_up_fields[each] for each in ("First name", "Last name", "Email")}
    fill_in(page, names, "Sign up")
    page.wait_for_url("/dashboard")
    sign_out(page)
    labelled(page, "Email").fill(PASSWORD)
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.press("ControlOrMeta+X")
    labelled(page, "Password").focus()
    page.keyboard.press("ControlOrMeta+V")
    fill_in(page, {"Email": person.email}, "Sign in")
    page.wait_for_url("/dashboard")


@pytest.mark.parametrize(
    ("wrong", "focused"),
    [
        (dict.fromkeys(["Last name", "Email", "Password", "Confirm password"], ""), "Last name"),
        ({"First name": "", "Email": ""}, "First name"),
        ({"Email": ""}, "Email"),
        ({"Email": "ada@example"}, "Email"),
        ({"Password": "password1234", "Confirm password": "password1234"}, "Password"),
        ({"Confirm password": "another"}, "Password"),  # both are empty now
    ],
)
def test_first_field_with_an_error_gets_the_focus(page, person, wrong, focused):
    page.goto("/sign-up#content")
    fill_in(page, person.sign_up_fields | wrong, "Sign up")
    expect(page.get_by_role("alert")).to_be_visible()
    assert path_of(page) == "/sign-up"
    expect(labelled(page, focused)).to_be_focused()
    expect(labelled(page, focused)).to_be_in_viewport(ratio=1)


def test_wrong_password_focuses_the_password_field(page, member):
    sign_out(page)
    sign_in(page, member, "not that one")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(labelled(page, "Password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("/dashboard")


def test_error_summary_links_to_the_fields(page):
    page.goto("/sign-up")
    press(page, "Sign up")
    alert = page.get_by_role("alert")
    for label in ("Last name", "Confirm password"):
        alert.get_by_role("link", name=label).focus()
        page.keyboard.press("Enter")
        expect(labelled(page, label)).to_be_focused()


def tab_through(page, times):
    """Press Tab this often; return the names of the focused elements. Each shows its focus."""
    names = []
    for _ in range(times):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        expect(focused).to_be_in_viewport()
        style, width, name = focused.evaluate(
            """each => {
                const {outlineStyle, outlineWidth} = getComputedStyle(each);
                const named = each.labels?.[0] ?? each;
                return [outlineStyle, parseFloat(outlineWidth), named.textContent];
            }"""
        )
        names.append(" ".join(name.split()))
        assert style == "solid", f"{names[-1]} has the focus, but no outline"
        assert width >= 2, f"{names[-1]} has the focus, but a thin outline"
    return names


def tab_to(page, name):
    """Press Tab until the element with this name has the focus."""
    passed = []
    while name not in passed:
        passed += tab_through(page, 1)
        assert len(passed) < 30, f"{name} cannot be reached, only {passed}"
