"""`/sign-in`."""

from typing import Any, ClassVar

from pyramid.response import Response

from authsite.accounts.sign_in import InvalidCredentials, SignIn, normalize_email
from authsite.resources import Root
from authsite.web.authentication import authenticate, complete_sign_in
from authsite.web.form_pages import FormError, FormPage, form_views
from authsite.web.forms import (
    SiteForm,
    email_field,
    next_field,
    password_field,
    public_computer_field,
)
from authsite.web.interrupted_requests import InterruptedRequest
from authsite.web.request import Request


class SignInForm(SiteForm):
    """Email and password, and the page that the visitor was going to."""

    email = email_field()
    password = password_field(
        "Password", autocomplete="current-password", missing="Enter your password."
    )
    public_computer = public_computer_field()
    next = next_field()


@form_views(context=Root, name="sign-in", permission="anonymous")
class SignInPage(FormPage[SignInForm]):
    template = "sign_in"
    form_type = SignInForm
    errors: ClassVar = {InvalidCredentials: FormError(None, "Incorrect email or password.")}

    def __init__(self, context: Any, request: Request) -> None:
        super().__init__(context, request)
        self.interrupted_request = InterruptedRequest.from_sign_in(request.POST)

    def new_form(self) -> SignInForm:
        return SignInForm(data={"next": self.request.GET.get("next")})

    def accept(self, form: SignInForm) -> Response:
        email, password = normalize_email(form.email.data), form.password.data
        sign_in = SignIn(
            authenticate(self.request, email, password, is_sign_in=True),
            email,
            password=password,
            public_computer=form.public_computer.data,
            next_path=form.next.data,
        )
        response = complete_sign_in(self.request, sign_in)
        expired_form = f"{self.request.authsite.path('sign-in')}?resume=1"  # see already_signed_in
        return self.interrupted_request.resume_after(response, expired_form)

    def is_kept_for_back(self) -> bool:
        return self.interrupted_request.fields is None  # those are a signed-in user's

    def values(self) -> dict[str, Any]:
        return {
            "interrupted_request": self.interrupted_request,
            "must_be_verified": self.request.authsite.services.settings.email.must_be_verified,
        }

    def on_refused(self, reason: Any) -> None:
        self.request.authsite.services.metrics.count_sign_in(reason)


def session_ended_page(
    request: Request, kept: InterruptedRequest, *, email: str | None = None
) -> Response:
    """Return the sign-in page for a form whose session has ended; it keeps what was entered."""
    page = SignInPage(None, request)
    page.interrupted_request = kept
    return page.page(SignInForm(data={"next": kept.url, "email": email}), status=403)
