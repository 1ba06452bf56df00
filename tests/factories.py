"""Factories for users, sessions, requests and services.

Rows are committed. Values that a test does not pass have defaults.
"""

import functools
import itertools
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pyramid.registry import Registry
from sqlalchemy.orm import Session

import authsite
from authsite.accounts.sessions import Identity, SessionTimeouts
from authsite.accounts.unit_of_work import UnitOfWork
from authsite.audit.event_types import Actor, EventSource, EventType
from authsite.audit.recorder import AuditLog
from authsite.http.client import Client, parse_network
from authsite.http.own_urls import OwnUrls
from authsite.mail.composer import MailComposer, mail_environment
from authsite.mail.content import Content, encrypt_content
from authsite.models import AuditEvent, OutboxMessage, User, UserSession
from authsite.passwords.hasher import PasswordHasher
from authsite.passwords.policy import PasswordPolicy
from authsite.services import Services
from authsite.settings.parsers import rate_limits
from authsite.settings.throttle_schema import ThrottleSettings
from authsite.throttling.throttles import Throttles
from authsite.tokens import SessionToken, new_id
from authsite.web.request import Request
from tests.mailbox import CIPHER

#: The current time in tests; whole seconds make failures readable.
NOW = datetime(2030, 5, 17, 12, 0, tzinfo=UTC)
#: The content of messages that a test does not describe.
CONTENT = Content(
    "Open this page: https://accounts.example.com/verify-email/secret",
    "<p>Open <a href='https://accounts.example.com/verify-email/secret'>this</a>",
)
LIMITS = SessionTimeouts(
    idle_timeout=timedelta(days=30),
    absolute_timeout=timedelta(days=90),
    refresh_interval=timedelta(hours=1),
)

_numbers = itertools.count(1)


def a_hasher(**values: Any) -> PasswordHasher:
    """Return a hasher with the lowest costs of Argon2: 8 KiB, one pass, one thread."""
    cheap = {"time_cost": 1, "memory_cost": 8, "parallelism": 1, "concurrency": 1}
    return PasswordHasher(**cheap | values)


def throttles_for(services: Services, *, key: bytes = b"of the tests", **limits: str) -> Throttles:
    """Return throttles with these limits and no others: `sign_up_network="20/1h"`."""
    off = dict.fromkeys(vars(services.settings.throttle), "off")
    settings = ThrottleSettings(
        **{name: rate_limits(limit) for name, limit in (off | limits).items()}
    )
    database = services.database
    return Throttles(
        partial(database.writing, relaxed=True),
        database.compile,
        dialect=database.engine.dialect.name,
        key=key,
        limits=vars(settings),
    )


def a_policy(**values: Any) -> PasswordPolicy:
    """Return the password policy of a site without settings."""
    return PasswordPolicy(**{"minimum_length": 12, "blocklist": ("authsite",)} | values)


def a_unit_of_work(services: Services, dbsession: Session, **values: Any) -> UnitOfWork:
    """Begin a unit of work as a request does, with links to `https://site.example`.

    Nothing is throttled, hashes are cheap, and hits are refunded at once, unless `values` replace
    these; `source` replaces fields of the source of its events. The test commits `dbsession`.
    """
    now = values.pop("now", NOW)
    source = EventSource(**{"actor": Actor.USER} | values.pop("source", {}))
    audit = an_audit_log(dbsession, now=now, source=source)
    throttles = values.get("throttles") or throttles_for(services)
    return UnitOfWork(
        **{
            "dbsession": dbsession,
            "now": now,
            "client": Client("192.0.2.1", "192.0.2.1", None),
            "audit": audit,
            "outbox": an_outbox(dbsession, now=now),
            "settings": services.settings,
            "credentials": services.credentials,
            "hasher": services.hasher,
            "password_policy": services.password_policy,
            "throttles": throttles,
            "refund": throttles.refund,
            "refund_on_abort": lambda _hits: None,
        }
        | values
    )


def an_audit_log(dbsession: Session, *, now: datetime, source: EventSource) -> AuditLog:
    """Record events as the site does, without observers."""
    return AuditLog(
        dbsession=dbsession, now=now, source=source, notify=lambda _event: None, publish=[]
    )


@functools.cache
def _mail_templates() -> Environment:
    return mail_environment(
        Environment(
            loader=FileSystemLoader(Path(authsite.__file__).parent / "templates"),
            undefined=StrictUndefined,
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
    )


def an_outbox(dbsession: Session, *, now: datetime) -> MailComposer:
    """Compose emails as the site does, with links to `https://site.example`."""
    return MailComposer(
        dbsession=dbsession,
        now=now,
        environment=_mail_templates(),
        site_name="authsite",
        link_to=lambda *segments: f"https://site.example/{'/'.join(segments)}",
        cipher=CIPHER,
        audit=an_audit_log(dbsession, now=now, source=EventSource(Actor.SYSTEM)),
        on_put=lambda: None,
    )


def a_user(dbsession: Session, **values: Any) -> User:
    """Add a new user."""
    user = _new_user(**values)
    dbsession.add(user)
    dbsession.commit()
    return user


def _new_user(**values: Any) -> User:
    email = values.get("email", f"person{next(_numbers)}@example.com")
    return User(
        **{
            "id": new_id(),
            "first_name": "Grace",
            "last_name": "Hopper",
            "email": email,
            "email_normalized": email.lower(),
            "password_hash": "no password has this hash",
            "created_at": NOW - timedelta(days=100),
        }
        | values
    )


def a_session(
    dbsession: Session, user: User, *, token: SessionToken | None = None, **values: Any
) -> UserSession:
    """Add a session; `token` is the value of its cookie."""
    user_session = _new_session(user, token or SessionToken.new(), **values)
    dbsession.add(user_session)
    dbsession.commit()
    return user_session


def _new_session(user: User, token: SessionToken, **values: Any) -> UserSession:
    created_at = values.get("created_at", NOW - timedelta(days=1))
    return UserSession(
        **{
            "id": token.id,
            "secret_digest": token.digest,
            "user_id": user.id,
            "created_at": created_at,
            "last_seen_at": created_at,
            "authenticated_at": created_at,
            "expires_at": created_at + LIMITS.idle_timeout,
        }
        | values
    )


def a_message(
    dbsession: Session, *, content: Content | None = CONTENT, **values: Any
) -> OutboxMessage:
    """Add a due message to the outbox; `content=None` leaves it empty."""
    send_at = values.get("send_at", NOW)
    message_id = new_id()
    message = OutboxMessage(
        **{
            "id": message_id,
            "template": "verify_email",
            "recipient": f"person{next(_numbers)}@example.com",
            "subject": "Confirm your address",
            "content": content and encrypt_content(content, CIPHER, message_id=message_id),
            "send_at": send_at,
            "next_attempt_at": send_at,
        }
        | values
    )
    dbsession.add(message)
    dbsession.commit()
    return message


def an_event(
    dbsession: Session, user: User, *, kind: EventType = EventType.SIGNED_IN, **values: Any
) -> AuditEvent:
    """Add an event of a user, by default a day ago and from a browser."""
    event = _new_event(user, kind, **values)
    dbsession.add(event)
    dbsession.commit()
    return event


def _new_event(user: User, kind: EventType = EventType.SIGNED_IN, **values: Any) -> AuditEvent:
    ip_address = values.get("ip_address", "192.0.2.1")
    return AuditEvent(
        **{
            "id": new_id(),
            "user_id": user.id,
            "occurred_at": NOW - timedelta(days=1),
            "type": kind.key,
            "actor": Actor.USER.value,
            "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0",
            "ip_address": ip_address,
            "network": ip_address and parse_network(ip_address),
            "details": {},
        }
        | values
    )


def some_noise(dbsession: Session) -> list[User]:
    """Add other users with sessions, which the test must not affect."""
    users = [_new_user() for _ in range(3)]
    dbsession.add_all(users)
    dbsession.flush()
    for user in users:
        sessions = [_new_session(user, SessionToken.new()) for _ in range(2)]
        dbsession.add_all([*sessions, _new_event(user, session_id=sessions[1].id)])
    dbsession.commit()
    return users


def an_identity(**values: Any) -> Identity:
    """Return the identity of a signed-in user, without a row."""
    return Identity(
        **{
            "user_id": new_id(),
            "session_id": new_id(),
            "first_name": "Grace",
            "last_name": "Hopper",
            "email": "grace@example.com",
            "last_seen_at": NOW,
            "authenticated_at": NOW,
            "expires_at": NOW + LIMITS.idle_timeout,
            "public_computer": False,
            "email_is_verified": True,
            "is_administrator": False,
            "member_since": NOW,
        }
        | values
    )


def a_request(path: str = "/", *, identity: Identity | None = None, **environ: Any) -> Request:
    """Return the request of a WSGI environ, anonymous or with an identity."""
    request = Request.blank(path, environ=environ)
    request.registry = Registry()
    request.authsite.identity = identity
    request.authsite.services = SimpleNamespace(own_urls=OwnUrls("", None))
    return request
