"""Secrets: no other user of the machine can read them, and the pepper differs."""

import hmac

from authsite.doctor.finding import Finding, fail, ok
from authsite.doctor.sources import is_world_readable, sources
from authsite.doctor.subject import Subject


def kept_secret(subject: Subject) -> list[Finding]:
    """Only owner and group can read the files that contain secrets."""
    found, private = [], []
    for source in sources(subject):
        key, file = source.setting.key, source.file
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
