"""For the tests of an application that includes authsite.

    @pytest.fixture
    def ada(testapp):
        user = create_user(testapp, email="ada@example.com")
        sign_in(testapp, user)
        return user

`testapp` is a WebTest application. With the fixtures of Pyramid's cookiecutter, everything happens
in the transaction of the test.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import Cookie
from typing import Any
from urllib.parse import urlsplit

import alembic.command
from pyramid.request import Request, apply_request_extensions
from sqlalchemy.engine import make_url

from authsite.accounts.create_user import create_user as create_account
from authsite.accounts.sessions import create_session
from authsite.accounts.sign_in import SignIn
from authsite.accounts.unit_of_work import UnitOfWork
from authsite.accounts.users import get_credential_by_email
from authsite.application import background
from authsite.application.execution import dbsession_of_test
from authsite.audit.event_types import EventType
from authsite.db.joined import joined
from authsite.db.migrations import alembic_config
from authsite.db.sqlite import lock_now
from authsite.email_addresses import parse_email_address
from authsite.models import User
from authsite.services import Services, services_of

#: What browsers send with a form of the site.
BROWSER = {"Sec-Fetch-Site": "same-origin"}
#: The password of users that a test does not give one.
PASSWORD = "seven green llamas hum"  # noqa: S105 - of tests


def without_workers() -> None:
    """Let no application of this process start threads: call it before the first one is made."""
    background.disable()


def as_browser(testapp: Any) -> None:
    """Let all requests name the host of `authsite.site.url`, and send what browsers send."""
    site = urlsplit(services_of(testapp.app.registry).settings.site.url)
    testapp.extra_environ |= {
        "HTTP_HOST": site.netloc,
        "HTTP_SEC_FETCH_SITE": BROWSER["Sec-Fetch-Site"],
        "wsgi.url_scheme": site.scheme,
    }


def migrate(url: str) -> None:
    """Create or migrate authsite's tables, as `authsite migrate` does."""
    alembic.command.upgrade(alembic_config(make_url(url)), "head")


def create_user(
    testapp: Any,
    *,
    email: str = "ada@example.com",
    first_name: str = "Ada",
    last_name: str = "Lovelace",
    password: str = PASSWORD,
) -> User:
    """Add an account, whose email address is verified, and return its user.

    Raises `authsite.accounts.users.EmailTaken`.
    """
    services = services_of(testapp.app.registry)
    password_hash = services.hasher.hash(password)
    with _unit_of_work(testapp, services) as work:
        user = create_account(
            work,
            first_name=first_name,
            last_name=last_name,
            email=parse_email_address(email),
            password_hash=password_hash,
        )
        user.email_verified_at = work.now
        work.dbsession.flush()
        work.dbsession.refresh(user)
        return user


def sign_in(testapp: Any, user: User) -> None:
    """Start a session of the user and give its cookie to `testapp`, without a password."""
    services = services_of(testapp.app.registry)
    with _unit_of_work(testapp, services) as work:
        email = parse_email_address(user.email).normalized
        credential = get_credential_by_email(services.credentials, email, now=work.now)
        if credential is None:
            raise ValueError("the user has no password, or the account is deleted")
        token = create_session(work, SignIn(credential, email), EventType.SIGNED_IN)
    _set_cookie(testapp, services.session_cookie.name, str(token))


@contextmanager
def _unit_of_work(testapp: Any, services: Services) -> Iterator[UnitOfWork]:
    environ = testapp.extra_environ
    request = Request.blank("/", environ=environ)
    request.registry = testapp.app.registry
    apply_request_extensions(request)
    token = joined.set(dbsession_of_test(environ, services) if "tm.active" in environ else None)
    try:
        with services.database.writing_dbsession() as dbsession:
            dbsession.expire_on_commit = False
            lock_now(dbsession)
            yield request.authsite.work.over(dbsession)
    finally:
        joined.reset(token)


def _set_cookie(testapp: Any, name: str, value: str) -> None:
    """Set the cookie as a response would; `testapp.set_cookie` cannot for a host with a port."""
    host = testapp.extra_environ.get("HTTP_HOST", "localhost").partition(":")[0]
    domain = host if "." in host else f"{host}.local"  # as http.cookiejar names it
    unset: dict[str, Any] = dict.fromkeys(("port", "expires", "comment", "comment_url"))
    no: dict[str, Any] = dict.fromkeys(
        ("port_specified", "domain_specified", "domain_initial_dot", "secure"), False
    )
    cookie = Cookie(
        version=0,
        name=name,
        value=value,
        domain=domain,
        path="/",
        path_specified=True,
        discard=True,
        rest={},
        **unset,
        **no,
    )
    testapp.cookiejar.set_cookie(cookie)
