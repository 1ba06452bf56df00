"""What a person is told who has tried something too often."""

from typing import NamedTuple


class ThrottleMessage(NamedTuple):
    """Why it is refused, and what else they can do; in between it says when to try again."""

    reason: str
    hint: str = ""


_KNOWN_BROWSER = "A browser that you have signed in with before may let you in at once."

#: What is said for each kind of try, as `authsite.settings.ThrottleSettings` names them.
THROTTLE_MESSAGES = {
    "sign_in_account": ThrottleMessage("There were too many failed sign-ins.", _KNOWN_BROWSER),
    "sign_in_network": ThrottleMessage(
        "There were too many failed sign-ins from your network.", _KNOWN_BROWSER
    ),
    "sign_in_device": ThrottleMessage("There were too many failed sign-ins in this browser."),
    "sign_up_network": ThrottleMessage(
        "There were many sign-ups from your network of late.",
        "If you have an account already, you can sign in.",
    ),
    "email_recipient": ThrottleMessage(
        "A mail was sent to this address a short while ago.",
        "Look for it among the spam, too.",
    ),
    "email_network": ThrottleMessage("Many mails were asked for from your network of late."),
    "email_link_account": ThrottleMessage("There were many tries to use links of this account."),
    "email_link_network": ThrottleMessage("There were many tries to use links from your network."),
}
