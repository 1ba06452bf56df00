"""`/secure-account/{token}`: a user reports that a security notice was not about them."""

from typing import ClassVar

from pyramid.response import Response

from authsite.accounts.email_links import Purpose, link_attempt
from authsite.accounts.secure_account import PreviousEmailTaken, secure_account
from authsite.http.redirects import redirect
from authsite.resources import EmailLinkResource
from authsite.web.form_pages import FormError, LinkPage, form_views
from authsite.web.forms import SiteForm

_TAKEN = (
    "All devices are signed out and the old password is blocked. But another account now uses "
    "this email, so we couldn't restore it. Change the email of that account, then secure this "
    "one again."
)


@form_views(context=EmailLinkResource, purpose=Purpose.SECURE_ACCOUNT, permission="public")
class SecureAccountPage(LinkPage[SiteForm]):
    template = "secure_account"
    form_type = SiteForm
    new_link = ("Reset password", ("forgot-password",))
    errors: ClassVar = {PreviousEmailTaken: FormError(None, _TAKEN, status=409)}

    def accept(self, _form: SiteForm) -> Response:
        with link_attempt(self.request.authsite.work, self.link) as link:
            token = secure_account(self.request.authsite.work, link)
        headers = [
            *self.request.authsite.services.sessions.forget(self.request),
            self.request.authsite.services.flash.set("account-secured"),
        ]
        return redirect(self.request.authsite.path("reset-password", str(token)), headers)
