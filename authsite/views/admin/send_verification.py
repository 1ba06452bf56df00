"""`/admin/users/{id}/send-verification`."""

from typing import Any, ClassVar

from pyramid.response import Response

from authsite.accounts.email_limits import VERIFY_BY_ADMINISTRATORS, hit_email
from authsite.accounts.verify_email import send_verification
from authsite.http.redirects import redirect
from authsite.resources import UserResource
from authsite.web.form_pages import FormError, FormPage
from authsite.web.forms import SiteForm
from authsite.web.site_views import site_view


class AlreadyVerified(Exception):
    """The email is verified, so that no link is needed."""


@site_view(
    context=UserResource,
    name="send-verification",
    attr="submit",
    request_method="POST",
    permission="administer",
    confirm_password=True,
    repeatable=True,
)
class SendVerificationPage(FormPage[SiteForm]):
    """Send a link that verifies the account's email; the administrator never sees it."""

    template = "admin/send_verification"
    form_type = SiteForm
    errors: ClassVar = {AlreadyVerified: FormError(None, "This email is verified already.")}

    def accept(self, _form: SiteForm) -> Response:
        request, work, user = self.request, self.request.authsite.admin_work, self.context.record
        if user.email_verified_at:
            raise AlreadyVerified
        hit_email(work, VERIFY_BY_ADMINISTRATORS, user.email_normalized)
        send_verification(work, self.context.lock())
        flash = request.authsite.services.flash.set("verification-emailed")
        return redirect(request.authsite.path("admin", "users", user.id), [flash])

    def values(self) -> dict[str, Any]:
        return {"user": self.context.record}
