"""The comparison of responses detects differences in content and in time."""

from dataclasses import replace

import pytest
from pyramid.events import NewResponse
from pyramid.response import Response

from authsite.accounts.users import get_credential_by_email
from authsite.clock import utc_now
from authsite.passwords.hasher import PasswordHasher
from authsite.resources import Root
from authsite.services import services_of
from tests.browsers import PASSWORD
from tests.factories import a_hasher
from tests.site.form_pairs import (
    FREE,
    SITE,
    UNVERIFIED,
    add_accounts,
    first_difference,
    take_same_time_after,
)
from tests.site.response_comparison import (
    FORMS,
    KNOWN,
    REQUIRED,
    anonymous_forms,
    responses_match,
    site_with_costly_hashes,
    take_same_time,
)
from tests.throttles import UNTHROTTLED

pytestmark = pytest.mark.one_database


@pytest.mark.parametrize("permission", ["public", "anonymous"])
@pytest.mark.parametrize("method", ["POST", ("GET", "POST"), None])
def test_new_anonymous_form_is_found(new_application, permission, method):
    application = new_application(
        lambda config: config.add_view(
            Response, context=Root, name="new", request_method=method, permission=permission
        )
    )
    assert anonymous_forms(application.registry) - set(FORMS) == {"/new"}


class CheaperHasher(PasswordHasher):
    """A hasher that does less for unknown users."""

    for_unknown: PasswordHasher | None = None

    def verify(self, password_hash, password, *, email_normalized="", within=None):
        """Verify the hash of a known user; do less for an unknown one."""
        if password_hash is not None:
            return super().verify(password_hash, password, within=within)
        return self.for_unknown is not None and self.for_unknown.verify(None, password)


@pytest.mark.parametrize("time_cost", [0, 2])
def test_faster_hashing_for_unknown_users_is_detected(new_application, time_cost):
    """Without a hash for unknown users, or with two passes over the memory instead of three."""
    application = site_with_costly_hashes(new_application)
    services = services_of(application.registry)
    costs = {"memory_cost": services.settings.passwords.memory_cost, "parallelism": 1}
    hasher = CheaperHasher(time_cost=services.settings.passwords.time_cost, **costs)
    if time_cost:
        hasher.for_unknown = PasswordHasher(time_cost=time_cost, **costs)
    application.registry["authsite"] = replace(services, hasher=hasher)
    assert responses_match(application, "/sign-in", KNOWN, "eve@example.com")
    assert not take_same_time(application, "/sign-in", form=FORMS["/sign-in"])


def other_status(response):
    """Change the status."""
    response.status = 401


def other_header(response):
    """Add a header."""
    response.headers["X-Attempts-Left"] = "4"


def other_word(response):
    """Change the text."""
    response.text = response.text.replace("email or password", "password")


def other_cookie(response):
    """Add a cookie."""
    response.set_cookie("seen", "yes")


@pytest.mark.parametrize("change", [other_status, other_header, other_word, other_cookie])
def test_different_response_for_known_users_is_detected(new_application, new_browser, change):
    def change_for_known_user(event):
        if event.request.method == "POST" and event.request.POST.get("email") == KNOWN:
            change(event.response)

    new_browser().sign_up(email=KNOWN)
    application = new_application(
        lambda config: config.add_subscriber(change_for_known_user, NewResponse)
    )
    assert not responses_match(application, "/sign-in", KNOWN, "eve@example.com")


def show_email_sent(response):
    response.text = "Check your email"


def hash_again(_response):
    a_hasher(memory_cost=8192).hash(PASSWORD)


def site_that_compares(new_application, react, **settings):
    """Return a site that reacts to the right password of an unverified account."""

    def compare(event):
        services = services_of(event.request.registry)
        if event.request.path != "/sign-in" or event.request.method != "POST":
            return
        email, password = (event.request.POST[name] for name in ("email", "password"))
        credential = get_credential_by_email(services.credentials, email, now=utc_now())
        is_unverified = credential and not credential.email_verified_at
        if is_unverified and services.hasher.verify(credential.password_hash, password):
            react(event.response)

    return new_application(lambda config: config.add_subscriber(compare, NewResponse), **settings)


def test_different_sign_in_after_sign_up_is_detected(new_application, services, dbsession):
    """The sign-in alone gets the same response: no visitor knows a password."""
    add_accounts(services, dbsession)
    application = site_that_compares(new_application, show_email_sent, **SITE)
    assert responses_match(application, "/sign-in", UNVERIFIED, FREE)
    assert first_difference(application, "/sign-up", "/sign-in").startswith("form 2, /sign-in: ")


def test_slower_sign_in_after_sign_up_is_detected(new_application, services, dbsession):
    add_accounts(services, dbsession)
    application = site_that_compares(new_application, hash_again, **UNTHROTTLED | REQUIRED)
    assert not take_same_time_after(application, "/sign-up", "/sign-in")


class LenientThrottles:
    """Throttles that do not count the sign-ins of one email."""

    def __init__(self, throttles):
        self._throttles = throttles
        self.check = throttles.check
        self.refund = throttles.refund
        self.try_hit = throttles.try_hit
        self.hit_within = throttles.hit_within

    def hit(self, subjects, *, now):
        """Count an attempt, unless it is a sign-in with this email."""
        is_counted = subjects.get("sign_in_account") != FREE
        return self._throttles.hit(subjects, now=now) if is_counted else []


def test_uncounted_sign_ins_after_sign_up_are_detected(new_application, services, dbsession):
    add_accounts(services, dbsession)
    application = new_application(**SITE)
    lenient = LenientThrottles(services_of(application.registry).throttles)
    application.registry["authsite"] = replace(services_of(application.registry), throttles=lenient)
    assert first_difference(application, "/sign-up", "/sign-in").startswith("form 12, /sign-in: ")
