"""`/reset-password/{token}`: where a new password is chosen by a link from a mail."""

from collections.abc import Callable
from typing import Any

from pyramid.response import Response
from pyramid.security import forget
from pyramid.view import view_config, view_defaults

from authsite.accounts.email_links import InvalidLink
from authsite.accounts.new_password import WeakPassword
from authsite.accounts.reset_password import reset_password
from authsite.clock import utc_now
from authsite.http.client import network_of
from authsite.http.redirects import redirect
from authsite.passwords.hash_queue import HashQueueFull
from authsite.resources import ResetPasswordLink
from authsite.throttling.throttles import RateLimited
from authsite.web.forms import NewPasswordForm
from authsite.web.pages import busy_page, form_page, invalid_link_page, throttled_page
from authsite.web.request import Request


class ResetPasswordForm(NewPasswordForm):
    """A password typed twice; whose it is, the link says."""


@view_defaults(context=ResetPasswordLink, permission="public")
class ResetPasswordPage:
    """A page with a form, since programs that look through mails open every link."""

    def __init__(self, context: ResetPasswordLink, request: Request) -> None:
        link = context.record
        self.link = link if link and link.is_for_present_address else None
        self.token = context.token
        self.request = request

    @view_config(request_method="GET")
    def show(self) -> Response:
        """Show an empty form and whose password it is."""
        if self.link is None:
            return self._dead()
        return self._page(form_page, ResetPasswordForm(), status=200)

    @view_config(request_method="POST")
    def submit(self) -> Response:
        """Take the new password, and lead to where it can be used; only that spends the link."""
        form = ResetPasswordForm.from_request(self.request)
        if self.link is not None and not form.validate():
            return self._page(form_page, form, status=422)
        try:
            self._reset(form.password.data)
        except InvalidLink:
            return self._dead()
        except WeakPassword as weakness:
            form.add_error("password", str(weakness))
            return self._page(form_page, form, status=422)
        except RateLimited as throttled:
            return self._page(throttled_page, form, throttled=throttled)
        except HashQueueFull:
            return self._page(busy_page, form)
        flash_header = self.request.services.flash.set("password-chosen")
        return redirect(self.request.path_to("sign-in"), [*forget(self.request), flash_header])

    def _reset(self, password: str) -> None:
        services = self.request.services
        hits = reset_password(
            self.request.dbsession,
            self.token,
            link=self.link,
            throttles=services.throttles,
            hasher=services.hasher,
            policy=services.password_policy,
            audit=self.request.audit,
            outbox=self.request.outbox,
            password=password,
            revert_lifetime=services.settings.email.revert_lifetime,
            network=network_of(self.request),
            now=utc_now(),
        )
        self.request.refund(hits)

    def _dead(self) -> Response:
        ask_again = ("Get a new link", self.request.path_to("forgot-password"))
        return invalid_link_page(self.request, again=ask_again)

    def _page(
        self, render: Callable[..., Response], form: ResetPasswordForm, **values: Any
    ) -> Response:
        form.set_password_hint(
            minimum_length=self.request.services.settings.passwords.minimum_length
        )
        path = self.request.path_to("reset-password", str(self.token))
        return render(
            self.request, "reset_password", form=form, link=self.link, path=path, **values
        )
