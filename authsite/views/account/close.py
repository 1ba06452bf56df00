"""`/account/close`: where an account is closed."""

from collections.abc import Callable
from typing import Any

from pyramid.response import Response
from pyramid.security import forget
from pyramid.view import view_config, view_defaults

from authsite.accounts.close_account import Grace, close_account
from authsite.accounts.sign_in import WrongCredentials
from authsite.clock import utc_now
from authsite.durations import in_words
from authsite.http.redirects import see_other
from authsite.passwords.hash_queue import HashQueueFull
from authsite.resources import Account
from authsite.throttling.throttles import Throttled
from authsite.web.authentication import own_credential_of
from authsite.web.forms import SiteForm, password_field
from authsite.web.pages import crowded_page, form_page, throttled_page
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
        closing = request.site.settings.closing
        self.grace = Grace(closing.grace, closing.reminder)

    @view_config(request_method="GET")
    def show(self) -> Response:
        """Say what will happen, and ask for the password."""
        return self._page(form_page, CloseForm(), status=200)

    @view_config(request_method="POST")
    def submit(self) -> Response:
        """Close the account; everybody is signed out of it, here too."""
        form, request, now = CloseForm.of(self.request), self.request, utc_now()
        if not form.validate():
            return self._page(form_page, form, status=422)
        try:
            credential = own_credential_of(request, form.password.data, now=now)
        except WrongCredentials:
            form.reject("password", "That is not your password.")
            return self._page(form_page, form, status=422)
        except Throttled as throttled:
            return self._page(throttled_page, form, throttled=throttled)
        except HashQueueFull:
            return self._page(crowded_page, form)
        try:
            close_account(
                request.dbsession,
                credential,
                journal=request.journal,
                outbox=request.outbox,
                grace=self.grace,
                undo_within=request.site.settings.email.undo_within,
                now=now,
            )
        except WrongCredentials:  # it was right a moment ago: a second click, or another window
            return see_other(request.path_to("sign-in"), forget(request))
        return see_other(
            request.path_to("sign-in"),
            [
                *forget(request),
                request.site.flash.set("account-closed"),
                ("Clear-Site-Data", '"cache"'),
            ],
        )

    def _page(self, made_by: Callable[..., Response], form: SiteForm, **values: Any) -> Response:
        days = in_words(self.grace.period)
        return made_by(self.request, "account/close", form=form, grace=days, **values)
