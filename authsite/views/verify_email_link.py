"""`/verify-email/{token}`: where who got the mail says that the address is theirs."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from pyramid.response import Response
from pyramid.view import view_config, view_defaults
from wtforms import SubmitField

from authsite.accounts.email_links import ActiveLink, InvalidLink
from authsite.accounts.sign_in import InvalidCredentials
from authsite.accounts.users import Credential
from authsite.accounts.verify_email import claim_account, verify_email, verify_email_by_password
from authsite.clock import utc_now
from authsite.http.redirects import redirect
from authsite.passwords.hash_queue import HashQueueFull
from authsite.resources import VerifyEmailLink
from authsite.throttling.throttles import RateLimited
from authsite.web.authentication import authenticate_with_link, start_session
from authsite.web.forms import AccountPasswordForm, SiteForm
from authsite.web.pages import busy_page, form_page, invalid_link_page, throttled_page
from authsite.web.request import Request


class OwnerForm(SiteForm):
    """A button, for whoever is signed in to the account."""


class ClaimForm(SiteForm):
    """The button of whoever reads the mail and does not have the password."""

    without_password = SubmitField("I don't know the password")


@view_defaults(context=VerifyEmailLink, permission="public")
class VerifyEmailLinkPage:
    """A page with buttons, since programs that look through mails open every link."""

    def __init__(self, context: VerifyEmailLink, request: Request) -> None:
        link = context.record
        self.link = link if link and link.is_for_present_address else None
        self.is_owner = context.belongs_to_current_user
        self.form_type = OwnerForm if self.is_owner else AccountPasswordForm
        self.token = context.token
        self.request = request

    @view_config(request_method="GET")
    def show(self) -> Response:
        """Show the address, and ask."""
        if self.link is None:
            return self._dead()
        return self._page(form_page, self.form_type(), status=200)

    @view_config(request_method="POST")
    def submit(self) -> Response:
        """Take the address as proven by its owner, or make whoever reads the mail the owner."""
        form = self.form_type.of(self.request)
        claims = not self.is_owner and ClaimForm.from_request(self.request).without_password.data
        if self.link and not claims and not form.validate():
            return self._page(form_page, form, status=422)
        try:
            return self._follow(form, claims=claims, now=utc_now())
        except InvalidLink:
            return self._dead()
        except InvalidCredentials:
            form.add_error("password", "Incorrect password.")
            return self._page(form_page, form, status=422)
        except RateLimited as throttled:
            return self._page(throttled_page, form, throttled=throttled)
        except HashQueueFull:
            return self._page(busy_page, form)

    def _follow(self, form: SiteForm, *, claims: bool, now: datetime) -> Response:
        request, link = self.request, self.link
        password = None if self.is_owner or claims else form.data["password"]
        credential = authenticate_with_link(request, link, password, now=now)
        assert link is not None  # noqa: S101 - or it would be dead
        if claims:
            return self._claim(link, now=now)
        if credential:
            return self._sign_in(credential, link, now=now)
        verify_email(
            request.dbsession,
            self.token,
            user_id=link.user_id,
            audit=request.audit,
            now=now,
        )
        return self._confirmed("dashboard")

    def _claim(self, link: ActiveLink, *, now: datetime) -> Response:
        """Make the account theirs, and let them choose a password."""
        token = claim_account(
            self.request.dbsession,
            self.token,
            user_id=link.user_id,
            audit=self.request.audit,
            reset_link_lifetime=self.request.services.settings.passwords.reset_link_lifetime,
            now=now,
        )
        return redirect(self.request.path_to("reset-password", str(token)))

    def _sign_in(self, credential: Credential, link: ActiveLink, *, now: datetime) -> Response:
        request = self.request
        verify_email_by_password(
            request.dbsession, self.token, credential, audit=request.audit, now=now
        )
        if credential.delete_after:  # they are asked there whether they want to keep it
            return self._confirmed("sign-in")
        headers = start_session(request, credential, account=link.owner_email_normalized, now=now)
        return self._confirmed("dashboard", headers)

    def _confirmed(self, page: str, headers: Iterable[tuple[str, str]] = ()) -> Response:
        flash_header = self.request.services.flash.set("email-verified")
        return redirect(self.request.path_to(page), [*headers, flash_header])

    def _dead(self) -> Response:
        again = ("Get a new link", self.request.path_to("verify-email"))
        return invalid_link_page(self.request, again=again)

    def _page(self, render: Callable[..., Response], form: SiteForm, **values: Any) -> Response:
        return render(
            self.request,
            "verify_email_link",
            form=form,
            link=self.link,
            is_owner=self.is_owner,
            path=self.request.path_to("verify-email", str(self.token)),
            **values,
        )
