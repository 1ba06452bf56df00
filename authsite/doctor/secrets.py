"""Secrets: they are random, and no other user of the machine can read them."""

import hmac
import math
import re
from collections import Counter

from zxcvbn_rs_py import zxcvbn

from authsite.doctor.finding import Finding, fail, ok, warn
from authsite.doctor.sources import is_world_readable, sources
from authsite.doctor.subject import Subject
from authsite.settings.loader import DEVELOPMENT_SECRET

#: The secrets in this repository.
_PUBLISHED = {DEVELOPMENT_SECRET, "a secret for the tests, known to everyone who reads this"}
#: Bits by Shannon's entropy. 32 random hexadecimal digits (128 bits) rarely have less than 100.
_MIN_BITS = 90
#: zxcvbn counts no further than 64 bits.
_MIN_GUESSES_LOG10 = 19.2
_SPACE = re.compile(r"\s")


def secret(subject: Subject) -> Finding:
    """The secret is random and was never published."""
    text = subject.settings.secret.decode("utf-8")
    if text in _PUBLISHED:
        return fail("authsite.secret is published with authsite.")
    if _bits_of(text) < _MIN_BITS or zxcvbn(text).guesses_log10 < _MIN_GUESSES_LOG10:
        return fail("authsite.secret can be guessed: it repeats itself or is a pattern.")
    if _SPACE.search(text):
        return warn("authsite.secret consists of words, so a person chose it.")
    return ok(f"authsite.secret has {len(text)} characters and no pattern.")


def _bits_of(text: str) -> float:
    """Return the entropy of a text whose characters are drawn as often as they occur."""
    shares = [count / len(text) for count in Counter(text).values()]
    return -len(text) * sum(share * math.log2(share) for share in shares)


def kept_secret(subject: Subject) -> list[Finding]:
    """Only owner and group can read the files that contain secrets."""
    found, private = [], []
    for source in sources(subject):
        key, variable, file = source.setting.key, source.setting.variable, source.file
        if file is None and f"{variable}_FILE" in subject.environ:
            found.append(warn(f"{variable}_FILE is ignored: {variable} is set.", "Remove one."))
        if file and is_world_readable(file) and not subject.in_development:
            found.append(fail(f"Every user of this machine can read {key} in {file}."))
        else:
            private.append(f"{key} in {file or 'the environment'}")
    return [*found, ok(f"Private: {', '.join(private)}.")] if private else found


def pepper(subject: Subject) -> Finding:
    """The pepper, if there is one, differs from the secret."""
    peppers = subject.settings.passwords.pepper
    if not peppers:
        return ok("There is no pepper; it is optional (docs/passwords.md).")
    if any(hmac.compare_digest(subject.settings.secret, each.secret) for each in peppers):
        return fail("authsite.passwords.pepper is authsite.secret: both would leak together.")
    return ok(f"New hashes use the pepper {peppers[0].id!r}; {len(peppers) - 1} older ones exist.")
