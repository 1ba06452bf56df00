"""`/sign-in`: where a stranger says who they are."""

from datetime import datetime

from pyramid.response import Response
from pyramid.view import view_config, view_defaults
from wtforms import HiddenField

from authsite.accounts.close_account import offer_to_keep
from authsite.accounts.sign_in import WrongCredentials, account_of
from authsite.accounts.users import Credential
from authsite.accounts.verify_email import ask_who_signs_in
from authsite.clock import utc_now
from authsite.http.redirects import own_path, see_other
from authsite.passwords.hash_queue import HashQueueFull
from authsite.resources import Root
from authsite.throttling.throttles import Throttled
from authsite.web.authentication import hold, judge, let_in
from authsite.web.forms import SiteForm, email_field, password_field, public_computer_box
from authsite.web.pages import crowded_page, form_page, mail_sent_page, throttled_page
from authsite.web.request import Request

_PROOF_FIRST = "Open the link in that mail to confirm your address; then you can sign in."
_NOTHING_THERE = (
    "Nothing there after a few minutes? Look among the spam, too. Then sign in once more."
)


class SignInForm(SiteForm):
    """Address and password, and where the person was going."""

    email = email_field()
    password = password_field(
        "Password", autocomplete="current-password", missing="Enter your password."
    )
    public_computer = public_computer_box()
    next = HiddenField(filters=[own_path])


@view_defaults(context=Root, name="sign-in", permission="anonymous")
class SignIn:
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
        form = SignInForm.of(self.request)
        if not form.validate():
            return self._page(form, status=422)
        account, now = account_of(form.email.data), utc_now()
        try:
            credential = judge(self.request, account, form.password.data, now=now)
            if self._is_barred(credential):
                return self._ask_for_proof(credential, form, account=account, now=now)
            credential = hold(self.request, credential, form.password.data)
        except WrongCredentials:
            form.reject(None, "Incorrect email or password.")
            return self._page(form, status=422)
        except Throttled as throttled:
            return throttled_page(self.request, "sign_in", form=form, throttled=throttled)
        except HashQueueFull:
            return crowded_page(self.request, "sign_in", form=form)
        return self._let_in(credential, form, account=account, now=now)

    def _let_in(
        self, credential: Credential, form: SignInForm, *, account: str, now: datetime
    ) -> Response:
        """Open a session; if the account is closed, ask first whether it is to be kept."""
        public_computer = form.public_computer.data
        if credential.closes_at:
            token = offer_to_keep(self.request.dbsession, credential, now=now)
            path = self.request.path_to("keep-account", str(token))
            return see_other(f"{path}?public_computer" if public_computer else path)
        headers = let_in(
            self.request, credential, account=account, public_computer=public_computer, now=now
        )
        return see_other(form.next.data or self.request.path_to("dashboard"), headers)

    def _is_barred(self, credential: Credential) -> bool:
        required = self.request.site.settings.email.must_be_verified
        return required and not credential.email_verified_at

    def _ask_for_proof(
        self, credential: Credential, form: SignInForm, *, account: str, now: datetime
    ) -> Response:
        ask_who_signs_in(
            self.request.dbsession,
            credential,
            throttles=self.request.site.throttles,
            outbox=self.request.outbox,
            email_key=account,
            verify_within=self.request.site.settings.email.verify_within,
            now=now,
        )
        self.request.site.metrics.count_sign_in("unverified")
        written = f"We have written to {form.email.data}. {_PROOF_FIRST}"
        return mail_sent_page(self.request, written, _NOTHING_THERE)

    def _page(self, form: SignInForm, status: int = 200) -> Response:
        return form_page(self.request, "sign_in", form=form, status=status)
