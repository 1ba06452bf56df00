"""Every way that leads through a mailbox, in a real browser without scripts, by the real mail."""

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from tests.browser.people import fill_in, labelled, press, sign_in, sign_out, where
from tests.browsers import PASSWORD
from tests.processes.servers import FOR_CROWDS, Server

OTHER_PASSWORD = "eight blue llamas hum"
CHOICE = {"Password": OTHER_PASSWORD, "Confirm password": OTHER_PASSWORD}


def said(page):
    """Return the short word that the page before left to be said here."""
    return page.get_by_role("status")


def heading(page):
    """Return what the page is about."""
    return page.get_by_role("heading", level=1)


def banner(page):
    """Return what asks to confirm the address, if it does."""
    return page.get_by_role("complementary", name="Your email")


def long_ago(engine, email):
    """Let the password of everybody with this address have been typed some time ago."""
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "UPDATE authsite_session SET authenticated_at = '2020-01-01 00:00:00.000000' "
                "WHERE user_id IN (SELECT id FROM authsite_user WHERE email = :email)"
            ),
            {"email": email},
        )


def test_an_address_is_confirmed_by_the_link_in_the_mail(page, member, inbox):
    expect(banner(page)).to_contain_text(member.email)
    page.goto(inbox.link_for(member.email, "verify-email"))
    press(page, "Verify email")
    assert where(page) == "/dashboard"
    expect(said(page)).to_have_text("Email verified.")
    expect(banner(page)).to_have_count(0)


def test_on_another_device_the_link_asks_for_the_password(page, member, inbox, new_page):
    phone = new_page()
    phone.goto(inbox.link_for(member.email, "verify-email"))
    fill_in(phone, {"Password": "not that one"}, "Verify and sign in")
    expect(phone.get_by_role("alert")).to_be_visible()
    fill_in(phone, {"Password": PASSWORD}, "Verify and sign in")
    assert where(phone) == "/dashboard"
    page.reload()
    expect(banner(page)).to_have_count(0)


def test_another_link_is_sent_from_the_banner(page, member, inbox):
    first = inbox.link_for(member.email, "verify-email")
    banner(page).get_by_role("button", name="Resend email").click()
    expect(said(page)).to_be_visible()
    second = inbox.link_for(member.email, "verify-email", number=2)
    page.goto(first)
    expect(heading(page)).to_have_text("This link is no longer valid")
    page.goto(second)
    press(page, "Verify email")
    expect(banner(page)).to_have_count(0)


def test_who_signed_up_with_anothers_address_is_out_when_its_owner_comes(
    page, member, inbox, new_page
):
    owner = new_page()
    owner.goto(inbox.link_for(member.email, "verify-email"))
    press(owner, "I don't know the password")
    expect(heading(owner)).to_have_text("Reset your password")
    fill_in(owner, CHOICE, "Reset password")
    sign_in(owner, member, OTHER_PASSWORD)
    assert where(owner) == "/dashboard"
    page.goto("/dashboard")
    assert where(page) == "/sign-in?next=%2Fdashboard"
    sign_in(page, member)
    expect(page.get_by_role("alert")).to_have_text("Incorrect email or password.")


def test_a_forgotten_password_is_replaced(page, member, inbox):
    sign_out(page)
    page.get_by_role("link", name="Forgot your password?").click()
    fill_in(page, {"Email": "no email address"}, "Send reset link")
    expect(labelled(page, "Email")).to_have_accessible_description(
        "Enter an email address like name@example.com."
    )
    fill_in(page, {"Email": member.email}, "Send reset link")
    expect(heading(page)).to_have_text("Check your email")

    page.goto(inbox.link_for(member.email, "reset-password"))
    fill_in(page, CHOICE | {"Confirm password": "another"}, "Reset password")
    expect(page.get_by_role("alert")).to_contain_text("don't match")
    fill_in(page, CHOICE, "Reset password")
    assert where(page) == "/sign-in"
    expect(said(page)).to_have_text("Password changed. Sign in with your new password.")
    sign_in(page, member, OTHER_PASSWORD)
    assert where(page) == "/dashboard"
    assert inbox.link_for(member.email, "secure-account")


def test_who_has_no_account_is_told_so_by_mail_alone(page, person, inbox):
    page.goto("/forgot-password")
    fill_in(page, {"Email": person.email}, "Send reset link")
    expect(heading(page)).to_have_text("Check your email")
    page.goto("/forgot-password")
    fill_in(page, {"Email": person.email}, "Send reset link")
    expect(heading(page)).to_have_text("Check your email")


def test_a_password_is_changed_and_others_are_out(page, member, inbox, new_page):
    elsewhere = new_page()
    elsewhere.goto("/sign-in")
    sign_in(elsewhere, member)
    page.goto("/account/password")
    new = dict.fromkeys(("New password", "Confirm new password"), OTHER_PASSWORD)
    fill_in(page, {"Current password": "not that one"} | new, "Change password")
    expect(page.get_by_role("alert")).to_be_visible()
    fill_in(page, {"Current password": PASSWORD} | new, "Change password")
    assert where(page) == "/account"
    expect(said(page)).to_be_visible()
    elsewhere.goto("/dashboard")
    assert where(elsewhere) == "/sign-in?next=%2Fdashboard"
    assert inbox.link_for(member.email, "secure-account")


def test_an_address_is_changed_and_given_back(page, member, person, inbox, new_page):
    old, new = member.email, f"new.{person.email}"
    page.goto(inbox.link_for(old, "verify-email"))
    press(page, "Verify email")
    page.goto("/account")
    page.get_by_role("link", name="Email", exact=True).click()
    fill_in(page, {"New email": new}, "Send link")
    expect(heading(page)).to_have_text("Check your email")
    page.goto(inbox.link_for(new, "change-email"))
    press(page, "Change email")
    assert where(page) == "/account"
    expect(page.get_by_role("main")).to_contain_text(new)

    owner = new_page()
    owner.goto(inbox.link_for(old, "secure-account", number=2))
    press(owner, "Secure account")
    fill_in(owner, CHOICE, "Reset password")
    sign_in(owner, member, OTHER_PASSWORD)
    owner.goto("/account")
    expect(owner.get_by_role("main")).to_contain_text(old)
    page.goto("/dashboard")
    assert where(page) == "/sign-in?next=%2Fdashboard"


def test_a_form_that_needs_the_password_again_is_not_lost(page, member, person, inbox, engine):
    new = f"later.{person.email}"
    page.goto("/account/email")
    labelled(page, "New email").fill(new)
    long_ago(engine, member.email)
    press(page, "Send link")
    expect(heading(page)).to_have_text("Confirm your password")
    fill_in(page, {"Password": "not that one"}, "Confirm password")
    expect(page.get_by_role("alert")).to_be_visible()
    fill_in(page, {"Password": PASSWORD}, "Confirm password")
    assert where(page) == "/account/email"
    expect(heading(page)).to_have_text("Check your email")
    expect(page.get_by_role("main")).to_contain_text(new)
    assert inbox.link_for(new, "change-email")


def test_a_mistake_in_such_a_form_comes_back_filled_in(page, member, engine):
    page.goto("/account/email")
    labelled(page, "New email").fill("no address")
    long_ago(engine, member.email)
    press(page, "Send link")
    fill_in(page, {"Password": PASSWORD}, "Confirm password")
    assert where(page) == "/account/email"
    assert labelled(page, "New email").input_value() == "no address"


def test_a_page_that_needs_the_password_again_comes_after_it(page, member, engine):
    long_ago(engine, member.email)
    page.goto("/account/email")
    assert where(page) == "/confirm-password?next=%2Faccount%2Femail"
    fill_in(page, {"Password": PASSWORD}, "Confirm password")
    assert where(page) == "/account/email"


def test_an_account_is_closed_and_kept_after_all(page, member, inbox):
    page.goto("/account")
    page.get_by_role("link", name="Close account").click()
    fill_in(page, {"Password": PASSWORD}, "Close account")
    assert where(page) == "/sign-in"
    expect(said(page)).to_contain_text("Account closed.")
    assert inbox.link_for(member.email, "secure-account")
    sign_in(page, member)
    expect(heading(page)).to_have_text("Keep your account")
    press(page, "Keep account")
    assert where(page) == "/dashboard"
    expect(said(page)).to_have_text("Account reactivated.")


def test_the_data_of_an_account_is_a_file(page, member):
    page.goto("/account")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download data").click()
    assert download.value.suggested_filename == "account.json"
    assert member.email in download.value.path().read_text()


@pytest.fixture
def strict_page(chromium, mailserver, tmp_path, migrate):
    """The window of a stranger at a site where addresses must be confirmed."""
    url = f"sqlite:///{tmp_path}/required.sqlite"
    migrate(url)
    settings = FOR_CROWDS | {
        "AUTHSITE_DEV": "true",
        "AUTHSITE_EMAIL_VERIFICATION": "required",
        "AUTHSITE_MAIL_PORT": str(mailserver.port),
    }
    with Server(tmp_path, url, settings=settings) as server:
        at = f"http://localhost:{server.port}"
        context = chromium.new_context(base_url=at, java_script_enabled=False)
        yield context.new_page()
        context.close()


def test_where_addresses_must_be_confirmed_everything_waits_for_that(strict_page, inbox, person):
    page = strict_page
    page.goto("/sign-up")
    fill_in(page, person.answers, "Sign up")
    expect(heading(page)).to_have_text("Check your email")
    page.goto("/sign-in")
    sign_in(page, person)
    expect(heading(page)).to_have_text("Check your email")
    older = inbox.link_for(person.email, "verify-email", number=2)
    page.goto("/sign-up")
    fill_in(page, person.answers, "Sign up")
    expect(heading(page)).to_have_text("Check your email")
    page.goto(older)
    expect(heading(page)).to_have_text("This link is no longer valid")
    page.goto(inbox.link_for(person.email, "verify-email", number=3))
    fill_in(page, {"Password": PASSWORD}, "Verify and sign in")
    assert where(page) == "/dashboard"
