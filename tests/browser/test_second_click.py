"""Double clicks, tabs and the Back button, as Chromium handles them."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from tests.browser.actions import (
    PASSWORD,
    Person,
    fill_in,
    labelled,
    navigation,
    path_of,
    press,
    sign_in,
    sign_out,
    sign_up,
)


def click_twice(page, button):
    """Click the button again while the first answer, which the site has sent, does not arrive."""
    lost = []

    def lose_first(route):
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch(max_redirects=0))
            route.abort("aborted")
        else:
            route.continue_()

    page.route("**/*", lose_first)
    button.click()
    button.click()
    page.unroute("**/*")
    assert [each.status for each in lost] == [303]


def send_twice(page, fields, button):
    """Fill in the form of the page, and click its button twice."""
    for label, value in fields.items():
        labelled(page, label).fill(value)
    click_twice(page, page.get_by_role("main").get_by_role("button", name=button, exact=True))


@pytest.mark.parametrize("javascript", [False, True])
def test_second_click_on_sign_up_ends_on_the_dashboard(new_page, person, engine, javascript):
    page = new_page(javascript=javascript)
    page.goto("/sign-up")
    send_twice(page, person.sign_up_fields, "Sign up")
    page.wait_for_url("/dashboard")
    expect(navigation(page)).to_contain_text(person.full_name)
    sessions = text(
        "SELECT count(*) FROM authsite_session JOIN authsite_user "
        "ON authsite_user.id = user_id WHERE email = :email"
    )
    with engine.connect() as connection:
        assert connection.execute(sessions, {"email": person.email}).scalar_one() == 1


def test_second_click_on_sign_in_and_sign_out(page, member):
    sign_out(page)
    password = member.sign_up_fields["Password"]
    send_twice(page, {"Email": member.email, "Password": password}, "Sign in")
    page.wait_for_url("/dashboard")
    page.goto("/account")
    expect(labelled(page, "First name")).to_have_value(member.first_name)
    click_twice(page, navigation(page).get_by_role("button", name="Sign out"))
    page.wait_for_url("/sign-in")
    page.goto("/dashboard")
    assert path_of(page) == "/sign-in?next=%2Fdashboard"


def test_second_click_on_change_password_stays_signed_in(page, member):
    page.goto("/account/password")
    new = "eleven blue otters sing"
    answers = {"Current password": member.sign_up_fields["Password"]}
    send_twice(
        page, answers | {"New password": new, "Confirm new password": new}, "Change password"
    )
    page.wait_for_url("/account")
    expect(page.get_by_role("status")).to_contain_text("Password changed.")
    page.goto("/dashboard")
    assert path_of(page) == "/dashboard"


def test_older_tab_switches_the_account_and_goes_back(page, member):
    sign_out(page)
    older = page.context.new_page()
    older.goto("/sign-in?next=/account")
    other = Person("Grace", "Hopper")
    sign_up(page, other)
    sign_in(older, member)
    assert path_of(older) == "/switch-account?next=%2Faccount"
    expect(older.get_by_role("main")).to_contain_text(other.email)
    answers = {"Email": member.email, "Password": member.sign_up_fields["Password"]}
    fill_in(older, answers, "Switch account")
    older.wait_for_url("/account")
    expect(labelled(older, "First name")).to_have_value(member.first_name)
    older.evaluate("history.back()")
    older.wait_for_url("/switch-account?next=%2Faccount")
    expect(older.get_by_role("main")).to_contain_text(member.email)


def test_form_of_an_ended_session_comes_back(page, member):
    page.goto("/account")
    page.context.clear_cookies()
    fill_in(page, {"First name": "Augusta"}, "Save name")
    expect(page.get_by_role("heading", level=1)).to_have_text("You're not signed in")
    sign_in(page, member)
    expect(page.get_by_role("heading", level=1)).to_have_text("This form has expired")
    expect(page.get_by_role("main")).to_contain_text("Augusta")
    page.get_by_role("button", name="Send form again").click()
    page.wait_for_url("/account")
    expect(labelled(page, "First name")).to_have_value("Augusta")


def test_back_returns_to_a_refused_form(page, member):
    sign_out(page)
    sign_in(page, member, password="not that one")
    expect(page.get_by_role("main")).to_contain_text("Incorrect email or password.")
    fill_in(page, {"Password": PASSWORD}, "Sign in")
    page.wait_for_url("/dashboard")
    page.evaluate("history.back()")
    expect(page.get_by_role("main")).to_contain_text("Incorrect email or password.")
    expect(labelled(page, "Email")).to_have_value(member.email)
    expect(labelled(page, "Password")).to_have_value("")


def test_back_after_sign_out_shows_no_refused_form_of_a_user(page, member):
    page.goto("/account")
    labelled(page, "First name").fill(" ")
    press(page, "Save name")
    expect(page.get_by_role("main")).to_contain_text("Enter your first name.")
    sign_out(page)
    page.evaluate("history.go(-1)")
    expect(page.get_by_role("main")).to_be_hidden()
