"""`/change-email/{token}`: the owner verifies the new email address of their account."""

from typing import Any, ClassVar

from pyramid.response import Response

from authsite.accounts.change_email import change_email
from authsite.accounts.email_links import Purpose
from authsite.accounts.sign_in import InvalidCredentials, SignIn, user_for_credential
from authsite.accounts.users import Credential, EmailTaken, lock_user
from authsite.http.redirects import redirect
from authsite.resources import EmailLinkResource
from authsite.web.authentication import authenticate_with_link, complete_sign_in
from authsite.web.form_pages import FormError, LinkPage, form_views
from authsite.web.forms import AccountPasswordForm, SiteForm
from authsite.web.known_devices import refresh_device
from authsite.web.request import Request


@form_views(context=EmailLinkResource, purpose=Purpose.CHANGE_EMAIL, permission="public")
class ChangeEmailPage(LinkPage[SiteForm]):
    template = "change_email"
    new_link = ("Change email", ("account", "email"))
    errors: ClassVar = {
        InvalidCredentials: FormError("password", "Incorrect password."),
        EmailTaken: FormError(None, "Another account now uses this email."),
    }

    def __init__(self, context: Any, request: Request) -> None:
        super().__init__(context, request)
        self.is_owner = context.belongs_to_current_user
        self.form_type = SiteForm if self.is_owner else AccountPasswordForm

    def accept(self, form: SiteForm) -> Response:
        request, work = self.request, self.request.authsite.work
        password = None if self.is_owner else form.data["password"]
        link, credential = authenticate_with_link(request, self.link, password)
        if credential is None:
            user = change_email(work, link, lock_user(work.dbsession, link.user_id))
            current = Credential.of(user)
            headers = refresh_device(request, current, user.email_normalized) if current else []
            flash = request.authsite.services.flash.set("email-changed")
            return redirect(request.authsite.path("account"), [*headers, flash])
        user = change_email(work, link, user_for_credential(work.dbsession, credential))
        sign_in = SignIn(
            Credential.of(user) or credential,
            user.email_normalized,
            next_path=request.authsite.path("account"),
        )
        return complete_sign_in(request, sign_in, flash="email-changed")

    def values(self) -> dict[str, Any]:
        return super().values() | {"is_owner": self.is_owner}
