"""`/admin/users/{id}/end-sessions`: where somebody is signed out everywhere."""

from pyramid.response import Response
from pyramid.view import view_config

from authsite.accounts.end_sessions import close_sessions
from authsite.audit.event_types import EndReason
from authsite.clock import utc_now
from authsite.http.redirects import see_other
from authsite.resources import AnyUser
from authsite.web.request import Request


@view_config(
    context=AnyUser,
    name="end-sessions",
    request_method="POST",
    permission="administer",
    confirm_password=True,
)
def end_sessions(context: AnyUser, request: Request) -> Response:
    """End all of them; the owner can sign in again."""
    close_sessions(
        request.dbsession,
        context.held().id,
        journal=request.administrators_journal,
        why=EndReason.ENDED_FOR_OWNER,
        now=utc_now(),
    )
    said = request.site.flash.set("sessions-ended")
    return see_other(request.path_to("admin", "users", context.record.id), [said])
