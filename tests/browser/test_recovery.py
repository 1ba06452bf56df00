"""Journeys by email links, in a browser without scripts and with a mail server."""

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from tests.browser.actions import fill_in, labelled, path_of, press, sign_in, sign_out
from tests.browsers import PASSWORD
from tests.processes.servers import FOR_LOAD, Server

OTHER_PASSWORD = "eight blue llamas hum"
CHOICE = {"Password": OTHER_PASSWORD, "Confirm password": OTHER_PASSWORD}


def flash(page):
    """Return the flash message."""
    return page.get_by_role("status")


def heading(page):
    """Return the heading of the page."""
    return page.get_by_role("heading", level=1)


def banner(page):
    """Return the banner that asks to verify the email."""
    return page.get_by_role("complementary", name="Your email")


def expire_reauthentication(engine, email):
    """Move the last authentication of the user with this email into the past."""
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "UPDATE authsite_session SET authenticated_at = '2020-01-01 00:00:00.000000' "
                "WHERE user_id IN (SELECT id FROM authsite_user WHERE email = :email)"
            ),
            {"email": email},
        )


def test_email_link_verifies_the_email(page, member, inbox):
    expect(banner(page)).to_contain_text(member.email)
    page.goto(inbox.link_for(member.email, "verify-email"))
    press(page, "Verify email")
    assert path_of(page) == "/dashboard"
    expect(flash(page)).to_have_text("Email verified.")
    expect(banner(page)).to_have_count(0)


def test_email_link_on_another_device_requires_the_password(page, member, inbox, new_page):
    phone = new_page()
    phone.goto(inbox.link_for(member.email, "verify-email"))
    fill_in(phone, {"Password": "not that one"}, "Verify and sign in")
    expect(phone.get_by_role("alert")).to_be_visible()
    fill_in(phone, {"Password": PASSWORD}, "Verify and sign in")
    assert path_of(phone) == "/dashboard"
    page.reload()
    expect(banner(page)).to_have_count(0)


def test_banner_sends_another_link(page, member, inbox):
    first = inbox.link_for(member.email, "verify-email")
    banner(page).get_by_role("button", name="Resend email").click()
    expect(flash(page)).to_be_visible()
    second = inbox.link_for(member.email, "verify-email", number=2)
    page.goto(first)
    expect(heading(page)).to_have_text("This link is no longer valid")
    page.goto(second)
    press(page, "Verify email")
    expect(banner(page)).to_have_count(0)


def test_mailbox_owner_claims_the_account(page, member, inbox, new_page):
    owner = new_page()
    owner.goto(inbox.link_for(member.email, "verify-email"))
    press(owner, "I don't know the password")
    expect(heading(owner)).to_have_text("Reset your password")
    fill_in(owner, CHOICE, "Reset password")
    sign_in(owner, member, OTHER_PASSWORD)
    assert path_of(owner) == "/dashboard"
    page.goto("/dashboard")
    assert path_of(page) == "/sign-in?next=%2Fdashboard"
    sign_in(page, member)
    expect(page.get_by_role("alert")).to_have_text("Incorrect email or password.")


def test_forgotten_password_is_reset(page, member, inbox):
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
    assert path_of(page) == "/sign-in"
    expect(flash(page)).to_have_text("Password changed. Sign in with your new password.")
    sign_in(page, member, OTHER_PASSWORD)
    assert path_of(page) == "/dashboard"
    assert inbox.link_for(member.email, "secure-account")


def test_forgot_password_page_hides_unknown_emails(page, person, inbox):
    page.goto("/forgot-password")
    fill_in(page, {"Email": person.email}, "Send reset link")
    expect(heading(page)).to_have_text("Check your email")
    page.goto("/forgot-password")
    fill_in(page, {"Email": person.email}, "Send reset link")
    expect(heading(page)).to_have_text("Check your email")


def test_password_change_ends_other_sessions(page, member, inbox, new_page):
    other_page = new_page()
    other_page.goto("/sign-in")
    sign_in(other_page, member)
    page.goto("/account/password")
    new = dict.fromkeys(("New password", "Confirm new password"), OTHER_PASSWORD)
    fill_in(page, {"Current password": "not that one"} | new, "Change password")
    expect(page.get_by_role("alert")).to_be_visible()
    fill_in(page, {"Current password": PASSWORD} | new, "Change password")
    assert path_of(page) == "/account"
    expect(flash(page)).to_be_visible()
    other_page.goto("/dashboard")
    assert path_of(other_page) == "/sign-in?next=%2Fdashboard"
    assert inbox.link_for(member.email, "secure-account")


def test_email_is_changed_and_restored(page, member, person, inbox, new_page):
    old, new = member.email, f"new.{person.email}"
    page.goto(inbox.link_for(old, "verify-email"))
    press(page, "Verify email")
    page.goto("/account")
    page.get_by_role("link", name="Email", exact=True).click()
    fill_in(page, {"New email": new}, "Send link")
    expect(heading(page)).to_have_text("Check your email")
    page.goto(inbox.link_for(new, "change-email"))
    press(page, "Change email")
    assert path_of(page) == "/account"
    expect(page.get_by_role("main")).to_contain_text(new)

    owner = new_page()
    owner.goto(inbox.link_for(old, "secure-account", number=2))
    press(owner, "Secure account")
    fill_in(owner, CHOICE, "Reset password")
    sign_in(owner, member, OTHER_PASSWORD)
    owner.goto("/account")
    expect(owner.get_by_role("main")).to_contain_text(old)
    page.goto("/dashboard")
    assert path_of(page) == "/sign-in?next=%2Fdashboard"


def test_reauthentication_keeps_the_form(page, member, person, inbox, engine):
    new = f"later.{person.email}"
    page.goto("/account/email")
    labelled(page, "New email").fill(new)
    expire_reauthentication(engine, member.email)
    press(page, "Send link")
    expect(heading(page)).to_have_text("Confirm your password")
    fill_in(page, {"Password": "not that one"}, "Confirm password")
    expect(page.get_by_role("alert")).to_be_visible()
    fill_in(page, {"Password": PASSWORD}, "Confirm password")
    assert path_of(page) == "/account/email"
    expect(heading(page)).to_have_text("Check your email")
    expect(page.get_by_role("main")).to_contain_text(new)
    assert inbox.link_for(new, "change-email")


def test_reauthentication_keeps_a_form_with_an_error(page, member, engine):
    page.goto("/account/email")
    labelled(page, "New email").fill("no address")
    expire_reauthentication(engine, member.email)
    press(page, "Send link")
    fill_in(page, {"Password": PASSWORD}, "Confirm password")
    assert path_of(page) == "/account/email"
    assert labelled(page, "New email").input_value() == "no address"


def test_reauthentication_returns_to_the_page(page, member, engine):
    expire_reauthentication(engine, member.email)
    page.goto("/account/email")
    assert path_of(page) == "/confirm-password?next=%2Faccount%2Femail"
    fill_in(page, {"Password": PASSWORD}, "Confirm password")
    assert path_of(page) == "/account/email"


def test_account_is_closed_and_reactivated(page, member, inbox):
    page.goto("/account")
    page.get_by_role("link", name="Close account").click()
    fill_in(page, {"Password": PASSWORD}, "Close account")
    assert path_of(page) == "/sign-in"
    expect(flash(page)).to_contain_text("Account closed.")
    assert inbox.link_for(member.email, "secure-account")
    sign_in(page, member)
    expect(heading(page)).to_have_text("Keep your account")
    press(page, "Keep account")
    assert path_of(page) == "/dashboard"
    expect(flash(page)).to_have_text("Account reactivated.")


def test_account_data_is_downloaded_as_a_file(page, member):
    page.goto("/account")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download data").click()
    assert download.value.suggested_filename == "account.json"
    assert member.email in download.value.path().read_text()


@pytest.fixture
def strict_page(chromium, mailserver, tmp_path, migrate):
    """A window at a site that requires verification."""
    url = f"sqlite:///{tmp_path}/required.sqlite"
    migrate(url)
    settings = FOR_LOAD | {
        "AUTHSITE_DEV": "true",
        "AUTHSITE_SITE_URL": "https://localhost",
        "AUTHSITE_EMAIL_VERIFICATION": "required",
        "AUTHSITE_MAIL_PORT": str(mailserver.port),
    }
    with Server(tmp_path, url, settings=settings) as server:
        origin = f"http://localhost:{server.port}"
        context = chromium.new_context(base_url=origin, java_script_enabled=False)
        yield context.new_page()
        context.close()


def test_required_verification_blocks_sign_in(strict_page, inbox, person):
    page = strict_page
    page.goto("/sign-up")
    fill_in(page, person.sign_up_fields, "Sign up")
    expect(heading(page)).to_have_text("Check your email")
    page.goto("/sign-in")
    sign_in(page, person)
    expect(page.get_by_role("alert")).to_contain_text("Open the link we emailed you first.")
    previous = inbox.link_for(person.email, "verify-email", number=2)
    page.goto("/sign-up")
    fill_in(page, person.sign_up_fields, "Sign up")
    expect(heading(page)).to_have_text("Check your email")
    page.goto(previous)
    expect(heading(page)).to_have_text("This link is no longer valid")
    page.goto(inbox.link_for(person.email, "verify-email", number=3))
    page.get_by_role("button", name="I don't know the password").click()
    fill_in(page, CHOICE, "Reset password")
    sign_in(page, person, OTHER_PASSWORD)
    assert path_of(page) == "/dashboard"
