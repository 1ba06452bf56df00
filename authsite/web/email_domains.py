"""Which email addresses people may use, by `authsite.email.allowed_domains`."""

from authsite.email_addresses import parse_email_address
from authsite.web.forms import SiteForm
from authsite.web.request import Request


def has_allowed_domain(request: Request, form: SiteForm) -> bool:
    """Whether a new email address is of a domain that the settings allow; add an error if not."""
    allowed, field = request.services.settings.email.allowed_domains, form["email"]
    if not allowed or field.errors:
        return not field.errors
    if parse_email_address(field.data).domain in allowed:
        return True
    form.add_error("email", f"Use an email address of {' or '.join(allowed)}.")
    return False
