"""`/account/sessions`: where a person is signed in and where they were, and what becomes of it."""

from typing import Any

from pyramid.response import Response
from pyramid.security import forget
from pyramid.view import view_config, view_defaults

from authsite.accounts.active_sessions import (
    end_other_sessions,
    end_session,
    find_sessions,
    name_session,
)
from authsite.audit.labels import method_label, reason_label
from authsite.audit.queries import ended_sessions_of
from authsite.clock import utc_now
from authsite.http.redirects import redirect
from authsite.http.user_agents import browser_label
from authsite.resources import SessionResource, Sessions
from authsite.security.policy import require_identity
from authsite.web.forms import SiteForm, label_field
from authsite.web.pages import form_page
from authsite.web.rendering import page
from authsite.web.request import Request

#: As long as the column of the table.
MAX_NAME = 60
_WORDS: dict[str, Any] = {
    "browser": browser_label,
    "method": method_label,
    "reason": reason_label,
}


class SessionNameForm(SiteForm):
    """What its owner calls a session."""

    session_name = label_field(
        "Name", hint="For example “work laptop”. Leave it empty for no name.", maximum=MAX_NAME
    )


@view_config(context=Sessions, request_method="GET", permission="authenticated")
def show_sessions(request: Request) -> Response:
    """Show this session, all others, and those that have ended of late."""
    identity, now = require_identity(request), utc_now()
    found, count = find_sessions(
        request.dbsession, identity.user_id, here=identity.session_id, now=now
    )
    return page(
        request,
        "account/sessions",
        this_device=[each for each in found if each.id == identity.session_id],
        others=[each for each in found if each.id != identity.session_id],
        unlisted=count - len(found),
        ended=ended_sessions_of(request.dbsession, identity.user_id, now=now),
        **_WORDS,
    )


@view_config(context=Sessions, name="end-others", request_method="POST", permission="authenticated")
def end_others(request: Request) -> Response:
    """End all but this one. It asks for nothing: who does it in a fright is not to be held up."""
    identity = require_identity(request)
    end_other_sessions(
        request.dbsession,
        identity.user_id,
        here=identity.session_id,
        audit=request.audit,
        now=utc_now(),
    )
    flash_header = request.services.flash.set("others-ended")
    return redirect(request.path_to("account", "sessions"), [flash_header])


@view_defaults(context=SessionResource, permission="authenticated")
class SessionPage:
    """One session, with a form to name it."""

    def __init__(self, context: SessionResource, request: Request) -> None:
        self.context = context
        self.request = request

    @view_config(request_method="GET")
    def show(self) -> Response:
        """Show what is known of it."""
        return self._page(SessionNameForm(data={"session_name": self.context.record.name}))

    @view_config(request_method="POST")
    def submit(self) -> Response:
        """Take the name."""
        request, form = self.request, SessionNameForm.from_request(self.request)
        if not form.validate():
            return self._page(form, status=422)
        name_session(
            request.dbsession,
            require_identity(request).user_id,
            self.context.record.id,
            name=form.session_name.data,
        )
        flash_header = request.services.flash.set("session-named")
        return redirect(request.path_to("account", "sessions"), [flash_header])

    @view_config(name="end", request_method="POST", confirm_password=True)
    def end(self) -> Response:
        """End it; that asks for the password, or a thief could lock the owner out.

        Whoever ends the one that they use signs out.
        """
        request, services = self.request, self.request.services
        if self.context.is_here:
            gone = [services.flash.set("signed-out"), ("Clear-Site-Data", '"cache"')]
            return redirect(request.path_to("sign-in"), [*forget(request), *gone])
        end_session(
            request.dbsession,
            require_identity(request).user_id,
            self.context.record.id,
            audit=request.audit,
            now=utc_now(),
        )
        flash_header = services.flash.set("session-ended")
        return redirect(request.path_to("account", "sessions"), [flash_header])

    def _page(self, form: SessionNameForm, status: int = 200) -> Response:
        return form_page(
            self.request,
            "account/session",
            form=form,
            status=status,
            session=self.context.record,
            is_here=self.context.is_here,
            **_WORDS,
        )
