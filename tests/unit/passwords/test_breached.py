"""Passwords that have appeared in a data breach, and a list that cannot be read."""

import traceback

import pytest

from authsite.passwords.breached import BreachedPasswordsUnreadable, breached_passwords_at
from tests.breaches import EXCERPT, a_breached_filter, a_breached_folder, digest_of
from tests.factories import a_policy

BREACHED = "seven purple llamas hum"
GOOD = "seven green llamas hum"


@pytest.fixture(params=["folder", "filter"])
def path(request, tmp_path):
    """The path of a list in both formats."""
    folder = a_breached_folder(
        tmp_path / "all", [BREACHED, "caf\u00e9 au lait noir"], others=[GOOD]
    )
    if request.param == "folder":
        return folder
    a_breached_filter(folder, tmp_path / "filter")
    return tmp_path / "filter"


@pytest.mark.asvs("6.2.12")
def test_breached_password_is_refused(path):
    policy = a_policy(breached=breached_passwords_at(path))
    assert policy.explain_weakness(BREACHED, words=[]) == (
        "This password has appeared in a data breach. Choose another one."
    )
    assert policy.explain_weakness("cafe\u0301 au lait noir", words=[]) is not None
    assert policy.explain_weakness(GOOD, words=[]) is None
    assert a_policy().explain_weakness(BREACHED, words=[]) is None


def test_otherwise_weak_password_is_not_looked_up(path, tmp_path):
    policy = a_policy(breached=breached_passwords_at(path))
    path.rename(tmp_path / "away")
    assert "too common" in policy.explain_weakness("password1234", words=[])
    assert "Don't use" in policy.explain_weakness(f"{BREACHED} Lovelace", words=["Lovelace"])


@pytest.mark.asvs("16.5.3")
def test_unreadable_list_accepts_no_password(path, tmp_path):
    """It fails closed; the error contains neither the password nor a part of its hash."""
    policy = a_policy(breached=breached_passwords_at(path))
    path.rename(tmp_path / "away")
    with pytest.raises(BreachedPasswordsUnreadable) as error:
        policy.explain_weakness(GOOD, words=[])
    output = "".join(traceback.format_exception(error.value))
    assert str(path) in output
    assert "FileNotFoundError" in output
    assert GOOD not in output
    assert digest_of(GOOD)[:5] not in output.upper().replace("0X", "")


@pytest.mark.parametrize("name", ["nothing", "x" * 300, "a\0b", "empty", "text"])
def test_other_files_are_not_a_list(tmp_path, name):
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").write_text("hunter2\n")
    assert breached_passwords_at(tmp_path / name) is None
    assert breached_passwords_at(EXCERPT) is not None
