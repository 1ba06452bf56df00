"""`/account/password`."""

from typing import ClassVar

from pyramid.response import Response

from authsite.accounts.change_password import (
    PasswordChangedConcurrently,
    change_password,
    refuse_same_password,
)
from authsite.accounts.new_password import validate_password, words_of
from authsite.accounts.sign_in import InvalidCredentials
from authsite.email_addresses import parse_email_address
from authsite.http.redirects import redirect
from authsite.resources import Account
from authsite.security.sessions import require_identity
from authsite.web.authentication import verify_current_password
from authsite.web.form_pages import FormError, FormPage, form_views
from authsite.web.forms import (
    NewPasswordForm,
    confirm_password_field,
    new_password_field,
    password_field,
)
from authsite.web.known_devices import remember_after_new_password


class PasswordForm(NewPasswordForm):
    """The current password, always (ASVS 6.2.3), and a new one entered twice."""

    current_password = password_field(
        "Current password",
        autocomplete="current-password",
        missing="Enter your current password.",
    )
    password = new_password_field("New password")
    confirm_password = confirm_password_field("Confirm new password")


@form_views(context=Account, name="password", permission="authenticated")
class PasswordPage(FormPage[PasswordForm]):
    template = "account/password"
    form_type = PasswordForm
    errors: ClassVar = {
        InvalidCredentials: FormError("current_password", "Incorrect password."),
        PasswordChangedConcurrently: FormError(
            None, "Your password was changed in another window. Sign in with the new one."
        ),
    }

    def accept(self, form: PasswordForm) -> Response:
        request, work, identity = (
            self.request,
            self.request.authsite.work,
            require_identity(self.request),
        )
        email, password = parse_email_address(identity.email), form.password.data
        current = verify_current_password(request, form.current_password.data)
        refuse_same_password(password, current=form.current_password.data)
        validate_password(
            work,
            password,
            words_of(identity.first_name, identity.last_name, email),
            counted_by={"new_password_account": identity.user_id},
        )
        changed = change_password(work, current, password, session_id=identity.session_id)
        headers = [
            *request.authsite.services.sessions.rotate_session(request),
            *remember_after_new_password(request, changed, email.normalized),
            request.authsite.services.flash.set("password-changed"),
        ]
        return redirect(request.authsite.path("account"), headers)
