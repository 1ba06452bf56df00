"""`/admin/users/{id}/send-reset`."""

from typing import Any

from pyramid.response import Response

from authsite.accounts.email_limits import RESET_BY_ADMINISTRATORS, hit_email
from authsite.accounts.forgot_password import send_password_reset
from authsite.http.redirects import redirect
from authsite.resources import UserResource
from authsite.web.form_pages import FormPage
from authsite.web.forms import SiteForm
from authsite.web.site_views import site_view


@site_view(
    context=UserResource,
    name="send-reset",
    attr="submit",
    request_method="POST",
    permission="administer",
    confirm_password=True,
    repeatable=True,
)
class SendResetPage(FormPage[SiteForm]):
    """Send a reset link to the account's email; the administrator never sees it."""

    template = "admin/send_reset"
    form_type = SiteForm

    def accept(self, _form: SiteForm) -> Response:
        request, work, user = self.request, self.request.authsite.admin_work, self.context.record
        hit_email(work, RESET_BY_ADMINISTRATORS, user.email_normalized)
        send_password_reset(work, self.context.lock())
        flash = request.authsite.services.flash.set("reset-sent")
        return redirect(request.authsite.path("admin", "users", user.id), [flash])

    def values(self) -> dict[str, Any]:
        return {"user": self.context.record}
