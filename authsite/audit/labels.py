"""What happened, in words: the same on a page, in a file and for those who run the site."""

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

from authsite.audit.event_types import Actor, AuthMethod, EventType, SessionEndReason

_Named = TypeVar("_Named", bound=Enum)

_SIDES = {
    Actor.ADMINISTRATOR: "by support",
    Actor.OPERATOR: "by support",
    Actor.SYSTEM: "automatically",
}
#: What there may be to say of an event, and what it is called. The rest is not for reading: it
#: says of a session that ended what its own line does.
_LABELS = {
    "method": "Method",
    "reason": "Reason",
    "from": "From",
    "to": "To",
    "subject": "Subject",
}


def event_label(kind: str) -> str:
    """Return what happened; another version of the site may know more kinds than this one."""
    known = _named(EventType, kind)
    return known.label if known else kind.replace("_", " ").capitalize()


def actor_label(actor: str) -> str | None:
    """Return on whose side it was done; None for whoever had the browser, who did it mostly."""
    known = _named(Actor, actor)
    return _SIDES.get(known) if known else f"by {actor}"


def method_label(method: str) -> str:
    """Return how somebody showed who they are."""
    known = _named(AuthMethod, method)
    return known.value if known else method.replace("_", " ")


def reason_label(reason: str) -> str:
    """Return why a session ended."""
    known = _named(SessionEndReason, reason)
    return known.value if known else reason.replace("_", " ")


def detail_labels(details: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return what else there is to say, each with what it is called."""
    is_of_session = "session" in details
    labels = {"method": method_label, "reason": reason_label if is_of_session else str}
    return [
        (label, labels.get(name, str)(details[name]))
        for name, label in _LABELS.items()
        if name in details and not (is_of_session and name == "method")
    ]


def _named(kinds: type[_Named], key: str) -> _Named | None:
    return kinds.__members__.get(key.upper())
