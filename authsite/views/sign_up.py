"""`/sign-up`: where a stranger makes an account."""

import logging
from collections.abc import Callable
from typing import Any

from pyramid.response import Response
from pyramid.security import remember
from pyramid.view import view_config, view_defaults
from wtforms import Field
from wtforms.validators import ValidationError

from authsite.accounts.sign_up import EmailTaken, WeakPassword, sign_up
from authsite.accounts.throttles import Throttled
from authsite.clock import utc_now
from authsite.email_addresses import InvalidEmailAddress, parse_email_address
from authsite.forms import SiteForm, email_field, name_field, password_field
from authsite.hash_queue import HashQueueFull
from authsite.models import User
from authsite.network import network_of
from authsite.pages import Refusal, crowded_page, form_page, throttled_page
from authsite.redirects import see_other
from authsite.request import Request
from authsite.resources import Root

log = logging.getLogger(__name__)

_TOO_OFTEN = Refusal(
    "There were many sign-ups from your network of late.",
    "If you have an account already, you can sign in.",
)


class SignUpForm(SiteForm):
    """Names, address, and a password typed twice."""

    first_name = name_field("First name", autocomplete="given-name")
    last_name = name_field("Last name", autocomplete="family-name")
    email = email_field()
    password = password_field("Password", autocomplete="new-password", missing="Choose a password.")
    confirm_password = password_field(
        "Confirm password", autocomplete="new-password", missing="Type the password again."
    )

    def validate_email(self, field: Field) -> None:
        """An address to which a mail could be sent."""
        try:
            parse_email_address(field.data)
        except InvalidEmailAddress:
            raise ValidationError("Enter an email address such as name@example.com.") from None

    def validate_confirm_password(self, field: Field) -> None:
        """The same password twice, or a typing mistake would lock its owner out."""
        if field.data != self.password.data:
            raise ValidationError("The two passwords are not the same.")


@view_defaults(context=Root, name="sign-up", permission="anonymous")
class SignUp:
    """The page with the form, and what becomes of it."""

    def __init__(self, request: Request) -> None:
        self.request = request

    @view_config(request_method="GET")
    def show(self) -> Response:
        """Show an empty form."""
        return self._page(form_page, SignUpForm(), status=200)

    @view_config(request_method="POST")
    def submit(self) -> Response:
        """Make the account, sign its owner in, and go to the dashboard."""
        form = SignUpForm.of(self.request)
        if not form.validate():
            return self._page(form_page, form, status=422)
        try:
            user = self._sign_up(form)
        except WeakPassword as weakness:
            form.reject("password", str(weakness))
        except EmailTaken:
            form.reject("email", "There is an account with this address. Sign in instead?")
        except Throttled as throttled:
            log.warning("excess_rate_limit_exceeded: %s", throttled.kind)
            return self._page(throttled_page, form, refusal=_TOO_OFTEN, wait=throttled.wait)
        except HashQueueFull:
            return self._page(crowded_page, form)
        else:
            devices, now = self.request.site.devices, utc_now()
            headers = remember(self.request, user.id)
            headers.append(
                devices.remember(self.request, user.email_key, user.password_hash, now=now)
            )
            return see_other(self.request.path_to("dashboard"), headers)
        return self._page(form_page, form, status=422)

    def _sign_up(self, form: SignUpForm) -> User:
        return sign_up(
            self.request.dbsession,
            throttles=self.request.site.throttles,
            hasher=self.request.site.hasher,
            first_name=form.first_name.data,
            last_name=form.last_name.data,
            email=parse_email_address(form.email.data),
            password=form.password.data,
            network=network_of(self.request),
            policy=self.request.site.password_policy,
            now=utc_now(),
        )

    def _page(self, made_by: Callable[..., Response], form: SignUpForm, **values: Any) -> Response:
        minimum = self.request.site.settings.passwords.minimum_length
        form.password.description = (
            f"At least {minimum} characters. A few unrelated words make a good one."
        )
        return made_by(self.request, "sign_up", form=form, **values)
