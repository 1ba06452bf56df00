"""`/admin/users/{id}/unlock`."""

from pyramid.response import Response
from pyramid.view import view_config

from authsite.accounts.unlock_account import unlock_account
from authsite.http.redirects import redirect
from authsite.resources import UserResource
from authsite.web.request import Request


@view_config(
    context=UserResource,
    name="unlock",
    request_method="POST",
    permission="administer",
    confirm_password=True,
    repeatable=True,
)
def unlock(context: UserResource, request: Request) -> Response:
    """Let a throttled user try again. Networks stay throttled: other users share them."""
    user = context.lock()
    unlock_account(request.admin_work, user)
    flash = request.services.flash.set("account-unlocked")
    return redirect(request.path_to("admin", "users", user.id), [flash])
