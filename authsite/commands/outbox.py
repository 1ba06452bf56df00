"""`authsite outbox`: what waits to be delivered, what failed and why, and what went out."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from pyramid.registry import Registry

from authsite.commands.as_json import add_json, as_json
from authsite.commands.columns import in_columns
from authsite.commands.ini_file import add_ini_file, with_site
from authsite.mail.status import MessageStatus, count_messages, some_messages
from authsite.services import services_of

HELP = "show what waits to be delivered, what failed and why, and what went out of late"

_HEADER = (
    "state",
    "template",
    "recipient",
    "send at",
    "attempts",
    "next attempt",
    "delivered",
    "last error",
)


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Make the command ask for an ini file, and take a form for its answer."""
    add_ini_file(command)
    add_json(command)


def run(asked: argparse.Namespace) -> int:
    """Print how many messages there are of each state, and some of each."""
    return with_site(_shown(_as_json if asked.json else _as_text))(asked)


def _shown(
    tell: Callable[[Mapping[str, int], Sequence[MessageStatus]], str],
) -> Callable[[Registry], int]:
    def show(registry: Registry) -> int:
        with services_of(registry).database.read_engine.connect() as connection:
            counts, messages = count_messages(connection), some_messages(connection)
        sys.stdout.write(tell(counts, messages))
        return 0

    return show


def _as_text(counts: Mapping[str, int], messages: Sequence[MessageStatus]) -> str:
    counted = ", ".join(f"{number} {state}" for state, number in counts.items())
    rows = [_HEADER, *map(_row, messages)] if messages else []
    return f"{counted}\n{in_columns(rows)}"


def _row(message: MessageStatus) -> tuple[str, ...]:
    return (
        message.state,
        message.template,
        message.recipient,
        _moment(message.send_at),
        str(message.attempts),
        _moment(message.next_attempt_at),
        _moment(message.delivered_at),
        message.last_error or "",
    )


def _moment(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%SZ}" if moment else ""


def _as_json(counts: Mapping[str, int], messages: Sequence[MessageStatus]) -> str:
    answer = {"counts": counts, "messages": [message._asdict() for message in messages]}
    return as_json(answer)
