"""`/forgot-password`."""

from pyramid.response import Response

from authsite.accounts.forgot_password import request_password_reset
from authsite.durations import humanize
from authsite.email_addresses import parse_email_address
from authsite.resources import Root
from authsite.web.form_pages import FormPage, form_views
from authsite.web.forms import SiteForm, email_field
from authsite.web.pages import mail_sent_page
from authsite.web.validators import ValidEmail


class ForgotPasswordForm(SiteForm):
    """The email of the account."""

    email = email_field(validators=[ValidEmail()])


@form_views(context=Root, name="forgot-password", permission="public")
class ForgotPasswordPage(FormPage[ForgotPasswordForm]):
    """One answer for every email address, with an account or without (ASVS 6.3.8)."""

    template = "forgot_password"
    form_type = ForgotPasswordForm

    def new_form(self) -> ForgotPasswordForm:
        identity = self.request.authsite.identity
        return ForgotPasswordForm(data={"email": identity.email if identity else None})

    def accept(self, form: ForgotPasswordForm) -> Response:
        work, email = self.request.authsite.work, parse_email_address(form.email.data)
        request_password_reset(work, email)
        lifetime = humanize(work.settings.passwords.reset_link_lifetime)
        return mail_sent_page(
            self.request,
            f"If {email.original} has an account, we've sent a reset link to it. It works for "
            f"{lifetime}.",
            "No email after a few minutes? Check your spam folder and the email above.",
            again=("forgot-password",),
        )
