"""The enumeration of event types."""

import logging
from pathlib import Path

import pytest

import authsite
from authsite.audit.event_types import Actor, AuthMethod, EventType, SessionEndReason
from authsite.models import AuditEvent

TEMPLATES = Path(authsite.__file__).parent / "templates/authsite/mail"


def test_event_types_and_log_names_are_unique():
    """Members with the same value would be aliases of one."""
    assert len(EventType.__members__) == len(list(EventType))
    assert len(SessionEndReason.__members__) == len(list(SessionEndReason))
    assert len({event_type.log_name for event_type in EventType}) == len(list(EventType))


@pytest.mark.parametrize("event_type", EventType)
def test_event_type_has_a_label_and_fits_its_column(event_type):
    assert event_type.label[0].isupper()
    assert not event_type.label.endswith(".")
    assert event_type.key == event_type.name.lower()
    assert len(event_type.key) <= AuditEvent.__table__.c.type.type.length
    assert event_type.level in {logging.INFO, logging.WARNING}
    assert event_type.log_name.replace("_", "").isalpha()


@pytest.mark.parametrize(
    "event_type", [event_type for event_type in EventType if event_type.notice]
)
def test_notice_of_an_event_type_has_a_template(event_type):
    assert (TEMPLATES / event_type.notice / "subject.txt").exists()


def test_actors_methods_and_reasons_fit_their_columns():
    columns = AuditEvent.__table__.c
    assert all(len(actor.value) <= columns.actor.type.length for actor in Actor)
    assert all(reason.key == reason.name.lower() for reason in SessionEndReason)
    assert all(len(method.key) <= 20 for method in AuthMethod)
