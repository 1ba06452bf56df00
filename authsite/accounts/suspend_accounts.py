"""Suspend many accounts, in batches; safe to repeat."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import NamedTuple

from authsite.accounts.find_users import find_exact
from authsite.accounts.suspend_account import suspend_account
from authsite.accounts.unit_of_work import UnitOfWork
from authsite.accounts.users import lock_user
from authsite.models import User

#: Accounts in one transaction, for which other writers wait.
BATCH = 50


class Outcome(StrEnum):
    """What became of one account of the list."""

    SUSPENDED = "suspended"
    ALREADY_SUSPENDED = "already suspended"
    UNKNOWN = "unknown"


class Suspension(NamedTuple):
    """The outcome for an account, as the list names it."""

    account: str
    outcome: Outcome
    user_id: str | None = None
    sessions_ended: int = 0


def suspend_accounts(
    begin: Callable[[], AbstractContextManager[UnitOfWork]],
    accounts: Iterable[str],
    *,
    reason: str,
) -> Iterator[list[Suspension]]:
    """Suspend accounts by email address or id, and yield each batch when it is committed.

    `begin` begins the transaction of a batch. Suspended accounts keep their reason, so that an
    interrupted run can be repeated.
    """
    remaining = iter(accounts)
    while batch := list(itertools.islice(remaining, BATCH)):
        with begin() as work:
            outcomes = _suspend(work, batch, reason=reason)
        yield outcomes


def _suspend(work: UnitOfWork, accounts: list[str], *, reason: str) -> list[Suspension]:
    found = {account: find_exact(work.dbsession, account) for account in accounts}
    ids = {account: summary.id for account, summary in found.items() if summary}
    # In one order, so that two of these transactions do not deadlock.
    users = {user_id: lock_user(work.dbsession, user_id) for user_id in sorted({*ids.values()})}
    return [
        _suspend_one(work, account, users.get(ids.get(account, "")), reason=reason)
        for account in accounts
    ]


def _suspend_one(work: UnitOfWork, account: str, user: User | None, *, reason: str) -> Suspension:
    if user is None:
        return Suspension(account, Outcome.UNKNOWN)
    if user.suspended_at:
        return Suspension(account, Outcome.ALREADY_SUSPENDED, user.id)
    ended = suspend_account(work, user, reason=reason)
    return Suspension(account, Outcome.SUSPENDED, user.id, ended)
