"""Which email addresses people may use, by `authsite.email.allowed_domains`."""

from authsite.email_addresses import parse_email_address
from authsite.web.forms import SiteForm
from authsite.web.request import Request


def check_domain(request: Request, form: SiteForm) -> bool:
    """Add an error if the settings do not allow the domain of a new email; return False then."""
    allowed, field = request.authsite.services.settings.email.allowed_domains, form["email"]
    if not allowed or field.errors:
        return not field.errors
    if parse_email_address(field.data).domain in allowed:
        return True
    form.add_error("email", f"Use an email address of {' or '.join(allowed)}.")
    return False
