"""`/account/close`."""

from typing import Any, ClassVar

from pyramid.response import Response

from authsite.accounts.close_account import close_account
from authsite.accounts.sign_in import InvalidCredentials
from authsite.durations import humanize
from authsite.http.redirects import redirect
from authsite.resources import Account
from authsite.web.authentication import verify_current_password
from authsite.web.form_pages import FormError, FormPage, form_views
from authsite.web.forms import SiteForm, password_field


class CloseForm(SiteForm):
    """The current password, always: closing an account is destructive."""

    password = password_field(
        "Password", autocomplete="current-password", missing="Enter your password."
    )


@form_views(context=Account, name="close", permission="authenticated")
class ClosePage(FormPage[CloseForm]):
    template = "account/close"
    form_type = CloseForm
    errors: ClassVar = {InvalidCredentials: FormError("password", "Incorrect password.")}

    def accept(self, form: CloseForm) -> Response:
        request = self.request
        credential = verify_current_password(request, form.password.data)
        sign_in = request.authsite.path("sign-in")
        try:
            delete_after = close_account(request.authsite.work, credential)
        except InvalidCredentials:  # verified above: closed by a second click, or in another tab
            return redirect(sign_in, request.authsite.services.sessions.forget(request))
        flash = request.authsite.services.flash.set("account-closed", delete_after)
        return redirect(
            sign_in,
            [
                *request.authsite.services.sessions.forget(request),
                flash,
                ("Clear-Site-Data", '"cache"'),
            ],
        )

    def values(self) -> dict[str, Any]:
        return {"grace": humanize(self.request.authsite.services.settings.deletion.grace_period)}
