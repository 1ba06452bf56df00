"""`/admin/users/{id}/suspend` and `unfreeze`: whether anybody can sign in to an account."""

from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from authsite.accounts.suspend_account import reinstate_account, suspend_account
from authsite.clock import utc_now
from authsite.http.redirects import redirect
from authsite.resources import UserResource
from authsite.security.policy import require_identity
from authsite.web.forms import SiteForm, reason_field
from authsite.web.pages import form_page
from authsite.web.request import Request

_NOT_ONESELF = "You can't suspend your own account. Ask another administrator."


class FreezeForm(SiteForm):
    """Why an account is frozen, for its owner."""

    reason = reason_field()


@view_defaults(context=UserResource, name="suspend", permission="administer", confirm_password=True)
class FreezePage:
    """The form, which stands on the page of the account too, and what becomes of it."""

    def __init__(self, context: UserResource, request: Request) -> None:
        self.context = context
        self.request = request

    @view_config(request_method="GET")
    def show(self) -> Response:
        """Show the form by itself."""
        return self._page(FreezeForm(), status=200)

    @view_config(request_method="POST")
    def submit(self) -> Response:
        """Let nobody sign in, and end all sessions."""
        request, form = self.request, FreezeForm.from_request(self.request)
        if self.context.record.id == require_identity(request).user_id:
            form.add_error(None, _NOT_ONESELF)
            return self._page(form, status=422)
        if not form.validate():
            return self._page(form, status=422)
        suspend_account(
            request.dbsession,
            self.context.held(),
            reason=form.reason.data,
            audit=request.admin_audit,
            now=utc_now(),
        )
        flash_header = request.services.flash.set("account-suspended")
        return redirect(request.path_to("admin", "users", self.context.record.id), [flash_header])

    def _page(self, form: FreezeForm, *, status: int) -> Response:
        user = self.context.record
        return form_page(self.request, "admin/suspend", form=form, status=status, user=user)


@view_config(
    context=UserResource,
    name="reinstate",
    request_method="POST",
    permission="administer",
    confirm_password=True,
)
def unfreeze(context: UserResource, request: Request) -> Response:
    """Let the owner sign in again."""
    reinstate_account(request.dbsession, context.held(), audit=request.admin_audit, now=utc_now())
    flash_header = request.services.flash.set("account-reinstated")
    return redirect(request.path_to("admin", "users", context.record.id), [flash_header])
