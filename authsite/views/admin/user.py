"""`/admin/users/{id}`: an account, its sessions, its history, and actions on it."""

from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response

from authsite.accounts.active_sessions import find_sessions
from authsite.accounts.notes import find_notes
from authsite.accounts.unlock_account import find_throttled
from authsite.audit.labels import (
    actor_label,
    detail_labels,
    event_label,
    full_actor_label,
    method_label,
)
from authsite.audit.queries import NoSuchEvent, history_page
from authsite.clock import utc_now
from authsite.http.user_agents import browser_label
from authsite.resources import UserResource
from authsite.security.sessions import require_identity
from authsite.throttling.labels import THROTTLE_LABELS
from authsite.tokens import is_id
from authsite.views.admin.suspend import SuspendForm
from authsite.web.pages import form_page
from authsite.web.request import Request
from authsite.web.site_views import site_view

#: Notes on the page of an account; its page of notes has more.
LATEST_NOTES = 3


@site_view(
    context=UserResource, request_method="GET", permission="administer", confirm_password=True
)
def show_user(context: UserResource, request: Request) -> Response:
    """Show the account as its user sees it, without anything secret."""
    before, user, now = request.GET.get("before"), context.record, utc_now()
    if before is not None and not is_id(before):
        raise HTTPNotFound
    try:
        history = history_page(request.authsite.dbsession, user.id, before=before, now=now)
    except NoSuchEvent:
        raise HTTPNotFound from None
    throttled = find_throttled(
        request.authsite.dbsession,
        request.authsite.services.throttles,
        user_id=user.id,
        email_normalized=user.email_normalized,
        now=now,
    )
    sessions, count = find_sessions(request.authsite.dbsession, user.id, current=None, now=now)
    return form_page(
        request,
        "admin/user",
        form=SuspendForm(),
        status=200,
        user=user,
        is_own=user.id == require_identity(request).user_id,
        throttled=throttled,
        throttle_labels=THROTTLE_LABELS,
        notes=find_notes(request.authsite.dbsession, user.id, limit=LATEST_NOTES),
        sessions=sessions,
        unlisted=count - len(sessions),
        entries=history.entries,
        older=history.older,
        is_newest=before is None,
        browser_label=browser_label,
        event_label=event_label,
        actor_label=actor_label,
        full_actor_label=full_actor_label,
        detail_labels=detail_labels,
        method_label=method_label,
    )
