"""`/account`: the names, and the security checkup."""

from typing import Any

from pyramid.response import Response

from authsite.accounts.change_names import change_names
from authsite.accounts.security_checkup import Issue, recommendations_for
from authsite.clock import utc_now
from authsite.http.redirects import redirect
from authsite.resources import Account
from authsite.security.sessions import require_identity
from authsite.web.form_pages import FormPage, form_views
from authsite.web.forms import SiteForm, name_field

#: The label of a link for each issue, and the segments of its path.
_FIX_LINKS = {
    Issue.EMAIL_CHANGE_WAITS: ("Change your password", ("account", "password")),
    Issue.WRONG_PASSWORDS: ("Review history", ("account", "history")),
    Issue.EMAIL_UNVERIFIED: ("Verify email", ("verify-email",)),
    Issue.PUBLIC_COMPUTERS: ("Sign out there", ("account", "sessions")),
    Issue.UNSEEN_SESSIONS: ("Review sessions", ("account", "sessions")),
}


class NamesForm(SiteForm):
    """First and last name."""

    first_name = name_field("First name", autocomplete="given-name")
    last_name = name_field("Last name", autocomplete="family-name")


@form_views(context=Account, name="", permission="authenticated")
class ProfilePage(FormPage[NamesForm]):
    template = "account/profile"
    form_type = NamesForm

    def new_form(self) -> NamesForm:
        return NamesForm(obj=require_identity(self.request))

    def accept(self, form: NamesForm) -> Response:
        names = {"first_name": form.first_name.data, "last_name": form.last_name.data}
        change_names(self.context.record, **names)
        flash = self.request.authsite.services.flash.set("name-saved")
        return redirect(self.request.authsite.path("account"), [flash])

    def values(self) -> dict[str, Any]:
        identity = require_identity(self.request)
        return {
            "recommendations": recommendations_for(
                self.request.authsite.services.checkup, identity, now=utc_now()
            ),
            "fix_links": _FIX_LINKS,
        }
