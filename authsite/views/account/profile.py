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
from authsite.web.request import Request
from authsite.web.sign_up_form import NAMES_FORM, NamesForm, entered_names

#: The label of a link for each issue, and the segments of its path.
_FIX_LINKS = {
    Issue.EMAIL_CHANGE_WAITS: ("Change your password", ("account", "password")),
    Issue.WRONG_PASSWORDS: ("Review history", ("account", "history")),
    Issue.EMAIL_UNVERIFIED: ("Verify email", ("verify-email",)),
    Issue.PUBLIC_COMPUTERS: ("Sign out there", ("account", "sessions")),
    Issue.UNSEEN_SESSIONS: ("Review sessions", ("account", "sessions")),
}


@form_views(context=Account, name="", permission="authenticated")
class ProfilePage(FormPage[NamesForm]):
    template = "account/profile"

    def __init__(self, context: Any, request: Request) -> None:
        super().__init__(context, request)
        self.form_type = request.registry[NAMES_FORM]

    def new_form(self) -> NamesForm:
        return self.form_type(obj=require_identity(self.request))

    def accept(self, form: NamesForm) -> Response:
        user = self.context.record
        names = entered_names(form, first_name=user.first_name, last_name=user.last_name)
        change_names(user, **names)
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
