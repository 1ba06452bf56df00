"""`/reactivate-account`: a stage of the sign-in to a closed account."""

from dataclasses import replace
from typing import Any

from pyramid.response import Response
from wtforms import SubmitField

from authsite.accounts.close_account import reactivate_account
from authsite.accounts.pending_sign_ins import SignInExpired, resume_pending_sign_in
from authsite.http.redirects import redirect
from authsite.resources import Root
from authsite.web.authentication import SCHEDULED_DELETION, complete_sign_in
from authsite.web.form_pages import FormPage, form_views
from authsite.web.forms import SiteForm
from authsite.web.paused_sign_ins import abandon_sign_in, find_paused_sign_in
from authsite.web.request import Request


class ReactivateAccountForm(SiteForm):
    """The button that leaves the account closed; the other one keeps it."""

    leave = SubmitField("Leave account closed")


@form_views(context=Root, name="reactivate-account", permission="public")
class ReactivateAccountPage(FormPage[ReactivateAccountForm]):
    template = "reactivate_account"
    form_type = ReactivateAccountForm

    def __init__(self, context: Any, request: Request) -> None:
        super().__init__(context, request)
        pending = find_paused_sign_in(request, stage=SCHEDULED_DELETION)
        if pending is None:
            raise SignInExpired
        self.pending = pending
        identity = request.authsite.identity
        self.is_other_account = identity is not None and identity.user_id != pending.user_id

    def accept(self, form: ReactivateAccountForm) -> Response:
        """Keep the account, unless that would replace the session of another one."""
        if form.leave.data:
            return redirect(self.request.authsite.path(), abandon_sign_in(self.request))
        if self.is_other_account:
            return self.page(form, status=409)
        work = self.request.authsite.work
        sign_in, user = resume_pending_sign_in(work, self.pending)
        reactivate_account(work, user)
        return complete_sign_in(
            self.request,
            replace(sign_in, credential=replace(sign_in.credential, delete_after=None)),
            after=SCHEDULED_DELETION,
            flash="account-reactivated",
        )

    def values(self) -> dict[str, Any]:
        return {"pending": self.pending, "is_other_account": self.is_other_account}
