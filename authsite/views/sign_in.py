"""`/sign-in`: where a stranger says who they are."""

import logging
from datetime import datetime

from pyramid.response import Response
from pyramid.security import remember
from pyramid.view import view_config, view_defaults
from wtforms import HiddenField

from authsite.accounts.sign_in import (
    WrongCredentials,
    account_of,
    check_password,
    hold_credential,
    replace_password_hash,
)
from authsite.accounts.throttles import Throttled
from authsite.accounts.users import Credential
from authsite.clock import utc_now
from authsite.forms import SiteForm, check_box, email_field, password_field
from authsite.hash_queue import HashQueueFull
from authsite.network import network_of
from authsite.pages import Refusal, crowded_page, form_page, throttled_page
from authsite.redirects import own_path, see_other
from authsite.request import Request
from authsite.resources import Root

log = logging.getLogger(__name__)

_TOO_OFTEN = {
    "sign_in_account": Refusal(
        "There were too many failed sign-ins.",
        "A browser that you have signed in with before may let you in at once.",
    ),
    "sign_in_network": Refusal(
        "There were too many failed sign-ins from your network.",
        "A browser that you have signed in with before may let you in at once.",
    ),
    "sign_in_device": Refusal("There were too many failed sign-ins in this browser.", ""),
}


class SignInForm(SiteForm):
    """Address and password, and where the person was going."""

    email = email_field()
    password = password_field(
        "Password", autocomplete="current-password", missing="Enter your password."
    )
    public_computer = check_box(
        "This is a public computer",
        hint="You are signed out when the browser is closed, or after a while without a visit.",
    )
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
            credential = self._sign_in(account, form.password.data, now=now)
        except WrongCredentials:
            form.reject(None, "Incorrect email or password.")
            return self._page(form, status=422)
        except Throttled as throttled:
            log.warning("excess_rate_limit_exceeded: %s", throttled.kind)
            return throttled_page(
                self.request,
                "sign_in",
                form=form,
                refusal=_TOO_OFTEN[throttled.kind],
                wait=throttled.wait,
            )
        except HashQueueFull:
            return crowded_page(self.request, "sign_in", form=form)
        public = form.public_computer.data
        headers = remember(self.request, credential.user_id, public_computer=public)
        if not public:
            password_hash = credential.password_hash
            headers.append(
                self.request.site.devices.remember(self.request, account, password_hash, now=now)
            )
        return see_other(form.next.data or self.request.path_to("dashboard"), headers)

    def _sign_in(self, account: str, password: str, *, now: datetime) -> Credential:
        """Return whose password this is. All hashing is done before the transaction begins."""
        site = self.request.site
        site.sweeper.nudge(now=now)  # failures leave rows too
        credential = check_password(
            site.credentials,
            throttles=site.throttles,
            hasher=site.hasher,
            account=account,
            password=password,
            network=network_of(self.request),
            device_of=lambda password_hash: site.devices.device_of(
                self.request, account, password_hash, now=now
            ),
            now=now,
        )
        if site.hasher.is_outdated(credential.password_hash):
            renewed = site.hasher.hash(password)
            replace_password_hash(self.request.dbsession, credential, renewed)
            return Credential(credential.user_id, renewed)
        hold_credential(self.request.dbsession, credential)
        return credential

    def _page(self, form: SignInForm, status: int = 200) -> Response:
        return form_page(self.request, "sign_in", form=form, status=status)
