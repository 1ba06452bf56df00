"""Whether a password has appeared in a data breach, and what is told when that is not known."""

import traceback

import pytest

from authsite.passwords.breached import BreachedPasswordsUnreadable, breached_passwords_at
from tests.breaches import EXCERPT, a_breached_filter, a_breached_folder, digest_of
from tests.factories import a_policy

BREACHED = "seven purple llamas hum"
GOOD = "seven green llamas hum"


@pytest.fixture(params=["folder", "filter"])
def path(request, tmp_path):
    """A list with one password, of each kind."""
    folder = a_breached_folder(
        tmp_path / "all", [BREACHED, "caf\u00e9 au lait noir"], others=[GOOD]
    )
    if request.param == "folder":
        return folder
    a_breached_filter(folder, tmp_path / "filter")
    return tmp_path / "filter"


@pytest.mark.asvs("6.2.12")
def test_a_breached_password_is_refused_with_one_suggestion(path):
    policy = a_policy(breached=breached_passwords_at(path))
    assert policy.explain_weakness(BREACHED, words=[]) == (
        "This password has appeared in a data breach. Choose another one."
    )
    assert policy.explain_weakness("cafe\u0301 au lait noir", words=[]) is not None
    assert policy.explain_weakness(GOOD, words=[]) is None
    assert a_policy().explain_weakness(BREACHED, words=[]) is None


def test_what_is_refused_anyway_is_not_looked_up(path, tmp_path):
    policy = a_policy(breached=breached_passwords_at(path))
    path.rename(tmp_path / "away")
    assert "too common" in policy.explain_weakness("password1", words=[])
    assert "Don't use" in policy.explain_weakness(f"{BREACHED} Lovelace", words=["Lovelace"])


@pytest.mark.asvs("16.5.3")
def test_when_the_list_is_gone_no_password_is_called_good(path, tmp_path):
    """It fails closed, and neither the password nor a part of its hash is told."""
    policy = a_policy(breached=breached_passwords_at(path))
    path.rename(tmp_path / "away")
    with pytest.raises(BreachedPasswordsUnreadable) as error:
        policy.explain_weakness(GOOD, words=[])
    told = "".join(traceback.format_exception(error.value))
    assert str(path) in told
    assert "FileNotFoundError" in told
    assert GOOD not in told
    assert digest_of(GOOD)[:5] not in told.upper().replace("0X", "")


@pytest.mark.parametrize("name", ["nothing", "x" * 300, "a\0b", "empty", "text"])
def test_what_is_no_list_is_none(tmp_path, name):
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").write_text("hunter2\n")
    assert breached_passwords_at(tmp_path / name) is None
    assert breached_passwords_at(EXCERPT) is not None
