"""`/account/email`: where another address is asked for."""

from collections.abc import Callable
from typing import Any

from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from authsite.accounts.change_email import request_email_change
from authsite.clock import utc_now
from authsite.email_addresses import EmailAddress, parse_email_address
from authsite.http.client import network_of
from authsite.mail.composer import CHANGE_EMAIL
from authsite.resources import Account
from authsite.throttling.mail_limits import hit_email
from authsite.throttling.throttles import RateLimited
from authsite.web.forms import SiteForm, ValidEmail, email_field
from authsite.web.pages import form_page, mail_sent_page, throttled_page
from authsite.web.request import Request


class NewEmailForm(SiteForm):
    """The address that is to be."""

    email = email_field("New email", autocomplete="email", validators=[ValidEmail()])


@view_defaults(context=Account, name="email", permission="authenticated", confirm_password=True)
class EmailPage:
    """The page with the form, and what becomes of it."""

    def __init__(self, context: Account, request: Request) -> None:
        self.context = context
        self.request = request

    @view_config(request_method="GET")
    def show(self) -> Response:
        """Show the address as it is, and an empty field."""
        return self._page(form_page, NewEmailForm(), status=200)

    @view_config(request_method="POST")
    def submit(self) -> Response:
        """Send a link to the new address; nothing is changed before it is followed."""
        form = NewEmailForm.from_request(self.request)
        if not form.validate():
            return self._page(form_page, form, status=422)
        email = parse_email_address(form.email.data)
        if email.normalized == parse_email_address(self.request.identity.email).key:
            form.add_error("email", "This is already your email.")
            return self._page(form_page, form, status=422)
        try:
            self._ask(email)
        except RateLimited as throttled:
            return self._page(throttled_page, form, throttled=throttled)
        return mail_sent_page(
            self.request,
            f"We sent a link to {email.original}. Open it to change your email.",
            "No email after a few minutes? Check your spam folder and the email above.",
        )

    def _ask(self, email: EmailAddress) -> None:
        services, now = self.request.services, utc_now()
        network = network_of(self.request)
        hit_email(services.throttles, CHANGE_EMAIL, email.normalized, network=network, now=now)
        request_email_change(
            self.request.dbsession,
            self.context.record,
            email,
            audit=self.request.audit,
            outbox=self.request.outbox,
            verification_lifetime=services.settings.email.verification_lifetime,
            revert_lifetime=services.settings.email.revert_lifetime,
            now=now,
        )

    def _page(self, render: Callable[..., Response], form: SiteForm, **values: Any) -> Response:
        return render(self.request, "account/email", form=form, **values)
