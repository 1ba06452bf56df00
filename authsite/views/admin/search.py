"""`/admin`: search for an account."""

from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response
from wtforms import Field, StringField
from wtforms.validators import Optional, ValidationError

from authsite.accounts.find_users import Found, NoSuchPage
from authsite.accounts.search_network import UnsupportedNetwork, parse_searched_network
from authsite.accounts.search_users import search_users
from authsite.email_addresses import MAXIMUM_LENGTH
from authsite.resources import Admin
from authsite.text import trimmed
from authsite.web.forms import SiteForm
from authsite.web.pages import form_page
from authsite.web.request import Request
from authsite.web.site_views import site_view
from authsite.web.validators import NoControlChars, NoInvisibleChars

#: Accounts per page.
PAGE = 25


class SearchForm(SiteForm):
    """The search query, sent by GET."""

    q = StringField(
        "Name, email, ID or network",
        description=(
            "Parts of names and emails, a whole ID, an IP address, or a network like 192.0.2.0/24."
        ),
        filters=[trimmed],
        validators=[Optional(), NoControlChars(maximum=MAXIMUM_LENGTH), NoInvisibleChars()],
        render_kw={"type": "search", "autocomplete": "off", "spellcheck": "false"},
    )

    def validate_q(self, field: Field) -> None:
        try:
            parse_searched_network(field.data)
        except UnsupportedNetwork:
            raise ValidationError(
                "End the network with /8, /16 or /24, or for IPv6 with a multiple of 16."
            ) from None


@site_view(context=Admin, request_method="GET", permission="administer", confirm_password=True)
def search(request: Request) -> Response:
    """Show the form and the accounts that match; an empty query lists none."""
    form, after = SearchForm.from_query(request), request.GET.get("after")
    if not form.validate():
        return form_page(request, "admin/search", form=form, status=422, found=[], more=None)
    found: list[Found] = []
    more = None
    if form.q.data:
        try:
            found, more = search_users(
                request.authsite.dbsession, form.q.data, after=after, limit=PAGE
            )
        except NoSuchPage:
            raise HTTPNotFound from None
    return form_page(request, "admin/search", form=form, status=200, found=found, more=more)
