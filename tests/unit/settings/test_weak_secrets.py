"""Secrets that can be guessed are recognized; generated ones are accepted."""

import base64
import re
import secrets

import pytest

from authsite.settings.weak_secrets import weakness_of
from tests.conftest import ROOT

GENERATORS = {
    "secrets.token_urlsafe(32)": lambda: secrets.token_urlsafe(32),
    "openssl rand -hex 32": lambda: secrets.token_hex(32),
    "openssl rand -hex 16": lambda: secrets.token_hex(16),
    "openssl rand -base64 24": lambda: base64.b64encode(secrets.token_bytes(24)).decode(),
    "openssl rand -base64 32": lambda: base64.b64encode(secrets.token_bytes(32)).decode(),
    "openssl rand -base64 64": lambda: base64.encodebytes(secrets.token_bytes(64)).decode(),
}
IN_FILES = re.compile(r"(?:authsite\.secret *= *|AUTHSITE_SECRET=)([^$\s`].{31,})$", re.MULTILINE)


@pytest.mark.parametrize("generator", GENERATORS)
def test_generated_secrets_are_accepted(generator):
    """An unlucky one would stop the start of a site about once in billions."""
    for _ in range(2000):
        assert weakness_of(GENERATORS[generator]()) is None


@pytest.mark.asvs("11.1.1", "13.3.1")
def test_every_secret_in_ini_files_and_docs_is_known():
    files = [*ROOT.glob("*.ini"), *ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    found = {secret for path in files for secret in IN_FILES.findall(path.read_text("utf-8"))}
    assert len(found) == 3
    assert {weakness_of(secret) for secret in found} == {"is published with authsite"}


REFERENCE = "is a reference that was not replaced by a secret"


@pytest.mark.parametrize(
    ("secret", "weakness"),
    [
        ("no one will ever guess this one, says Bob", "consists of words"),
        ("dev-secret-dev-secret-dev-secret-1", "repeats itself or is a pattern"),
        ("a_secret_for_my_site_which_is_long", "repeats itself or is a pattern"),
        ("my-very-long-session-signing-key-123", "repeats itself or is a pattern"),
        (
            "<your-32-character-secret-goes-here>",
            "is a reference that was not replaced by a secret",
        ),
        (
            "${AUTHSITE_SECRET_FROM_VAULT_PROD_1}",
            "is a reference that was not replaced by a secret",
        ),
        (
            "op://vault/authsite/secret/credential",
            "is a reference that was not replaced by a secret",
        ),
        ("a-string-secret-at-least-256-bits-long", "consists of words"),
        ("generate-with-openssl-rand-base64-32", "consists of words"),
        ("please-change-this-secret-before-production", "consists of words"),
        ("CHANGE_ME" * 4, "consists of words"),
        ("ThisIsNotASecretForProduction!!!", "consists of words"),
        ("a" * 40, "repeats itself or is a pattern"),
        ("abc" * 40, "repeats itself or is a pattern"),
        ("0123456789" * 4, "repeats itself or is a pattern"),
        ("abcdefghijklmnopqrstuvwxyz0123456789", "repeats itself or is a pattern"),
        ("qwertyuiopasdfghjklzxcvbnm123456", "repeats itself or is a pattern"),
        ("abacbabcacbabcabacbcabacbabcbacb", "repeats itself or is a pattern"),
    ],
)
def test_guessable_secrets_are_refused(secret, weakness):
    assert weakness_of(secret) == weakness
