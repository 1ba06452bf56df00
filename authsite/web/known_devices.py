"""Known devices: when a browser is recognized for an account, and when its cookie is set."""

from datetime import timedelta

from authsite.accounts.users import Credential
from authsite.security.sessions import require_identity
from authsite.web.request import Request

Headers = list[tuple[str, str]]

#: Device cookies count whole seconds, so that one set at the moment of a new password would be
#: older than the password.
_A_SECOND = timedelta(seconds=1)
_AT_ONCE = timedelta(0)


def is_recognized(request: Request, credential: Credential) -> bool:
    """Whether this browser has signed in to the account since its devices were last forgotten."""
    return request.authsite.services.device_cookies.recognizes(
        request,
        credential.user_id,
        since=credential.devices_valid_since,
        now=request.authsite.work.now,
    )


def remember_device(
    request: Request, credential: Credential, email_normalized: str, *, after: timedelta = _AT_ONCE
) -> Headers:
    """Return the header that makes this browser known for the account."""
    header = request.authsite.services.device_cookies.remember(
        request,
        email_normalized,
        credential.password_hash,
        user_id=credential.user_id,
        now=request.authsite.work.now + after,
    )
    return [header]


def refresh_device(request: Request, credential: Credential, email_normalized: str) -> Headers:
    """Return the header that keeps a recognized device recognized, after a re-authentication.

    A session alone makes no device known: its cookie may have been copied to another browser, and
    the owner would get no notice of sign-ins there.
    """
    if require_identity(request).public_computer or not is_recognized(request, credential):
        return []
    return remember_device(request, credential, email_normalized)


def remember_after_new_password(
    request: Request, credential: Credential, email_normalized: str
) -> Headers:
    """Return the header that makes the browser known in which the password was chosen.

    All others are forgotten. Its own failed attempts no longer count, since it gets a rate limit of
    its own. On a public computer this returns no header.
    """
    identity = request.authsite.identity
    if identity is not None and identity.public_computer:
        return []
    return remember_device(request, credential, email_normalized, after=_A_SECOND)


def forget_device(request: Request, credential: Credential) -> Headers:
    """Return the header that makes this browser unknown for the account, if it is known."""
    return request.authsite.services.device_cookies.forget(
        request, credential.user_id, now=request.authsite.work.now
    )
