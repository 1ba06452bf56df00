"""A state machine: browsers of several users take every action, in any order."""

import re
from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from webtest import TestApp, TestResponse

from authsite.clock import utc_now
from authsite.models import User, UserSession
from authsite.services import Services
from tests.browsers import PASSWORD, Browser
from tests.conftest import forget_everything
from tests.functional.cookies import plant
from tests.functional.site_model import AT_HOME, IN_PUBLIC, Lifetime, SiteModel

BROWSERS = 3
EMAILS = ("ada@example.com", "grace@example.org", "edsger@example.net")
NAMES = ("Ada", "Grace", "Edsger", "Barbara")
STEPS = (
    timedelta(minutes=10),
    timedelta(hours=2),
    timedelta(days=20),
    timedelta(days=29),
    timedelta(days=31),
)

_NAVIGATION = re.compile(r"Account:</span>\s*([^<]*?)\s*</a>")

browsers = st.integers(0, BROWSERS - 1)
emails = st.sampled_from(EMAILS)
#: Which of the cookies that the site has ever set, counted from the latest.
cookies = st.integers(0, 7)
#: A position in the id or the secret of a cookie, and the character to put there.
alterations = st.tuples(st.integers(0, 59), st.sampled_from("Ag_-."))
lifetimes = st.sampled_from([AT_HOME, IN_PUBLIC])


class SiteMachine(RuleBasedStateMachine):
    """Several browsers and a few users; the model knows what each browser should see."""

    def __init__(
        self, services: Services, application: object, age: Callable[[timedelta], None]
    ) -> None:
        super().__init__()
        self.services = services
        self.age = age
        self.model = SiteModel()
        self.browsers = [Browser(TestApp(application, lint=False)) for _ in range(BROWSERS)]
        self.issued: list[str] = []

    def teardown(self) -> None:
        """Empty the database for the next sequence."""
        forget_everything(self.services)

    @initialize(number=st.integers(0, BROWSERS))
    def settle(self, number: int) -> None:
        """Sign in to some, all or none of the browsers."""
        for at in range(number):
            self.get_signed_in(at, EMAILS[at], AT_HOME)

    @rule(at=browsers, email=emails, lifetime=lifetimes)
    def get_signed_in(self, at: int, email: str, lifetime: Lifetime) -> None:
        """Sign in, or sign up if there is no account."""
        if email in self.model.names:
            self.sign_in(at, email, PASSWORD, lifetime, None)
        else:
            self.sign_up(at, email, "Ada", None)

    @rule(at=browsers, email=emails, name=st.sampled_from(NAMES), planted=st.none() | cookies)
    def sign_up(self, at: int, email: str, name: str, planted: int | None) -> None:
        """Sign up; a taken email is refused."""
        typed = {
            "first_name": name,
            "last_name": "Lovelace",
            "email": email,
            "password": PASSWORD,
            "confirm_password": PASSWORD,
        }
        if answer := self.fill_in(at, "/sign-up", typed, planted):
            is_free = email not in self.model.names
            assert answer.status_int == (303 if is_free else 422)
            if is_free:
                self.model.names[email] = name
                self.has_signed_in(at, email, AT_HOME)

    @rule(
        at=browsers,
        email=emails,
        password=st.sampled_from([PASSWORD, PASSWORD, "another password"]),
        lifetime=lifetimes,
        planted=st.none() | cookies,
    )
    def sign_in(
        self, at: int, email: str, password: str, lifetime: Lifetime, planted: int | None
    ) -> None:
        """Sign in with the right or a wrong password, on a private or a public computer."""
        typed = {"email": email, "password": password}
        if lifetime is IN_PUBLIC:
            typed["public_computer"] = "yes"
        if answer := self.fill_in(at, "/sign-in", typed, planted):
            is_right = password == PASSWORD and email in self.model.names
            assert answer.status_int == (303 if is_right else 422)
            if is_right:
                self.has_signed_in(at, email, lifetime)

    @rule(at=browsers)
    def sign_out(self, at: int) -> None:
        """Sign out, if the browser is signed in."""
        browser = self.browsers[at]
        cookie = browser.cookie
        if self.model.visit(cookie):
            assert browser.sign_out().status_int == 303
            self.model.sign_out(cookie)
        else:
            assert browser.get("/sign-out", status=303).location.endswith("/sign-in")

    @rule(at=browsers, name=st.sampled_from(NAMES), planted=st.none() | cookies)
    def change_name(self, at: int, name: str, planted: int | None) -> None:
        """Send the profile form, perhaps after the browser has got another cookie."""
        browser = self.browsers[at]
        cookie = browser.cookie
        if not self.model.visit(cookie):
            browser.get("/account", status=303)
            return
        page = browser.get("/account", status=200)
        self.plant(browser, planted)
        email = self.model.visit(browser.cookie)
        is_same = browser.cookie == cookie
        answer = browser.submit(page, {"first_name": name})
        assert answer.status_int == (303 if is_same else 403)
        if is_same:
            self.model.names[email] = name

    @rule(by=st.sampled_from(STEPS), times=st.sampled_from([1, 2, 5]))
    def let_time_pass(self, by: timedelta, times: int) -> None:
        """Let time pass, with a visit of every browser after each step."""
        for _ in range(times):
            self.age(by)
            self.model.now += by
            self.browsers_show_the_expected_users()

    @rule(email=emails)
    def delete_account(self, email: str) -> None:
        """Delete an account as an operator."""
        with self.services.database.engine.begin() as connection:
            connection.execute(sa.delete(User).where(User.email == email))
        if email in self.model.names:
            self.model.delete_account(email)

    @rule()
    def purge(self) -> None:
        """Delete expired sessions; exactly the active ones are left."""
        with self.services.database.engine.begin() as connection:
            connection.execute(sa.delete(UserSession).where(UserSession.expires_at <= utc_now()))
            ids = set(connection.execute(sa.select(UserSession.id)).scalars())
        assert ids == {cookie.partition(".")[0] for cookie in self.model.active()}

    @rule(at=browsers, which=cookies)
    def replay(self, at: int, which: int) -> None:
        """Plant a cookie that the site has set before, of an active or an ended session."""
        self.plant(self.browsers[at], which)

    @rule(at=browsers, source=browsers)
    def copy(self, at: int, source: int) -> None:
        """Plant the cookie of one browser in another."""
        if self.browsers[source].cookie:
            plant(self.browsers[at], "authsite_session", self.browsers[source].cookie)

    @rule(at=browsers, id_of=cookies, secret_of=cookies, altered=st.none() | alterations)
    def forge(self, at: int, id_of: int, secret_of: int, altered: tuple[int, str] | None) -> None:
        """Plant the id of one session with the secret of another, perhaps with one change.

        The result may equal a cookie that the site has set, and then works like it.
        """
        if self.issued:
            identity, secret = self.cookie(id_of), self.cookie(secret_of)
            forged = f"{identity.partition('.')[0]}.{secret.partition('.')[2]}"
            if altered:
                place, letter = altered
                forged = forged[:place] + letter + forged[place + 1 :]
            plant(self.browsers[at], "authsite_session", forged)

    @rule(at=browsers, value=st.text("abAB01-_.", min_size=1, max_size=70))
    def invent(self, at: int, value: str) -> None:
        """Plant a cookie that the site has never set."""
        plant(self.browsers[at], "authsite_session", value)

    @invariant()
    def browsers_show_the_expected_users(self) -> None:
        """Check navigation, dashboard and account page.

        Invalid cookies are deleted, except with the id of an active session.
        """
        for browser in self.browsers:
            cookie = browser.cookie
            email = self.model.visit(cookie)
            home = browser.get("/", status=200).text
            assert browser.cookie == (cookie if email or self.model.has_id_of(cookie) else None)
            if email is None:
                assert not _NAVIGATION.search(home)
                browser.get("/dashboard", status=303)
                browser.get("/account", status=303)
                continue
            name = self.model.names[email]
            assert _NAVIGATION.search(home)[1] == f"{name} Lovelace"
            dashboard = browser.get("/dashboard", status=200).text
            assert f"Hello, {name}<" in dashboard
            account = browser.get("/account", status=200).text
            assert re.search(rf"<dd>\s*{re.escape(email)}\s*<", account)
            assert f'value="{name}"' in account

    def fill_in(
        self, at: int, path: str, typed: dict[str, str], planted: int | None
    ) -> TestResponse | None:
        """Send the form as an anonymous visitor; return None when the browser is signed in.

        `planted` is planted between opening the page and sending the form. If that signs the
        browser in, the anonymous form does nothing.
        """
        browser = self.browsers[at]
        if self.model.visit(browser.cookie):
            assert browser.get(path, status=303).location.endswith("/dashboard")
            return None
        page = browser.get(path, status=200)
        self.plant(browser, planted)
        kept = browser.cookie if self.model.visit(browser.cookie) else None
        answer = browser.submit(page, typed)
        if kept:
            assert answer.status_int == 303
            own = typed["email"] == self.model.visit(kept)
            assert answer.location.endswith("/dashboard" if own else "/switch-account")
            assert browser.cookie == kept
            return None
        return answer

    def has_signed_in(self, at: int, email: str, lifetime: Lifetime) -> None:
        """Note the new session; its cookie was never set before."""
        cookie = self.browsers[at].cookie
        assert cookie not in {None, *self.issued}
        self.issued.append(cookie)
        self.model.sign_in(email, cookie, lifetime)

    def cookie(self, which: int) -> str:
        """Return one of the latest cookies that the site has set."""
        return self.issued[-1 - which % len(self.issued)]

    def plant(self, browser: Browser, which: int | None) -> None:
        """Plant one of these cookies in the browser."""
        if which is not None and self.issued:
            plant(browser, "authsite_session", self.cookie(which))
