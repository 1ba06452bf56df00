"""Compare what two anonymous forms answer, sent one after the other with the same email.

Visitors send them, each from a network of their own and with an email of its own: a free one, that
of a verified account, of an unverified one, of one with an imported hash, and of one whose hash has
other costs. Each sends the first form once and the second until it is throttled, and then opens
every page. Each form alone may hide accounts, while the second shows what the first has stored
(ASVS 6.3.8).
"""

import itertools
import re
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import bcrypt
from sqlalchemy.orm import Session
from webtest import TestApp, TestResponse

from authsite.clock import utc_now
from authsite.resources.site_map import ANY, endpoints
from authsite.services import Services
from tests.browsers import PASSWORD, Browser
from tests.factories import a_hasher, a_user
from tests.functional.reading import form_of
from tests.site.response_comparison import FORMS, REQUIRED, a_new_email, are_equal, masked

FREE, VERIFIED, UNVERIFIED = "eve@example.com", "ada@example.com", "bob@example.com"
#: Accounts whose hashes take another time than new ones: bcrypt, and other costs of Argon2.
IMPORTED, OUTDATED = "ivy@example.com", "olga@example.com"
EMAILS = (FREE, VERIFIED, UNVERIFIED, IMPORTED, OUTDATED)
#: How many accounts have each of these hashes, so that most unknown emails get a dummy of them.
MANY_ACCOUNTS = 9
#: The password of the accounts; the visitors sign up and sign in with another one.
OWNERS_PASSWORD = "eleven blue otters sing"
#: A site that requires verification, and throttles sign-ups after `MANY` forms at the latest.
SITE = REQUIRED | {"authsite.throttle.sign_up_network": "10/1h"}
MANY = 14
#: The largest ratio of the times of two sign-ins with hashes of the same format.
SAME_HASH = 2.5
#: Seconds by which `Retry-After` may differ: the visitors do not send their forms at once.
RETRY_TOLERANCE = 10

#: Where verification is required, no form reveals an account; otherwise sign-up does.
REQUIRED_PAIRS = list(itertools.product(FORMS, repeat=2))
OPTIONAL_PAIRS = [pair for pair in REQUIRED_PAIRS if "/sign-up" not in pair]


class Answer(NamedTuple):
    """What a visitor sees of a response, apart from what differs in each response."""

    status: str
    headers: list[tuple[str, str]]
    text: str
    cookies: list[str]
    retry_after: int


class Visitor:
    """A browser that sends forms with one email and one password."""

    def __init__(self, application: Any, email: str, ip_address: str = "192.0.2.7") -> None:
        self._browser = Browser(TestApp(application, extra_environ={"REMOTE_ADDR": ip_address}))
        self._email = email

    def send(self, path: str) -> tuple[Answer, float]:
        """Send the form of this page; return the answer and the CPU time in seconds."""
        form = form_of(self._browser.get(path))
        for name, value in {**FORMS[path].values, "email": self._email}.items():
            form[name] = PASSWORD if "password" in name else value
        started = time.process_time()
        response = form.submit(headers={"Sec-Fetch-Site": "same-origin"}, expect_errors=True)
        seconds = time.process_time() - started
        return self._answer(response), seconds

    def open(self, path: str) -> Answer:
        """Open a page."""
        return self._answer(self._browser.get(path, expect_errors=True))

    def _answer(self, response: TestResponse) -> Answer:
        status, headers, text = masked(response, self._email)
        return Answer(
            status,
            [(name, re.sub("=[^;]*", "=", value)) for name, value in headers],
            text,
            sorted(self._browser.app.cookies),
            int(response.headers.get("Retry-After", 0)),
        )


def add_accounts(services: Services, dbsession: Session) -> None:
    """Add the accounts, which have a password that the visitors do not know."""
    current = services.hasher.hash(OWNERS_PASSWORD)
    a_user(dbsession, email=UNVERIFIED, password_hash=current)
    verified_hashes = {
        VERIFIED: current,
        IMPORTED: bcrypt.hashpw(OWNERS_PASSWORD.encode(), bcrypt.gensalt(4)).decode(),
        OUTDATED: a_hasher(time_cost=2).hash(OWNERS_PASSWORD),
    }
    for email, password_hash in verified_hashes.items():
        a_user(dbsession, email=email, password_hash=password_hash, email_verified_at=utc_now())


def add_accounts_with_costly_hashes(services: Services, dbsession: Session) -> None:
    """Add accounts most of which have hashes that take much longer than those of the site."""
    for password_hash in (
        bcrypt.hashpw(OWNERS_PASSWORD.encode(), bcrypt.gensalt(10)).decode(),
        a_hasher(time_cost=30, memory_cost=4096).hash(OWNERS_PASSWORD),
    ):
        for _ in range(MANY_ACCOUNTS):
            a_user(dbsession, password_hash=password_hash, email_verified_at=utc_now())
    assert services.hash_format_reader.read()


def first_difference(application: Any, first: str, second: str) -> str | None:
    """Let the visitors send both forms; return where their answers differ, or None."""
    for step, answers in _visit(application, first, second):
        waits = [answer.retry_after for answer in answers]
        rest = [answer._replace(retry_after=0) for answer in answers]
        if max(waits) - min(waits) > RETRY_TOLERANCE or rest.count(rest[0]) < len(rest):
            return f"{step}: {answers}"
    return None


def _visit(application: Any, first: str, second: str) -> Iterator[tuple[str, list[Answer]]]:
    visitors = [
        Visitor(application, email, f"192.0.2.{number}")
        for number, email in enumerate(EMAILS, start=7)
    ]
    for number, path in enumerate([first, *[second] * MANY], start=1):
        yield f"form {number}, {path}", [visitor.send(path)[0] for visitor in visitors]
    for path in _pages(application):
        yield path, [visitor.open(path) for visitor in visitors]


def _pages(application: Any) -> set[str]:
    """Return every URL without a variable part."""
    return {
        page.url
        for page in endpoints(application.registry)
        if page.method in {"GET", ANY} and "{" not in page.url
    }


def take_same_time_after(application: Any, first: str, second: str) -> bool:
    """Whether the second form costs the same CPU time for emails without costly hashes."""

    def with_email(email_of: Callable[[], str]) -> Callable[[], float]:
        def measure() -> float:
            visitor = Visitor(application, email_of())
            visitor.send(first)
            return visitor.send(second)[1]

        return measure

    emails = (a_new_email, lambda: VERIFIED, lambda: UNVERIFIED)
    return are_equal([with_email(each) for each in emails])


def keeps_its_time(application: Any, email: str, *, between: str) -> bool:
    """Whether a sign-in with this email costs about the same before and after another form.

    Emails differ in the time of their hash, so each one is compared with itself.
    """

    def measure() -> float:
        visitor = Visitor(application, email)
        return min(visitor.send("/sign-in")[1] for _ in range(3))

    before = measure()
    Visitor(application, email).send(between)
    after = measure()
    return max(before, after) < SAME_HASH * min(before, after)
