"""`/confirm-password`: where the signed-in type their password again, and then go on."""

from collections.abc import Callable
from typing import Any

from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from authsite.accounts.sign_in import InvalidCredentials
from authsite.clock import utc_now
from authsite.passwords.hash_queue import HashQueueFull
from authsite.resources import Root
from authsite.throttling.throttles import RateLimited
from authsite.web.authentication import record_reauthentication
from authsite.web.interrupted_requests import InterruptedRequest
from authsite.web.pages import busy_page, form_page, throttled_page
from authsite.web.reauthentication import ConfirmPasswordForm
from authsite.web.request import Request


@view_defaults(context=Root, name="confirm-password", permission="authenticated")
class RequireReauthenticationPage:
    """The page with the form, and what becomes of it; other pages answer with it as well."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.interrupted_request = InterruptedRequest.from_query(request)

    @view_config(request_method="GET")
    def show(self) -> Response:
        """Ask for the password."""
        return self._page(form_page, ConfirmPasswordForm(), status=200)

    @view_config(request_method="POST")
    def submit(self) -> Response:
        """Take the password, and go on with what the person was doing, or to the account."""
        form = ConfirmPasswordForm.from_request(self.request)
        if not form.validate():
            return self._page(form_page, form, status=422)
        try:
            headers = record_reauthentication(
                self.request, form.current_password.data, now=utc_now()
            )
        except InvalidCredentials:
            form.add_error("current_password", "Incorrect password.")
        except RateLimited as throttled:
            return self._page(throttled_page, form, throttled=throttled)
        except HashQueueFull:
            return self._page(busy_page, form)
        else:
            return self.interrupted_request.resume(
                headers, otherwise=self.request.path_to("account")
            )
        return self._page(form_page, form, status=422)

    def _page(
        self, render: Callable[..., Response], form: ConfirmPasswordForm, **values: Any
    ) -> Response:
        return render(
            self.request,
            "confirm_password",
            form=form,
            interrupted_request=self.interrupted_request,
            **values,
        )
