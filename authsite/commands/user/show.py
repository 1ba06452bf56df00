"""`authsite user show`: an account, its sessions, and what happened to it of late."""

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime

from pyramid.registry import Registry

from authsite.accounts.active_sessions import SessionInfo, find_sessions
from authsite.accounts.find_users import UserSummary
from authsite.audit.labels import detail_labels, event_label
from authsite.audit.queries import HistoryEntry, history_page, to_dict
from authsite.clock import utc_now
from authsite.commands.as_json import as_json_line
from authsite.commands.columns import in_columns
from authsite.commands.ini_file import with_site
from authsite.commands.user.arguments import Actions, add_account, add_action
from authsite.commands.user.find import facts_of
from authsite.commands.user.operation import account_named, nobody_has
from authsite.http.user_agents import browser_label
from authsite.services import services_of

NONE = "none\n"


def add_actions(actions: Actions) -> None:
    """Add the action."""
    what = "show an account, its sessions and its last events"
    add_account(add_action(actions, "show", what, show))


def show(asked: argparse.Namespace) -> int:
    """Print what there is to know of an account that is nobody's secret."""

    def look(registry: Registry) -> int:
        with services_of(registry).database.read_dbsession() as dbsession:
            user = account_named(dbsession, asked.account)
            if user is None:
                raise nobody_has(asked.account)
            sessions, _count = find_sessions(dbsession, user.id, here="", now=utc_now())
            events = history_page(dbsession, user.id, before=None, now=utc_now()).entries
        tell = _as_json if asked.json else _as_text
        sys.stdout.write(tell(user, sessions, events))
        return 0

    return with_site(look)(asked)


def _as_json(
    user: UserSummary, sessions: Sequence[SessionInfo], events: Sequence[HistoryEntry]
) -> str:
    answer = {
        "account": facts_of(user),
        "sessions": [each._asdict() for each in sessions],
        "events": [to_dict(each) for each in events],
    }
    return as_json_line(answer)


def _as_text(
    user: UserSummary, sessions: Sequence[SessionInfo], events: Sequence[HistoryEntry]
) -> str:
    return (
        f"{user.full_name} <{user.email}>\n"
        f"{in_columns(_account(user))}"
        "\nsessions, the one that was used last first\n"
        f"{in_columns([_session(each) for each in sessions]) or NONE}"
        "\nlast events\n"
        f"{in_columns([_event(each) for each in events]) or NONE}"
    )


def _account(user: UserSummary) -> list[tuple[str, str]]:
    rows = [
        ("id", user.id),
        ("made", _moment(user.created_at)),
        ("address confirmed", _moment(user.email_verified_at) or "no"),
        ("password", "yes" if user.has_password else "none yet"),
        ("administrator", "yes" if user.is_administrator else "no"),
    ]
    if user.suspended_at:
        rows.append(("suspended", f"{_moment(user.suspended_at)}: {user.suspension_reason}"))
    if user.delete_after:
        rows.append(("goes", _moment(user.delete_after)))
    return rows


def _session(session: SessionInfo) -> tuple[str, ...]:
    return (
        session.id,
        f"seen {_moment(session.last_seen_at)}",
        f"since {_moment(session.created_at)}",
        session.ip_address or "",
        browser_label(session.user_agent),
        session.name or "",
    )


def _event(entry: HistoryEntry) -> tuple[str, ...]:
    return (
        _moment(entry.occurred_at),
        f"by {entry.actor}",
        event_label(entry.type),
        entry.ip_address or "",
        ", ".join(f"{label}: {value}" for label, value in detail_labels(entry.details)),
    )


def _moment(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%SZ}" if moment else ""
