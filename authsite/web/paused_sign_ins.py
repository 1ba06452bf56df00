"""The paused sign-in of a browser: its row and its cookie, while a page of a stage is open."""

from pyramid.response import Response

from authsite.accounts.pending_sign_ins import (
    PENDING_SIGN_IN_LIFETIME,
    PendingSignInInfo,
    create_pending_sign_in,
    delete_pending_sign_in,
    find_pending_sign_in,
)
from authsite.accounts.sign_in import SignIn
from authsite.clock import utc_now
from authsite.http.redirects import redirect
from authsite.tokens import SessionToken
from authsite.web.request import Request


def pause_sign_in(request: Request, sign_in: SignIn, *, stage: str, page: str) -> Response:
    """Store the sign-in for ten minutes and redirect to the page of the stage.

    It replaces an earlier one of this browser. Only a sign-in whose credential is locked can be
    paused: a password that changes before that would not end it.
    """
    if sign_in.password is not None:
        raise TypeError(f"the stage {stage} has to come after credential_changed")
    abandon_sign_in(request)
    token = create_pending_sign_in(request.authsite.work, sign_in, stage)
    cookie = request.authsite.services.pending_sign_in_cookie
    lifetime = None if sign_in.public_computer else PENDING_SIGN_IN_LIFETIME
    return redirect(request.authsite.path(page), [cookie.set(str(token), max_age=lifetime)])


def find_paused_sign_in(request: Request, *, stage: str) -> PendingSignInInfo | None:
    """Return the sign-in of this browser that the stage has paused, or None."""
    token = _pending_token(request)
    if token is None:
        return None
    with request.authsite.services.database.reading_dbsession() as dbsession:
        return find_pending_sign_in(dbsession, token, stage=stage, now=utc_now())


def abandon_sign_in(request: Request) -> list[tuple[str, str]]:
    """Delete the paused sign-in of this browser, and return the header that clears its cookie."""
    token = _pending_token(request)
    if token is None:
        return []
    delete_pending_sign_in(request.authsite.work.dbsession, token)
    return [request.authsite.services.pending_sign_in_cookie.clear()]


def _pending_token(request: Request) -> SessionToken | None:
    value = request.authsite.services.pending_sign_in_cookie.read(request)
    return SessionToken.parse(value) if value else None
