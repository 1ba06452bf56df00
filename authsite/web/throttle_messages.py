"""What a person is told who has tried something too often."""

from typing import NamedTuple


class Refusal(NamedTuple):
    """Why it is refused, and what else they can do; in between it says when to try again."""

    why: str
    instead: str = ""


_KNOWN_BROWSER = "A browser that you have signed in with before may let you in at once."

#: What is said for each kind of try, as `authsite.settings.ThrottleSettings` names them.
REFUSALS = {
    "sign_in_account": Refusal("There were too many failed sign-ins.", _KNOWN_BROWSER),
    "sign_in_network": Refusal(
        "There were too many failed sign-ins from your network.", _KNOWN_BROWSER
    ),
    "sign_in_device": Refusal("There were too many failed sign-ins in this browser."),
    "sign_up_network": Refusal(
        "There were many sign-ups from your network of late.",
        "If you have an account already, you can sign in.",
    ),
    "mail_address": Refusal(
        "A mail was sent to this address a short while ago.",
        "Look for it among the spam, too.",
    ),
    "mail_network": Refusal("Many mails were asked for from your network of late."),
    "link_account": Refusal("There were many tries to use links of this account."),
    "link_network": Refusal("There were many tries to use links from your network."),
}
