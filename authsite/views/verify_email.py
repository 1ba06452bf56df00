"""`/verify-email`: whether the own address is proven, and a button for another link."""

from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from authsite.accounts.sign_in import normalize_email
from authsite.accounts.verify_email import VERIFY_EMAIL, send_verification
from authsite.clock import utc_now
from authsite.http.redirects import redirect
from authsite.resources import Account, VerifyEmail
from authsite.throttling.mail_limits import hit_email
from authsite.throttling.throttles import RateLimited
from authsite.web.forms import SiteForm
from authsite.web.pages import form_page, throttled_page
from authsite.web.request import Request


@view_defaults(context=VerifyEmail, permission="authenticated")
class VerifyEmailPage:
    """The page with the button, and what the button does."""

    def __init__(self, request: Request) -> None:
        self.request = request

    @view_config(request_method="GET")
    def show(self) -> Response:
        """Say how it is."""
        return form_page(self.request, "verify_email", form=SiteForm(), status=200)

    @view_config(request_method="POST")
    def submit(self) -> Response:
        """Send another link, after which the one before leads nowhere."""
        request, now, flash_header = self.request, utc_now(), []
        identity = request.identity
        assert identity is not None  # noqa: S101 - for the type checker
        if not identity.email_is_verified:
            try:
                hit_email(
                    request.services.throttles,
                    VERIFY_EMAIL,
                    normalize_email(identity.email),
                    now=now,
                )
            except RateLimited as throttled:
                return throttled_page(request, "verify_email", form=SiteForm(), throttled=throttled)
            send_verification(
                request.dbsession,
                Account(request).record,
                outbox=request.outbox,
                verification_lifetime=request.services.settings.email.verification_lifetime,
                now=now,
            )
            flash_header = [request.services.flash.set("verification-sent")]
        return redirect(request.path_to("verify-email"), flash_header)
