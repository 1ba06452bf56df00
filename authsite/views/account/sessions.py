"""`/account/sessions`, and `/account/sessions/{id}`."""

from typing import Any

from pyramid.response import Response

from authsite.accounts.active_sessions import (
    end_other_sessions,
    end_session,
    find_sessions,
    name_session,
)
from authsite.audit.labels import method_label, reason_label
from authsite.audit.queries import find_ended_sessions
from authsite.clock import utc_now
from authsite.http.redirects import redirect
from authsite.http.user_agents import browser_label
from authsite.resources import SessionResource, Sessions
from authsite.security.sessions import require_identity
from authsite.web.form_pages import FormPage, form_views
from authsite.web.forms import SiteForm, label_field
from authsite.web.rendering import page
from authsite.web.request import Request
from authsite.web.site_views import site_view

#: Characters, as in the column.
MAX_NAME = 60
_LABELS: dict[str, Any] = {
    "browser_label": browser_label,
    "method_label": method_label,
    "reason_label": reason_label,
}


class SessionNameForm(SiteForm):
    """The name of a session."""

    session_name = label_field(
        "Name", hint="For example “work laptop”. Leave it empty for no name.", maximum=MAX_NAME
    )


@site_view(context=Sessions, request_method="GET", permission="authenticated")
def show_sessions(request: Request) -> Response:
    """Show this session, the other ones, and recently ended ones."""
    identity, now = require_identity(request), utc_now()
    found, count = find_sessions(
        request.authsite.dbsession, identity.user_id, current=identity.session_id, now=now
    )
    return page(
        request,
        "account/sessions",
        this_device=[each for each in found if each.id == identity.session_id],
        others=[each for each in found if each.id != identity.session_id],
        unlisted=count - len(found),
        ended=find_ended_sessions(request.authsite.dbsession, identity.user_id, now=now),
        **_LABELS,
    )


@site_view(
    context=Sessions,
    name="end-others",
    request_method="POST",
    permission="authenticated",
    repeatable=True,
)
def end_others(request: Request) -> Response:
    """End all other sessions. No password prompt: this must be quick in an emergency."""
    identity = require_identity(request)
    end_other_sessions(request.authsite.work, identity.user_id, current=identity.session_id)
    flash = request.authsite.services.flash.set("others-ended")
    return redirect(request.authsite.path("account", "sessions"), [flash])


@form_views(context=SessionResource, permission="authenticated")
class SessionPage(FormPage[SessionNameForm]):
    """One session, with a form to name it."""

    template = "account/session"
    form_type = SessionNameForm

    def new_form(self) -> SessionNameForm:
        return SessionNameForm(data={"session_name": self.context.record.name})

    def accept(self, form: SessionNameForm) -> Response:
        request, session_id = self.request, self.context.record.id
        user_id, name = require_identity(request).user_id, form.session_name.data
        name_session(request.authsite.dbsession, user_id, session_id, name=name)
        flash = request.authsite.services.flash.set("session-named")
        return redirect(request.authsite.path("account", "sessions"), [flash])

    @site_view(
        context=SessionResource,
        name="end",
        request_method="POST",
        permission="authenticated",
        confirm_password=True,
        repeatable=True,
    )
    def end(self) -> Response:
        """End the session; the current one is signed out.

        It needs re-authentication, so that a stolen session cannot end those of the user.
        """
        request, flash = self.request, self.request.authsite.services.flash
        if self.context.is_current:
            headers = [flash.set("signed-out"), ("Clear-Site-Data", '"cache"')]
            return redirect(
                request.authsite.path_after_sign_out,
                [*request.authsite.services.sessions.forget(request), *headers],
            )
        end_session(
            request.authsite.work, require_identity(request).user_id, self.context.record.id
        )
        return redirect(request.authsite.path("account", "sessions"), [flash.set("session-ended")])

    def values(self) -> dict[str, Any]:
        return {"session": self.context.record, "is_current": self.context.is_current, **_LABELS}
