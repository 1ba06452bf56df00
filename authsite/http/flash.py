"""Flash messages: shown once, on the page after a redirect."""

from datetime import date

from pyramid.request import Request
from pyramid.response import Response

from authsite.http.cookies import Cookie

#: The cookie holds only the name of a message, and its date: an attacker who sets the cookie can
#: show no text of their own.
MESSAGES = {
    "account-claimed": (
        "Account taken over. Everyone who used it is signed out. Choose a new password."
    ),
    "account-secured": "Account secured. Everyone is signed out. Choose a new password.",
    "account-suspended": "Account suspended and signed out everywhere.",
    "account-reinstated": "Account reinstated.",
    "account-closed": "Account closed. Sign in before {date} to keep it.",
    "account-reactivated": "Account reactivated.",
    "email-changed": "Email changed.",
    "other-email-changed": "Email of the other account changed. This account keeps its own.",
    "email-verified": "Email verified.",
    "form-not-sent": "Your form was not sent, because you're already signed in.",
    "name-saved": "Name saved.",
    "password-changed": "Password changed. Your other devices have been signed out.",
    "password-chosen": "Password changed. Sign in with your new password.",
    "others-ended": "All other sessions signed out.",
    "session-ended": "Session signed out.",
    "session-named": "Session name saved.",
    "account-unlocked": "Account unlocked. The user can try again now.",
    "email-marked-verified": "Email marked as verified.",
    "email-not-waiting": "Nothing was sent: this email is no longer waiting.",
    "email-retried": "We're trying to deliver the email again.",
    "note-added": "Note added.",
    "verification-emailed": "Verification email sent.",
    "reset-sent": "Password reset email sent.",
    "sessions-ended": "All sessions signed out.",
    "sign-in-expired": "Your sign-in has expired. Sign in again.",
    "signed-out": "You're signed out.",
    "verification-sent": "We sent you a new link.",
}


class Flash:
    """Sets a cookie that names one of `MESSAGES`, and deletes it when a page shows the message."""

    def __init__(self, cookie: Cookie) -> None:
        self.cookie = cookie

    def set(self, name: str, day: date | None = None) -> tuple[str, str]:
        """Return the header for the next page to show `MESSAGES[name]`, with this date in it."""
        assert name in MESSAGES, name  # noqa: S101 - names are in the code, not in requests
        return self.cookie.set(f"{name}.{day:%Y-%m-%d}" if day else name)

    def pop(self, request: Request) -> str | None:
        """Return the message for this page, or None, and delete the cookie."""
        if not self.cookie.count(request):
            return None

        def add(_request: Request, response: Response) -> None:
            response.headerlist.append(self.cookie.clear())

        request.add_response_callback(add)
        return _message(self.cookie.read(request) or "")


def _message(value: str) -> str | None:
    name, _, day = value.partition(".")
    message = MESSAGES.get(name)
    if message is None or "{date}" not in message:
        return message
    try:
        when = date.fromisoformat(day)
    except ValueError:
        return None
    return message.format(date=f"{when.day} {when:%B %Y}")
