"""What happened, in words."""

import pytest

from authsite.audit.event_types import Actor, EndReason, Kind, Method
from authsite.audit.labels import (
    details_in_words,
    kind_in_words,
    method_in_words,
    reason_in_words,
    side_in_words,
)


@pytest.mark.parametrize(
    ("in_words", "known"),
    [
        (kind_in_words, {kind.key: kind.words for kind in Kind}),
        (method_in_words, {method.key: method.value for method in Method}),
        (reason_in_words, {reason.key: reason.value for reason in EndReason}),
    ],
)
def test_everything_has_its_words(in_words, known):
    assert {key: in_words(key) for key in known} == known


def test_what_a_later_version_has_written_can_be_read():
    assert kind_in_words("factor_added") == "Factor added"
    assert method_in_words("pass_key") == "pass key"
    assert reason_in_words("out_of_luck") == "out of luck"


def test_on_whose_side_it_was_is_said_if_it_was_not_the_persons():
    sides = {actor: side_in_words(actor.value) for actor in Actor}
    assert sides.pop(Actor.PERSON) is None
    assert all(words.startswith("by ") for words in sides.values())


def test_details_are_said_in_one_order_and_the_rest_is_left_out():
    details = {"to": "b@example.com", "from": "a@example.com", "colour": "blue"}
    assert details_in_words(details) == [("From", "a@example.com"), ("To", "b@example.com")]
    assert details_in_words({"method": "password"}) == [("How", "with the password")]
    assert details_in_words({}) == []


def test_of_a_session_that_ended_the_reason_is_said():
    details = {"session": "x", "method": "password", "reason": "expired", "browser": "y"}
    assert details_in_words(details) == [("Reason", EndReason.EXPIRED.value)]
