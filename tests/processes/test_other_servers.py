"""gunicorn, granian and uWSGI behind the real proxy, as docs/servers.md describes."""

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.clock import utc_now
from authsite.models import User, UserSession
from tests.factories import a_message, a_session, a_user
from tests.processes.nginx import Nginx
from tests.processes.other_servers import SERVERS, OtherServer
from tests.processes.servers import FOR_LOAD, SITE_URL, until
from tests.processes.visitors import SESSION, Visitor, sign_up_form
from tests.smtp import Mailserver, a_mailserver

FORGED = "203.0.113.66"
#: What clients send who want to be someone else.
FORGERIES = (
    ("X-Forwarded-For", FORGED),
    ("X-Forwarded-For", "127.0.0.1"),
    ("X_Forwarded_For", FORGED),
    ("X-Forwarded_For", FORGED),
    ("X-Forwarded-Proto", "http"),
    ("X-Forwarded-Ssl", "off"),
    ("X-Forwarded-Host", "evil.test"),
    ("X-Forwarded-Prefix", "/evil"),
    ("Forwarded", f"for={FORGED};proto=http;host=evil.test"),
    ("X-Real-IP", FORGED),
    ("SCRIPT_NAME", "/evil"),
)
SIGN_UPS = 12
#: Hashes that take a tenth of a second or more.
COSTLY = {"AUTHSITE_PASSWORDS_TIME_COST": "10", "AUTHSITE_PASSWORDS_MEMORY_COST": "19456"}

_numbers = itertools.count(1)
_ip_addresses = (f"127.0.2.{number}" for number in range(2, 250))


@dataclass
class Site:
    """A server, the proxy in front of it, the database, and the mail server."""

    server: OtherServer
    nginx: Nginx
    engine: sa.Engine
    mailserver: Mailserver

    def session_ip_address(self, visitor: Visitor) -> str | None:
        """Return the IP address in the session of this visitor."""
        session_id = visitor.cookies[SESSION].partition(".")[0]
        statement = sa.select(UserSession.ip_address).where(UserSession.id == session_id)
        with self.engine.connect() as connection:
            ip_address: str | None = connection.execute(statement).scalar_one()
        return ip_address

    def accounts(self, emails: list[str]) -> int:
        """Return how many of these email addresses have an account."""
        statement = sa.select(sa.func.count(User.id)).where(User.email.in_(emails))
        with self.engine.connect() as connection:
            count: int = connection.execute(statement).scalar_one()
        return count


def a_email() -> str:
    """Return an email address that is not used."""
    return f"visitor{next(_numbers)}@example.com"


@pytest.fixture(scope="module", params=SERVERS, ids=lambda server: server.__name__)
def site(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    migrate: Callable[[str], None],
) -> Iterator[Site]:
    """A site on one of the servers, with an email to deliver and a session to purge."""
    folder = tmp_path_factory.mktemp("server")
    url = f"sqlite:///{folder}/authsite.sqlite"
    migrate(url)
    engine = sa.create_engine(url)
    past = utc_now() - timedelta(days=1)
    with Session(engine) as dbsession:
        a_message(dbsession, send_at=past, recipient="ada@example.com")
        a_session(dbsession, a_user(dbsession), expires_at=past)
    with a_mailserver() as mailserver:
        settings = (
            FOR_LOAD
            | COSTLY
            | {
                "AUTHSITE_PROXY_TRUSTED": "127.0.0.1",
                "AUTHSITE_MAIL_PORT": str(mailserver.port),
            }
        )
        with (
            OtherServer(request.param, folder, url, settings) as server,
            Nginx(folder, server) as nginx,
        ):
            yield Site(server, nginx, engine, mailserver)
    engine.dispose()


def test_workers_purge_and_deliver_emails(site: Site) -> None:
    """In the processes that serve, without a request."""
    until(lambda: site.mailserver.received, "the email")
    assert site.mailserver.received[0].recipients == ["ada@example.com"]
    with site.engine.connect() as connection:
        expired = sa.select(sa.func.count()).where(UserSession.expires_at < utc_now())
        assert connection.execute(expired).scalar_one() == 0
    workers = site.server.processes("sys_purge") | site.server.processes("sys_mail_delivered")
    assert site.server.pid not in workers


@pytest.mark.asvs("3.3.1", "15.3.4")
def test_client_has_its_own_ip_address_and_https(site: Site) -> None:
    ip_address = next(_ip_addresses)
    visitor = Visitor(site.nginx, source=ip_address)
    answer = visitor.sign_up(a_email())
    assert answer.status == 303
    assert answer.headers["Location"].startswith(f"{SITE_URL}/")
    assert all("secure" in cookie for cookie in answer.headers.get_all("Set-Cookie"))
    assert visitor.is_signed_in
    assert site.session_ip_address(visitor) == ip_address


@pytest.mark.asvs("4.1.3", "15.3.4")
@pytest.mark.parametrize("entrance", ["nginx", "server"])
def test_forwarding_headers_of_clients_count_for_nothing(site: Site, entrance: str) -> None:
    """Neither through the proxy nor past it, from a peer that is not trusted."""
    ip_address = next(_ip_addresses)
    visitor = Visitor(getattr(site, entrance), source=ip_address, headers=FORGERIES)
    answer = visitor.sign_up(a_email())
    assert answer.status == 303
    assert answer.headers["Location"].endswith("://accounts.example.com/dashboard")
    if entrance == "nginx":
        assert answer.headers["Location"].startswith(SITE_URL)
    assert visitor.is_signed_in
    assert site.session_ip_address(visitor) == ip_address


def test_sigterm_lets_forms_in_progress_finish(site: Site) -> None:
    """12 sign-ups are sent, and the server is stopped when one of them has an account."""
    visitors = [Visitor(site.nginx, source=next(_ip_addresses)) for _ in range(SIGN_UPS)]
    emails = [a_email() for _ in visitors]
    pages = [visitor.get("/sign-up") for visitor in visitors]
    with ThreadPoolExecutor(SIGN_UPS) as pool:
        answers = [
            pool.submit(visitor.send, page, sign_up_form(email))
            for visitor, page, email in zip(visitors, pages, emails, strict=True)
        ]
        until(lambda: site.accounts(emails), "the first account")
        in_progress = SIGN_UPS - site.accounts(emails)
        site.server.end()
    assert in_progress
    assert [answer.result().status for answer in answers] == [303] * SIGN_UPS
    assert site.accounts(emails) == SIGN_UPS
    site.server.start()
