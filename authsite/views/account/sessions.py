"""`/account/sessions`: where a person is signed in and where they were, and what becomes of it."""

from typing import Any

from pyramid.response import Response
from pyramid.security import forget
from pyramid.view import view_config, view_defaults

from authsite.accounts.active_sessions import (
    end_other_sessions,
    end_session,
    name_session,
    sessions_of,
)
from authsite.audit.labels import method_in_words, reason_in_words
from authsite.audit.queries import ended_sessions_of
from authsite.clock import utc_now
from authsite.http.redirects import see_other
from authsite.http.user_agents import browser_in_words
from authsite.resources import OneSession, Sessions
from authsite.security.policy import signed_in
from authsite.web.forms import SiteForm, title_field
from authsite.web.pages import form_page
from authsite.web.rendering import page
from authsite.web.request import Request

#: As long as the column of the table.
LONGEST_NAME = 60
_WORDS: dict[str, Any] = {
    "browser": browser_in_words,
    "method": method_in_words,
    "reason": reason_in_words,
}


class SessionNameForm(SiteForm):
    """What its owner calls a session."""

    session_name = title_field(
        "Name", hint="Such as “work laptop”. Leave it empty for none.", maximum=LONGEST_NAME
    )


@view_config(context=Sessions, request_method="GET", permission="authenticated")
def show_sessions(request: Request) -> Response:
    """Show this session, all others, and those that have ended of late."""
    identity, now = signed_in(request), utc_now()
    found, count = sessions_of(
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
    identity = signed_in(request)
    end_other_sessions(
        request.dbsession,
        identity.user_id,
        here=identity.session_id,
        journal=request.journal,
        now=utc_now(),
    )
    said = request.site.flash.set("others-ended")
    return see_other(request.path_to("account", "sessions"), [said])


@view_defaults(context=OneSession, permission="authenticated")
class SessionPage:
    """One session, with a form to name it."""

    def __init__(self, context: OneSession, request: Request) -> None:
        self.context = context
        self.request = request

    @view_config(request_method="GET")
    def show(self) -> Response:
        """Show what is known of it."""
        return self._page(SessionNameForm(data={"session_name": self.context.record.name}))

    @view_config(request_method="POST")
    def submit(self) -> Response:
        """Take the name."""
        request, form = self.request, SessionNameForm.of(self.request)
        if not form.validate():
            return self._page(form, status=422)
        name_session(
            request.dbsession,
            signed_in(request).user_id,
            self.context.record.id,
            name=form.session_name.data,
        )
        said = request.site.flash.set("session-named")
        return see_other(request.path_to("account", "sessions"), [said])

    @view_config(name="end", request_method="POST", confirm_password=True)
    def end(self) -> Response:
        """End it; that asks for the password, or a thief could lock the owner out.

        Whoever ends the one that they use signs out.
        """
        request, site = self.request, self.request.site
        if self.context.is_here:
            gone = [site.flash.set("signed-out"), ("Clear-Site-Data", '"cache"')]
            return see_other(request.path_to("sign-in"), [*forget(request), *gone])
        end_session(
            request.dbsession,
            signed_in(request).user_id,
            self.context.record.id,
            journal=request.journal,
            now=utc_now(),
        )
        said = site.flash.set("session-ended")
        return see_other(request.path_to("account", "sessions"), [said])

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
