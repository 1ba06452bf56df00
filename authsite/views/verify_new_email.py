"""`/verify-new-email/{token}`: a user verifies the email address that an operator has set."""

from typing import Any, ClassVar

from pyramid.response import Response

from authsite.accounts.change_email import change_email
from authsite.accounts.email_links import Purpose, link_attempt
from authsite.accounts.users import EmailTaken, lock_user
from authsite.http.redirects import redirect
from authsite.resources import EmailLinkResource
from authsite.security.sessions import current_identity
from authsite.web.form_pages import FormError, LinkPage, form_views
from authsite.web.forms import SiteForm


@form_views(context=EmailLinkResource, purpose=Purpose.VERIFY_NEW_EMAIL, permission="public")
class VerifyNewEmailPage(LinkPage[SiteForm]):
    """The page needs no password: the operator has checked who owns the account."""

    template = "change_email"
    form_type = SiteForm
    new_link = ("Sign in", ("sign-in",))
    errors: ClassVar = {EmailTaken: FormError(None, "Another account now uses this email.")}

    def accept(self, _form: SiteForm) -> Response:
        request, work = self.request, self.request.authsite.work
        with link_attempt(work, self.link) as link:
            change_email(work, link, lock_user(work.dbsession, link.user_id))
        if self.context.belongs_to_current_user:
            page, message = "account", "email-changed"
        elif current_identity(request):
            page, message = "switch-account", "other-email-changed"
        else:
            page, message = "sign-in", "email-changed"
        flash = request.authsite.services.flash.set(message)
        return redirect(request.authsite.path(page), [flash])

    def values(self) -> dict[str, Any]:
        return super().values() | {"is_owner": True}
