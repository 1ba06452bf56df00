"""`/sign-in`: where a stranger says who they are."""

from datetime import datetime

from pyramid.response import Response
from pyramid.view import view_config, view_defaults
from wtforms import HiddenField

from authsite.accounts.close_account import offer_to_keep
from authsite.accounts.sign_in import InvalidCredentials, normalize_email
from authsite.accounts.users import Credential
from authsite.accounts.verify_email import send_verification_at_sign_in
from authsite.clock import utc_now
from authsite.http.redirects import redirect, safe_path
from authsite.passwords.hash_queue import HashQueueFull
from authsite.resources import Root
from authsite.throttling.throttles import RateLimited
from authsite.web.authentication import authenticate, lock_and_rehash, start_session
from authsite.web.forms import SiteForm, email_field, password_field, public_computer_box
from authsite.web.pages import busy_page, form_page, mail_sent_page, throttled_page
from authsite.web.request import Request

_PROOF_FIRST = "Open it to verify your email address, then sign in."
_NOTHING_THERE = "No email after a few minutes? Check your spam folder, then sign in again."


class SignInForm(SiteForm):
    """Address and password, and where the person was going."""

    email = email_field()
    password = password_field(
        "Password", autocomplete="current-password", missing="Enter your password."
    )
    public_computer = public_computer_box()
    next = HiddenField(filters=[safe_path])


@view_defaults(context=Root, name="sign-in", permission="anonymous")
class SignInPage:
    """The page with the form, and what becomes of it."""

    def __init__(self, request: Request) -> None:
        self.request = request

    @view_config(request_method="GET")
    def show(self) -> Response:
        """Show an empty form that remembers where the person was going."""
        return self._page(SignInForm(data={"next": self.request.GET.get("next")}))

    @view_config(request_method="POST")
    def submit(self) -> Response:
        """Open a session and go where the person was going, or to the dashboard."""
        form = SignInForm.from_request(self.request)
        if not form.validate():
            return self._page(form, status=422)
        account, now = normalize_email(form.email.data), utc_now()
        try:
            credential = authenticate(self.request, account, form.password.data, now=now)
            if self._is_barred(credential):
                return self._ask_for_proof(credential, form, account=account, now=now)
            credential = lock_and_rehash(self.request, credential, form.password.data)
        except InvalidCredentials:
            form.add_error(None, "Incorrect email or password.")
            return self._page(form, status=422)
        except RateLimited as throttled:
            return throttled_page(self.request, "sign_in", form=form, throttled=throttled)
        except HashQueueFull:
            return busy_page(self.request, "sign_in", form=form)
        return self._let_in(credential, form, account=account, now=now)

    def _let_in(
        self, credential: Credential, form: SignInForm, *, account: str, now: datetime
    ) -> Response:
        """Open a session; if the account is closed, ask first whether it is to be kept."""
        public_computer = form.public_computer.data
        if credential.delete_after:
            token = offer_to_keep(self.request.dbsession, credential, now=now)
            path = self.request.path_to("reactivate-account", str(token))
            return redirect(f"{path}?public_computer" if public_computer else path)
        headers = start_session(
            self.request, credential, account=account, public_computer=public_computer, now=now
        )
        return redirect(form.next.data or self.request.path_to("dashboard"), headers)

    def _is_barred(self, credential: Credential) -> bool:
        required = self.request.services.settings.email.must_be_verified
        return required and not credential.email_verified_at

    def _ask_for_proof(
        self, credential: Credential, form: SignInForm, *, account: str, now: datetime
    ) -> Response:
        send_verification_at_sign_in(
            self.request.dbsession,
            credential,
            throttles=self.request.services.throttles,
            outbox=self.request.outbox,
            email_normalized=account,
            verification_lifetime=self.request.services.settings.email.verification_lifetime,
            now=now,
        )
        self.request.services.metrics.count_sign_in("unverified")
        written = f"We sent a link to {form.email.data}. {_PROOF_FIRST}"
        return mail_sent_page(self.request, written, _NOTHING_THERE)

    def _page(self, form: SignInForm, status: int = 200) -> Response:
        return form_page(self.request, "sign_in", form=form, status=status)
