"""`/sign-up`."""

from typing import Any, ClassVar

from pyramid.response import Response

from authsite.accounts.sign_in import SignIn
from authsite.accounts.sign_up import (
    SignUpClosed,
    SignUpRefused,
    new_user,
    sign_up,
    sign_up_with_verification,
)
from authsite.accounts.users import EmailTaken
from authsite.audit.event_types import AuthMethod
from authsite.email_addresses import parse_email_address
from authsite.resources import Root
from authsite.web.authentication import complete_sign_in
from authsite.web.email_domains import check_domain
from authsite.web.form_pages import FormError, FormPage, form_views
from authsite.web.pages import mail_sent_page
from authsite.web.request import Request
from authsite.web.sign_up_form import SIGN_UP_FORM, SignUpForm, entered_names


@form_views(context=Root, name="sign-up", permission="anonymous")
class SignUpPage(FormPage[SignUpForm]):
    template = "sign_up"
    errors: ClassVar = {
        EmailTaken: FormError("email", "This email already has an account. Sign in instead.")
    }

    def __init__(self, context: Any, request: Request) -> None:
        super().__init__(context, request)
        self.form_type = request.registry[SIGN_UP_FORM]
        if not request.authsite.services.settings.is_sign_up_open:
            raise SignUpClosed

    def is_valid(self, form: SignUpForm) -> bool:
        is_valid = super().is_valid(form)
        return check_domain(self.request, form) and is_valid

    def new_form(self) -> SignUpForm:
        return self.form_type(data={"next": self.request.GET.get("next")})

    def accept(self, form: SignUpForm) -> Response:
        try:
            return self._sign_up(form)
        except SignUpRefused as refusal:
            form.add_error(
                refusal.field if refusal.field and refusal.field in form else None, refusal.message
            )
            return self.page(form, status=422)

    def _sign_up(self, form: SignUpForm) -> Response:
        work, email = self.request.authsite.work, parse_email_address(form.email.data)
        # As for imported users, the email replaces a first name.
        names = entered_names(form, first_name=email.original.partition("@")[0])
        user = new_user(work, **names, email=email, password=form.password.data)
        if work.settings.email.must_be_verified:
            sign_up_with_verification(work, user, form.extra_values)
            return mail_sent_page(
                self.request,
                f"We sent a link to {email.original}. Open it to finish signing up.",
                "No email after a few minutes? Check your spam folder and the email above. Then "
                "sign up again.",
                again=("sign-up",),
            )
        credential = sign_up(work, user, form.extra_values)
        sign_in = SignIn(
            credential,
            email.normalized,
            auth_method=AuthMethod.SIGN_UP,
            next_path=form.next.data,
        )
        return complete_sign_in(self.request, sign_in)
