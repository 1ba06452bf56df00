"""Whether the secrets are such, and nobody else can read them."""

import hmac
import math
import re
from collections import Counter
from collections.abc import Iterator

from zxcvbn_rs_py import zxcvbn

from authsite.checks.finding import Finding, doubtful, fine, wrong
from authsite.checks.setup import Setup
from authsite.checks.sources import is_secret, others_can_read, sources
from authsite.settings.loader import DEVELOPMENT_SECRET

#: What is read in this repository, and known to everyone.
_PUBLISHED = {
    DEVELOPMENT_SECRET,
    "a secret for the tests, known to everyone who reads this",
}
#: Bits that the letters of a secret must be good for: of 32 random hexadecimal ones, which are 128
#: bits, hardly any has less than 100.
_MIN_BITS = 90
#: zxcvbn counts no further than 64 bits.
_MOST_GUESSES = 19.2
_SPACE = re.compile(r"\s")
_MAKE_ONE = (
    'make one with `python3 -c "import secrets; print(secrets.token_urlsafe(32))"`; everybody is '
    "a stranger to forms that were open, and nobody is signed out"
)


def secret(setup: Setup) -> Iterator[Finding]:
    """It is random, and none of those in this repository."""
    text = setup.settings.secret.decode("utf-8")
    if setup.in_development:
        yield fine("for development any will do")
    elif text in _PUBLISHED:
        yield wrong("authsite.secret is one that is published with authsite", _MAKE_ONE)
    elif _bits_of(text) < _MIN_BITS or zxcvbn(text).guesses_log10 < _MOST_GUESSES:
        yield wrong("authsite.secret can be guessed: it repeats itself, or is a pattern", _MAKE_ONE)
    elif _SPACE.search(text):
        yield doubtful("authsite.secret is made of words: somebody has thought of it", _MAKE_ONE)
    else:
        yield fine(f"authsite.secret has {len(text)} characters, and no pattern")


def _bits_of(text: str) -> float:
    """Return the bits of a text whose letters were drawn as often as they occur (Shannon)."""
    shares = [count / len(text) for count in Counter(text).values()]
    return -len(text) * sum(share * math.log2(share) for share in shares)


def kept_secret(setup: Setup) -> Iterator[Finding]:
    """The files that secrets are in can be read by their owner and group only."""
    places: dict[str, list[str]] = {"the environment": []}
    for source in filter(is_secret, sources(setup)):
        key, variable = source.setting.key, source.setting.variable
        if source.file is None:
            places["the environment"].append(key)
            if f"{variable}_FILE" in setup.environ:
                yield doubtful(
                    f"{variable} and {variable}_FILE are both set, and only the first is read",
                    "take one of them away",
                )
        elif others_can_read(source.file) and not setup.in_development:
            yield wrong(
                f"{key} is in {source.file}, which everybody on this machine can read",
                f"`chmod o= {source.file}`, and make a new one if others have accounts here",
            )
        else:
            places.setdefault(str(source.file), []).append(key)
    told = [f"{', '.join(keys)} in {place}" for place, keys in places.items() if keys]
    if told:
        yield fine(f"nobody else reads what is secret: {'; '.join(told)}")


def pepper(setup: Setup) -> Iterator[Finding]:
    """If there is one, it is not the secret once more."""
    peppers = setup.settings.passwords.pepper
    if not peppers:
        yield fine("there is none, which is allowed (docs/passwords.md)")
    elif any(hmac.compare_digest(setup.settings.secret, each.secret) for each in peppers):
        yield wrong(
            "authsite.passwords.pepper is authsite.secret once more: who has one has both",
            "put a pepper of its own before this one, which stays for the hashes made with it",
        )
    else:
        former = f", and {len(peppers) - 1} for older ones" if len(peppers) > 1 else ""
        yield fine(f"{peppers[0].id!r} goes into new hashes{former}")
