"""`/admin/users/{id}/end-sessions`: where somebody is signed out everywhere."""

from pyramid.response import Response
from pyramid.view import view_config

from authsite.accounts.end_sessions import end_sessions as end_sessions_of_user
from authsite.audit.event_types import SessionEndReason
from authsite.clock import utc_now
from authsite.http.redirects import redirect
from authsite.resources import UserResource
from authsite.web.request import Request


@view_config(
    context=UserResource,
    name="end-sessions",
    request_method="POST",
    permission="administer",
    confirm_password=True,
)
def end_sessions(context: UserResource, request: Request) -> Response:
    """End all of them; the owner can sign in again."""
    end_sessions_of_user(
        request.dbsession,
        context.held().id,
        audit=request.admin_audit,
        why=SessionEndReason.ENDED_BY_ADMIN,
        now=utc_now(),
    )
    flash_header = request.services.flash.set("sessions-ended")
    return redirect(request.path_to("admin", "users", context.record.id), [flash_header])
