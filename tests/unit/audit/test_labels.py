"""What happened, in words."""

import pytest

from authsite.audit.event_types import Actor, AuthMethod, EventType, SessionEndReason
from authsite.audit.labels import (
    actor_label,
    detail_labels,
    event_label,
    method_label,
    reason_label,
)


@pytest.mark.parametrize(
    ("in_words", "known"),
    [
        (event_label, {kind.key: kind.label for kind in EventType}),
        (method_label, {method.key: method.value for method in AuthMethod}),
        (reason_label, {reason.key: reason.value for reason in SessionEndReason}),
    ],
)
def test_everything_has_its_words(in_words, known):
    assert {key: in_words(key) for key in known} == known


def test_what_a_later_version_has_written_can_be_read():
    assert event_label("factor_added") == "Factor added"
    assert method_label("pass_key") == "pass key"
    assert reason_label("out_of_luck") == "out of luck"


def test_on_whose_side_it_was_is_said_if_it_was_not_the_persons():
    sides = {actor: actor_label(actor.value) for actor in Actor}
    assert sides.pop(Actor.USER) is None
    assert sides == {
        Actor.ADMINISTRATOR: "by support",
        Actor.OPERATOR: "by support",
        Actor.SYSTEM: "automatically",
    }


def test_details_are_said_in_one_order_and_the_rest_is_left_out():
    details = {"to": "b@example.com", "from": "a@example.com", "colour": "blue"}
    assert detail_labels(details) == [("From", "a@example.com"), ("To", "b@example.com")]
    assert detail_labels({"method": "password"}) == [("Method", "with a password")]
    assert detail_labels({}) == []


def test_of_a_session_that_ended_the_reason_is_said():
    details = {"session": "x", "method": "password", "reason": "expired", "browser": "y"}
    assert detail_labels(details) == [("Reason", SessionEndReason.EXPIRED.value)]
