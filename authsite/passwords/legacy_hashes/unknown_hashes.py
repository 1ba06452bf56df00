"""Naming the forms of hashes that are not verified here, for reports that quote no hash."""

import re

from authsite.passwords.legacy_hashes.formats import name_form

_HEXADECIMAL = {32: "MD5", 40: "SHA-1", 56: "SHA-224", 64: "SHA-256", 96: "SHA-384", 128: "SHA-512"}
#: How hashes begin, and what they are.
_BEGINNINGS = {
    "$1$": "md5-crypt",
    "$apr1$": "md5-crypt of Apache",
    "$5$": "sha256-crypt",
    "$6$": "sha512-crypt",
    "$7$": "scrypt of crypt",
    "$y$": "yescrypt",
    "$gy$": "yescrypt",
    "$2x$": "bcrypt of a faulty PHP",
    "$S$": "phpass with SHA-512, as by Drupal",
    "md5$": "salted MD5",
    "sha1$": "salted SHA-1",
    "sha256$": "salted SHA-256",
    "sha512$": "salted SHA-512",
    "{": "LDAP",
    "$argon2d$": "Argon2d",
    "argon2$argon2d$": "Argon2d",
    # Forms that are verified, if they are complete.
    "argon2": "Argon2, malformed",
    "nfkc": "a hash of NFKC, malformed",
    "$argon2": "Argon2, malformed",
    "$2": "bcrypt, malformed",
    "bcrypt": "bcrypt, malformed",
    "$bcrypt": "bcrypt, malformed",
    "$wp": "bcrypt of WordPress, malformed",
    "pbkdf2": "PBKDF2, malformed",
    "$pbkdf2": "PBKDF2, malformed",
    "scrypt": "scrypt, malformed",
    "$scrypt": "scrypt, malformed",
    "s2:": "scrypt, malformed",
    "$P$": "phpass, malformed",
    "$H$": "phpass, malformed",
}


def describe_hash(text: str) -> str:
    """Return what the hash seems to be, in words that contain none of its characters."""
    if re.fullmatch("[0-9A-Fa-f]+", text) and len(text) in _HEXADECIMAL:
        return f"{_HEXADECIMAL[len(text)]} in hexadecimal"
    begun = next((name for start, name in _BEGINNINGS.items() if text.startswith(start)), None)
    return name_form(text) or begun or "no known form"
