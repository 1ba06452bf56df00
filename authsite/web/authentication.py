"""What every page does that asks for a password: judge it, and let its owner in."""

from dataclasses import replace
from datetime import datetime

from pyramid.security import remember
from sqlalchemy.orm import Session

from authsite.accounts.email_links import DeadLink, OpenLink, counted_try
from authsite.accounts.new_device import tell_of_new_browser
from authsite.accounts.sign_in import (
    WrongCredentials,
    account_of,
    check_password,
    hold_credential,
    replace_password_hash,
)
from authsite.accounts.users import AccountFrozen, Credential
from authsite.audit.event_types import Kind, Method
from authsite.http.client import network_address_of, network_of, user_agent_of
from authsite.http.user_agents import browser_in_words
from authsite.passwords.hash_queue import HashQueueFull
from authsite.security.policy import renew, signed_in
from authsite.throttling.throttles import Throttled
from authsite.tokens import new_id
from authsite.web.request import Request


def own_credential_of(request: Request, password: str, *, now: datetime) -> Credential:
    """Return the credential of whoever is signed in, if this is their password.

    It is judged, throttled and counted as at the sign-in, and raises the same. It is not held: no
    transaction has begun when this returns, so that a new password can be hashed first.
    """
    identity = signed_in(request)
    credential = judge(request, account_of(identity.email), password, now=now)
    if credential.user_id != identity.user_id:  # the address has gone to somebody else
        raise WrongCredentials
    return credential


def confirm(request: Request, password: str, *, now: datetime) -> list[tuple[str, str]]:
    """Write down that this session's owner has just typed their password; return the headers.

    Raises what `own_credential_of` does, and `HTTPForbidden` if the session has ended meanwhile.
    """
    identity = signed_in(request)
    credential = hold(request, own_credential_of(request, password, now=now), password)
    request.journal.write(request.dbsession, credential.user_id, Kind.PASSWORD_CONFIRMED, now=now)
    return keep_in(request, credential, account=account_of(identity.email), now=now)


def judge(request: Request, account: str, password: str, *, now: datetime) -> Credential:
    """Return whose password this is; no transaction has begun then.

    `account` is the key of an address. Raises `WrongCredentials`, `AccountFrozen`, `Throttled` or
    `HashQueueFull`.
    """
    site = request.site
    site.sweeper.nudge(now=now)  # failures leave rows too
    try:
        credential = check_password(
            site.credentials,
            throttles=site.throttles,
            hasher=site.hasher,
            account=account,
            password=password,
            network=network_of(request),
            device_of=lambda password_hash: site.devices.device_of(
                request, account, password_hash, now=now
            ),
            now=now,
        )
    except WrongCredentials as wrong:
        _write_failure(request, wrong.user_id or new_id(), Kind.SIGN_IN_FAILED, now=now)
        raise
    if credential.frozen_at:
        _write_failure(request, credential.user_id, Kind.SIGN_IN_REFUSED, now=now)
        raise AccountFrozen(credential.frozen_reason)
    return credential


def _write_failure(request: Request, user_id: str, kind: Kind, *, now: datetime) -> None:
    """Write down what did not come to be, in a transaction of its own, since no other one begins.

    For an account that nobody has, the same is done, and nothing is written. After a power cut
    the last of these may be missing, as the tries that they tell of may: that saves the wait for
    the disk, by which the two could be told apart.
    """
    with Session(request.site.database.counting) as dbsession:
        request.journal.write(dbsession, user_id, kind, now=now)
        dbsession.commit()


def judge_at_link(
    request: Request, link: OpenLink | None, password: str | None, *, now: datetime
) -> Credential | None:
    """Count a try at a link and, unless it is None, judge the password of its account.

    Raises `DeadLink` if there is no link, or as `judge` does. A try is given back before the
    transaction begins, unless it may have been a guess: of the link, or of the password.
    """
    throttles, credential = request.site.throttles, None
    hits = counted_try(throttles, link=link, network=network_of(request), now=now)
    if link is None:
        raise DeadLink
    try:
        if password is not None:
            credential = judge(request, link.owner_email_key, password, now=now)
    except (AccountFrozen, HashQueueFull, Throttled):  # it was no guess, or was not compared
        throttles.give_back(hits)
        raise
    throttles.give_back(hits)
    return credential


def hold(request: Request, credential: Credential, password: str) -> Credential:
    """Hold what was judged until the transaction ends, and renew its hash if it is out of date.

    Raises `WrongCredentials` or `HashQueueFull`.
    """
    site = request.site
    if not site.hasher.is_outdated(credential.password_hash):
        hold_credential(request.dbsession, credential)
        return credential
    renewed = site.hasher.hash(password)
    replace_password_hash(request.dbsession, credential, renewed)
    return replace(credential, password_hash=renewed)


def let_in(
    request: Request,
    credential: Credential,
    *,
    account: str,
    public_computer: bool = False,
    method: Method = Method.PASSWORD,
    now: datetime,
) -> list[tuple[str, str]]:
    """Open a session in this browser; return the headers for it, and for knowing it again.

    The owner is told by mail if the account has never been used with this browser. The caller
    holds the user.
    """
    is_new = method is not Method.SIGN_UP and not request.site.devices.knows(
        request, credential.user_id, since=credential.known_since, now=now
    )
    headers = remember(
        request,
        credential.user_id,
        public_computer=public_computer,
        method=method,
        kind=Kind.NEW_BROWSER if is_new else Kind.SIGNED_IN,
        now=now,
    )
    if is_new:
        tell_of_new_browser(
            request.dbsession,
            credential.user_id,
            browser=browser_in_words(user_agent_of(request)),
            network_address=network_address_of(request),
            outbox=request.outbox,
            undo_within=request.site.settings.email.undo_within,
            now=now,
        )
    if not public_computer:
        headers.append(known_again(request, credential, account, now=now))
    return headers


def keep_in(
    request: Request, credential: Credential, *, account: str, now: datetime
) -> list[tuple[str, str]]:
    """Give the session of this browser another secret; return the headers, as `let_in` does."""
    known = still_known(request, credential, account, now=now)
    return [*renew(request, now=now), *known]


def still_known(
    request: Request, credential: Credential, account: str, *, now: datetime
) -> list[tuple[str, str]]:
    """Return the header by which a browser that is known for the account stays so, if it is.

    A session alone makes no browser known: into another one it may have been copied, and the owner
    would never be told that somebody signs in there.
    """
    knows = request.site.devices.knows(
        request, credential.user_id, since=credential.known_since, now=now
    )
    if signed_in(request).public_computer or not knows:
        return []
    return [known_again(request, credential, account, now=now)]


def known_again(
    request: Request, credential: Credential, account: str, *, now: datetime
) -> tuple[str, str]:
    """Return the header by which this browser will be known for the account again."""
    return request.site.devices.remember(
        request, account, credential.password_hash, user_id=credential.user_id, now=now
    )
