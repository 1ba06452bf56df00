"""`/admin/users/{id}/sessions/{id}/end`."""

from pyramid.response import Response

from authsite.accounts.end_sessions import end_session_by_id
from authsite.audit.event_types import SessionEndReason
from authsite.http.redirects import redirect
from authsite.resources import SessionOfUser
from authsite.web.request import Request
from authsite.web.site_views import site_view


@site_view(
    context=SessionOfUser,
    name="end",
    request_method="POST",
    permission="administer",
    confirm_password=True,
    repeatable=True,
)
def end_session(context: SessionOfUser, request: Request) -> Response:
    """Sign the user out of one session, unless it has ended."""
    user = context.user.lock()
    reason = SessionEndReason.ENDED_BY_ADMIN
    end_session_by_id(request.authsite.admin_work, user.id, context.__name__, reason)
    flash = request.authsite.services.flash.set("session-ended")
    return redirect(request.authsite.path("admin", "users", user.id), [flash])
