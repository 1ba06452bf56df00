"""`/account`: what the site knows of a person, and the names to change."""

from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from authsite.accounts.change_names import change_names
from authsite.accounts.security_checkup import Concern, suggestions_for
from authsite.clock import utc_now
from authsite.http.redirects import see_other
from authsite.resources import Account
from authsite.security.policy import signed_in
from authsite.web.forms import SiteForm, name_field
from authsite.web.pages import form_page
from authsite.web.request import Request

#: Words of a link for each suggestion, and where it leads.
_MENDED_AT = {
    Concern.EMAIL_CHANGE_WAITS: ("Change your password", ("account", "password")),
    Concern.WRONG_PASSWORDS: ("See when and from where", ("account", "history")),
    Concern.EMAIL_UNVERIFIED: ("Confirm it", ("verify-email",)),
    Concern.PUBLIC_COMPUTERS: ("End that", ("account", "sessions")),
    Concern.UNSEEN_SESSIONS: ("Look whether they are yours", ("account", "sessions")),
}


class NamesForm(SiteForm):
    """A person's names."""

    first_name = name_field("First name", autocomplete="given-name")
    last_name = name_field("Last name", autocomplete="family-name")


@view_defaults(context=Account, name="", permission="authenticated")
class AccountPage:
    """The page with the form, and what becomes of it."""

    def __init__(self, context: Account, request: Request) -> None:
        self.user = context.record
        self.request = request

    @view_config(request_method="GET")
    def show(self) -> Response:
        """Show the account as it is."""
        return self._page(NamesForm(obj=self.user))

    @view_config(request_method="POST")
    def submit(self) -> Response:
        """Take the new names."""
        form = NamesForm.of(self.request)
        if not form.validate():
            return self._page(form, status=422)
        change_names(self.user, first_name=form.first_name.data, last_name=form.last_name.data)
        said = [self.request.site.flash.set("name-saved")]
        return see_other(self.request.path_to("account"), said)

    def _page(self, form: NamesForm, status: int = 200) -> Response:
        request = self.request
        return form_page(
            request,
            "account/profile",
            form=form,
            status=status,
            user=self.user,
            suggestions=suggestions_for(request.dbsession, signed_in(request), now=utc_now()),
            mended_at=_MENDED_AT,
        )
