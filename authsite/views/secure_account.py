"""`/not-me/{token}`: where somebody says that they have not done what a mail tells of."""

from collections.abc import Callable
from typing import Any

from pyramid.response import Response
from pyramid.security import forget
from pyramid.view import view_config, view_defaults

from authsite.accounts.email_links import DeadLink
from authsite.accounts.secure_account import FormerAddressTaken, not_me
from authsite.clock import utc_now
from authsite.http.client import network_of
from authsite.http.redirects import see_other
from authsite.resources import NotMeLink
from authsite.throttling.throttles import Throttled
from authsite.web.forms import SiteForm
from authsite.web.pages import dead_link_page, form_page, throttled_page
from authsite.web.request import Request

_TAKEN = (
    "Everybody is signed out, and the old password no longer works. But another account has the "
    "address by now, so this one could not get it back. Give that other account another address, "
    "and then press the button once more."
)


class NotMeForm(SiteForm):
    """A button."""


@view_defaults(context=NotMeLink, permission="public")
class NotMe:
    """A page with a button, since programs that look through mails open every link."""

    def __init__(self, context: NotMeLink, request: Request) -> None:
        self.token, self.link = context.token, context.record
        self.request = request

    @view_config(request_method="GET")
    def show(self) -> Response:
        """Say what the button does, and for which account."""
        if self.link is None:
            return self._dead()
        return self._page(form_page, NotMeForm(), status=200)

    @view_config(request_method="POST")
    def submit(self) -> Response:
        """Lock everybody out, and lead to where a new password is chosen."""
        request, form = self.request, NotMeForm()
        try:
            chosen_by, hits = not_me(
                request.dbsession,
                self.token,
                link=self.link,
                throttles=request.site.throttles,
                journal=request.journal,
                outbox=request.outbox,
                reset_within=request.site.settings.passwords.reset_within,
                network=network_of(request),
                now=utc_now(),
            )
        except DeadLink:
            return self._dead()
        except FormerAddressTaken:
            form.reject(None, _TAKEN)
            return self._page(form_page, form, status=409)
        except Throttled as throttled:
            return self._page(throttled_page, form, throttled=throttled)
        request.give_back(hits)
        return see_other(request.path_to("reset-password", str(chosen_by)), forget(request))

    def _dead(self) -> Response:
        reset = ("Choose a new password", self.request.path_to("forgot-password"))
        return dead_link_page(self.request, again=reset)

    def _page(self, made_by: Callable[..., Response], form: NotMeForm, **values: Any) -> Response:
        path = self.request.path_to("not-me", str(self.token))
        return made_by(self.request, "not_me", form=form, link=self.link, path=path, **values)
