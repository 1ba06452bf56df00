"""Record that an administrator looks at an account: what a GET writes besides the last visit."""

from collections.abc import Callable
from typing import Any

from pyramid.response import Response

from authsite.accounts.view_account import record_view
from authsite.http.methods import SAFE_METHODS
from authsite.web.request import Request

View = Callable[[Any, Request], Response]


class RecordAccountViews:
    """The view deriver of all pages whose context is an account of another user.

    Their resource has `is_viewed_account` and names it in `viewed_user_id`. The look is recorded
    before the page is sent: without the event there is no page.
    """

    def __call__(self, view: View, info: Any) -> View:
        is_of_account = getattr(info.options.get("context"), "is_viewed_account", False)
        return _recorded(view) if is_of_account else view


def record_account_view(request: Request, user_id: str) -> None:
    """Record the look in a transaction of its own; HEAD shows nothing and records nothing."""
    if request.method != "GET":
        return
    with request.authsite.services.database.writing_dbsession() as dbsession:
        record_view(request.authsite.admin_work.over(dbsession), user_id)


def _recorded(view: View) -> View:
    def recorded(context: Any, request: Request) -> Response:
        response = view(context, request)
        if request.method in SAFE_METHODS:
            record_account_view(request, context.viewed_user_id)
        elif response.location is None:
            # A refused form is shown with the account.
            record_view(request.authsite.admin_work, context.viewed_user_id)
        return response

    return recorded
