"""Two tabs of one browser, and forms whose session or token has expired meanwhile."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.clock import utc_now
from authsite.models import User, UserSession
from authsite.web.interrupted_requests import InterruptedRequest
from tests.browsers import PASSWORD
from tests.functional.protected_pages import SENT, arrived
from tests.functional.reading import alert_of, button_of, form_of, input_of, status_of
from tests.functional.recovery import NEW_PASSWORD

HERE = {"Sec-Fetch-Site": "same-origin"}
ADA, GRACE = "ada@example.com", "grace@example.com"
HISTORY = "/account/history"
#: WebOb writes other long bodies to files, which it does not close.
IN_MEMORY = "webob.is_body_seekable"


@pytest.fixture
def ada(browser):
    """A browser whose user has signed up and out."""
    browser.sign_up()
    browser.sign_out()
    return browser


def where(answer):
    """Return the path that an answer leads to."""
    return answer.location.removeprefix("http://localhost")


def name_of(browser):
    """Return the name in the navigation."""
    return browser.get("/dashboard").html.find(class_="person").get_text(" ", strip=True)


@pytest.mark.parametrize("page", ["/sign-in", "/sign-up"])
def test_signed_in_user_is_led_to_the_next_page(ada, page):
    ada.sign_in()
    assert where(ada.get(f"{page}?next={HISTORY}")) == HISTORY
    assert where(ada.get(f"{page}?next=https://evil.example/")) == "/dashboard"
    assert where(ada.get(page)) == "/dashboard"


@pytest.mark.parametrize("password", [PASSWORD, "not that one"])
def test_older_tab_of_the_same_account_leads_to_the_next_page(ada, dbsession, password):
    """No password is checked: the user is signed in already."""
    older = ada.get(f"/sign-in?next={HISTORY}")
    ada.sign_in()
    session = dbsession.scalars(sa.select(UserSession.id)).one()
    dbsession.rollback()
    answer = ada.submit(older, {"email": "Ada@Example.com", "password": password})
    assert (answer.status_int, where(answer)) == (303, HISTORY)
    assert dbsession.scalars(sa.select(UserSession.id)).one() == session


@pytest.fixture
def switch_page(ada, new_browser):
    """What an older tab shows that has signed in to another account."""
    new_browser().sign_up(email=GRACE, first_name="Grace", password=NEW_PASSWORD)
    older = ada.get(f"/sign-in?next={HISTORY}")
    ada.sign_in()
    answer = ada.submit(older, {"email": GRACE, "password": NEW_PASSWORD})
    assert (answer.status_int, where(answer)) == (303, "/switch-account?next=%2Faccount%2Fhistory")
    return answer.follow()


def test_older_tab_of_another_account_asks_whether_to_switch(ada, switch_page):
    assert ADA in switch_page.html.main.get_text()
    stay = switch_page.html.main.find("a", string="Stay signed in")
    assert stay["href"] == HISTORY
    assert ada.get(stay["href"]).status_int == 200
    assert "Ada" in name_of(ada)


def test_switching_needs_the_password_and_replaces_the_session(ada, switch_page, dbsession):
    former = ada.cookie.partition(".")[0]
    wrong = ada.submit(switch_page, {"email": GRACE, "password": PASSWORD})
    assert wrong.status_int == 422
    assert alert_of(wrong) == "Incorrect email or password."
    assert "Ada" in name_of(ada)
    answer = ada.submit(wrong, {"password": NEW_PASSWORD})
    assert (answer.status_int, where(answer)) == (303, HISTORY)
    assert "Grace" in name_of(ada)
    assert former not in dbsession.scalars(sa.select(UserSession.id)).all()


def test_switching_is_for_signed_in_users(browser):
    assert where(browser.get("/switch-account")) == "/sign-in?next=%2Fswitch-account"
    browser.sign_up()
    page = browser.get("/switch-account")
    assert page.html.main.find("a", string="Stay signed in")["href"] == "/dashboard"


def test_older_tab_that_signs_up_does_not_replace_the_session(ada, dbsession):
    older = ada.get(f"/sign-up?next={HISTORY}")
    ada.sign_in()
    form = form_of(older)
    form["email"] = GRACE
    page = form.submit(headers=HERE).follow()
    assert page.request.path == "/switch-account"
    assert page.html.main.find("a", string="sign out")["href"] == "/sign-out"
    form["email"] = ADA
    assert where(form.submit(headers=HERE)) == HISTORY
    assert dbsession.scalar(sa.select(sa.func.count()).select_from(User)) == 1


@pytest.mark.parametrize("email", ["", "x" * 3000])
def test_older_tab_without_an_email_leads_on(ada, email):
    ada.sign_in()
    answer = ada.app.post("/sign-in", {"email": email, "password": PASSWORD}, headers=HERE)
    assert where(answer) == "/dashboard"


def test_older_tab_without_a_next_page_asks_too(ada):
    ada.sign_in()
    answer = ada.app.post("/sign-in", {"email": GRACE, "password": PASSWORD}, headers=HERE)
    assert where(answer) == "/switch-account"


def test_link_with_an_email_leads_on(ada):
    """A link is not a form: another site could name any email."""
    ada.sign_in()
    assert where(ada.get(f"/sign-in?next={HISTORY}&email={GRACE}")) == HISTORY


def test_next_page_survives_the_way_over_sign_up(browser):
    page = browser.get(HISTORY).follow().click("Create an account")
    again = page.click("Sign in", href="next=").click("Create an account")
    assert input_of(again, "next")["value"] == HISTORY
    refused = browser.submit(again, {"email": "nothing"})
    assert refused.status_int == 422
    form = form_of(refused)
    assert form["next"].value == HISTORY
    names = {"first_name": "Ada", "last_name": "Lovelace", "email": ADA}
    passwords = {"password": PASSWORD, "confirm_password": PASSWORD}
    assert where(browser.submit(refused, names | passwords)) == HISTORY


@pytest.mark.parametrize("next_path", ["https://evil.example/", "//evil.example", "x"])
def test_sign_up_leads_to_no_other_site(browser, next_path):
    page = browser.get(f"/sign-up?next={next_path}")
    names = {"first_name": "Ada", "last_name": "Lovelace", "email": ADA}
    passwords = {"password": PASSWORD, "confirm_password": PASSWORD}
    assert where(browser.submit(page, names | passwords)) == "/dashboard"


@pytest.fixture
def ended_page(browser, dbsession):
    """What a form shows whose session has ended."""
    browser.sign_up()
    page = browser.get("/account")
    dbsession.execute(sa.delete(UserSession))
    dbsession.commit()
    return browser.submit(page, {"first_name": "Augusta", "last_name": "<b>King</b>"})


def sign_in_at(browser, page, password=PASSWORD):
    """Sign in on the page; follow it as a browser does, with the form that it sends again."""
    form = form_of(page)
    form["email"], form["password"] = ADA, password
    answer = form.submit(headers=HERE, expect_errors=True)
    if answer.status_int != 307:
        return answer
    body = {"params": answer.request.body, "content_type": answer.request.content_type}
    return browser.app.post(where(answer), headers=HERE, expect_errors=True, **body)


def test_form_of_an_ended_session_comes_back_after_signing_in(browser, ended_page):
    assert ended_page.status_int == 403
    assert "Your session has ended" in ended_page.html.main.get_text()
    wrong = sign_in_at(browser, ended_page, "not that one")
    assert wrong.status_int == 422
    page = sign_in_at(browser, wrong)
    assert page.status_int == 403
    text = page.html.main.get_text(" ", strip=True)
    assert "Nothing was changed" in text
    assert "First name Augusta" in text
    assert "<b>King</b>" in text
    assert PASSWORD not in page
    assert "Lovelace" in name_of(browser)
    saved = form_of(page).submit(headers=HERE)
    assert where(saved) == "/account"
    assert status_of(saved.follow()) == "Name saved."
    assert "Augusta <b>King</b>" in name_of(browser)


def test_form_of_an_ended_session_keeps_no_password(browser, dbsession):
    browser.sign_up()
    page = browser.get("/account/password")
    dbsession.execute(sa.delete(UserSession))
    dbsession.commit()
    new = {"password": NEW_PASSWORD, "confirm_password": NEW_PASSWORD}
    ended = browser.submit(page, {"current_password": PASSWORD, **new})
    assert PASSWORD not in ended
    assert NEW_PASSWORD not in ended
    page = sign_in_at(browser, ended)
    assert form_of(page).submit(headers=HERE, expect_errors=True).status_int == 422


def test_button_of_an_ended_session_can_be_pressed_again(browser, new_browser, dbsession):
    browser.sign_up()
    new_browser().sign_in()
    button = button_of(browser.get("/account/sessions"), "Sign out all other sessions")
    dbsession.execute(sa.delete(UserSession))
    dbsession.commit()
    page = sign_in_at(browser, button.submit(headers=HERE, expect_errors=True))
    assert page.html.main.find("a", string="Reload page") is None
    assert where(form_of(page).submit(headers=HERE)) == "/account/sessions"


def test_closed_account_is_led_to_its_own_page(browser, ended_page, dbsession):
    """The form is not sent then."""
    dbsession.execute(sa.update(User).values(delete_after=utc_now() + timedelta(days=3)))
    dbsession.commit()
    assert where(sign_in_at(browser, ended_page)) == "/reactivate-account"


@pytest.mark.asvs("3.5.1")
def test_another_site_has_no_form_kept(browser):
    for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.test"}):
        page = browser.app.post("/account", {"first_name": "Eve"}, headers=headers, status=403)
        assert "Eve" not in page
        assert page.html.h1.get_text() == "You're not signed in"


@pytest.mark.asvs("3.5.1")
def test_another_site_has_no_form_shown_again(browser):
    browser.sign_up()
    for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.test"}):
        page = browser.app.post("/account", {"first_name": "Eve"}, headers=headers, status=403)
        assert "Eve" not in page
        assert page.html.h1.get_text() == "This form has expired"


def test_bytes_that_are_no_text_do_no_harm(browser):
    body = {"params": b"first_name=%ED%A0%80&last_name=%FF", "headers": HERE}
    form = {"content_type": "application/x-www-form-urlencoded", "expect_errors": True}
    assert browser.app.post("/account", **body, **form).status_int in {400, 403}
    browser.sign_up()
    assert browser.app.post("/account", **body, **form).status_int in {400, 403}


def test_link_has_no_form_kept(browser):
    kept = InterruptedRequest("/account", (("first_name", "Eve"),)).kept
    page = browser.get(f"/sign-in?next=/account&kept_form={kept}")
    assert kept not in page
    browser.sign_up()
    assert where(browser.get(f"/sign-in?next=/account&kept_form={kept}")) == "/account"


def test_form_of_a_long_url_is_not_kept(browser):
    path = f"/account?{'x' * 2000}"
    page = browser.app.post(path, {"x": "y"}, headers=HERE, status=403)
    assert page.html.main.find("a", href="/sign-in")
    browser.sign_up()
    page = browser.app.post(path, {"x": "y"}, headers=HERE, status=403)
    assert page.html.main.form is None


def test_form_with_an_expired_token_comes_back(browser):
    """Another tab has signed in again meanwhile."""
    browser.sign_up()
    page = browser.get("/account")
    browser.sign_out()
    browser.sign_in()
    expired = browser.submit(page, {"first_name": "Augusta"})
    assert expired.status_int == 403
    assert ADA in expired.html.main.get_text()
    assert expired.html.main.find("a", string="Reload page")["href"] == "/account"
    assert "Ada" in name_of(browser)
    assert where(form_of(expired).submit(headers=HERE)) == "/account"
    assert "Augusta" in name_of(browser)


def test_sign_in_with_an_expired_token_keeps_the_email(browser, ada):
    page = ada.get(f"/sign-in?next={HISTORY}")
    ada.app.reset()
    expired = ada.submit(page, {"email": ADA, "password": PASSWORD})
    assert expired.status_int == 403
    assert HISTORY not in expired.html.main.dl.get_text()
    again = form_of(expired).submit(headers=HERE, expect_errors=True)
    assert again.status_int == 422
    assert form_of(again)["email"].value == ADA
    assert where(ada.submit(again, {"password": PASSWORD})) == HISTORY


def test_form_of_a_host_comes_back_after_signing_in(visitor):
    """A page of a host application, and a form that it has."""
    browser = visitor
    browser.sign_up()
    browser.sign_out()
    page = browser.app.post("/open", SENT, headers=HERE, status=403)
    shown = sign_in_at(browser, page)
    assert "below the oak" in shown.html.main.dl.get_text()
    sent = form_of(shown).submit(headers=HERE)
    assert arrived(sent) == list(SENT.items())


def test_host_page_never_receives_a_sign_in(visitor):
    """Not even one that takes forms without a token."""
    browser = visitor
    browser.sign_up()
    browser.sign_out()
    shown = sign_in_at(browser, browser.app.post("/hook", SENT, headers=HERE, status=403))
    assert "This form has expired" in shown.html.h1.get_text()
    assert PASSWORD not in shown
    assert arrived(form_of(shown).submit(headers=HERE)) == list(SENT.items())


def test_kept_form_survives_a_sign_in_in_another_tab(browser, ended_page):
    browser.sign_in()
    page = sign_in_at(browser, ended_page, "not that one")  # no password is checked
    assert page.status_int == 403
    assert "First name Augusta" in page.html.main.get_text(" ", strip=True)
    assert where(form_of(page).submit(headers=HERE)) == "/account"
    assert "Augusta" in name_of(browser)


@pytest.mark.asvs("3.5.1")
def test_another_site_has_no_kept_form_shown(browser, ended_page):
    form = form_of(ended_page)
    form["email"] = ADA
    browser.sign_in()
    answer = form.submit(headers={"Sec-Fetch-Site": "same-site"})
    assert where(answer) == "/dashboard"


def test_kept_form_survives_the_token_of_the_sign_in_page(browser, ended_page):
    browser.app.reset()  # the browser was closed
    page = sign_in_at(browser, ended_page)
    assert page.status_int == 403
    assert form_of(page).action == "/sign-in"
    assert form_of(page)["email"].value == ADA
    assert PASSWORD not in page
    shown = sign_in_at(browser, page)
    assert "First name Augusta" in shown.html.main.get_text(" ", strip=True)
    assert where(form_of(shown).submit(headers=HERE)) == "/account"


def test_second_click_on_the_sign_in_leads_to_the_kept_form_too(browser, ended_page):
    assert "Augusta" in sign_in_at(browser, ended_page)
    assert "Augusta" in sign_in_at(browser, ended_page)


@pytest.mark.parametrize("text", ["п" * 7000, "字" * 4500, "word " * 5000, "😀" * 4000])
def test_long_text_is_kept(visitor, text):
    visitor.app.extra_environ[IN_MEMORY] = True
    visitor.sign_up()
    visitor.sign_out()
    page = visitor.app.post("/open", {"text": text}, headers=HERE, status=403)
    shown = sign_in_at(visitor, page)
    assert arrived(form_of(shown).submit(headers=HERE)) == [("text", text)]


def test_text_that_is_too_long_is_not_kept(visitor):
    visitor.app.extra_environ[IN_MEMORY] = True
    page = visitor.app.post("/open", {"text": "x" * 60_000}, headers=HERE, status=403)
    assert page.html.h1.get_text() == "You're not signed in"
    assert page.html.main.form is None


@pytest.mark.parametrize(("path", "status"), [("/account/password", 403), ("/sign-in", 400)])
def test_form_that_cannot_be_read_is_not_kept(browser, path, status):
    odd = {"content_type": "application/x-www-form-urlencoded; charset=no-such-one"}
    browser.app.post(path, b"a=%C3%A9", headers=HERE, **odd, status=status)
    browser.sign_up()
    browser.app.post(path, b"a=%C3%A9", headers=HERE, **odd, status=400)


def test_expired_sign_in_with_two_emails_keeps_one(browser, ended_page):
    kept = input_of(ended_page, "kept_form")["value"]
    fields = [("next", "/account"), ("kept_form", kept), ("email", ADA), ("email", GRACE)]
    page = browser.app.post("/sign-in", fields, headers=HERE, status=403)
    assert form_of(page)["email"].value == GRACE


def test_sign_out_without_a_session_leads_where_sign_out_does(ada):
    answer = ada.app.post("/sign-out", headers=HERE)
    assert where(answer) == "/sign-in"
    assert status_of(answer.follow()) == "You're signed out."


@pytest.mark.asvs("3.5.1")
def test_another_site_has_no_sign_out_shown(browser):
    """It cannot end the session, since its requests have no cookie."""
    for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.test"}):
        answer = browser.app.post("/sign-out", headers=headers, status=403)
        assert "Set-Cookie" not in answer.headers


def test_page_with_a_kept_form_is_not_stored(browser):
    page = browser.app.post("/account", {"first_name": "Augusta"}, headers=HERE, status=403)
    assert page.headers["Cache-Control"] == "no-store"
