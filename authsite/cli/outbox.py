"""`authsite outbox`: which emails wait, which failed and why, and which were delivered."""

from typing import Any

import click

from authsite.cli.options import example, ini_argument, json_option
from authsite.cli.output import format_json, format_moment, format_table
from authsite.cli.site import open_site
from authsite.mail.status import MessageStatus, count_messages, list_messages

HEADER = (
    "status",
    "template",
    "recipient",
    "send at",
    "attempts",
    "next attempt",
    "delivered",
    "last error",
)


@click.command(epilog=example("outbox production.ini"))
@ini_argument
@json_option
def outbox(ini: str, as_json: bool) -> None:
    """Show waiting, failed and delivered emails.

    The number of emails of each status, and the most important of each: those that have waited
    longest, and those that ended last. Their text is not shown.
    """
    with (
        open_site(ini) as request,
        request.authsite.services.database.read_engine.connect() as connection,
    ):
        counts, messages = count_messages(connection), list_messages(connection)
    if as_json:
        found = {"counts": counts, "messages": [message_to_dict(each) for each in messages]}
        click.echo(format_json(found), nl=False)
    else:
        click.echo(", ".join(f"{number} {status}" for status, number in counts.items()))
        rows = [HEADER, *map(message_row, messages)] if messages else []
        click.echo(format_table(rows), nl=False)


def message_row(message: MessageStatus) -> tuple[str, ...]:
    return (
        message.state,
        message.template,
        message.recipient,
        format_moment(message.send_at),
        str(message.attempts),
        format_moment(message.next_attempt_at),
        format_moment(message.delivered_at),
        message.last_error or "",
    )


def message_to_dict(message: MessageStatus) -> dict[str, Any]:
    return {
        "id": message.id,
        "status": message.state,
        "template": message.template,
        "recipient": message.recipient,
        "send_at": message.send_at,
        "attempts": message.attempts,
        "next_attempt_at": message.next_attempt_at,
        "delivered_at": message.delivered_at,
        "last_error": message.last_error,
    }
