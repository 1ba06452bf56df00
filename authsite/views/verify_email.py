"""`/verify-email`: show whether the email address is verified, and send a new link."""

from pyramid.response import Response

from authsite.accounts.email_limits import VERIFY_EMAIL, hit_email
from authsite.accounts.email_links import Purpose
from authsite.accounts.sign_in import normalize_email
from authsite.accounts.verify_email import send_verification
from authsite.http.redirects import redirect
from authsite.resources import Account, EmailLinks
from authsite.security.sessions import require_identity
from authsite.web.form_pages import FormPage, form_views
from authsite.web.forms import SiteForm


@form_views(context=EmailLinks, purpose=Purpose.VERIFY_EMAIL, permission="authenticated")
class VerifyEmailPage(FormPage[SiteForm]):
    template = "verify_email"
    form_type = SiteForm

    def accept(self, _form: SiteForm) -> Response:
        request, work, identity = (
            self.request,
            self.request.authsite.work,
            require_identity(self.request),
        )
        flash = []
        if not identity.email_is_verified:
            hit_email(work, VERIFY_EMAIL, normalize_email(identity.email))
            send_verification(work, Account(request).record)
            flash = [request.authsite.services.flash.set("verification-sent")]
        return redirect(request.authsite.path("verify-email"), flash)
