"""`/change-email/{token}`: where the new address of an account is proven."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from authsite.accounts.change_email import change_email
from authsite.accounts.email_links import InvalidLink
from authsite.accounts.sign_in import InvalidCredentials, user_for_credential
from authsite.accounts.users import Credential, EmailTaken, lock_user
from authsite.clock import utc_now
from authsite.http.redirects import redirect
from authsite.passwords.hash_queue import HashQueueFull
from authsite.resources import ChangeEmailLink
from authsite.throttling.throttles import RateLimited
from authsite.web.authentication import authenticate_with_link, refresh_device, start_session
from authsite.web.forms import AccountPasswordForm, SiteForm
from authsite.web.pages import busy_page, form_page, invalid_link_page, throttled_page
from authsite.web.request import Request


class ButtonForm(SiteForm):
    """For whoever is signed in to the account."""


@view_defaults(context=ChangeEmailLink, permission="public")
class ChangeEmailPage:
    """A page with a button, since programs that look through mails open every link."""

    def __init__(self, context: ChangeEmailLink, request: Request) -> None:
        self.token, self.link = context.token, context.record
        self.request = request
        self.is_owner = context.belongs_to_current_user
        self.form_type = ButtonForm if self.is_owner else AccountPasswordForm

    @view_config(request_method="GET")
    def show(self) -> Response:
        """Ask whether that is what the person wants."""
        if self.link is None:
            return self._dead()
        return self._page(form_page, self.form_type(), status=200)

    @view_config(request_method="POST")
    def submit(self) -> Response:
        """Change the address, if it is the owner of the account who says so."""
        form, now = self.form_type.of(self.request), utc_now()
        if self.link is not None and not form.validate():
            return self._page(form_page, form, status=422)
        try:
            headers = self._change(form, now=now)
        except InvalidLink:
            return self._dead()
        except InvalidCredentials:
            form.add_error("password", "Incorrect password.")
        except EmailTaken:
            form.add_error(None, "Another account now uses this email.")
        except RateLimited as throttled:
            return self._page(throttled_page, form, throttled=throttled)
        except HashQueueFull:
            return self._page(busy_page, form)
        else:
            flash_header = self.request.services.flash.set("email-changed")
            return redirect(self.request.path_to("account"), [*headers, flash_header])
        return self._page(form_page, form, status=422)

    def _change(self, form: SiteForm, *, now: datetime) -> list[tuple[str, str]]:
        """Change the address; return the headers by which this browser is signed in, and known."""
        request, link = self.request, self.link
        password = None if self.is_owner else form.data["password"]
        credential = authenticate_with_link(request, link, password, now=now)
        assert link is not None  # noqa: S101 - or it would be dead
        owner = (
            user_for_credential(request.dbsession, credential)
            if credential
            else lock_user(request.dbsession, link.user_id)
        )
        user = change_email(
            request.dbsession,
            self.token,
            owner,
            audit=request.audit,
            outbox=request.outbox,
            revert_lifetime=request.services.settings.email.revert_lifetime,
            now=now,
        )
        if credential:
            return start_session(request, credential, account=user.email_normalized, now=now)
        if user.password_hash is None:
            return []
        same = Credential(user.id, user.password_hash, devices_valid_since=user.devices_valid_since)
        return refresh_device(request, same, user.email_normalized, now=now)

    def _dead(self) -> Response:
        ask_again = ("Change email", self.request.path_to("account", "email"))
        return invalid_link_page(self.request, again=ask_again)

    def _page(self, render: Callable[..., Response], form: SiteForm, **values: Any) -> Response:
        return render(
            self.request,
            "change_email",
            form=form,
            link=self.link,
            is_owner=self.is_owner,
            path=self.request.path_to("change-email", str(self.token)),
            **values,
        )
