"""`/admin/users/{id}/unlock`."""

from pyramid.response import Response

from authsite.accounts.unlock_account import unlock_account
from authsite.http.redirects import redirect
from authsite.resources import UserResource
from authsite.web.request import Request
from authsite.web.site_views import site_view


@site_view(
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
    unlock_account(request.authsite.admin_work, user)
    flash = request.authsite.services.flash.set("account-unlocked")
    return redirect(request.authsite.path("admin", "users", user.id), [flash])
