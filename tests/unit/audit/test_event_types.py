"""The enumeration of events: one line each, and every one complete."""

import logging
from pathlib import Path

import pytest

import authsite
from authsite.audit.event_types import Actor, AuthMethod, EventType, SessionEndReason
from authsite.models import AuditEvent

MAILS = Path(authsite.__file__).parent / "templates/mail"


def test_no_kind_is_another_word_for_one_before():
    """Members of an enumeration that have the same value are one."""
    assert len(EventType.__members__) == len(list(EventType))
    assert len(SessionEndReason.__members__) == len(list(SessionEndReason))
    assert len({kind.log_name for kind in EventType}) == len(list(EventType))


@pytest.mark.parametrize("kind", EventType)
def test_every_kind_has_words_and_fits_the_table(kind):
    assert kind.label[0].isupper()
    assert not kind.label.endswith(".")
    assert kind.key == kind.name.lower()
    assert len(kind.key) <= AuditEvent.__table__.c.type.type.length
    assert kind.level in {logging.INFO, logging.WARNING}
    assert kind.log_name.replace("_", "").isalpha()


@pytest.mark.parametrize("kind", [kind for kind in EventType if kind.notice])
def test_the_mail_of_a_kind_is_there(kind):
    assert (MAILS / kind.notice / "subject.txt").exists()


def test_words_for_actors_methods_and_reasons_fit_the_table():
    columns = AuditEvent.__table__.c
    assert all(len(actor.value) <= columns.actor.type.length for actor in Actor)
    assert all(reason.key == reason.name.lower() for reason in SessionEndReason)
    assert all(len(method.key) <= 20 for method in AuthMethod)
