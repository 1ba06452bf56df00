"""`/keep-account/{token}`: where the owner of a closed account may keep it."""

from collections.abc import Callable
from typing import Any

from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from authsite.accounts.close_account import keep_account
from authsite.accounts.email_links import DeadLink, counted_try
from authsite.clock import utc_now
from authsite.http.client import network_of
from authsite.http.redirects import see_other
from authsite.resources import KeepAccountLink
from authsite.throttling.throttles import Throttled
from authsite.web.authentication import let_in
from authsite.web.forms import SiteForm, public_computer_box
from authsite.web.pages import dead_link_page, form_page, throttled_page
from authsite.web.request import Request


class KeepForm(SiteForm):
    """A button, and the box that was there at the sign-in."""

    public_computer = public_computer_box()


@view_defaults(context=KeepAccountLink, permission="public")
class KeepAccount:
    """What follows a sign-in to an account that is about to go; nobody is signed in here yet."""

    def __init__(self, context: KeepAccountLink, request: Request) -> None:
        self.token, self.link = context.token, context.record
        self.request = request

    @view_config(request_method="GET")
    def show(self) -> Response:
        """Say when the account goes, and ask."""
        if self.link is None:
            return self._dead()
        ticked = {"public_computer": "public_computer" in self.request.GET}
        return self._page(form_page, KeepForm(data=ticked), status=200)

    @view_config(request_method="POST")
    def submit(self) -> Response:
        """Keep the account, and sign its owner in."""
        request, link, now = self.request, self.link, utc_now()
        form = KeepForm.of(request)
        try:
            hits = counted_try(
                request.site.throttles,
                link=link,
                network=network_of(request),
                now=now,
            )
            if link is None:
                return self._dead()
            credential, account = keep_account(
                request.dbsession,
                self.token,
                user_id=link.user_id,
                journal=request.journal,
                now=now,
            )
        except DeadLink:
            return self._dead()
        except Throttled as throttled:
            return self._page(throttled_page, form, throttled=throttled)
        request.give_back(hits)
        headers = let_in(
            request,
            credential,
            account=account,
            public_computer=form.public_computer.data,
            now=now,
        )
        said = request.site.flash.set("account-kept")
        return see_other(request.path_to("dashboard"), [*headers, said])

    def _dead(self) -> Response:
        return dead_link_page(self.request, again=("Sign in", self.request.path_to("sign-in")))

    def _page(self, made_by: Callable[..., Response], form: SiteForm, **values: Any) -> Response:
        path = self.request.path_to("keep-account", str(self.token))
        return made_by(self.request, "keep_account", form=form, link=self.link, path=path, **values)
