"""Labels of events and their details."""

import pytest

from authsite.audit.event_types import Actor, AuthMethod, EventType, SessionEndReason
from authsite.audit.labels import (
    actor_label,
    detail_labels,
    event_label,
    full_actor_label,
    method_label,
    reason_label,
)


@pytest.mark.parametrize(
    ("label", "known"),
    [
        (event_label, {event_type.key: event_type.label for event_type in EventType}),
        (method_label, {method.key: method.value for method in AuthMethod}),
        (reason_label, {reason.key: reason.value for reason in SessionEndReason}),
    ],
)
def test_every_known_key_has_its_label(label, known):
    assert {key: label(key) for key in known} == known


def test_unknown_keys_become_readable_labels():
    assert event_label("factor_added") == "Factor added"
    assert method_label("pass_key") == "pass key"
    assert reason_label("out_of_luck") == "out of luck"


def test_full_actor_label_has_the_name():
    assert full_actor_label("user", None) == "by user"
    assert full_actor_label("system", None) == "automatically"
    assert full_actor_label("operator", "joan") == "by operator joan"


def test_actor_label_is_none_for_the_user():
    labels = {actor: actor_label(actor.value) for actor in Actor}
    assert labels.pop(Actor.USER) is None
    assert labels == {
        Actor.ADMINISTRATOR: "by support",
        Actor.OPERATOR: "by support",
        Actor.SYSTEM: "automatically",
    }


def test_detail_labels_are_ordered_and_omit_unknown_ones():
    details = {"to": "b@example.com", "from": "a@example.com", "colour": "blue"}
    assert detail_labels(details) == [("From", "a@example.com"), ("To", "b@example.com")]
    assert detail_labels({"method": "password"}) == [("Method", "with a password")]
    assert detail_labels({}) == []


def test_ended_session_shows_its_reason_only():
    details = {"session": "x", "method": "password", "reason": "expired", "browser": "y"}
    assert detail_labels(details) == [("Reason", SessionEndReason.EXPIRED.value)]
