"""`/account/password`: where the signed-in change their password."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from authsite.accounts.change_password import (
    PasswordChangedConcurrently,
    change_password,
    refuse_same_password,
)
from authsite.accounts.new_password import WeakPassword, validate_password
from authsite.accounts.sign_in import InvalidCredentials
from authsite.clock import utc_now
from authsite.email_addresses import parse_email_address
from authsite.http.redirects import redirect
from authsite.passwords.hash_queue import HashQueueFull
from authsite.resources import Account
from authsite.security.policy import require_identity
from authsite.throttling.throttles import RateLimited
from authsite.web.authentication import continue_session, verify_current_password
from authsite.web.forms import (
    NewPasswordForm,
    confirm_password_field,
    new_password_field,
    password_field,
)
from authsite.web.pages import busy_page, form_page, throttled_page
from authsite.web.request import Request


class PasswordForm(NewPasswordForm):
    """The password as it is, whenever it was typed last (ASVS 6.2.3), and a new one."""

    current_password = password_field(
        "Current password",
        autocomplete="current-password",
        missing="Enter your current password.",
    )
    password = new_password_field("New password")
    confirm_password = confirm_password_field("Confirm new password")


@view_defaults(context=Account, name="password", permission="authenticated")
class PasswordPage:
    """The page with the form, and what becomes of it."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.identity = require_identity(request)

    @view_config(request_method="GET")
    def show(self) -> Response:
        """Show an empty form."""
        return self._page(form_page, PasswordForm(), status=200)

    @view_config(request_method="POST")
    def submit(self) -> Response:
        """Take the new password; this browser alone stays signed in, with a new secret."""
        form, now = PasswordForm.from_request(self.request), utc_now()
        if not form.validate():
            return self._page(form_page, form, status=422)
        try:
            headers = self._change(form, now=now)
        except WeakPassword as weakness:
            form.add_error("password", str(weakness))
        except InvalidCredentials:
            form.add_error("current_password", "Incorrect password.")
        except PasswordChangedConcurrently:
            form.add_error(
                None,
                "Your password was changed in another window. Sign in with the new one.",
            )
        except RateLimited as throttled:
            return self._page(throttled_page, form, throttled=throttled)
        except HashQueueFull:
            return self._page(busy_page, form)
        else:
            headers.append(self.request.services.flash.set("password-changed"))
            return redirect(self.request.path_to("account"), headers)
        return self._page(form_page, form, status=422)

    def _change(self, form: PasswordForm, *, now: datetime) -> list[tuple[str, str]]:
        services, email = self.request.services, parse_email_address(self.identity.email)
        password, current = form.password.data, form.current_password.data
        refuse_same_password(password, current=current)
        validate_password(
            services.password_policy,
            password,
            first_name=self.identity.first_name,
            last_name=self.identity.last_name,
            email=email,
        )
        renewed = change_password(
            self.request.dbsession,
            verify_current_password(self.request, current, now=now),
            password,
            session_id=self.identity.session_id,
            hasher=services.hasher,
            audit=self.request.audit,
            outbox=self.request.outbox,
            revert_lifetime=services.settings.email.revert_lifetime,
            now=now,
        )
        return continue_session(self.request, renewed, account=email.normalized, now=now)

    def _page(self, render: Callable[..., Response], form: PasswordForm, **values: Any) -> Response:
        form.set_password_hint(
            minimum_length=self.request.services.settings.passwords.minimum_length
        )
        return render(self.request, "account/password", form=form, **values)
