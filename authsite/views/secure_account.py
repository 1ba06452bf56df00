"""`/secure-account/{token}`: where somebody says that they have not done what a mail tells of."""

from collections.abc import Callable
from typing import Any

from pyramid.response import Response
from pyramid.security import forget
from pyramid.view import view_config, view_defaults

from authsite.accounts.email_links import InvalidLink
from authsite.accounts.secure_account import PreviousEmailTaken, secure_account
from authsite.clock import utc_now
from authsite.http.client import network_of
from authsite.http.redirects import redirect
from authsite.resources import SecureAccountLink
from authsite.throttling.throttles import RateLimited
from authsite.web.forms import SiteForm
from authsite.web.pages import form_page, invalid_link_page, throttled_page
from authsite.web.request import Request

_TAKEN = (
    "All devices are signed out and the old password is blocked. But another account now uses "
    "this email, so we couldn't restore it. Change the email of that account, then secure this "
    "one again."
)


class NotMeForm(SiteForm):
    """A button."""


@view_defaults(context=SecureAccountLink, permission="public")
class SecureAccountPage:
    """A page with a button, since programs that look through mails open every link."""

    def __init__(self, context: SecureAccountLink, request: Request) -> None:
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
            reset_token, hits = secure_account(
                request.dbsession,
                self.token,
                link=self.link,
                throttles=request.services.throttles,
                audit=request.audit,
                outbox=request.outbox,
                reset_link_lifetime=request.services.settings.passwords.reset_link_lifetime,
                network=network_of(request),
                now=utc_now(),
            )
        except InvalidLink:
            return self._dead()
        except PreviousEmailTaken:
            form.add_error(None, _TAKEN)
            return self._page(form_page, form, status=409)
        except RateLimited as throttled:
            return self._page(throttled_page, form, throttled=throttled)
        request.refund(hits)
        return redirect(request.path_to("reset-password", str(reset_token)), forget(request))

    def _dead(self) -> Response:
        reset = ("Reset password", self.request.path_to("forgot-password"))
        return invalid_link_page(self.request, again=reset)

    def _page(self, render: Callable[..., Response], form: NotMeForm, **values: Any) -> Response:
        path = self.request.path_to("secure-account", str(self.token))
        return render(
            self.request, "secure_account", form=form, link=self.link, path=path, **values
        )
