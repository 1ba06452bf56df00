"""`/sign-up`: where a stranger makes an account."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from authsite.accounts.new_password import WeakPassword
from authsite.accounts.sign_up import new_user, sign_up, sign_up_by_mail
from authsite.accounts.users import EmailTaken
from authsite.audit.event_types import Method
from authsite.clock import utc_now
from authsite.email_addresses import EmailAddress, parse_email_address
from authsite.http.client import network_of
from authsite.http.redirects import see_other
from authsite.models import User
from authsite.passwords.hash_queue import HashQueueFull
from authsite.resources import Root
from authsite.throttling.throttles import Throttled
from authsite.web.authentication import let_in
from authsite.web.forms import Mailable, NewPasswordForm, email_field, name_field
from authsite.web.pages import crowded_page, form_page, mail_sent_page, throttled_page
from authsite.web.request import Request

_NOTHING_THERE = (
    "Nothing there after a few minutes? Look among the spam, too, and make sure that the address "
    "is right. Then sign up once more."
)


class SignUpForm(NewPasswordForm):
    """Names, address, and a password typed twice."""

    first_name = name_field("First name", autocomplete="given-name")
    last_name = name_field("Last name", autocomplete="family-name")
    email = email_field(validators=[Mailable()])


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
        """Make the account and let its owner in, or find out by mail first whether they own it."""
        form = SignUpForm.of(self.request)
        if not form.validate():
            return self._page(form_page, form, status=422)
        email, now = parse_email_address(form.email.data), utc_now()
        try:
            user = self._new_user(form, email, now=now)
            if self.request.site.settings.email.must_be_verified:
                return self._ask_for_proof(user, email, now=now)
            give_back = self.request.give_back
            credential = sign_up(
                self.request.dbsession, user, **self._mail(), give_back=give_back, now=now
            )
        except WeakPassword as weakness:
            form.reject("password", str(weakness))
        except EmailTaken:
            form.reject("email", "There is an account with this address. Sign in instead?")
        except Throttled as throttled:
            return self._page(throttled_page, form, throttled=throttled)
        except HashQueueFull:
            return self._page(crowded_page, form)
        else:
            headers = let_in(
                self.request, credential, account=email.key, method=Method.SIGN_UP, now=now
            )
            return see_other(self.request.path_to("dashboard"), headers)
        return self._page(form_page, form, status=422)

    def _new_user(self, form: SignUpForm, email: EmailAddress, *, now: datetime) -> User:
        return new_user(
            throttles=self.request.site.throttles,
            hasher=self.request.site.hasher,
            first_name=form.first_name.data,
            last_name=form.last_name.data,
            email=email,
            password=form.password.data,
            network=network_of(self.request),
            policy=self.request.site.password_policy,
            now=now,
        )

    def _ask_for_proof(self, user: User, email: EmailAddress, *, now: datetime) -> Response:
        """Answer in one way, whoever has the address: what there is to say is in the mail."""
        sign_up_by_mail(self.request.dbsession, user, **self._mail(), now=now)
        written = f"We have written to {email.typed}. Open the link in that mail to go on."
        return mail_sent_page(self.request, written, _NOTHING_THERE)

    def _mail(self) -> dict[str, Any]:
        return {
            "throttles": self.request.site.throttles,
            "journal": self.request.journal,
            "outbox": self.request.outbox,
            "verify_within": self.request.site.settings.email.verify_within,
        }

    def _page(self, made_by: Callable[..., Response], form: SignUpForm, **values: Any) -> Response:
        form.advise(minimum_length=self.request.site.settings.passwords.minimum_length)
        return made_by(self.request, "sign_up", form=form, **values)
