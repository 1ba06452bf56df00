"""One transaction of an operator, and what it reports."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import click
from pyramid.paster import setup_logging

from authsite.accounts.find_users import UserSummary, find_exact
from authsite.accounts.unit_of_work import UnitOfWork
from authsite.accounts.users import lock_user
from authsite.accounts.view_account import record_view
from authsite.cli.operators import operator_name
from authsite.cli.output import format_json_line
from authsite.cli.site import open_site
from authsite.cli.user.accounts import no_such_account
from authsite.models import User
from authsite.web.request import Request


@dataclass(frozen=True, slots=True)
class Result:
    """What was done: in one line for people, and in plain values for programs."""

    message: str
    data: dict[str, Any]

    @classmethod
    def of(cls, user: User, message: str, **data: Any) -> "Result":
        """Return what was done to an account."""
        return cls(f"{user.email}: {message}", {"id": user.id, "email": user.email} | data)


@contextmanager
def unit_of_work(request: Request) -> Iterator[UnitOfWork]:
    """Begin a transaction, which is committed unless something is raised in it."""
    with request.authsite.tm:
        request.authsite.dbsession = request.authsite.services.database.write_dbsession(
            request.authsite.tm
        )
        yield request.authsite.operator_work(operator_name())


@contextmanager
def locked_account(ini: str, account: str) -> Iterator[tuple[UnitOfWork, User]]:
    """Begin a transaction with an account of a site, locked until it ends; the ini file logs."""
    with open_site(ini) as request:
        setup_logging(ini)
        with unit_of_work(request) as work:
            yield work, lock_account(work, account)


def lock_account(work: UnitOfWork, account: str) -> User:
    """Return the user of an account, locked until the transaction ends."""
    found = find_exact(work.dbsession, account)
    user = found and lock_user(work.dbsession, found.id)
    if user is None:
        raise no_such_account(account)
    return user


@contextmanager
def viewed_account(ini: str, account: str) -> Iterator[tuple[UnitOfWork, UserSummary]]:
    """Begin a transaction with an account to look at; the look is recorded after the block."""
    with open_site(ini) as request:
        setup_logging(ini)
        with unit_of_work(request) as work:
            user = find_exact(work.dbsession, account)
            if user is None:
                raise no_such_account(account)
            yield work, user
            record_view(work, user.id)


def print_result(result: Result, *, as_json: bool) -> None:
    """Print what was done; call it after the commit."""
    if as_json:
        click.echo(format_json_line(result.data), nl=False)
    else:
        click.echo(result.message)
