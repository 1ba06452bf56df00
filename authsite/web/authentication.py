"""What every page does that asks for a password: judge it, and let its owner in."""

from dataclasses import replace
from datetime import datetime

from pyramid.security import remember
from sqlalchemy.orm import Session

from authsite.accounts.email_links import ActiveLink, InvalidLink, hit_link_throttle
from authsite.accounts.new_device import notify_new_device
from authsite.accounts.sign_in import (
    InvalidCredentials,
    lock_credential,
    normalize_email,
    replace_password_hash,
    verify_password,
)
from authsite.accounts.users import AccountSuspended, Credential
from authsite.audit.event_types import AuthMethod, EventType
from authsite.http.client import ip_address_of, network_of, user_agent_of
from authsite.http.user_agents import browser_label
from authsite.passwords.hash_queue import HashQueueFull
from authsite.security.policy import require_identity, rotate_session
from authsite.throttling.throttles import RateLimited
from authsite.tokens import new_id
from authsite.web.request import Request


def verify_current_password(request: Request, password: str, *, now: datetime) -> Credential:
    """Return the credential of whoever is signed in, if this is their password.

    It is judged, throttled and counted as at the sign-in, and raises the same. It is not held: no
    transaction has begun when this returns, so that a new password can be hashed first.
    """
    identity = require_identity(request)
    credential = authenticate(request, normalize_email(identity.email), password, now=now)
    if credential.user_id != identity.user_id:  # the address has gone to somebody else
        raise InvalidCredentials
    return credential


def record_reauthentication(
    request: Request, password: str, *, now: datetime
) -> list[tuple[str, str]]:
    """Write down that this session's owner has just typed their password; return the headers.

    Raises what `verify_current_password` does, and `HTTPForbidden` if the session has ended meanwhile.
    """
    identity = require_identity(request)
    credential = lock_and_rehash(
        request, verify_current_password(request, password, now=now), password
    )
    request.audit.record(
        request.dbsession, credential.user_id, EventType.PASSWORD_CONFIRMED, now=now
    )
    return continue_session(request, credential, account=normalize_email(identity.email), now=now)


def authenticate(request: Request, account: str, password: str, *, now: datetime) -> Credential:
    """Return whose password this is; no transaction has begun then.

    `account` is the key of an address. Raises `InvalidCredentials`, `AccountSuspended`, `Throttled` or
    `HashQueueFull`.
    """
    services = request.services
    try:
        credential = verify_password(
            services.credentials,
            throttles=services.throttles,
            hasher=services.hasher,
            account=account,
            password=password,
            network=network_of(request),
            read_device=lambda password_hash: services.devices.read(
                request, account, password_hash, now=now
            ),
            now=now,
        )
    except InvalidCredentials as wrong:
        record_failure(request, wrong.user_id or new_id(), EventType.SIGN_IN_FAILED, now=now)
        raise
    if credential.suspended_at:
        record_failure(request, credential.user_id, EventType.SIGN_IN_DENIED, now=now)
        raise AccountSuspended(credential.suspension_reason)
    return credential


def record_failure(request: Request, user_id: str, kind: EventType, *, now: datetime) -> None:
    """Write down what did not come to be, in a transaction of its own, since no other one begins.

    For an account that nobody has, the same is done, and nothing is written. After a power cut
    the last of these may be missing, as the tries that they tell of may: that saves the wait for
    the disk, by which the two could be told apart.
    """
    with Session(request.services.database.relaxed_engine) as dbsession:
        request.audit.record(dbsession, user_id, kind, now=now)
        dbsession.commit()


def authenticate_with_link(
    request: Request, link: ActiveLink | None, password: str | None, *, now: datetime
) -> Credential | None:
    """Count a try at a link and, unless it is None, judge the password of its account.

    Raises `InvalidLink` if there is no link, or as `judge` does. A try is given back before the
    transaction begins, unless it may have been a guess: of the link, or of the password.
    """
    throttles, credential = request.services.throttles, None
    hits = hit_link_throttle(throttles, link=link, network=network_of(request), now=now)
    if link is None:
        raise InvalidLink
    try:
        if password is not None:
            credential = authenticate(request, link.owner_email_normalized, password, now=now)
    except (AccountSuspended, HashQueueFull, RateLimited):  # it was no guess, or was not compared
        throttles.refund(hits)
        raise
    throttles.refund(hits)
    return credential


def lock_and_rehash(request: Request, credential: Credential, password: str) -> Credential:
    """Hold what was judged until the transaction ends, and renew its hash if it is out of date.

    Raises `InvalidCredentials` or `HashQueueFull`.
    """
    services = request.services
    if not services.hasher.is_outdated(credential.password_hash):
        lock_credential(request.dbsession, credential)
        return credential
    renewed = services.hasher.hash(password)
    replace_password_hash(request.dbsession, credential, renewed)
    return replace(credential, password_hash=renewed)


def start_session(
    request: Request,
    credential: Credential,
    *,
    account: str,
    public_computer: bool = False,
    method: AuthMethod = AuthMethod.PASSWORD,
    now: datetime,
) -> list[tuple[str, str]]:
    """Open a session in this browser; return the headers for it, and for knowing it again.

    The owner is told by mail if the account has never been used with this browser. The caller
    holds the user.
    """
    is_new = method is not AuthMethod.SIGN_UP and not request.services.devices.recognizes(
        request, credential.user_id, since=credential.devices_valid_since, now=now
    )
    headers = remember(
        request,
        credential.user_id,
        public_computer=public_computer,
        method=method,
        kind=EventType.NEW_DEVICE_SIGN_IN if is_new else EventType.SIGNED_IN,
        now=now,
    )
    if is_new:
        notify_new_device(
            request.dbsession,
            credential.user_id,
            browser=browser_label(user_agent_of(request)),
            ip_address=ip_address_of(request),
            outbox=request.outbox,
            revert_lifetime=request.services.settings.email.revert_lifetime,
            now=now,
        )
    if not public_computer:
        headers.append(remember_device(request, credential, account, now=now))
    return headers


def continue_session(
    request: Request, credential: Credential, *, account: str, now: datetime
) -> list[tuple[str, str]]:
    """Give the session of this browser another secret; return the headers, as `start_session` does."""
    known = refresh_device(request, credential, account, now=now)
    return [*rotate_session(request, now=now), *known]


def refresh_device(
    request: Request, credential: Credential, account: str, *, now: datetime
) -> list[tuple[str, str]]:
    """Return the header by which a browser that is known for the account stays so, if it is.

    A session alone makes no browser known: into another one it may have been copied, and the owner
    would never be told that somebody signs in there.
    """
    recognizes = request.services.devices.recognizes(
        request, credential.user_id, since=credential.devices_valid_since, now=now
    )
    if require_identity(request).public_computer or not recognizes:
        return []
    return [remember_device(request, credential, account, now=now)]


def remember_device(
    request: Request, credential: Credential, account: str, *, now: datetime
) -> tuple[str, str]:
    """Return the header by which this browser will be known for the account again."""
    return request.services.devices.remember(
        request, account, credential.password_hash, user_id=credential.user_id, now=now
    )
