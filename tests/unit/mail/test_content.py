"""The content of a message is encrypted for its row."""

import pytest

from authsite.encryption import Damaged
from authsite.mail.content import Content, read_content
from authsite.mail.stored_message import get_message
from tests.factories import a_message

CONTENT = Content("Öffne https://site.example/verify-email/x", "<a href='x'>Öffne</a>")


@pytest.fixture
def cipher(services):
    """The cipher of the site."""
    return services.message_cipher


def test_content_is_read_as_it_was_written(dbsession, cipher):
    message = a_message(dbsession, content=CONTENT)
    stored = get_message(dbsession, message.id)
    assert (stored.text, stored.html) == (None, None)
    assert b"verify-email" not in stored.content
    assert read_content(stored, cipher) == CONTENT


@pytest.mark.asvs("11.3.3")
def test_content_cannot_be_moved_to_another_message(dbsession, cipher):
    message, other = a_message(dbsession), a_message(dbsession)
    other.content = message.content
    with pytest.raises(Damaged):
        read_content(other, cipher)


def test_content_of_a_message_from_before_migration_0009_is_readable(dbsession, cipher):
    message = a_message(dbsession, content=None, text="Open it", html="<p>Open it")
    assert read_content(message, cipher) == ("Open it", "<p>Open it")


def test_content_of_an_ended_message_is_empty(dbsession, cipher):
    message = a_message(dbsession, content=None, next_attempt_at=None)
    assert read_content(message, cipher) == ("", "")
