"""Messages for throttled attempts."""

from typing import NamedTuple


class ThrottleMessage(NamedTuple):
    """The reason, and a hint; the delay is shown between them."""

    reason: str
    hint: str = ""


_KNOWN_BROWSER = "You may be able to sign in now from a browser you have used before."

#: By the fields of `authsite.settings.schema.ThrottleSettings`.
THROTTLE_MESSAGES = {
    "sign_in_account": ThrottleMessage("Too many failed attempts.", _KNOWN_BROWSER),
    "sign_in_network": ThrottleMessage(
        "Too many failed attempts from your network.", _KNOWN_BROWSER
    ),
    "sign_in_device": ThrottleMessage("Too many failed attempts in this browser."),
    "sign_in_attempts_account": ThrottleMessage("Too many sign-in attempts."),
    "sign_in_attempts_network": ThrottleMessage(
        "Too many sign-in attempts from your network.", _KNOWN_BROWSER
    ),
    "sign_up_network": ThrottleMessage(
        "Too many sign-ups from your network.",
        "Already have an account? Sign in.",
    ),
    "new_password_network": ThrottleMessage("Too many new passwords from your network."),
    "new_password_account": ThrottleMessage("Too many new passwords for this account."),
    "email_recipient": ThrottleMessage(
        "We sent you an email a few minutes ago.",
        "Check your spam folder.",
    ),
    "email_unverified": ThrottleMessage(
        "We sent you several emails today.", "Check your spam folder."
    ),
    "email_network": ThrottleMessage("Too many emails requested from your network."),
    "export_account": ThrottleMessage("You have downloaded your data several times."),
    "export_running": ThrottleMessage("Another download is being prepared."),
    "email_link_account": ThrottleMessage("Too many attempts to use links for this account."),
}
