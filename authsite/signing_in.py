"""What every page does that asks for a password: judge it, and let its owner in."""

from dataclasses import replace
from datetime import datetime

from pyramid.security import remember

from authsite.accounts.sign_in import (
    WrongCredentials,
    account_of,
    check_password,
    hold_credential,
    replace_password_hash,
)
from authsite.accounts.users import Credential
from authsite.network import network_of
from authsite.request import Request
from authsite.security import renew, signed_in


def credential_of(request: Request, account: str, password: str, *, now: datetime) -> Credential:
    """Return whose password this is, and hold it until the transaction ends.

    `account` is the key of an address. All hashing is done before the transaction begins. Raises
    `WrongCredentials`, `Throttled` or `HashQueueFull`.
    """
    return hold(request, judge(request, account, password, now=now), password)


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
    headers = renew(request, now=now)
    if not identity.public_computer:
        headers.append(_known_again(request, credential, account_of(identity.email), now=now))
    return headers


def judge(request: Request, account: str, password: str, *, now: datetime) -> Credential:
    """Return whose password this is; no transaction has begun then. Raises as `credential_of`."""
    site = request.site
    site.sweeper.nudge(now=now)  # failures leave rows too
    return check_password(
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
    now: datetime,
) -> list[tuple[str, str]]:
    """Open a session in this browser; return the headers for it, and for knowing it again."""
    headers = remember(request, credential.user_id, public_computer=public_computer)
    if not public_computer:
        headers.append(_known_again(request, credential, account, now=now))
    return headers


def _known_again(
    request: Request, credential: Credential, account: str, *, now: datetime
) -> tuple[str, str]:
    return request.site.devices.remember(request, account, credential.password_hash, now=now)
