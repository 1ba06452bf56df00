"""What is made of the cells of a row."""

from datetime import UTC, datetime

import pytest

from authsite.importing.imported_user import ImportedUser, Rejection, RejectionReason
from authsite.importing.reader import Reader
from authsite.passwords.legacy_hashes import tag_nfkc
from tests.factories import NOW

READER = Reader("old", tag_nfkc, NOW)


def person(**cells) -> ImportedUser | Rejection:
    """Return what is made of these cells, and of those that everybody needs."""
    return READER.read_user({"id": 7, "email": "ada@example.com"} | cells, place="row 3")


def test_all_cells_have_their_meaning():
    assert person(
        first_name=" Ada ",
        last_name="Lovelace",
        password="$2b$",
        verified="2024-05-02",
        created="2024-05-01",
        active=1,
    ) == ImportedUser(
        external_id="old:7",
        email="ada@example.com",
        first_name="Ada",
        last_name="Lovelace",
        password_hash="nfkc$2b$",
        email_verified_at=datetime(2024, 5, 2, tzinfo=UTC),
        created_at=datetime(2024, 5, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("Ada Lovelace", ("Ada", "Lovelace")),
        ("Juan de la Cruz", ("Juan", "de la Cruz")),
        ("Ada  Lovelace", ("Ada", "Lovelace")),
        ("Ada", ("Ada", "")),
        ("", ("", "")),
        (None, ("", "")),
    ],
)
def test_of_a_whole_name_the_first_word_is_the_first_name(name, names):
    found = person(name=name)
    assert (found.first_name, found.last_name) == names
    half = person(name=name, first_name="Augusta")
    assert (half.first_name, half.last_name) == ("Augusta", "")
    half = person(name=name, last_name="King")
    assert (half.first_name, half.last_name) == ("", "King")


@pytest.mark.parametrize("unusable", ["", None, "!", "!ndeLnqHvGnqvJ9rPYoIHnJLLYTGm9MSi"])
def test_who_had_no_password_has_none(unusable):
    """Django writes `!` and something before it when nobody may know one."""
    assert person(password=unusable).password_hash is None


def test_an_address_is_proven_only_if_that_is_said():
    assert person().email_verified_at is None
    assert person(verified=False).email_verified_at is None
    assert person(verified=True).email_verified_at == NOW
    then = datetime(2024, 5, 1, tzinfo=UTC)
    assert person(verified="t", created="2024-05-01").email_verified_at == then


def test_everybody_is_active_unless_something_else_is_said():
    assert person().is_active
    assert person(active=None).is_active
    assert not person(active=0).is_active


def test_without_ids_people_are_known_by_their_address_but_not_by_its_words():
    """The former id stays when the owner has another address."""

    def external_id(email):
        return READER.read_user({"email": email}, place="line 1").external_id

    assert external_id("ada@example.com") == external_id(" ADA@example.com ")
    assert external_id("ada@example.com") != external_id("eve@example.com")
    assert "ada" not in external_id("ada@example.com")
    assert len(external_id("a" * 300)) <= 120


def test_where_there_are_ids_an_empty_one_is_none():
    assert person(id="") == Rejection("row 3", "ada@example.com", RejectionReason.ID)
    assert person(id=None) == Rejection("row 3", "ada@example.com", RejectionReason.ID)


@pytest.mark.parametrize("cells", [{"created": "soon"}, {"verified": "perhaps"}, {"active": "2"}])
def test_what_cannot_be_read_is_told_without_its_words(cells):
    """They may be anything, if columns were mistaken for one another."""
    assert person(**cells) == Rejection("old:7", "ada@example.com", RejectionReason.VALUE)


@pytest.mark.parametrize("cells", [{"id": b"7"}, {"email": ["a@example.com"]}, {"name": {}}])
def test_cells_that_are_no_text_are_told(cells):
    assert person(**cells) == Rejection("row 3", "", RejectionReason.UNREADABLE)


@pytest.mark.parametrize("half", [chr(0xD800)])
def test_half_a_character_stops_nobody_else(half):
    assert isinstance(READER.read_user({"email": half}, place="line 1"), ImportedUser)
