"""`authsite user show`: an account, its sessions, and its last events."""

from collections.abc import Sequence
from typing import NamedTuple

import click

from authsite.accounts.active_sessions import SessionInfo, find_sessions
from authsite.accounts.find_users import UserSummary
from authsite.accounts.notes import Note, find_notes
from authsite.accounts.unlock_account import Throttled, find_throttled
from authsite.audit.formats import details_text
from authsite.audit.labels import event_label
from authsite.audit.queries import HistoryEntry, history_page, to_dict
from authsite.cli.operators import operator_option
from authsite.cli.options import example, ini_argument, json_option
from authsite.cli.output import format_json_line, format_moment, format_table
from authsite.cli.user.accounts import account_argument
from authsite.cli.user.list_users import summary_to_dict
from authsite.cli.user.notes import note_to_dict, note_to_text
from authsite.cli.user.unit_of_work import viewed_account
from authsite.cli.user.unlock import throttled_to_text
from authsite.http.user_agents import browser_label

_NONE = "none\n"


@click.command(epilog=example("user show production.ini ada@example.com"))
@ini_argument
@account_argument
@operator_option
@json_option
def show(ini: str, account: str, as_json: bool) -> None:
    """Show an account, its sessions and its last events.

    Also what throttles its user now, and the notes on it. No password, hash or link is shown. The
    look is recorded in the user's history, once an hour.
    """
    with viewed_account(ini, account) as (work, user):
        sessions, _count = find_sessions(work.dbsession, user.id, current=None, now=work.now)
        events = history_page(work.dbsession, user.id, before=None, now=work.now).entries
        help_ = _Help(
            find_throttled(
                work.dbsession,
                work.throttles,
                user_id=user.id,
                email_normalized=user.email_normalized,
                now=work.now,
            ),
            find_notes(work.dbsession, user.id),
        )
    format_account = _to_json if as_json else _to_text
    click.echo(format_account(user, help_, sessions, events), nl=False)


class _Help(NamedTuple):
    """What support needs to know."""

    throttled: Sequence[Throttled]
    notes: Sequence[Note]


def _to_json(
    user: UserSummary,
    help_: _Help,
    sessions: Sequence[SessionInfo],
    events: Sequence[HistoryEntry],
) -> str:
    return format_json_line(
        {
            "account": summary_to_dict(user),
            "throttled": [each._asdict() for each in help_.throttled],
            "notes": [note_to_dict(each) for each in help_.notes],
            "sessions": [_session_to_dict(each) for each in sessions],
            "events": [to_dict(each) for each in events],
        }
    )


def _session_to_dict(session: SessionInfo) -> dict[str, object]:
    return {
        "id": session.id,
        "name": session.name,
        "auth_method": session.auth_method,
        "user_agent": session.user_agent,
        "ip_address": session.ip_address,
        "public_computer": session.public_computer,
        "created_at": session.created_at,
        "last_seen_at": session.last_seen_at,
    }


def _to_text(
    user: UserSummary,
    help_: _Help,
    sessions: Sequence[SessionInfo],
    events: Sequence[HistoryEntry],
) -> str:
    throttled = "".join(f"{throttled_to_text(each)}\n" for each in help_.throttled)
    notes = "".join(map(note_to_text, help_.notes))
    if notes:
        notes = f"\nnotes, the newest first\n{notes}"
    return (
        f"{user.full_name} <{user.email}>\n"
        f"{format_table(_account_rows(user))}"
        f"{throttled}"
        f"{notes}"
        "\nsessions, the most recently used first\n"
        f"{format_table([_session_row(each) for each in sessions]) or _NONE}"
        "\nlast events\n"
        f"{format_table([_event_row(each) for each in events]) or _NONE}"
    )


def _account_rows(user: UserSummary) -> list[tuple[str, str]]:
    rows = [
        ("ID", user.id),
        ("created", format_moment(user.created_at)),
        ("email verified", format_moment(user.email_verified_at) or "no"),
        ("password", "yes" if user.has_password else "not set"),
        ("administrator", "yes" if user.is_administrator else "no"),
    ]
    if user.suspended_at:
        rows.append(("suspended", f"{format_moment(user.suspended_at)}: {user.suspension_reason}"))
    if user.delete_after:
        rows.append(("deletion", format_moment(user.delete_after)))
    return rows


def _session_row(session: SessionInfo) -> tuple[str, ...]:
    return (
        session.id,
        f"last seen {format_moment(session.last_seen_at)}",
        f"since {format_moment(session.created_at)}",
        session.ip_address or "",
        browser_label(session.user_agent),
        session.name or "",
    )


def _event_row(event: HistoryEntry) -> tuple[str, ...]:
    return (
        format_moment(event.occurred_at),
        f"by {event.actor}",
        event_label(event.type),
        event.ip_address or "",
        details_text(event.details),
    )
