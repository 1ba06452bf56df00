"""What a person is told who has tried something too often."""

from typing import NamedTuple


class ThrottleMessage(NamedTuple):
    """Why it is refused, and what else they can do; in between it says when to try again."""

    reason: str
    hint: str = ""


_KNOWN_BROWSER = "You may be able to sign in now from a browser you have used before."

#: What is said for each kind of try, as `authsite.settings.ThrottleSettings` names them.
THROTTLE_MESSAGES = {
    "sign_in_account": ThrottleMessage("Too many failed attempts.", _KNOWN_BROWSER),
    "sign_in_network": ThrottleMessage(
        "Too many failed attempts from your network.", _KNOWN_BROWSER
    ),
    "sign_in_device": ThrottleMessage("Too many failed attempts in this browser."),
    "sign_up_network": ThrottleMessage(
        "Too many sign-ups from your network.",
        "Already have an account? Sign in.",
    ),
    "email_recipient": ThrottleMessage(
        "We sent you an email a few minutes ago.",
        "Check your spam folder.",
    ),
    "email_network": ThrottleMessage("Too many emails requested from your network."),
    "email_link_account": ThrottleMessage("Too many attempts to use links for this account."),
    "email_link_network": ThrottleMessage("Too many attempts to use links from your network."),
}
