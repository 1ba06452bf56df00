"""A short word after a redirect, shown once."""

from datetime import date

from pyramid.request import Request
from pyramid.response import Response

from authsite.http.cookies import Cookie

#: What may be said. The cookie holds no more than the name, and a date where the message has one:
#: an attacker who plants a cookie can show no text of their own.
MESSAGES = {
    "account-suspended": "Account suspended and signed out everywhere.",
    "account-reinstated": "Account reinstated.",
    "account-closed": "Account closed. Sign in before {date} to keep it.",
    "account-reactivated": "Account reactivated.",
    "email-changed": "Email changed.",
    "email-verified": "Email verified.",
    "name-saved": "Name saved.",
    "password-changed": "Password changed. Your other devices have been signed out.",
    "password-chosen": "Password changed. Sign in with your new password.",
    "others-ended": "All other sessions signed out.",
    "session-ended": "Session signed out.",
    "session-named": "Session name saved.",
    "reset-sent": "Password reset email sent.",
    "sessions-ended": "All sessions signed out.",
    "sign-in-expired": "Your sign-in has expired. Sign in again.",
    "signed-out": "You're signed out.",
    "verification-sent": "We sent you a new link.",
}


class Flash:
    """A cookie that names one of `MESSAGES` and goes when the next page has shown it."""

    def __init__(self, cookie: Cookie) -> None:
        self.cookie = cookie

    def set(self, name: str, day: date | None = None) -> tuple[str, str]:
        """Return the header by which the next page says `MESSAGES[name]`, with this day in it."""
        assert name in MESSAGES, name  # noqa: S101 - a typing mistake of ours, not of a visitor
        return self.cookie.set(f"{name}.{day:%Y-%m-%d}" if day else name)

    def pop(self, request: Request) -> str | None:
        """Return what is to be said on this page, and let the browser forget it."""
        if not self.cookie.is_present(request):
            return None

        def add(_request: Request, response: Response) -> None:
            response.headerlist.append(self.cookie.clear())

        request.add_response_callback(add)
        return _message(self.cookie.read(request) or "")


def _message(value: str) -> str | None:
    """Return the message that the cookie names, or None if it names none."""
    name, _, day = value.partition(".")
    message = MESSAGES.get(name)
    if message is None or "{date}" not in message:
        return message
    try:
        when = date.fromisoformat(day)
    except ValueError:
        return None
    return message.format(date=f"{when.day} {when:%B %Y}")
