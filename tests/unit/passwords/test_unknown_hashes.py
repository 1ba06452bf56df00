"""Hashes that are not verified are named in reports, without a character of theirs."""

import pytest

from authsite.passwords.legacy_hashes.unknown_hashes import describe_hash
from tests.foreign_hashes import DEVISE, DJANGO, PASSLIB, PASSWORD, WORDPRESS


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("d41d8cd98f00b204e9800998ecf8427e", "MD5 in hexadecimal"),
        ("DA39A3EE5E6B4B0D3255BFEF95601890AFD80709", "SHA-1 in hexadecimal"),
        ("$6$rounds=656000$r/6MMueT1jb2vVHy$z.PFUxv8BbZQpA0P", "sha512-crypt"),
        ("$S$DXHgBIS5eiG6sqkFqRdQn9FyiSs6hB1jkFDO4Ck0cAl3", "phpass with SHA-512, as by Drupal"),
        ("sha1$a1b2$da39a3ee5e6b4b0d3255bfef95601890afd80709", "salted SHA-1"),
        ("{SSHA}0c0blFTXXNuAMHECS4uxrj3ZieMoWImr", "LDAP"),
        (DEVISE[PASSWORD][:-1], "bcrypt, malformed"),
        (PASSLIB["pbkdf2_sha512"][PASSWORD][:-1], "PBKDF2, malformed"),
        (
            WORDPRESS["bcrypt"][PASSWORD].replace("$04$", "$31$"),
            "bcrypt of SHA-384, as by WordPress",
        ),
        (DJANGO["pbkdf2_sha1"][PASSWORD], "PBKDF2-sha1, as by Django"),
        ("hunter2", "no known form"),
        ("", "no known form"),
    ],
)
def test_form_of_a_hash_is_named(text, name):
    assert describe_hash(text) == name
