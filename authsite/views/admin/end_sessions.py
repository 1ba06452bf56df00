"""`/admin/users/{id}/end-sessions`."""

from pyramid.response import Response
from pyramid.view import view_config

from authsite.accounts import end_sessions as sessions
from authsite.audit.event_types import SessionEndReason
from authsite.http.redirects import redirect
from authsite.resources import UserResource
from authsite.web.request import Request


@view_config(
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
    sessions.end_sessions(request.admin_work, user_id, SessionEndReason.ENDED_BY_ADMIN)
    flash = request.services.flash.set("sessions-ended")
    return redirect(request.path_to("admin", "users", user_id), [flash])
