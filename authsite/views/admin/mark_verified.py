"""`/admin/users/{id}/mark-verified`."""

from typing import Any, ClassVar

from pyramid.response import Response

from authsite.accounts.mark_verified import mark_verified
from authsite.http.redirects import redirect
from authsite.resources import UserResource
from authsite.security.sessions import require_identity
from authsite.web.form_pages import FormError, FormPage, form_views
from authsite.web.forms import SiteForm, reason_field


class OwnEmail(Exception):
    """An administrator tried to mark their own email as verified."""


class MarkVerifiedForm(SiteForm):
    """The reason, shown in the user's history."""

    reason = reason_field("How you know that the email is theirs. Shown in the user's history.")


@form_views(
    context=UserResource, name="mark-verified", permission="administer", confirm_password=True
)
class MarkVerifiedPage(FormPage[MarkVerifiedForm]):
    template = "admin/mark_verified"
    form_type = MarkVerifiedForm
    errors: ClassVar = {
        OwnEmail: FormError(None, "You can't mark your own email as verified. Open the link.")
    }

    def is_valid(self, form: MarkVerifiedForm) -> bool:
        if self.context.record.id == require_identity(self.request).user_id:
            raise OwnEmail
        return super().is_valid(form)

    def accept(self, form: MarkVerifiedForm) -> Response:
        request = self.request
        mark_verified(request.authsite.admin_work, self.context.lock(), reason=form.reason.data)
        flash = request.authsite.services.flash.set("email-marked-verified")
        return redirect(request.authsite.path("admin", "users", self.context.record.id), [flash])

    def values(self) -> dict[str, Any]:
        return {"user": self.context.record}
