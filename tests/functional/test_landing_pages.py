"""Sites that send their users elsewhere after sign-in, sign-up and sign-out."""

import pytest

from tests.browsers import PASSWORD

LANDING_PAGES = {
    "authsite.after_sign_in": "/orders?open=1",
    "authsite.after_sign_up": "/welcome",
    "authsite.after_sign_out": "/goodbye",
}


@pytest.fixture
def visitor(new_site):
    """A browser of such a site."""
    _, browser = new_site(LANDING_PAGES)
    return browser


def path_of(response):
    """Return the path of a redirect."""
    return response.location.removeprefix("http://localhost")


def test_each_step_has_its_landing_page(visitor):
    assert path_of(visitor.sign_up()) == "/welcome"
    assert path_of(visitor.sign_out()) == "/goodbye"
    assert path_of(visitor.sign_in()) == "/orders?open=1"


def test_requested_page_comes_before_the_landing_page(visitor):
    assert path_of(visitor.sign_up(at="/sign-up?next=/account")) == "/account"
    visitor.sign_out()
    assert path_of(visitor.sign_in(at="/sign-in?next=/account/sessions")) == "/account/sessions"


def test_signed_in_users_are_led_to_the_landing_page(visitor):
    visitor.sign_up()
    assert path_of(visitor.get("/sign-in", status=303)) == "/orders?open=1"
    links = [each["href"] for each in visitor.get("/").html.find_all("a")]
    assert links.count("/orders?open=1") == 2  # in the navigation, and in the content
    assert "/dashboard" not in links


def test_only_sign_in_needs_to_be_set(new_site):
    _, browser = new_site({"authsite.after_sign_in": "/orders"})
    assert path_of(browser.sign_up()) == "/orders"
    assert path_of(browser.sign_out()) == "/sign-in"


def test_required_verification_ends_at_the_page_after_sign_up(new_site, mailbox):
    _, visitor = new_site(LANDING_PAGES | {"authsite.email.verification": "required"})
    visitor.sign_up()
    link = mailbox.latest("verify_email", "ada@example.com").path_to("verify-email")
    assert path_of(visitor.submit(visitor.get(link), {"password": PASSWORD})) == "/welcome"
    visitor.sign_out()
    assert path_of(visitor.sign_in()) == "/orders?open=1"


def test_landing_page_is_a_path_of_the_host(new_site):
    """It is whole: the path at which the application is mounted is not put before it."""
    settings = {"authsite.after_sign_in": "/orders", "authsite.after_sign_out": "/goodbye"}
    _, mounted = new_site(settings, SCRIPT_NAME="/accounts")
    mounted.sign_up()
    assert mounted.get("/dashboard").html.nav.a["href"] == "/orders"
    assert path_of(mounted.sign_out()) == "/goodbye"


def test_dashboard_of_a_mounted_application_is_below_its_path(new_site):
    _, mounted = new_site({}, SCRIPT_NAME="/accounts")
    mounted.sign_up()
    assert mounted.get("/dashboard").html.nav.a["href"] == "/accounts/dashboard"
