"""`/admin`: search for an account."""

from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response
from pyramid.view import view_config
from wtforms import StringField
from wtforms.validators import Optional

from authsite.accounts.find_users import find_users
from authsite.email_addresses import MAXIMUM_LENGTH
from authsite.resources import Admin
from authsite.text import trimmed
from authsite.tokens import is_id
from authsite.web.forms import SiteForm
from authsite.web.pages import form_page
from authsite.web.request import Request
from authsite.web.validators import NoControlChars, NoInvisibleChars

#: Accounts per page.
PAGE = 25


class SearchForm(SiteForm):
    """The search query, sent by GET."""

    q = StringField(
        "Name, email or ID",
        description="The start of a name or email, or a whole ID.",
        filters=[trimmed],
        validators=[Optional(), NoControlChars(maximum=MAXIMUM_LENGTH), NoInvisibleChars()],
        render_kw={"type": "search", "autocomplete": "off", "spellcheck": "false"},
    )


@view_config(context=Admin, request_method="GET", permission="administer", confirm_password=True)
def search(request: Request) -> Response:
    """Show the form and the accounts that match; an empty query lists none."""
    form, after = SearchForm.from_query(request), request.GET.get("after")
    if after is not None and not is_id(after):
        raise HTTPNotFound
    if not form.validate():
        return form_page(request, "admin/search", form=form, status=422, found=[], more=None)
    found = []
    if form.q.data:
        found = find_users(request.dbsession, form.q.data, after=after, limit=PAGE + 1)
    return form_page(
        request,
        "admin/search",
        form=form,
        status=200,
        found=found[:PAGE],
        more=found[PAGE - 1].id if len(found) > PAGE else None,
    )
