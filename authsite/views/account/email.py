"""`/account/email`: request a change of the email address."""

from typing import ClassVar

from pyramid.response import Response

from authsite.accounts.change_email import SameEmail, request_email_change
from authsite.accounts.email_limits import hit_email, may_email_unverified
from authsite.accounts.sign_in import normalize_email
from authsite.email_addresses import parse_email_address
from authsite.mail.composer import CHANGE_EMAIL
from authsite.resources import Account
from authsite.security.sessions import require_identity
from authsite.web.email_domains import check_domain
from authsite.web.form_pages import FormError, FormPage, form_views
from authsite.web.forms import SiteForm, email_field
from authsite.web.pages import mail_sent_page
from authsite.web.validators import ValidEmail


class NewEmailForm(SiteForm):
    """The new email address."""

    email = email_field(
        "New email",
        autocomplete="email",
        missing="Enter the new email.",
        validators=[ValidEmail()],
    )


@form_views(context=Account, name="email", permission="authenticated", confirm_password=True)
class EmailPage(FormPage[NewEmailForm]):
    template = "account/email"
    form_type = NewEmailForm
    errors: ClassVar = {SameEmail: FormError("email", "This is already your email.")}

    def is_valid(self, form: NewEmailForm) -> bool:
        return super().is_valid(form) and check_domain(self.request, form)

    def accept(self, form: NewEmailForm) -> Response:
        email = parse_email_address(form.email.data)
        if email.normalized == normalize_email(require_identity(self.request).email):
            raise SameEmail
        work = self.request.authsite.work
        hit_email(work, CHANGE_EMAIL, email.normalized, network=work.client.network)
        may_email = may_email_unverified(work, email.normalized)
        request_email_change(work, self.context.record, email, may_email_unverified=may_email)
        return mail_sent_page(
            self.request,
            f"We sent a link to {email.original}. Open it to change your email.",
            "No email after a few minutes? Check your spam folder and the email above.",
            again=("account", "email"),
        )
