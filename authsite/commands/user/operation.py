"""How an operator's act on an account is done: in one transaction, and written down."""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pyramid.paster import setup_logging
from sqlalchemy.orm import Session

from authsite.accounts.find_users import UserSummary, get_summary, summary_of_address
from authsite.accounts.outbox import Outbox
from authsite.accounts.users import lock_user
from authsite.audit.recorder import AuditLog
from authsite.clock import utc_now
from authsite.commands.as_json import as_json_line
from authsite.commands.ini_file import with_request
from authsite.commands.not_done import NotDone
from authsite.models import User
from authsite.settings.schema import Settings
from authsite.web.request import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A transaction of an operator's, and what is needed in it."""

    dbsession: Session
    audit: AuditLog
    outbox: Outbox
    settings: Settings
    now: datetime


@dataclass(frozen=True, slots=True)
class Done:
    """What was done: in a sentence, and in plain values for programs."""

    words: str
    facts: dict[str, Any]


@contextmanager
def operation(request: Request) -> Iterator[Operation]:
    """Begin an operation, which is kept unless something is raised in it."""
    with request.tm:
        yield Operation(
            dbsession=request.services.database.write_dbsession(request.tm),
            audit=request.cli_audit,
            outbox=request.outbox,
            settings=request.services.settings,
            now=utc_now(),
        )


def act_on_account(
    act: Callable[[Operation, User, argparse.Namespace], Done],
) -> Callable[[argparse.Namespace], int]:
    """Give `act` the account that was asked for, which nobody else changes meanwhile.

    What it did is told when it is kept. The log goes where the ini file says.
    """

    def run(asked: argparse.Namespace) -> int:
        def act_and_tell(request: Request) -> int:
            setup_logging(asked.ini)
            with operation(request) as begun:
                user = _held(begun.dbsession, asked.account)
                done = act(begun, user, asked)
                account = {"id": user.id, "email": user.email}
            tell(Done(f"{account['email']}: {done.words}", account | done.facts), asked)
            return 0

        return with_request(asked, act_and_tell)

    return run


def tell(done: Done, asked: argparse.Namespace) -> None:
    """Print what was done."""
    sys.stdout.write(as_json_line(done.facts) if asked.json else f"{done.words}\n")


def account_named(dbsession: Session, account: str) -> UserSummary | None:
    """Return the account with this address or this id, or None."""
    find = summary_of_address if "@" in account else get_summary
    return find(dbsession, account)


def nobody_has(account: str) -> NotDone:
    """Return what is said where there is no such account."""
    return NotDone(f"no account has the {'address' if '@' in account else 'id'} {account}")


def _held(dbsession: Session, account: str) -> User:
    found = account_named(dbsession, account)
    user = found and lock_user(dbsession, found.id)
    if user is None:
        raise nobody_has(account)
    return user
