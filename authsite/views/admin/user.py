"""`/admin/users/{id}`: an account, its sessions and its history, with what can be done to it."""

from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response
from pyramid.view import view_config

from authsite.accounts.active_sessions import sessions_of
from authsite.audit.labels import details_in_words, kind_in_words, method_in_words, side_in_words
from authsite.audit.queries import NoSuchEvent, page_of
from authsite.clock import utc_now
from authsite.http.user_agents import browser_in_words
from authsite.resources import AnyUser
from authsite.security.policy import signed_in
from authsite.tokens import is_id
from authsite.views.admin.suspend import FreezeForm
from authsite.web.pages import form_page
from authsite.web.request import Request


@view_config(context=AnyUser, request_method="GET", permission="administer", confirm_password=True)
def show_user(context: AnyUser, request: Request) -> Response:
    """Show what the owner of the account sees of it, and nothing that is secret."""
    before, user, now = request.GET.get("before"), context.record, utc_now()
    if before is not None and not is_id(before):
        raise HTTPNotFound
    try:
        history = page_of(request.dbsession, user.id, before=before, now=now)
    except NoSuchEvent:
        raise HTTPNotFound from None
    sessions, count = sessions_of(request.dbsession, user.id, here="", now=now)
    return form_page(
        request,
        "admin/user",
        form=FreezeForm(),
        status=200,
        user=user,
        is_own=user.id == signed_in(request).user_id,
        sessions=sessions,
        unlisted=count - len(sessions),
        entries=history.entries,
        older=history.older,
        is_newest=before is None,
        browser=browser_in_words,
        kind=kind_in_words,
        side=side_in_words,
        details=details_in_words,
        method=method_in_words,
    )
