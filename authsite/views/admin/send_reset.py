"""`/admin/users/{id}/send-reset`: where a link to choose a new password is sent to somebody."""

from pyramid.response import Response
from pyramid.view import view_config

from authsite.accounts.forgot_password import send_reset
from authsite.clock import utc_now
from authsite.http.redirects import see_other
from authsite.resources import AnyUser
from authsite.throttling.mail_limits import count_mail
from authsite.throttling.throttles import Throttled
from authsite.web.forms import SiteForm
from authsite.web.pages import throttled_page
from authsite.web.request import Request

#: Under which such mails are counted: apart from those that strangers ask for, who could else use
#: up what is left for an owner in need of help.
BY_ADMINISTRATORS = "reset_password_by_administrators"


@view_config(
    context=AnyUser,
    name="send-reset",
    request_method="POST",
    permission="administer",
    confirm_password=True,
)
def send_link(context: AnyUser, request: Request) -> Response:
    """Send it to the address of the account; whoever asks for it never sees it."""
    site, user, now = request.site, context.record, utc_now()
    try:
        count_mail(site.throttles, BY_ADMINISTRATORS, user.email_key, now=now)
    except Throttled as throttled:
        return throttled_page(
            request, "admin/send_reset", form=SiteForm(), throttled=throttled, user=user
        )
    send_reset(
        request.dbsession,
        context.held(),
        journal=request.administrators_journal,
        outbox=request.outbox,
        reset_within=site.settings.passwords.reset_within,
        now=now,
    )
    said = site.flash.set("reset-sent")
    return see_other(request.path_to("admin", "users", user.id), [said])
