"""`/reactivate-account/{token}`: where the owner of a closed account may keep it."""

from collections.abc import Callable
from typing import Any

from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from authsite.accounts.close_account import reactivate_account
from authsite.accounts.email_links import InvalidLink, hit_link_throttle
from authsite.clock import utc_now
from authsite.http.client import network_of
from authsite.http.redirects import redirect
from authsite.resources import KeepAccountLink
from authsite.throttling.throttles import RateLimited
from authsite.web.authentication import start_session
from authsite.web.forms import SiteForm, public_computer_box
from authsite.web.pages import form_page, invalid_link_page, throttled_page
from authsite.web.request import Request


class KeepForm(SiteForm):
    """A button, and the box that was there at the sign-in."""

    public_computer = public_computer_box()


@view_defaults(context=KeepAccountLink, permission="public")
class KeepAccountPage:
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
        form = KeepForm.from_request(request)
        try:
            hits = hit_link_throttle(
                request.services.throttles,
                link=link,
                network=network_of(request),
                now=now,
            )
            if link is None:
                return self._dead()
            credential, account = reactivate_account(
                request.dbsession,
                self.token,
                user_id=link.user_id,
                audit=request.audit,
                now=now,
            )
        except InvalidLink:
            return self._dead()
        except RateLimited as throttled:
            return self._page(throttled_page, form, throttled=throttled)
        request.refund(hits)
        headers = start_session(
            request,
            credential,
            account=account,
            public_computer=form.public_computer.data,
            now=now,
        )
        flash_header = request.services.flash.set("account-reactivated")
        return redirect(request.path_to("dashboard"), [*headers, flash_header])

    def _dead(self) -> Response:
        return invalid_link_page(self.request, again=("Sign in", self.request.path_to("sign-in")))

    def _page(self, render: Callable[..., Response], form: SiteForm, **values: Any) -> Response:
        path = self.request.path_to("reactivate-account", str(self.token))
        return render(
            self.request, "reactivate_account", form=form, link=self.link, path=path, **values
        )
