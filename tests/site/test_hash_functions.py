"""Which hash functions there are: those that nothing is known against, and SHA-1 for one list.

Other systems' hashes of passwords are verified with what those made them with, until their owners
sign in.
"""

import ast

import pytest

from tests.site.source import MODULES, calls, full_name, imported_as, names, written

#: FIPS 180-4 and RFC 7693.
ALLOWED = {"hashlib.sha256", "hashlib.blake2b"}
#: The lists of breached passwords are made with it, and nothing rests on it.
SHA_1 = ("passwords/breached.py", "hashlib.sha1")
#: RFC 8018 and RFC 7914, for passwords that came from elsewhere.
FOREIGN = {("passwords/legacy_hashes.py", f"hashlib.{name}") for name in ("pbkdf2_hmac", "scrypt")}
#: Other ways to a hash function than by hashlib.
ELSEWHERE = ("_md5", "_sha", "_blake2", "crypt", "zlib.crc32", "zlib.adler32", "binascii.crc")
#: Which argument names the function.
PLACES = {"hmac.new": 2, "hmac.digest": 2, "hmac.HMAC": 2}


def functions(modules=MODULES):
    """Return every hash function that is named: the module's path, and its full name."""
    found = {(path, name) for path, name in names(modules) if name.startswith("hashlib.")}
    return found | {(path, name) for path, name in names(modules) if name.startswith(ELSEWHERE)}


def named_by_texts(modules=MODULES):
    """Return calls in which a hash function for a MAC is no function of hashlib."""
    found = []
    for path, _, call in calls(modules):
        imported = imported_as(modules[path])
        place = PLACES.get(full_name(call.func, imported) or "")
        if place is None:
            continue
        given = [*call.args[place:], *(each.value for each in call.keywords)]
        if not any((full_name(each, imported) or "") in ALLOWED for each in given):
            found.append((path, ast.unparse(call)))
    return found


@pytest.mark.asvs("11.4.1")
def test_only_approved_hash_functions_are_used():
    assert functions() >= {SHA_1, *FOREIGN}
    assert {name for _, name in functions() - {SHA_1, *FOREIGN}} == ALLOWED
    assert named_by_texts() == []
    [call] = [each for _, name, each in calls() if name == "hashlib.sha1"]
    assert "usedforsecurity=False" in ast.unparse(call)


@pytest.mark.parametrize(
    "source",
    [
        "import hashlib\nhashlib.md5(x)",
        "import hashlib\nhashlib.sha1(x)",
        "from hashlib import md5",
        "import hashlib as h\nh.new('md5', x)",
        "import zlib\nzlib.crc32(x)",
    ],
)
def test_another_hash_function_would_be_noticed(source):
    assert {name for _, name in functions(written(source)) - {SHA_1, *FOREIGN}} - ALLOWED


@pytest.mark.parametrize(
    "call", ["hmac.digest(k, x, 'md5')", "hmac.new(k, x)", "hmac.new(k, digestmod=hashlib.md5)"]
)
def test_another_hash_function_of_a_mac_would_be_noticed(call):
    assert named_by_texts(written(f"import hashlib, hmac\n{call}"))
