"""`/confirm-password`: where the signed-in type their password again, and then go on."""

from collections.abc import Callable
from typing import Any

from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from authsite.accounts.sign_in import WrongCredentials
from authsite.clock import utc_now
from authsite.passwords.hash_queue import HashQueueFull
from authsite.resources import Root
from authsite.throttling.throttles import Throttled
from authsite.web.authentication import confirm
from authsite.web.interrupted_requests import Errand
from authsite.web.pages import crowded_page, form_page, throttled_page
from authsite.web.reauthentication import ConfirmPasswordForm
from authsite.web.request import Request


@view_defaults(context=Root, name="confirm-password", permission="authenticated")
class ConfirmPassword:
    """The page with the form, and what becomes of it; other pages answer with it as well."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.errand = Errand.resumed(request)

    @view_config(request_method="GET")
    def show(self) -> Response:
        """Ask for the password."""
        return self._page(form_page, ConfirmPasswordForm(), status=200)

    @view_config(request_method="POST")
    def submit(self) -> Response:
        """Take the password, and go on with what the person was doing, or to the account."""
        form = ConfirmPasswordForm.of(self.request)
        if not form.validate():
            return self._page(form_page, form, status=422)
        try:
            headers = confirm(self.request, form.current_password.data, now=utc_now())
        except WrongCredentials:
            form.reject("current_password", "This is not your password.")
        except Throttled as throttled:
            return self._page(throttled_page, form, throttled=throttled)
        except HashQueueFull:
            return self._page(crowded_page, form)
        else:
            return self.errand.go_on(headers, otherwise=self.request.path_to("account"))
        return self._page(form_page, form, status=422)

    def _page(
        self, made_by: Callable[..., Response], form: ConfirmPasswordForm, **values: Any
    ) -> Response:
        return made_by(self.request, "confirm_password", form=form, errand=self.errand, **values)
