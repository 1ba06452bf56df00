"""A short word after a redirect, shown once."""

from pyramid.request import Request
from pyramid.response import Response

from authsite.http.cookies import Cookie

#: What may be said. The cookie holds no more than the name, so that nobody can put words into
#: our mouth by planting one.
MESSAGES = {
    "account-suspended": "The account is frozen, and all its sessions have ended.",
    "account-reinstated": "The account is no longer frozen.",
    "account-closed": "Your account is closed. To keep it after all, sign in.",
    "account-reactivated": "Your account is kept.",
    "email-changed": "Your email address was changed.",
    "email-verified": "Your address is confirmed.",
    "name-saved": "Your name was saved.",
    "password-changed": "Your password was changed. You are signed out everywhere but here.",
    "password-chosen": "Your new password is set. Sign in with it.",
    "others-ended": "You are signed out everywhere but here.",
    "session-ended": "You are signed out there.",
    "session-named": "The name was saved.",
    "reset-sent": "A mail with a link for a new password is on its way.",
    "sessions-ended": "All sessions of the account have ended.",
    "sign-in-expired": "Your sign-in has expired. Sign in again.",
    "signed-out": "You are signed out.",
    "verification-sent": "A mail with a link is on its way to you.",
}


class Flash:
    """A cookie that names one of `MESSAGES` and goes when the next page has shown it."""

    def __init__(self, cookie: Cookie) -> None:
        self.cookie = cookie

    def set(self, name: str) -> tuple[str, str]:
        """Return the header by which the next page says `MESSAGES[name]`."""
        assert name in MESSAGES, name  # noqa: S101 - a typing mistake of ours, not of a visitor
        return self.cookie.set(name)

    def pop(self, request: Request) -> str | None:
        """Return what is to be said on this page, and let the browser forget it."""
        if not self.cookie.is_present(request):
            return None

        def add(_request: Request, response: Response) -> None:
            response.headerlist.append(self.cookie.clear())

        request.add_response_callback(add)
        return MESSAGES.get(self.cookie.read(request) or "")
