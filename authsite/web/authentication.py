"""Sign-in: authenticate a credential, pass the stages, start the session.

Every way in ends in `complete_sign_in` with a proven credential. No other module creates a session.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from pyramid.response import Response

from authsite.accounts.email_links import ActiveLink, InvalidLink, hit_link_throttle
from authsite.accounts.new_device import notify_new_device
from authsite.accounts.sessions import create_session
from authsite.accounts.sign_in import (
    InvalidCredentials,
    PasswordAttempt,
    SignIn,
    lock_credential,
    normalize_email,
    replace_password_hash,
    verify_password,
)
from authsite.accounts.users import AccountSuspended, Credential
from authsite.audit.event_types import AuthMethod, EventType, SessionEndReason
from authsite.http.redirects import redirect
from authsite.http.user_agents import browser_label
from authsite.passwords.hash_queue import HashQueueFull
from authsite.passwords.places import HashClient
from authsite.security.sessions import require_identity
from authsite.throttling.throttles import RateLimited
from authsite.web.failed_sign_ins import record_failure, record_wrong_password
from authsite.web.known_devices import (
    forget_device,
    is_recognized,
    refresh_device,
    remember_device,
)
from authsite.web.paused_sign_ins import abandon_sign_in, pause_sign_in
from authsite.web.request import Request

#: A stage returns the sign-in to pass it on, or the response that interrupts it.
Stage = Callable[[Request, SignIn], SignIn | Response]
#: The registry's key of the stages, by name, in their order.
STAGES = "authsite.sign_in_stages"
#: The stage at which the user of a closed account chooses whether to keep it.
SCHEDULED_DELETION = "scheduled_deletion"


def authenticate(
    request: Request,
    email_normalized: str,
    password: str,
    *,
    is_sign_in: bool = False,
    by_link: bool = False,
) -> Credential:
    """Verify a password and return its credential, which may be of a suspended account.

    Raises `InvalidCredentials`, `RateLimited` or `HashQueueFull`. The credential is not locked: no
    transaction has begun when this returns. In a sign-in where verification is required, every
    password of an unverified account counts as a wrong one. `by_link` is true behind an email link.
    """
    work, devices = request.authsite.work, request.authsite.services.device_cookies
    must_be_verified = is_sign_in and work.settings.email.must_be_verified
    attempt = PasswordAttempt(
        email_normalized, password, by_link=by_link, must_be_verified=must_be_verified
    )
    try:
        return verify_password(
            work,
            attempt,
            read_device=lambda password_hash: devices.read(
                request, email_normalized, password_hash, now=work.now
            ),
        )
    except InvalidCredentials as error:
        record_wrong_password(request, attempt, error.user_id)
        raise


def authenticate_with_link(
    request: Request, link: ActiveLink | None, password: str | None = None
) -> tuple[ActiveLink, Credential | None]:
    """Count an attempt to use a link and, if a password is given, authenticate its account.

    Raises `InvalidLink` if there is no link, `AccountSuspended`, or as `authenticate` does. The hit
    is refunded before the transaction begins, unless the attempt may have been a guess.
    """
    if link is None:
        raise InvalidLink
    work = request.authsite.work
    hits = hit_link_throttle(work, link)
    credential = None
    try:
        if password is not None:
            credential = authenticate(request, link.owner_email_normalized, password, by_link=True)
            _refuse_suspended(request, credential)
    except (
        AccountSuspended,
        HashQueueFull,
        RateLimited,
    ):  # the password was right, or was not checked
        work.throttles.refund(hits)
        raise
    work.throttles.refund(hits)
    return link, credential


def verify_current_password(request: Request, password: str) -> Credential:
    """Return the credential of the signed-in user if this is their password.

    It is throttled and counted as a sign-in, and raises what `authenticate` does. It is not locked,
    so that a new password can be hashed before the transaction begins.
    """
    identity = require_identity(request)
    credential = authenticate(request, normalize_email(identity.email), password)
    if credential.user_id != identity.user_id:  # another account has this email address by now
        raise InvalidCredentials
    return credential


def record_reauthentication(request: Request, password: str) -> list[tuple[str, str]]:
    """Verify the password of the signed-in user, and rotate the session; return the headers.

    Raises what `verify_current_password` does, or `HTTPForbidden` if the session has ended.
    """
    email = normalize_email(require_identity(request).email)
    credential = _lock(request, verify_current_password(request, password), password)
    request.authsite.work.audit.record(credential.user_id, EventType.PASSWORD_CONFIRMED)
    device = refresh_device(request, credential, email)
    return [*request.authsite.services.sessions.rotate_session(request), *device]


def complete_sign_in(
    request: Request, sign_in: SignIn, *, after: str | None = None, flash: str | None = None
) -> Response:
    """Pass the stages and start the session, or return the response of the stage that interrupts.

    A pending sign-in resumes behind the stage `after`; the next page shows the message `flash`.
    Raises `AccountSuspended`, or `InvalidCredentials` if the credential is no longer valid or the
    email address has to be verified first.
    """
    stages: Mapping[str, Stage] = request.registry[STAGES]
    names = list(stages)
    result: SignIn | Response = sign_in
    for name in names[names.index(after) + 1 if after else 0 :]:
        result = stages[name](request, result)
        if isinstance(result, Response):
            break
    else:
        result = _start_session(request, result)
    if flash:
        result.headerlist.append(request.authsite.services.flash.set(flash))
    return result


def _refuse_suspended(request: Request, credential: Credential) -> None:
    if credential.suspended_at:
        record_failure(request, credential.user_id, EventType.SIGN_IN_DENIED)
        raise AccountSuspended(credential.suspension_reason)


def _suspended(request: Request, sign_in: SignIn) -> SignIn:
    _refuse_suspended(request, sign_in.credential)
    return sign_in


def _email_unverified(request: Request, sign_in: SignIn) -> SignIn:
    """Where verification is required, fail as a wrong password does.

    `authenticate` has refused an unverified account already; this refuses it by any other way in.
    It is the first stage, so that a suspension is not shown either.
    """
    is_required = request.authsite.services.settings.email.must_be_verified
    if is_required and not sign_in.credential.email_verified_at:
        raise InvalidCredentials
    return sign_in


def _credential_changed(request: Request, sign_in: SignIn) -> SignIn:
    if sign_in.password is None:  # locked already
        return sign_in
    return replace(
        sign_in, credential=_lock(request, sign_in.credential, sign_in.password), password=None
    )


def _scheduled_deletion(request: Request, sign_in: SignIn) -> SignIn | Response:
    if sign_in.credential.delete_after is None:
        return sign_in
    return pause_sign_in(request, sign_in, stage=SCHEDULED_DELETION, page="reactivate-account")


#: The stages of this package. Those before `credential_changed` write outside of the transaction.
DEFAULT_STAGES: Mapping[str, Stage] = {
    "email_unverified": _email_unverified,
    "suspended": _suspended,
    "credential_changed": _credential_changed,
    SCHEDULED_DELETION: _scheduled_deletion,
}


def _start_session(request: Request, sign_in: SignIn) -> Response:
    """Create the session, end what the browser had before, and redirect to the requested page.

    A sign-in always creates a session (ASVS 7.2.4). The user, who is locked, gets an email if the
    device is new to the account.
    """
    credential, work, policy = (
        sign_in.credential,
        request.authsite.work,
        request.authsite.services.sessions,
    )
    is_sign_up = sign_in.auth_method is AuthMethod.SIGN_UP
    is_new_device = not is_sign_up and not is_recognized(request, credential)
    policy.end_current_session(request, SessionEndReason.REPLACED)
    event_type = EventType.NEW_DEVICE_SIGN_IN if is_new_device else EventType.SIGNED_IN
    token = create_session(work, sign_in, event_type)
    headers = policy.cookie_headers(token, public_computer=sign_in.public_computer)
    headers += abandon_sign_in(request)
    if is_new_device:
        browser = browser_label(work.client.user_agent)
        notify_new_device(work, credential.user_id, browser=browser)
    if sign_in.public_computer:
        headers += forget_device(request, credential)
    else:
        headers += remember_device(request, credential, sign_in.email_normalized)
    landing_page = (
        is_sign_up and work.settings.after_sign_up
    ) or request.authsite.frame.landing_page
    return redirect(sign_in.next_path or landing_page, headers)


def _lock(request: Request, credential: Credential, password: str) -> Credential:
    """Lock a credential that was verified, and replace its hash if the parameters are outdated."""
    hasher, dbsession = request.authsite.services.hasher, request.authsite.work.dbsession
    if not hasher.is_outdated(credential.password_hash):
        lock_credential(dbsession, credential)
        return credential
    # The password was verified a moment ago, so this hash may use the places of known devices.
    client = HashClient(request.authsite.work.client.network, credential.user_id)
    with hasher.slot(client) as slot:
        password_hash = hasher.hash(password, within=slot)
    replace_password_hash(dbsession, credential, password_hash)
    return replace(credential, password_hash=password_hash)
