"""Labels of events, actors and details, for pages, files and the command line."""

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

from authsite.audit.event_types import Actor, AuthMethod, EventType, SessionEndReason

_E = TypeVar("_E", bound=Enum)

_ACTORS = {
    Actor.ADMINISTRATOR: "by support",
    Actor.OPERATOR: "by support",
    Actor.SYSTEM: "automatically",
}
#: Details that are shown. The others are those of ended sessions, which have lines of their own.
_DETAILS = {
    "method": "Method",
    "reason": "Reason",
    "from": "From",
    "to": "To",
    "subject": "Subject",
    "note": "Note",
    "account": "Account",
}


def event_label(event_type: str) -> str:
    """Return the label of an event type, also of one that only another version knows."""
    known = _member(EventType, event_type)
    return known.label if known else event_type.replace("_", " ").capitalize()


def actor_label(actor: str) -> str | None:
    """Return who caused the event; None for the user, as usual."""
    known = _member(Actor, actor)
    return _ACTORS.get(known) if known else f"by {actor}"


def full_actor_label(actor: str, name: str | None) -> str:
    """Return who caused the event, for administrators and operators, with the name if known."""
    if actor == Actor.SYSTEM:
        return _ACTORS[Actor.SYSTEM]
    return f"by {actor} {name}" if name else f"by {actor}"


def method_label(method: str) -> str:
    """Return how a session was started."""
    known = _member(AuthMethod, method)
    return known.value if known else method.replace("_", " ")


def reason_label(reason: str) -> str:
    """Return why a session ended."""
    known = _member(SessionEndReason, reason)
    return known.value if known else reason.replace("_", " ")


def detail_labels(details: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return label and value of each detail that is shown."""
    has_session = "session" in details
    value_labels = {"method": method_label, "reason": reason_label if has_session else str}
    return [
        (label, value_labels.get(name, str)(details[name]))
        for name, label in _DETAILS.items()
        if name in details and not (has_session and name == "method")
    ]


def _member(enum: type[_E], key: str) -> _E | None:
    return enum.__members__.get(key.upper())
