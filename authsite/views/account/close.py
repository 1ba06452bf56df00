"""`/account/close`: where an account is closed."""

from collections.abc import Callable
from typing import Any

from pyramid.response import Response
from pyramid.security import forget
from pyramid.view import view_config, view_defaults

from authsite.accounts.close_account import DeletionSchedule, close_account
from authsite.accounts.sign_in import InvalidCredentials
from authsite.clock import utc_now
from authsite.durations import humanize
from authsite.http.redirects import redirect
from authsite.passwords.hash_queue import HashQueueFull
from authsite.resources import Account
from authsite.throttling.throttles import RateLimited
from authsite.web.authentication import verify_current_password
from authsite.web.forms import SiteForm, password_field
from authsite.web.pages import busy_page, form_page, throttled_page
from authsite.web.request import Request


class CloseForm(SiteForm):
    """The password, whenever it was typed last: nothing else is as final as this."""

    password = password_field(
        "Password", autocomplete="current-password", missing="Enter your password."
    )


@view_defaults(context=Account, name="close", permission="authenticated")
class ClosePage:
    """The page with the form, and what becomes of it."""

    def __init__(self, request: Request) -> None:
        self.request = request
        closing = request.services.settings.deletion
        self.grace = DeletionSchedule(deletion.grace_period, deletion.reminder_before)

    @view_config(request_method="GET")
    def show(self) -> Response:
        """Say what will happen, and ask for the password."""
        return self._page(form_page, CloseForm(), status=200)

    @view_config(request_method="POST")
    def submit(self) -> Response:
        """Close the account; everybody is signed out of it, here too."""
        form, request, now = CloseForm.from_request(self.request), self.request, utc_now()
        if not form.validate():
            return self._page(form_page, form, status=422)
        try:
            credential = verify_current_password(request, form.password.data, now=now)
        except InvalidCredentials:
            form.add_error("password", "Incorrect password.")
            return self._page(form_page, form, status=422)
        except RateLimited as throttled:
            return self._page(throttled_page, form, throttled=throttled)
        except HashQueueFull:
            return self._page(busy_page, form)
        try:
            delete_after = close_account(
                request.dbsession,
                credential,
                audit=request.audit,
                outbox=request.outbox,
                grace=self.grace,
                revert_lifetime=request.services.settings.email.revert_lifetime,
                now=now,
            )
        except InvalidCredentials:  # it was right a moment ago: a second click, or another window
            return redirect(request.path_to("sign-in"), forget(request))
        return redirect(
            request.path_to("sign-in"),
            [
                *forget(request),
                request.services.flash.set("account-closed", delete_after),
                ("Clear-Site-Data", '"cache"'),
            ],
        )

    def _page(self, render: Callable[..., Response], form: SiteForm, **values: Any) -> Response:
        days = humanize(self.grace.grace_period)
        return render(self.request, "account/close", form=form, grace=days, **values)
