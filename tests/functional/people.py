"""People and their browsers, who do everything that can be done, in any order."""

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
from tests.functional.world import AT_HOME, IN_PUBLIC, Lifetime, World

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
people = st.sampled_from(EMAILS)
#: Which of the cookies that the site has ever set; counted from the latest.
cookies = st.integers(0, 7)
#: A place in a cookie, of the id or of the secret, and what is there instead.
alterations = st.tuples(st.integers(0, 59), st.sampled_from("Ag_-."))
lifetimes = st.sampled_from([AT_HOME, IN_PUBLIC])


class People(RuleBasedStateMachine):
    """Several browsers, a few people, and everything that they can do to each other."""

    def __init__(
        self, services: Services, application: object, age: Callable[[timedelta], None]
    ) -> None:
        super().__init__()
        self.services = services
        self.age = age
        self.world = World()
        self.browsers = [Browser(TestApp(application, lint=False)) for _ in range(BROWSERS)]
        self.issued: list[str] = []

    def teardown(self) -> None:
        """Leave an empty database to the next sequence."""
        forget_everything(self.services)

    @initialize(number=st.integers(0, BROWSERS))
    def settle(self, number: int) -> None:
        """Begin with somebody in each browser, in some of them, or in none."""
        for at in range(number):
            self.come_in(at, EMAILS[at], AT_HOME)

    @rule(at=browsers, email=people, lifetime=lifetimes)
    def come_in(self, at: int, email: str, lifetime: Lifetime) -> None:
        """Do what it takes to be signed in, and do it right."""
        if email in self.world.people:
            self.sign_in(at, email, PASSWORD, lifetime, None)
        else:
            self.sign_up(at, email, "Ada", None)

    @rule(at=browsers, email=people, name=st.sampled_from(NAMES), planted=st.none() | cookies)
    def sign_up(self, at: int, email: str, name: str, planted: int | None) -> None:
        """Make an account, if the address is free."""
        typed = {
            "first_name": name,
            "last_name": "Lovelace",
            "email": email,
            "password": PASSWORD,
            "confirm_password": PASSWORD,
        }
        if answer := self.fill_in(at, "/sign-up", typed, planted):
            is_free = email not in self.world.people
            assert answer.status_int == (303 if is_free else 422)
            if is_free:
                self.world.people[email] = name
                self.has_signed_in(at, email, AT_HOME)

    @rule(
        at=browsers,
        email=people,
        password=st.sampled_from([PASSWORD, PASSWORD, "another password"]),
        lifetime=lifetimes,
        planted=st.none() | cookies,
    )
    def sign_in(
        self, at: int, email: str, password: str, lifetime: Lifetime, planted: int | None
    ) -> None:
        """Type an address and a password, the right one or another; tick the box, or not."""
        typed = {"email": email, "password": password}
        if lifetime is IN_PUBLIC:
            typed["public_computer"] = "yes"
        if answer := self.fill_in(at, "/sign-in", typed, planted):
            is_right = password == PASSWORD and email in self.world.people
            assert answer.status_int == (303 if is_right else 422)
            if is_right:
                self.has_signed_in(at, email, lifetime)

    @rule(at=browsers)
    def sign_out(self, at: int) -> None:
        """Press the button in the navigation, or find none."""
        browser = self.browsers[at]
        cookie = browser.cookie
        if self.world.visit(cookie):
            assert browser.sign_out().status_int == 303
            self.world.sign_out(cookie)
        else:
            assert browser.get("/sign-out", status=303).location.endswith(
                "/sign-in?next=%2Fsign-out"
            )

    @rule(at=browsers, name=st.sampled_from(NAMES), planted=st.none() | cookies)
    def change_name(self, at: int, name: str, planted: int | None) -> None:
        """Send the form, perhaps when the browser has got another cookie since it was shown."""
        browser = self.browsers[at]
        cookie = browser.cookie
        if not self.world.visit(cookie):
            browser.get("/account", status=303)
            return
        page = browser.get("/account", status=200)
        self.plant(browser, planted)
        email = self.world.visit(browser.cookie)
        is_same = browser.cookie == cookie
        answer = browser.submit(page, {"first_name": name})
        assert answer.status_int == (303 if is_same else 403)
        if is_same:
            self.world.people[email] = name

    @rule(by=st.sampled_from(STEPS), times=st.sampled_from([1, 2, 5]))
    def let_time_pass(self, by: timedelta, times: int) -> None:
        """Nobody does anything but look in, once or again and again."""
        for _ in range(times):
            self.age(by)
            self.world.now += by
            self.every_browser_shows_whose_it_is()

    @rule(email=people)
    def delete_person(self, email: str) -> None:
        """An operator deletes an account."""
        with self.services.database.engine.begin() as connection:
            connection.execute(sa.delete(User).where(User.email == email))
        if email in self.world.people:
            self.world.close_account(email)

    @rule()
    def sweep(self) -> None:
        """Delete the rows that are over, after which the table holds what lives, and all of it."""
        with self.services.database.engine.begin() as connection:
            connection.execute(sa.delete(UserSession).where(UserSession.expires_at <= utc_now()))
            ids = set(connection.execute(sa.select(UserSession.id)).scalars())
        assert ids == {cookie.partition(".")[0] for cookie in self.world.living()}

    @rule(at=browsers, which=cookies)
    def replay(self, at: int, which: int) -> None:
        """Put in a cookie that the site has set at some time: of a session that lives, or not."""
        self.plant(self.browsers[at], which)

    @rule(at=browsers, source=browsers)
    def copy(self, at: int, source: int) -> None:
        """Put the cookie of one browser into another."""
        if self.browsers[source].cookie:
            plant(self.browsers[at], "session", self.browsers[source].cookie)

    @rule(at=browsers, id_of=cookies, secret_of=cookies, altered=st.none() | alterations)
    def forge(self, at: int, id_of: int, secret_of: int, altered: tuple[int, str] | None) -> None:
        """Put in the id of one session with the secret of another, perhaps with a letter changed.

        Letter for letter it may be a cookie that the site has set, and is then as good as that.
        """
        if self.issued:
            identity, secret = self.cookie(id_of), self.cookie(secret_of)
            forged = f"{identity.partition('.')[0]}.{secret.partition('.')[2]}"
            if altered:
                place, letter = altered
                forged = forged[:place] + letter + forged[place + 1 :]
            plant(self.browsers[at], "session", forged)

    @rule(at=browsers, value=st.text("abAB01-_.", min_size=1, max_size=70))
    def invent(self, at: int, value: str) -> None:
        """Put in a cookie that the site has never set."""
        plant(self.browsers[at], "session", value)

    @invariant()
    def every_browser_shows_whose_it_is(self) -> None:
        """Ask the navigation, the dashboard and the account page; nobody's cookie is cleared."""
        for browser in self.browsers:
            cookie = browser.cookie
            email = self.world.visit(cookie)
            home = browser.get("/", status=200).text
            assert browser.cookie == (cookie if email else None)
            if email is None:
                assert not _NAVIGATION.search(home)
                browser.get("/dashboard", status=303)
                browser.get("/account", status=303)
                continue
            name = self.world.people[email]
            assert _NAVIGATION.search(home)[1] == f"{name} Lovelace"
            dashboard = browser.get("/dashboard", status=200).text
            assert f"Hello, {name}<" in dashboard
            account = browser.get("/account", status=200).text
            assert re.search(rf"<dd>\s*{re.escape(email)}\s*<", account)
            assert f'value="{name}"' in account

    def fill_in(
        self, at: int, path: str, typed: dict[str, str], planted: int | None
    ) -> TestResponse | None:
        """Send the form as a stranger and return the answer; None when the browser is somebody's.

        `planted` is put in between the page and the form; if that makes the browser somebody's,
        the form, which was a stranger's, does nothing.
        """
        browser = self.browsers[at]
        if self.world.visit(browser.cookie):
            assert browser.get(path, status=303).location.endswith("/dashboard")
            return None
        page = browser.get(path, status=200)
        self.plant(browser, planted)
        kept = browser.cookie if self.world.visit(browser.cookie) else None
        answer = browser.submit(page, typed)
        if kept:
            assert answer.status_int == 303
            assert answer.location.endswith("/dashboard")
            assert browser.cookie == kept
            return None
        return answer

    def has_signed_in(self, at: int, email: str, lifetime: Lifetime) -> None:
        """Note the session that has begun; its cookie is one that nobody has seen before."""
        cookie = self.browsers[at].cookie
        assert cookie not in {None, *self.issued}
        self.issued.append(cookie)
        self.world.sign_in(email, cookie, lifetime)

    def cookie(self, which: int) -> str:
        """Return one of the latest cookies that the site has set."""
        return self.issued[-1 - which % len(self.issued)]

    def plant(self, browser: Browser, which: int | None) -> None:
        """Put one of these into the browser."""
        if which is not None and self.issued:
            plant(browser, "session", self.cookie(which))
