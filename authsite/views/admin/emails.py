"""`/admin/users/{id}/emails`: the delivery of an account's emails, without their text."""

from pyramid.response import Response

from authsite.accounts.retry_email import EmailNotWaiting, retry_email
from authsite.http.redirects import redirect
from authsite.mail.status import list_messages_of
from authsite.resources import EmailOfUser, EmailsOfUser
from authsite.web.rendering import page
from authsite.web.request import Request
from authsite.web.site_views import site_view


@site_view(
    context=EmailsOfUser, request_method="GET", permission="administer", confirm_password=True
)
def show_emails(context: EmailsOfUser, request: Request) -> Response:
    """Show the latest emails of the account and their state."""
    user = context.user.record
    messages = list_messages_of(request.authsite.dbsession.connection(), user.id)
    return page(request, "admin/emails", user=user, messages=messages)


@site_view(
    context=EmailOfUser,
    name="retry",
    request_method="POST",
    permission="administer",
    confirm_password=True,
    repeatable=True,
)
def retry(context: EmailOfUser, request: Request) -> Response:
    """Try to deliver a deferred email now."""
    user = context.user.lock()
    flash = "email-retried"
    try:
        retry_email(request.authsite.admin_work, user, context.__name__)
    except EmailNotWaiting:
        flash = "email-not-waiting"
    return redirect(
        request.authsite.path("admin", "users", user.id, "emails"),
        [request.authsite.services.flash.set(flash)],
    )
