"""`/change-email/{token}`: where the new address of an account is proven."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from authsite.accounts.change_email import change_email
from authsite.accounts.email_links import DeadLink
from authsite.accounts.sign_in import WrongCredentials, user_of_credential
from authsite.accounts.users import Credential, EmailTaken, held_user_of_id
from authsite.clock import utc_now
from authsite.http.redirects import see_other
from authsite.passwords.hash_queue import HashQueueFull
from authsite.resources import ChangeEmailLink
from authsite.throttling.throttles import Throttled
from authsite.web.authentication import judge_at_link, let_in, still_known
from authsite.web.forms import AccountPasswordForm, SiteForm
from authsite.web.pages import crowded_page, dead_link_page, form_page, throttled_page
from authsite.web.request import Request


class ButtonForm(SiteForm):
    """For whoever is signed in to the account."""


@view_defaults(context=ChangeEmailLink, permission="public")
class ChangeEmail:
    """A page with a button, since programs that look through mails open every link."""

    def __init__(self, context: ChangeEmailLink, request: Request) -> None:
        self.token, self.link = context.token, context.record
        self.request = request
        self.is_owner = context.is_owners
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
        except DeadLink:
            return self._dead()
        except WrongCredentials:
            form.reject("password", "That is not the password of the account.")
        except EmailTaken:
            form.reject(None, "There is another account with this address by now.")
        except Throttled as throttled:
            return self._page(throttled_page, form, throttled=throttled)
        except HashQueueFull:
            return self._page(crowded_page, form)
        else:
            said = self.request.site.flash.set("email-changed")
            return see_other(self.request.path_to("account"), [*headers, said])
        return self._page(form_page, form, status=422)

    def _change(self, form: SiteForm, *, now: datetime) -> list[tuple[str, str]]:
        """Change the address; return the headers by which this browser is signed in, and known."""
        request, link = self.request, self.link
        password = None if self.is_owner else form.data["password"]
        credential = judge_at_link(request, link, password, now=now)
        assert link is not None  # noqa: S101 - or it would be dead
        owner = (
            user_of_credential(request.dbsession, credential)
            if credential
            else held_user_of_id(request.dbsession, link.user_id)
        )
        user = change_email(
            request.dbsession,
            self.token,
            owner,
            journal=request.journal,
            outbox=request.outbox,
            undo_within=request.site.settings.email.undo_within,
            now=now,
        )
        if credential:
            return let_in(request, credential, account=user.email_key, now=now)
        if user.password_hash is None:
            return []
        same = Credential(user.id, user.password_hash, known_since=user.known_since)
        return still_known(request, same, user.email_key, now=now)

    def _dead(self) -> Response:
        ask_again = ("Change your address", self.request.path_to("account", "email"))
        return dead_link_page(self.request, again=ask_again)

    def _page(self, made_by: Callable[..., Response], form: SiteForm, **values: Any) -> Response:
        return made_by(
            self.request,
            "change_email",
            form=form,
            link=self.link,
            is_owner=self.is_owner,
            path=self.request.path_to("change-email", str(self.token)),
            **values,
        )
