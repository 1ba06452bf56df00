"""`/admin/users/{id}/freeze` and `unfreeze`: whether anybody can sign in to an account."""

from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from authsite.accounts.suspend_account import freeze_account, unfreeze_account
from authsite.clock import utc_now
from authsite.http.redirects import see_other
from authsite.resources import AnyUser
from authsite.security.policy import signed_in
from authsite.web.forms import SiteForm, reason_field
from authsite.web.pages import form_page
from authsite.web.request import Request

_NOT_ONESELF = (
    "This is your own account: you would lock yourself out. Another administrator can freeze it."
)


class FreezeForm(SiteForm):
    """Why an account is frozen, for its owner."""

    reason = reason_field()


@view_defaults(context=AnyUser, name="freeze", permission="administer", confirm_password=True)
class FreezePage:
    """The form, which stands on the page of the account too, and what becomes of it."""

    def __init__(self, context: AnyUser, request: Request) -> None:
        self.context = context
        self.request = request

    @view_config(request_method="GET")
    def show(self) -> Response:
        """Show the form by itself."""
        return self._page(FreezeForm(), status=200)

    @view_config(request_method="POST")
    def submit(self) -> Response:
        """Let nobody sign in, and end all sessions."""
        request, form = self.request, FreezeForm.of(self.request)
        if self.context.record.id == signed_in(request).user_id:
            form.reject(None, _NOT_ONESELF)
            return self._page(form, status=422)
        if not form.validate():
            return self._page(form, status=422)
        freeze_account(
            request.dbsession,
            self.context.held(),
            reason=form.reason.data,
            journal=request.administrators_journal,
            now=utc_now(),
        )
        said = request.site.flash.set("account-frozen")
        return see_other(request.path_to("admin", "users", self.context.record.id), [said])

    def _page(self, form: FreezeForm, *, status: int) -> Response:
        user = self.context.record
        return form_page(self.request, "admin/freeze", form=form, status=status, user=user)


@view_config(
    context=AnyUser,
    name="unfreeze",
    request_method="POST",
    permission="administer",
    confirm_password=True,
)
def unfreeze(context: AnyUser, request: Request) -> Response:
    """Let the owner sign in again."""
    unfreeze_account(
        request.dbsession, context.held(), journal=request.administrators_journal, now=utc_now()
    )
    said = request.site.flash.set("account-unfrozen")
    return see_other(request.path_to("admin", "users", context.record.id), [said])
