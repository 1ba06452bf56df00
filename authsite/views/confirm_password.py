"""`/confirm-password`: re-authentication, then the interrupted request resumes."""

from typing import Any, ClassVar

from pyramid.response import Response

from authsite.accounts.sign_in import InvalidCredentials
from authsite.resources import Root
from authsite.web.authentication import record_reauthentication
from authsite.web.form_pages import FormError, FormPage, form_views
from authsite.web.interrupted_requests import InterruptedRequest
from authsite.web.reauthentication import ConfirmPasswordForm
from authsite.web.request import Request


@form_views(context=Root, name="confirm-password", permission="authenticated")
class ConfirmPasswordPage(FormPage[ConfirmPasswordForm]):
    template = "confirm_password"
    form_type = ConfirmPasswordForm
    errors: ClassVar = {InvalidCredentials: FormError("current_password", "Incorrect password.")}

    def __init__(self, context: Any, request: Request) -> None:
        super().__init__(context, request)
        self.interrupted_request = InterruptedRequest.from_query(request)

    def accept(self, form: ConfirmPasswordForm) -> Response:
        headers = record_reauthentication(self.request, form.current_password.data)
        return self.interrupted_request.resume(
            headers, otherwise=self.request.authsite.path("account")
        )

    def values(self) -> dict[str, Any]:
        return {"interrupted_request": self.interrupted_request}
