"""`/forgot-password`: where somebody asks for a link to choose a new password."""

from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from authsite.accounts.forgot_password import request_password_reset
from authsite.clock import utc_now
from authsite.durations import humanize
from authsite.email_addresses import parse_email_address
from authsite.http.client import network_of
from authsite.resources import Root
from authsite.throttling.throttles import RateLimited
from authsite.web.forms import SiteForm, ValidEmail, email_field
from authsite.web.pages import form_page, mail_sent_page, throttled_page
from authsite.web.request import Request

_SAID = "If {address} has an account, we've sent a reset link to it. It works for {time}."
_NOT_THERE = "No email after a few minutes? Check your spam folder and the email above."


class ForgotPasswordForm(SiteForm):
    """The address of the account."""

    email = email_field(validators=[ValidEmail()])


@view_defaults(context=Root, name="forgot-password", permission="public")
class ForgotPasswordPage:
    """The page with the form, and one answer to it, whoever has an account (ASVS 6.3.8)."""

    def __init__(self, request: Request) -> None:
        self.request = request

    @view_config(request_method="GET")
    def show(self) -> Response:
        """Ask for the address; that of whoever is signed in is filled in."""
        identity = self.request.identity
        form = ForgotPasswordForm(data={"email": identity.email if identity else None})
        return form_page(self.request, "forgot_password", form=form, status=200)

    @view_config(request_method="POST")
    def submit(self) -> Response:
        """Write to the address, and say so: what else there is to say is in the mail."""
        form, now = ForgotPasswordForm.from_request(self.request), utc_now()
        if not form.validate():
            return form_page(self.request, "forgot_password", form=form, status=422)
        services = self.request.services
        services.purger.run_if_due(now=now)
        email, within = (
            parse_email_address(form.email.data),
            services.settings.passwords.reset_link_lifetime,
        )
        try:
            request_password_reset(
                self.request.dbsession,
                email,
                throttles=services.throttles,
                audit=self.request.audit,
                outbox=self.request.outbox,
                reset_link_lifetime=within,
                network=network_of(self.request),
                now=now,
            )
        except RateLimited as throttled:
            return throttled_page(self.request, "forgot_password", form=form, throttled=throttled)
        flash_header = _SAID.format(address=email.original, time=humanize(within))
        return mail_sent_page(self.request, flash_header, _NOT_THERE)
