"""`/admin/users/{id}/send-reset`: where a link to choose a new password is sent to somebody."""

from pyramid.response import Response
from pyramid.view import view_config

from authsite.accounts.forgot_password import send_password_reset
from authsite.clock import utc_now
from authsite.http.redirects import redirect
from authsite.resources import UserResource
from authsite.throttling.mail_limits import hit_email
from authsite.throttling.throttles import RateLimited
from authsite.web.forms import SiteForm
from authsite.web.pages import throttled_page
from authsite.web.request import Request

#: Under which such mails are counted: apart from those that strangers ask for, who could else use
#: up what is left for an owner in need of help.
BY_ADMINISTRATORS = "reset_password_by_administrators"


@view_config(
    context=UserResource,
    name="send-reset",
    request_method="POST",
    permission="administer",
    confirm_password=True,
)
def send_link(context: UserResource, request: Request) -> Response:
    """Send it to the address of the account; whoever asks for it never sees it."""
    services, user, now = request.services, context.record, utc_now()
    try:
        hit_email(services.throttles, BY_ADMINISTRATORS, user.email_normalized, now=now)
    except RateLimited as throttled:
        return throttled_page(
            request, "admin/send_reset", form=SiteForm(), throttled=throttled, user=user
        )
    send_password_reset(
        request.dbsession,
        context.held(),
        audit=request.admin_audit,
        outbox=request.outbox,
        reset_link_lifetime=services.settings.passwords.reset_link_lifetime,
        now=now,
    )
    flash_header = services.flash.set("reset-sent")
    return redirect(request.path_to("admin", "users", user.id), [flash_header])
