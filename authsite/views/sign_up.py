"""`/sign-up`: where a stranger makes an account."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from authsite.accounts.new_password import WeakPassword
from authsite.accounts.sign_up import new_user, sign_up, sign_up_with_verification
from authsite.accounts.users import EmailTaken
from authsite.audit.event_types import AuthMethod
from authsite.clock import utc_now
from authsite.email_addresses import EmailAddress, parse_email_address
from authsite.http.client import network_of
from authsite.http.redirects import redirect
from authsite.models import User
from authsite.passwords.hash_queue import HashQueueFull
from authsite.resources import Root
from authsite.throttling.throttles import RateLimited
from authsite.web.authentication import start_session
from authsite.web.forms import (
    NewPasswordForm,
    ValidEmail,
    confirm_password_field,
    email_field,
    name_field,
    new_password_field,
)
from authsite.web.pages import busy_page, form_page, mail_sent_page, throttled_page
from authsite.web.request import Request

_NOTHING_THERE = (
    "No email after a few minutes? Check your spam folder and the email above. Then sign up again."
)


class SignUpForm(NewPasswordForm):
    """Names, address, and a password typed twice."""

    first_name = name_field("First name", autocomplete="given-name")
    last_name = name_field("Last name", autocomplete="family-name")
    email = email_field(validators=[ValidEmail()])
    password = new_password_field()
    confirm_password = confirm_password_field()


@view_defaults(context=Root, name="sign-up", permission="anonymous")
class SignUpPage:
    """The page with the form, and what becomes of it."""

    def __init__(self, request: Request) -> None:
        self.request = request

    @view_config(request_method="GET")
    def show(self) -> Response:
        """Show an empty form."""
        return self._page(form_page, SignUpForm(), status=200)

    @view_config(request_method="POST")
    def submit(self) -> Response:
        """Make the account and let its owner in, or find out by mail first whether they own it."""
        form = SignUpForm.from_request(self.request)
        if not form.validate():
            return self._page(form_page, form, status=422)
        email, now = parse_email_address(form.email.data), utc_now()
        try:
            user = self._new_user(form, email, now=now)
            if self.request.services.settings.email.must_be_verified:
                return self._ask_for_proof(user, email, now=now)
            refund = self.request.refund
            credential = sign_up(
                self.request.dbsession, user, **self._mail(), refund=refund, now=now
            )
        except WeakPassword as weakness:
            form.add_error("password", str(weakness))
        except EmailTaken:
            form.add_error("email", "This email already has an account. Sign in instead.")
        except RateLimited as throttled:
            return self._page(throttled_page, form, throttled=throttled)
        except HashQueueFull:
            return self._page(busy_page, form)
        else:
            headers = start_session(
                self.request,
                credential,
                account=email.normalized,
                method=AuthMethod.SIGN_UP,
                now=now,
            )
            return redirect(self.request.path_to("dashboard"), headers)
        return self._page(form_page, form, status=422)

    def _new_user(self, form: SignUpForm, email: EmailAddress, *, now: datetime) -> User:
        return new_user(
            throttles=self.request.services.throttles,
            hasher=self.request.services.hasher,
            first_name=form.first_name.data,
            last_name=form.last_name.data,
            email=email,
            password=form.password.data,
            network=network_of(self.request),
            policy=self.request.services.password_policy,
            now=now,
        )

    def _ask_for_proof(self, user: User, email: EmailAddress, *, now: datetime) -> Response:
        """Answer in one way, whoever has the address: what there is to say is in the mail."""
        sign_up_with_verification(self.request.dbsession, user, **self._mail(), now=now)
        written = f"We sent a link to {email.original}. Open it to finish signing up."
        return mail_sent_page(self.request, written, _NOTHING_THERE)

    def _mail(self) -> dict[str, Any]:
        return {
            "throttles": self.request.services.throttles,
            "journal": self.request.audit,
            "outbox": self.request.outbox,
            "verify_within": self.request.services.settings.email.verification_lifetime,
        }

    def _page(self, render: Callable[..., Response], form: SignUpForm, **values: Any) -> Response:
        form.set_password_hint(
            minimum_length=self.request.services.settings.passwords.minimum_length
        )
        return render(self.request, "sign_up", form=form, **values)
