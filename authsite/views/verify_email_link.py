"""`/verify-email/{token}`: the owner of the mailbox verifies the email address."""

from typing import Any, ClassVar

from pyramid.response import Response
from wtforms import SubmitField

from authsite.accounts.email_links import Purpose
from authsite.accounts.sign_in import InvalidCredentials, SignIn
from authsite.accounts.verify_email import claim_account, verify_email, verify_email_by_password
from authsite.http.redirects import redirect
from authsite.resources import EmailLinkResource
from authsite.web.authentication import authenticate_with_link, complete_sign_in
from authsite.web.form_pages import FormError, LinkPage, form_views
from authsite.web.forms import AccountPasswordForm, SiteForm
from authsite.web.request import Request


class ClaimForm(SiteForm):
    """The button for a visitor who reads the email and does not know the password."""

    without_password = SubmitField("I don't know the password")


@form_views(context=EmailLinkResource, purpose=Purpose.VERIFY_EMAIL, permission="public")
class VerifyEmailLinkPage(LinkPage[SiteForm]):
    template = "verify_email_link"
    new_link = ("Get a new link", ("verify-email",))
    errors: ClassVar = {InvalidCredentials: FormError("password", "Incorrect password.")}

    def __init__(self, context: Any, request: Request) -> None:
        super().__init__(context, request)
        if self.link and not self.link.is_for_current_email:
            self.link = None
        self.is_owner = context.belongs_to_current_user
        self.form_type = SiteForm if self.is_owner else AccountPasswordForm
        self.claims = (
            request.method == "POST"
            and not self.is_owner
            and ClaimForm.from_request(request).without_password.data
        )

    def is_valid(self, form: SiteForm) -> bool:
        return self.claims or super().is_valid(form)

    def accept(self, form: SiteForm) -> Response:
        request, work = self.request, self.request.authsite.work
        password = None if self.is_owner or self.claims else form.data["password"]
        link, credential = authenticate_with_link(request, self.link, password)
        if self.claims:
            token = claim_account(work, link)
            flash = request.authsite.services.flash.set("account-claimed")
            return redirect(request.authsite.path("reset-password", str(token)), [flash])
        if credential is None:
            verify_email(work, link)
            flash = request.authsite.services.flash.set("email-verified")
            return redirect(request.authsite.frame.landing_page, [flash])
        verified = verify_email_by_password(work, link, credential)
        # Where verification is required, this is the first sign-in after signing up.
        settings = work.settings
        welcome = settings.after_sign_up if settings.email.must_be_verified else None
        sign_in = SignIn(verified, link.owner_email_normalized, next_path=welcome)
        return complete_sign_in(request, sign_in, flash="email-verified")

    def values(self) -> dict[str, Any]:
        return super().values() | {"is_owner": self.is_owner}
