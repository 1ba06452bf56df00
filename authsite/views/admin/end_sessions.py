"""`/admin/users/{id}/end-sessions`."""

from pyramid.response import Response

from authsite.accounts import end_sessions as sessions
from authsite.audit.event_types import SessionEndReason
from authsite.http.redirects import redirect
from authsite.resources import UserResource
from authsite.web.request import Request
from authsite.web.site_views import site_view


@site_view(
    context=UserResource,
    name="end-sessions",
    request_method="POST",
    permission="administer",
    confirm_password=True,
    repeatable=True,
)
def end_sessions(context: UserResource, request: Request) -> Response:
    """Sign the user out everywhere; they can sign in again."""
    user_id = context.lock().id
    sessions.end_sessions(request.authsite.admin_work, user_id, SessionEndReason.ENDED_BY_ADMIN)
    flash = request.authsite.services.flash.set("sessions-ended")
    return redirect(request.authsite.path("admin", "users", user_id), [flash])
