"""`/reset-password/{token}`."""

from typing import Any

from pyramid.response import Response

from authsite.accounts.email_links import Purpose, link_attempt
from authsite.accounts.reset_password import reset_password
from authsite.http.redirects import redirect
from authsite.resources import EmailLinkResource
from authsite.web.form_pages import LinkPage, form_views
from authsite.web.forms import NewPasswordForm
from authsite.web.known_devices import remember_after_new_password
from authsite.web.request import Request


class ResetPasswordForm(NewPasswordForm):
    """A password entered twice; the link names the account."""


@form_views(context=EmailLinkResource, purpose=Purpose.RESET_PASSWORD, permission="public")
class ResetPasswordPage(LinkPage[ResetPasswordForm]):
    template = "reset_password"
    form_type = ResetPasswordForm
    new_link = ("Get a new link", ("forgot-password",))

    def __init__(self, context: Any, request: Request) -> None:
        super().__init__(context, request)
        if self.link and not self.link.is_for_current_email:
            self.link = None

    def accept(self, form: ResetPasswordForm) -> Response:
        request = self.request
        with link_attempt(request.authsite.work, self.link) as link:
            credential = reset_password(request.authsite.work, link, password=form.password.data)
        headers = [
            *request.authsite.services.sessions.forget(request),
            *remember_after_new_password(request, credential, link.owner_email_normalized),
            request.authsite.services.flash.set("password-chosen"),
        ]
        return redirect(request.authsite.path("sign-in"), headers)
