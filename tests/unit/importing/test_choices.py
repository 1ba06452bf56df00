"""What the operator may choose for users who are inactive, or whose hash is unknown."""

import pytest

from authsite.importing.choices import leave_out_unknown_hashes, skip_inactive
from authsite.importing.imported_user import Rejection, RejectionReason
from authsite.importing.reader import Reader
from authsite.passwords.legacy_hashes.formats import tag_raw
from tests.factories import NOW
from tests.foreign_hashes import DEVISE, PASSWORD
from tests.unit.importing.test_import_users import some_users

HASH = DEVISE[PASSWORD]
UNREADABLE = Rejection("line 7", "", RejectionReason.UNREADABLE)


def test_inactive_users_are_skipped():
    active, inactive = some_users(1) + some_users(2, is_active=False)
    assert list(skip_inactive([active, inactive, UNREADABLE])) == [
        active,
        Rejection("row 2", "old2@example.com", RejectionReason.INACTIVE, external_id="old:2"),
        UNREADABLE,
    ]


def test_unknown_hashes_are_left_out():
    known, without = some_users(1) + some_users(2, password_hash=None)
    md5, costly = some_users(3, password_hash="d41d8cd98f00b204e9800998ecf8427e") + some_users(
        4, password_hash=HASH.replace("$04$", "$31$")
    )
    users = list(leave_out_unknown_hashes([known, without, md5, costly, UNREADABLE]))
    assert users[:2] == [known, without]
    assert [(user.password_hash, user.unused_hash) for user in users[2:4]] == [
        (None, "MD5 in hexadecimal"),
        (None, "bcrypt"),
    ]
    assert users[4] == UNREADABLE


@pytest.mark.parametrize(
    ("cells", "is_active"),
    [
        ({"locked": "2024-06-01 08:00:00"}, False),
        ({"locked": "1"}, False),
        ({"locked": "0"}, True),
        ({"locked": None}, True),
        ({"locked": "1", "locked_until": "2099-01-01"}, False),
        ({"locked": "1", "locked_until": "2020-01-01"}, True),
        ({"locked": "1", "locked_until": "2020-01-01", "deleted": "1"}, False),
        ({"locked_until": "2099-01-01"}, True),
        ({"deleted": "2024-06-01T08:00:00Z"}, False),
        ({"deleted": ""}, True),
        ({"active": "0", "deleted": ""}, False),
    ],
)
def test_locked_and_deleted_users_are_inactive(cells, is_active):
    reader = Reader("old", tag_raw, NOW)
    user = reader.read_user({"id": 1, "email": "ada@example.com"} | cells, place="row 1")
    assert user.is_active is is_active
