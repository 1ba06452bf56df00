"""`/account`: what the site knows of a person, and the names to change."""

from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from authsite.accounts.change_names import change_names
from authsite.accounts.security_checkup import Issue, recommendations_for
from authsite.clock import utc_now
from authsite.http.redirects import redirect
from authsite.resources import Account
from authsite.security.policy import require_identity
from authsite.web.forms import SiteForm, name_field
from authsite.web.pages import form_page
from authsite.web.request import Request

#: Words of a link for each suggestion, and where it leads.
_MENDED_AT = {
    Issue.EMAIL_CHANGE_WAITS: ("Change your password", ("account", "password")),
    Issue.WRONG_PASSWORDS: ("Review history", ("account", "history")),
    Issue.EMAIL_UNVERIFIED: ("Verify email", ("verify-email",)),
    Issue.PUBLIC_COMPUTERS: ("Sign out there", ("account", "sessions")),
    Issue.UNSEEN_SESSIONS: ("Review sessions", ("account", "sessions")),
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
        form = NamesForm.from_request(self.request)
        if not form.validate():
            return self._page(form, status=422)
        change_names(self.user, first_name=form.first_name.data, last_name=form.last_name.data)
        flash_header = [self.request.services.flash.set("name-saved")]
        return redirect(self.request.path_to("account"), flash_header)

    def _page(self, form: NamesForm, status: int = 200) -> Response:
        request = self.request
        return form_page(
            request,
            "account/profile",
            form=form,
            status=status,
            user=self.user,
            suggestions=recommendations_for(
                request.dbsession, require_identity(request), now=utc_now()
            ),
            fix_links=_MENDED_AT,
        )
