"""The pages of sessions and history in every state."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from playwright.sync_api import Page
from sqlalchemy.engine import Engine

from authsite.audit.event_types import Actor, EventType, SessionEndReason
from authsite.clock import utc_now
from authsite.models import AuditEvent, User, UserSession
from authsite.tokens import new_id
from tests.browser.actions import Person, fill_in, sign_up

_BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:141.0) Gecko/20100101 Firefox/141.0",
    "Mozilla/5.0 (Android 15; Mobile; rv:141.0) Gecko/141.0 Firefox/141.0",
    "W" * 512,
    None,
)
_IP_ADDRESSES = ("192.0.2.7", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "198.51.100.7", None)
_NAMES = (None, "my phone", "W" * 60, None)


def _open(path: str) -> Callable[[Page], None]:
    return lambda page: page.goto(path)


def _open_one(page: Page) -> None:
    page.goto("/account/sessions")
    page.get_by_role("link", name="Rename or sign out").first.click()


def _name_one(page: Page) -> None:
    _open_one(page)
    fill_in(page, {"Name": "W" * 61}, "Save name")


def _older(page: Page) -> None:
    page.goto("/account/history")
    page.get_by_role("link", name="Older").click()


#: How a user with other sessions and a long history reaches each state.
STATES: dict[str, Callable[[Page], None]] = {
    "account, checkup": _open("/account"),
    "sessions": _open("/account/sessions"),
    "session": _open_one,
    "session, name too long": _name_one,
    "history": _open("/account/history"),
    "history, older": _older,
}


def reach(state: str, page: Page, engine: Engine) -> None:
    """Bring the page into the state."""
    person = Person()
    sign_up(page, person)
    with engine.begin() as connection:
        is_owner = User.email == person.email
        owner = connection.execute(sa.select(User.id).where(is_owner)).scalar_one()
        connection.execute(sa.insert(UserSession.__table__), _sessions_of(owner))
        connection.execute(sa.insert(AuditEvent.__table__), _events_of(owner))
    STATES[state](page)


def _sessions_of(owner: str) -> list[dict[str, Any]]:
    now = utc_now()
    return [
        {
            "id": new_id(),
            "secret_digest": b"no browser has the secret of this",
            "user_id": owner,
            "created_at": now - timedelta(days=20),
            "last_seen_at": now - timedelta(days=15),
            "authenticated_at": now - timedelta(days=20),
            "expires_at": now + timedelta(days=5),
            "user_agent": browser,
            "ip_address": ip_address,
            "name": name,
            "public_computer": name is None,
        }
        for browser, ip_address, name in zip(_BROWSERS, _IP_ADDRESSES, _NAMES, strict=True)
    ]


def _events_of(owner: str) -> list[dict[str, Any]]:
    """Return one event of each type, and three ended sessions for each reason."""
    now, events = utc_now(), []
    for event_type in set(EventType) - {EventType.SESSION_ENDED}:
        subject = {"subject": "W" * 120, "from": f"{'w' * 60}@example.com", "to": "b@example.com"}
        reason = {"reason": "Too many complaints."}
        events.append((event_type, reason if event_type is EventType.SUSPENDED else subject))
    for position, reason in enumerate((*SessionEndReason, *SessionEndReason, *SessionEndReason)):
        ended = {"reason": reason.key, "session": new_id(), "browser": _BROWSERS[position % 3]}
        if name := _NAMES[position % 3]:
            ended |= {"name": name, "ip_address": _IP_ADDRESSES[position % 3]}
        events.append((EventType.SESSION_ENDED, ended))
    actors = [*Actor]
    return [
        {
            "id": new_id(),
            "user_id": owner,
            "occurred_at": now - timedelta(hours=position),
            "type": event_type.key,
            "actor": actors[position % len(actors)],
            "session_id": new_id() if position % 2 else None,
            "user_agent": _BROWSERS[position % len(_BROWSERS)],
            "ip_address": _IP_ADDRESSES[position % len(_IP_ADDRESSES)],
            "details": details,
        }
        for position, (event_type, details) in enumerate(events)
    ]
