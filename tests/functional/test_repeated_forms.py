"""A form that is sent twice ends where one click does."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import NamedTuple

import pytest
import sqlalchemy as sa
from webtest import TestApp, TestResponse

from authsite.accounts.answered_forms import ANSWERED_FORM_LIFETIME
from authsite.models import (
    AnsweredForm,
    AuditEvent,
    Base,
    OutboxMessage,
    Throttle,
    User,
    UserSession,
)
from tests.browsers import PASSWORD, Browser
from tests.functional.protected_pages import token_of
from tests.functional.reading import button_of, form_of, sign_out_button_of, status_of
from tests.functional.recovery import NEW_PASSWORD, reset_link
from tests.functional.sessions_page import path_of

HERE = {"Sec-Fetch-Site": "same-origin"}
ADA = "ada@example.com"
NEW_ACCOUNT = {
    "first_name": "Ada",
    "last_name": "Lovelace",
    "email": ADA,
    "password": PASSWORD,
    "confirm_password": PASSWORD,
}
TEN_MINUTES = timedelta(minutes=10)
ROUNDS = 20


class Click(NamedTuple):
    """A form that is filled in, and the browser that sends it."""

    browser: Browser
    path: str
    fields: list[tuple[str, str]]

    def __call__(self, browser: Browser | None = None, **headers: str) -> TestResponse:
        """Send it, also from another browser."""
        return (browser or self.browser).app.post(
            self.path, self.fields, headers=HERE | headers, expect_errors=True
        )


def click(browser, form, button=None, **values) -> Click:
    """Fill in a form, to be sent by a button."""
    for name, value in values.items():
        form[name] = value
    return Click(browser, form.action, form.submit_fields(button))


class Scene(NamedTuple):
    """What a click needs to be prepared."""

    new_browser: Callable[..., Browser]
    mailbox: object
    let_time_pass: Callable[[timedelta], None]
    grant_admin: Callable[[str], None]

    def ada(self, browser: Browser | None = None) -> Browser:
        """Return a browser that has signed up."""
        browser = browser or self.new_browser()
        browser.sign_up()
        return browser


@pytest.fixture
def scene(new_browser, mailbox, let_time_pass, grant_admin):
    return Scene(new_browser, mailbox, let_time_pass, grant_admin)


def sign_up(scene, browser=None):
    browser = browser or scene.new_browser()
    return click(browser, form_of(browser.get("/sign-up")), **NEW_ACCOUNT)


def sign_in(scene, browser=None):
    scene.ada()
    browser = browser or scene.new_browser(REMOTE_ADDR="198.51.100.7")
    form = form_of(browser.get("/sign-in?next=/account/history"))
    return click(browser, form, email=ADA, password=PASSWORD)


def sign_in_to_closed_account(scene):
    ada = scene.ada()
    ada.submit(ada.get("/account/close"), {"password": PASSWORD})
    return click(ada, form_of(ada.get("/sign-in")), email=ADA, password=PASSWORD)


def reactivate(scene):
    click_ = sign_in_to_closed_account(scene)
    click_()
    return click(click_.browser, form_of(click_.browser.get("/reactivate-account")))


def sign_out(scene, browser=None):
    ada = scene.ada(browser)
    return click(ada, sign_out_button_of(ada.get("/dashboard")))


def change_password(scene, browser=None):
    ada = scene.ada(browser)
    form = form_of(ada.get("/account/password"))
    new = {"password": NEW_PASSWORD, "confirm_password": NEW_PASSWORD}
    return click(ada, form, current_password=PASSWORD, **new)


def reset_password(scene, browser=None):
    browser = scene.ada(browser)
    link = reset_link(scene.new_browser(), scene.mailbox)
    new = {"password": NEW_PASSWORD, "confirm_password": NEW_PASSWORD}
    return click(browser, form_of(browser.get(link)), **new)


def confirm_password(scene):
    ada = scene.ada()
    scene.let_time_pass(TEN_MINUTES)
    page = ada.get("/account/export").follow()
    return click(ada, form_of(page), current_password=PASSWORD)


def close_account(scene):
    ada = scene.ada()
    return click(ada, form_of(ada.get("/account/close")), password=PASSWORD)


def save_names(scene):
    ada = scene.ada()
    return click(ada, form_of(ada.get("/account")), first_name="Augusta")


def end_session(scene):
    ada, phone = scene.ada(), scene.new_browser()
    phone.sign_in()
    return click(ada, button_of(ada.get(path_of(phone)), "Sign out this session"))


def end_others(scene):
    ada, phone = scene.ada(), scene.new_browser()
    phone.sign_in()
    return click(ada, button_of(ada.get("/account/sessions"), "Sign out all other sessions"))


def resend(scene, browser=None):
    ada = scene.ada(browser)
    scene.let_time_pass(TEN_MINUTES)
    return click(ada, form_of(ada.get("/verify-email")))


def forgot_password(scene):
    ada = scene.ada()
    return click(ada, form_of(ada.get("/forgot-password")), email=ADA)


def change_email(scene):
    ada = scene.ada()
    return click(ada, form_of(ada.get("/account/email")), email="augusta@example.com")


def verify_email(scene):
    scene.ada()
    link = scene.mailbox.latest("verify_email").path_to("verify-email")
    browser = scene.new_browser()
    return click(browser, form_of(browser.get(link)), password=PASSWORD)


def claim_account(scene):
    scene.ada()
    link = scene.mailbox.latest("verify_email").path_to("verify-email")
    browser = scene.new_browser()
    return click(
        browser,
        button_of(browser.get(link), "I don't know the password"),
        button="without_password",
    )


def secure_account(scene):
    change_password(scene)()
    link = scene.mailbox.latest("password_changed").path_to("secure-account")
    browser = scene.new_browser()
    return click(browser, form_of(browser.get(link)))


def suspend(scene):
    boss = scene.new_browser()
    boss.sign_up(email="boss@example.com")
    scene.grant_admin("boss@example.com")
    scene.ada()
    page = boss.get(boss.get("/admin?q=ada@").html.main.find("a", string="Ada Lovelace")["href"])
    return click(boss, button_of(page, "Suspend account"), reason="Spam")


#: Each click, and whether its browser is signed in afterwards.
CLICKS = {
    sign_up: True,
    sign_in: True,
    sign_in_to_closed_account: False,
    reactivate: True,
    sign_out: False,
    change_password: True,
    reset_password: False,
    confirm_password: True,
    close_account: False,
    save_names: True,
    end_session: True,
    end_others: True,
    resend: True,
    forgot_password: True,
    change_email: True,
    verify_email: True,
    claim_account: False,
    secure_account: False,
    suspend: True,
}


def rows_of_all(services):
    """Return everything in every table, apart from counts of attempts."""
    with services.database.engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(sa.select(table))))
            for table in Base.metadata.sorted_tables
            if table is not Throttle.__table__
        }


def forget_answer(browser, cookies):
    """Give the browser the cookies that it had, as if an answer had never arrived."""
    browser.app.cookiejar.clear()
    for cookie in cookies:
        browser.app.cookiejar.set_cookie(cookie)


def outcome(answer):
    return answer.status_int, answer.headers.get("Location"), answer.headers.getall("Set-Cookie")


@pytest.mark.parametrize("has_arrived", [True, False], ids=["arrived", "lost"])
@pytest.mark.parametrize("prepare", CLICKS, ids=lambda each: each.__name__)
def test_second_click_ends_as_the_first(scene, services, prepare, has_arrived):
    """Whether the browser has received the first answer, with its cookies, or not."""
    click_ = prepare(scene)
    cookies = list(click_.browser.app.cookiejar)
    first, rows = click_(), rows_of_all(services)
    assert first.status_int in {200, 303}
    if not has_arrived:
        forget_answer(click_.browser, cookies)
    second = click_()
    assert outcome(second) == outcome(first)
    assert second.text == first.text
    assert rows_of_all(services) == rows
    assert click_.browser.is_signed_in == CLICKS[prepare]


def test_second_answer_shows_the_same_message(scene):
    click_ = save_names(scene)
    click_()
    assert status_of(click_().follow()) == "Name saved."


@pytest.mark.parametrize("prepare", [save_names, resend, sign_out], ids=lambda each: each.__name__)
def test_answer_is_forgotten_after_a_minute(scene, services, prepare):
    click_ = prepare(scene)
    click_()
    scene.let_time_pass(ANSWERED_FORM_LIFETIME)
    rows = rows_of_all(services)
    click_()
    if prepare is save_names:  # accepted again
        assert rows_of_all(services)["authsite_answered_form"] != rows["authsite_answered_form"]
    else:
        assert rows_of_all(services)["authsite_answered_form"] == rows["authsite_answered_form"]


def test_form_with_another_value_is_another_form(scene, dbsession):
    click_ = sign_up(scene)
    click_()
    for name, _ in click_.fields:
        fields = [(each, f"{value}x" if each == name else value) for each, value in click_.fields]
        other = click_._replace(browser=scene.new_browser(), fields=fields)()
        assert "session" not in other.headers.get("Set-Cookie", ""), name
        assert other.status_int in {403, 422}, name
    assert click_._replace(path="/sign-up?x=1")(scene.new_browser()).status_int == 403
    assert dbsession.scalar(sa.select(sa.func.count()).select_from(User)) == 1


def test_fields_are_not_run_together(scene, services):
    click_ = save_names(scene)
    token, (first, a), (last, b) = click_.fields
    click_._replace(fields=[token, (first, a), (last, b)])()
    moved = click_._replace(fields=[token, (first, a + b[:1]), (last, b[1:])])()
    assert moved.status_int == 303
    assert "ovelace" in moved.follow().html.nav.get_text()


@pytest.mark.asvs("3.5.1")
@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}]
)
def test_another_site_gets_no_answer_again(scene, headers):
    click_ = sign_in(scene)
    click_()
    answer = click_(scene.new_browser(), **headers)
    assert answer.status_int == 403
    assert "session" not in answer.headers.get("Set-Cookie", "")


def test_refused_form_is_not_recorded(scene, dbsession):
    click_ = sign_in(scene)
    scene.let_time_pass(timedelta(hours=1))
    wrong = click_._replace(
        fields=[(n, "wrong" if n == "password" else v) for n, v in click_.fields]
    )
    assert [wrong().status_int, wrong().status_int] == [422, 422]
    events = dbsession.scalars(sa.select(AuditEvent.type)).all()
    assert events.count("sign_in_failed") == 2


@pytest.mark.asvs("14.2.4")
def test_row_contains_neither_form_nor_answer(scene, dbsession):
    click_ = sign_in(scene)
    click_()
    row = dbsession.execute(
        sa.select(AnsweredForm).order_by(AnsweredForm.expires_at.desc()).limit(1)
    ).scalar_one()
    everything = row.digest + row.answer + row.secret_digest
    _, _, secret = click_.browser.cookie.partition(".")
    for text in (PASSWORD, ADA, secret, "/account/history", *dict(click_.fields).values()):
        assert not text or text.encode() not in everything


def test_ended_session_is_not_given_again(scene, new_browser):
    """The user has ended it elsewhere."""
    click_ = sign_in(scene)
    cookies = list(click_.browser.app.cookiejar)
    click_()
    phone = new_browser()
    phone.sign_in()
    click(phone, button_of(phone.get("/account/sessions"), "Sign out all other sessions"))()
    assert click_().status_int == 403  # the token was for a visitor without a session
    assert not click_.browser.is_signed_in
    forget_answer(click_.browser, cookies)
    assert click_().status_int == 303  # the right password starts another session
    assert click_.browser.is_signed_in


def test_suspended_account_gets_no_session_again(scene, dbsession):
    click_ = sign_in(scene)
    cookies = list(click_.browser.app.cookiejar)
    click_()
    dbsession.execute(sa.delete(UserSession))
    dbsession.execute(sa.update(User).values(suspended_at=User.created_at))
    dbsession.commit()
    forget_answer(click_.browser, cookies)
    assert "Account suspended" in click_().html.h1.get_text()
    assert not click_.browser.is_signed_in


def test_outdated_secret_is_not_given_again(scene):
    """The session has another one since, and an older cookie would sign the user out."""
    click_ = sign_in(scene)
    click_()
    browser = click_.browser
    scene.let_time_pass(TEN_MINUTES)
    confirm = form_of(browser.get("/account/export").follow())
    scene_cookie = browser.cookie
    click(browser, confirm, current_password=PASSWORD)()
    assert browser.cookie != scene_cookie
    click_()
    assert browser.is_signed_in


def test_sign_out_of_a_former_session_leaves_the_present_one(scene):
    click_ = sign_out(scene)
    click_()
    click_.browser.sign_in()
    answer = click_()
    assert answer.status_int == 403
    assert click_.browser.is_signed_in


def test_sign_in_of_another_session_is_not_replaced(scene):
    """The browser has signed in to another account since."""
    click_ = sign_in(scene)
    cookies = list(click_.browser.app.cookiejar)
    click_()
    forget_answer(click_.browser, cookies)
    click_.browser.sign_up(email="grace@example.com")
    answer = click_()
    assert answer.location == "http://localhost/switch-account?next=%2Faccount%2Fhistory"
    assert "grace@example.com" in click_.browser.get("/account").html.main.get_text()


@pytest.mark.asvs("3.5.1", "7.2.1")
@pytest.mark.parametrize("prepare", [sign_up, sign_in, reactivate], ids=lambda each: each.__name__)
def test_copied_form_opens_no_session(scene, new_browser, prepare):
    """Only the browser that has requested its page gets the session by sending it again."""
    click_ = prepare(scene)
    click_()
    thief = new_browser()
    thief.get("/sign-in")
    answer = click_(thief)
    assert "authsite_session" not in "".join(answer.headers.getall("Set-Cookie"))
    assert not thief.is_signed_in


#: The forms of signed-in users whose answers leave the session as it is.
OF_A_SESSION = (save_names, end_session, end_others, resend, change_email, suspend)


@pytest.mark.parametrize("prepare", OF_A_SESSION, ids=lambda each: each.__name__)
def test_answer_is_for_the_session_that_sent_the_form(scene, new_browser, prepare):
    click_ = prepare(scene)
    cookies = list(click_.browser.app.cookiejar)
    first = click_()
    other = new_browser()
    other.sign_up(email="mallory@example.com")
    other.sign_out()
    assert outcome(click_(other)) != outcome(first)  # signed out
    other.sign_in(email="mallory@example.com")
    assert click_(other).status_int in {403, 404}
    click_.browser.sign_out()
    assert click_().status_int == 403
    forget_answer(click_.browser, cookies)
    assert click_().status_int == 403


def test_second_click_with_a_former_secret_gets_the_same_answer(scene):
    """Another tab confirms the password meanwhile."""
    click_ = save_names(scene)
    cookies = list(click_.browser.app.cookiejar)
    scene.let_time_pass(TEN_MINUTES)
    first = click_()
    confirm = form_of(click_.browser.get("/account/export").follow())
    click(click_.browser, confirm, current_password=PASSWORD)()
    forget_answer(click_.browser, cookies)
    assert outcome(click_()) == outcome(first)


def test_end_of_all_sessions_by_their_administrator_is_repeated(scene):
    """It ends the session that has sent the form."""
    boss = scene.new_browser()
    boss.sign_up(email="boss@example.com", first_name="Grace")
    scene.grant_admin("boss@example.com")
    page = boss.get("/admin?q=boss@")
    page = boss.get(page.html.main.find("a", string="Grace Lovelace")["href"])
    click_ = click(boss, button_of(page, "Sign out all sessions"))
    first = click_()
    second = click_()
    assert (first.status_int, second.status_int) == (303, 303)
    assert second.location == first.location


def test_answers_are_purged(scene, dbsession, purge_everything):
    save_names(scene)()
    scene.let_time_pass(ANSWERED_FORM_LIFETIME)
    purge_everything()
    assert dbsession.scalars(sa.select(AnsweredForm.digest)).all() == []


def twin_of(browser, application) -> Browser:
    """Return a second window of the browser, with the same cookies."""
    twin = Browser(TestApp(application, extra_environ=dict(browser.app.extra_environ)))
    for cookie in browser.app.cookiejar:
        twin.app.cookiejar.set_cookie(cookie)
    return twin


AT_ONCE = {sign_up: 1, sign_in: 1, change_password: 1, sign_out: 0, reset_password: 0, resend: 1}


def forget_people(dbsession):
    for table in (Throttle, OutboxMessage, User):
        dbsession.execute(sa.delete(table))
    dbsession.commit()


@pytest.mark.asvs("2.3.4", "15.4.2")
@pytest.mark.parametrize("prepare", AT_ONCE, ids=lambda each: each.__name__)
def test_double_click_ends_as_one_click(scene, dbsession, application, prepare):
    """Two equal forms at the same time, in one process."""
    for _ in range(ROUNDS):
        click_ = prepare(scene)
        sent = dbsession.scalar(sa.select(sa.func.count()).select_from(OutboxMessage))
        dbsession.rollback()
        windows = [twin_of(click_.browser, application) for _ in range(2)]
        with ThreadPoolExecutor(2) as pool:
            first, second = pool.map(click_, windows)
        assert first.status_int == 303
        assert outcome(first) == outcome(second)
        assert {each.is_signed_in for each in windows} == {bool(AT_ONCE[prepare])}
        count = sa.select(sa.func.count())
        assert dbsession.scalar(count.select_from(User)) == 1
        ids = dbsession.scalars(sa.select(UserSession.id)).all()
        if AT_ONCE[prepare]:
            assert windows[0].cookie.partition(".")[0] in ids
        emails = dbsession.scalar(count.select_from(OutboxMessage)) - sent
        assert emails == (0 if prepare is sign_out else 1)
        forget_people(dbsession)


def test_form_with_its_token_in_a_header_is_not_recorded(scene, dbsession):
    """Scripts send it, and know whether they have sent it before."""
    click_ = save_names(scene)
    token, *names = click_.fields
    answer = click_._replace(fields=names)(**{"X-CSRF-Token": token[1]})
    assert answer.status_int == 303
    answers = sa.select(sa.func.count()).select_from(AnsweredForm)
    assert dbsession.scalar(answers) == 1  # that of the sign-up


@pytest.mark.parametrize("prepare", CLICKS, ids=lambda each: each.__name__)
def test_three_clicks_at_once_end_as_one_click(scene, application, prepare):
    """Also where the path names a row, which is read before the form waits."""
    click_ = prepare(scene)
    windows = [twin_of(click_.browser, application) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(click_, windows))
    assert answers[0].status_int in {200, 303}
    assert len({(each.status_int, each.headers.get("Location")) for each in answers}) == 1
    assert {each.is_signed_in for each in windows} == {CLICKS[prepare]}


def test_equal_forms_of_a_host_run_at_once(visitor):
    """Its view takes them as often as they come, so that no form has to wait."""
    visitor.sign_up()
    click_ = Click(visitor, "/together", [("csrf_token", token_of(visitor))])
    windows = [twin_of(visitor, visitor.app.app) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(click_, windows))
    assert [each.text for each in answers] == ["together", "together"]


@pytest.mark.parametrize(
    "prepare",
    [sign_up, sign_in, change_password, sign_out, reset_password],
    ids=lambda each: each.__name__,
)
def test_double_click_at_two_processes_ends_as_one_click(
    scene, dbsession, application, new_site, prepare
):
    """No request waits for the other, and the database decides."""
    _services, elsewhere = new_site({})
    for _ in range(ROUNDS):
        click_ = prepare(scene)
        windows = [twin_of(click_.browser, each) for each in (application, elsewhere.app.app)]
        with ThreadPoolExecutor(2) as pool:
            first, second = pool.map(click_, windows)
        assert first.status_int == 303
        assert outcome(first) == outcome(second)
        assert dbsession.scalar(sa.select(sa.func.count()).select_from(User)) == 1
        forget_people(dbsession)


@pytest.mark.parametrize(
    "prepare",
    [sign_up, sign_in, save_names, sign_out, reset_password],
    ids=lambda each: each.__name__,
)
def test_form_that_another_process_answers_first_ends_alike(
    scene, services, application, new_site, prepare
):
    """It does so just before the transaction of this one begins."""
    others, elsewhere = new_site({})
    click_, answers = prepare(scene), []

    def overtake(_connection):
        if not answers:
            answers.append(None)
            answers[0] = click_(twin_of(click_.browser, application))

    twin = twin_of(click_.browser, elsewhere.app.app)
    sa.event.listen(others.database.write_engine, "engine_connect", overtake)
    answer = click_(twin)
    assert outcome(answer) == outcome(answers[0])
    rows = rows_of_all(services)
    assert [len(rows["authsite_user"]), len(rows["authsite_session"])] in ([1, 0], [1, 1], [1, 2])
    assert twin.is_signed_in == CLICKS[prepare]
