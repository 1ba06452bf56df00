"""Cells of a row become an imported user."""

from datetime import UTC, datetime

import pytest

from authsite.importing.imported_user import ImportedUser, Rejection, RejectionReason
from authsite.importing.reader import Reader
from authsite.passwords.legacy_hashes.formats import tag_nfkc
from tests.factories import NOW

READER = Reader("old", tag_nfkc, NOW)


def read_user(**cells) -> ImportedUser | Rejection:
    """Read a row with these cells and the required ones."""
    return READER.read_user({"id": 7, "email": "ada@example.com"} | cells, place="row 3")


def test_row_is_read_as_a_user():
    assert read_user(
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
        place="row 3",
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
def test_full_name_is_split_after_the_first_word(name, names):
    found = read_user(name=name)
    assert (found.first_name, found.last_name) == names
    half = read_user(name=name, first_name="Augusta")
    assert (half.first_name, half.last_name) == ("Augusta", "")
    half = read_user(name=name, last_name="King")
    assert (half.first_name, half.last_name) == ("", "King")


@pytest.mark.parametrize("unusable", ["", None, "!", "NULL", "!ndeLnqHvGnqvJ9rPYoIHnJLLYTGm9MSi"])
def test_unusable_password_is_none(unusable):
    """Django writes `!` before random text for unusable passwords, MySQL NULL."""
    assert read_user(password=unusable).password_hash is None


def test_email_is_unverified_by_default():
    assert read_user().email_verified_at is None
    assert read_user(verified=False).email_verified_at is None
    assert read_user(verified=True).email_verified_at == NOW
    then = datetime(2024, 5, 1, tzinfo=UTC)
    assert read_user(verified="t", created="2024-05-01").email_verified_at == then


def test_user_is_active_by_default():
    assert read_user().is_active
    assert read_user(active=None).is_active
    assert not read_user(active=0).is_active


def test_external_id_defaults_to_a_digest_of_the_email():
    """The external id does not change with the email address of the account."""

    def external_id(email):
        return READER.read_user({"email": email}, place="line 1").external_id

    assert external_id("ada@example.com") == external_id(" ADA@example.com ")
    assert external_id("ada@example.com") != external_id("eve@example.com")
    assert "ada" not in external_id("ada@example.com")
    assert len(external_id("a" * 300)) <= 120


def test_empty_id_is_rejected():
    assert read_user(id="") == Rejection("row 3", "ada@example.com", RejectionReason.ID)
    assert read_user(id=None) == Rejection("row 3", "ada@example.com", RejectionReason.ID)


@pytest.mark.parametrize("cells", [{"created": "soon"}, {"verified": "perhaps"}, {"active": "2"}])
def test_rejection_does_not_repeat_the_value(cells):
    """A value may be a secret if columns were mistaken for one another."""
    assert read_user(**cells) == Rejection(
        "row 3", "ada@example.com", RejectionReason.VALUE, external_id="old:7"
    )


@pytest.mark.parametrize("cells", [{"id": b"7"}, {"email": ["a@example.com"]}, {"name": {}}])
def test_cell_of_another_type_is_rejected(cells):
    assert read_user(**cells) == Rejection("row 3", "", RejectionReason.UNREADABLE)


@pytest.mark.parametrize("half", [chr(0xD800)])
def test_lone_surrogate_does_not_stop_the_import(half):
    assert isinstance(READER.read_user({"email": half}, place="line 1"), ImportedUser)
