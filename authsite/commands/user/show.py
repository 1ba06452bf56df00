"""`authsite user show`: an account, its sessions, and what happened to it of late."""

import argparse
import sys
from datetime import datetime

from pyramid.registry import Registry
from sqlalchemy.orm import Session

from authsite.accounts.events import Kind
from authsite.accounts.find_users import UserSummary
from authsite.accounts.look_at_account import EventSeen, SessionSeen, events_seen, sessions_seen
from authsite.clock import utc_now
from authsite.commands.columns import in_columns
from authsite.commands.ini_file import with_site
from authsite.commands.user.arguments import Actions, add_account, add_action
from authsite.commands.user.find import facts_of
from authsite.commands.user.operation import account_named, as_json, nobody_has
from authsite.site import site_of

#: Events that are shown; the pages of administrators have all.
_LAST = 20
_WORDS = {kind.key: kind.words for kind in Kind}


def add_actions(actions: Actions) -> None:
    """Add the action."""
    what = "show an account, its sessions and its last events"
    add_account(add_action(actions, "show", what, show))


def show(asked: argparse.Namespace) -> int:
    """Print what there is to know of an account that is nobody's secret."""

    def look(registry: Registry) -> int:
        with site_of(registry).database.session_to_read() as dbsession:
            user = account_named(dbsession, asked.account)
            if user is None:
                raise nobody_has(asked.account)
            tell = _as_json if asked.json else _as_text
            sys.stdout.write(tell(dbsession, user))
        return 0

    return with_site(look)(asked)


def _as_json(dbsession: Session, user: UserSummary) -> str:
    answer = {
        "account": facts_of(user),
        "sessions": [each._asdict() for each in sessions_seen(dbsession, user.id, now=utc_now())],
        "events": [each._asdict() for each in events_seen(dbsession, user.id, limit=_LAST)],
    }
    return f"{as_json(answer)}\n"


def _as_text(dbsession: Session, user: UserSummary) -> str:
    sessions = sessions_seen(dbsession, user.id, now=utc_now())
    events = events_seen(dbsession, user.id, limit=_LAST)
    return (
        f"{user.full_name} <{user.email}>\n"
        f"{in_columns(_account(user))}"
        f"\n{len(sessions)} sessions, the one used last first\n"
        f"{in_columns([_session(each) for each in sessions])}"
        f"\nlast events\n"
        f"{in_columns([_event(each) for each in events])}"
    )


def _account(user: UserSummary) -> list[tuple[str, str]]:
    rows = [
        ("id", user.id),
        ("made", _moment(user.created_at)),
        ("address confirmed", _moment(user.email_verified_at) or "no"),
        ("password", "yes" if user.has_password else "none yet"),
        ("administrator", "yes" if user.is_administrator else "no"),
    ]
    if user.frozen_at:
        rows.append(("frozen", f"{_moment(user.frozen_at)}: {user.frozen_reason}"))
    if user.closes_at:
        rows.append(("goes", _moment(user.closes_at)))
    return rows


def _session(seen: SessionSeen) -> tuple[str, ...]:
    return (
        seen.id,
        _moment(seen.last_seen_at),
        f"since {_moment(seen.created_at)}",
        seen.network_address or "",
        seen.name or "",
        seen.user_agent or "",
    )


def _event(seen: EventSeen) -> tuple[str, ...]:
    return (
        _moment(seen.at),
        f"by {seen.actor}",
        _WORDS.get(seen.kind, seen.kind),
        seen.network_address or "",
        ", ".join(f"{name}: {value}" for name, value in seen.details.items()),
    )


def _moment(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%SZ}" if moment else ""
