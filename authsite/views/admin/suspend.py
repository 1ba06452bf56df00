"""`/admin/users/{id}/suspend` and `/reinstate`."""

from typing import Any, ClassVar

from pyramid.response import Response

from authsite.accounts.suspend_account import reinstate_account, suspend_account
from authsite.http.redirects import redirect
from authsite.resources import UserResource
from authsite.security.sessions import require_identity
from authsite.web.form_pages import FormError, FormPage, form_views
from authsite.web.forms import SiteForm, reason_field
from authsite.web.request import Request
from authsite.web.site_views import site_view


class OwnAccount(Exception):
    """An administrator tried to suspend their own account."""


class SuspendForm(SiteForm):
    """The reason, shown to the user."""

    reason = reason_field()


@form_views(context=UserResource, name="suspend", permission="administer", confirm_password=True)
class SuspendPage(FormPage[SuspendForm]):
    template = "admin/suspend"
    form_type = SuspendForm
    errors: ClassVar = {
        OwnAccount: FormError(
            None, "You can't suspend your own account. Ask another administrator."
        )
    }

    def is_valid(self, form: SuspendForm) -> bool:
        if self.context.record.id == require_identity(self.request).user_id:
            raise OwnAccount
        return super().is_valid(form)

    def accept(self, form: SuspendForm) -> Response:
        request = self.request
        suspend_account(request.authsite.admin_work, self.context.lock(), reason=form.reason.data)
        flash = request.authsite.services.flash.set("account-suspended")
        return redirect(request.authsite.path("admin", "users", self.context.record.id), [flash])

    def values(self) -> dict[str, Any]:
        return {"user": self.context.record}


@site_view(
    context=UserResource,
    name="reinstate",
    request_method="POST",
    permission="administer",
    confirm_password=True,
    repeatable=True,
)
def reinstate(context: UserResource, request: Request) -> Response:
    """Let the user sign in again."""
    reinstate_account(request.authsite.admin_work, context.lock())
    flash = request.authsite.services.flash.set("account-reinstated")
    return redirect(request.authsite.path("admin", "users", context.record.id), [flash])
