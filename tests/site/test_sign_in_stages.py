"""Sign-in stages: a host application adds one with a function and a page."""

import pytest
from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response

from authsite.accounts.pending_sign_ins import SignInExpired, resume_pending_sign_in
from authsite.accounts.sign_in import InvalidCredentials, SignIn
from authsite.accounts.users import get_credential_by_email
from authsite.clock import utc_now
from authsite.resources import Root
from authsite.web.authentication import (
    DEFAULT_STAGES,
    SCHEDULED_DELETION,
    STAGES,
    complete_sign_in,
)
from authsite.web.paused_sign_ins import find_paused_sign_in, pause_sign_in
from tests.browsers import PASSWORD

HERE = {"Sec-Fetch-Site": "same-origin"}


def require_terms(request, sign_in):
    """Pause until the user accepts the terms, on each sign-in."""
    return pause_sign_in(request, sign_in, stage="terms", page="terms")


def show_terms(request):
    """Show a form, if a sign-in is pending."""
    if find_paused_sign_in(request, stage="terms") is None:
        raise HTTPNotFound
    token = request.authsite.csrf_token
    return Response(f'<main><form method="post"><input name="csrf_token" value="{token}"></form>')


def accept_terms(request):
    """Resume the sign-in behind the stage."""
    pending = find_paused_sign_in(request, stage="terms")
    if pending is None:
        raise SignInExpired
    sign_in, _user = resume_pending_sign_in(request.authsite.work, pending)
    return complete_sign_in(request, sign_in, after="terms")


def add_terms(config):
    """Put the stage before that of closed accounts."""
    stages = {name: stage for name, stage in DEFAULT_STAGES.items() if name != SCHEDULED_DELETION}
    config.registry[STAGES] = {
        **stages,
        "terms": require_terms,
        SCHEDULED_DELETION: DEFAULT_STAGES[SCHEDULED_DELETION],
    }
    page = {"context": Root, "name": "terms", "permission": "public"}
    config.add_view(show_terms, request_method="GET", **page)
    config.add_view(accept_terms, request_method="POST", **page)


@pytest.fixture
def browser(new_application, visit):
    """A browser at a site with this stage."""
    return visit(new_application(add_terms))


def accept(browser):
    """Accept the terms, and return where that leads."""
    return browser.submit(browser.get("/terms"), {}).location.removeprefix("http://localhost")


def is_paused(answer):
    """Whether a sign-in was interrupted by the stage."""
    return (answer.status_int, answer.location) == (303, "http://localhost/terms")


def test_stage_cannot_pause_before_the_credential_is_locked(new_application, visit, caplog):
    def add_terms_first(config):
        config.registry[STAGES] = {"terms": require_terms, **DEFAULT_STAGES}

    browser = visit(new_application(add_terms_first))
    assert is_paused(browser.sign_up())
    assert browser.sign_in().status_int == 500
    assert "the stage terms has to come after credential_changed" in caplog.text


def test_unverified_email_is_refused_by_every_way_in(new_application, visit, services, dbsession):
    """Where verification is required; a host application may add ways without a password."""

    def sign_in_by_card(request):
        credential = get_credential_by_email(services.credentials, "ada@example.com", now=utc_now())
        try:
            return complete_sign_in(request, SignIn(credential, "ada@example.com", password="x"))
        except InvalidCredentials:
            return Response("refused", status=422)

    def add_card(config):
        config.add_view(sign_in_by_card, context=Root, name="card", permission="public")

    visit(new_application()).sign_up()
    browser = visit(new_application(add_card, **{"authsite.email.verification": "required"}))
    assert browser.get("/card", status=422).text == "refused"
    assert not browser.is_signed_in


def test_stage_interrupts_sign_up_and_sign_in(browser):
    assert is_paused(browser.sign_up())
    assert not browser.is_signed_in
    assert accept(browser) == "/dashboard"
    assert browser.is_signed_in
    browser.sign_out()
    assert is_paused(browser.sign_in(at="/sign-in?next=/account/history"))
    assert not browser.is_signed_in
    assert accept(browser) == "/account/history"
    assert browser.is_signed_in


def test_stage_interrupts_email_links(browser, mailbox, new_application, visit):
    browser.sign_up()
    link = mailbox.latest("verify_email").path_to("verify-email")
    assert is_paused(browser.submit(browser.get(link), {"password": PASSWORD}))
    assert accept(browser) == "/dashboard"


def test_stages_follow_each_other(browser):
    browser.sign_up()
    accept(browser)
    browser.submit(browser.get("/account/close"), {"password": PASSWORD})
    assert is_paused(browser.sign_in())
    assert browser.get("/reactivate-account").location == "http://localhost/sign-in"
    assert accept(browser) == "/reactivate-account"
    assert not browser.is_signed_in
    kept = browser.submit(browser.get("/reactivate-account"), {})
    assert kept.location == "http://localhost/dashboard"
    assert browser.is_signed_in


def test_stage_resumes_once(browser):
    browser.sign_up()
    page = browser.get("/terms")
    accept(browser)
    browser.sign_out()
    token = browser.get("/sign-in").html.find("input", attrs={"name": "csrf_token"})["value"]
    again = browser.app.post("/terms", {"csrf_token": token}, headers=HERE)
    assert again.location == "http://localhost/sign-in"
    assert page.status_int == 200
    assert not browser.is_signed_in
