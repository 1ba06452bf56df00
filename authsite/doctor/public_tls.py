"""The versions of TLS that the public site accepts."""

import ssl
import warnings

from authsite.doctor.finding import Finding, fail, ok, warn
from authsite.doctor.public_site import NO_ANSWER, fetch
from authsite.doctor.subject import Subject

#: The names of nginx and OpenSSL have a "v" and no space.
_OLD = {"TLS 1.0": ssl.TLSVersion.TLSv1, "TLS 1.1": ssl.TLSVersion.TLSv1_1}
#: OpenSSL offers the old versions at its lowest level of security only.
_ANY_CIPHER = "ALL:@SECLEVEL=0"


def versions(subject: Subject) -> Finding:
    """TLS 1.3 is offered; TLS 1.0 and 1.1 are refused (RFC 8996, ASVS 12.1.1)."""
    old = [name for name, version in _OLD.items() if _accepts(subject, version)]
    if old:
        return fail(f"{subject.settings.host} accepts {' and '.join(old)}.")
    if not _accepts(subject, ssl.TLSVersion.TLSv1_3):
        return warn(f"{subject.settings.host} does not offer TLS 1.3.")
    return ok("TLS 1.3 is offered, TLS 1.0 and 1.1 are refused.")


def _accepts(subject: Subject, version: ssl.TLSVersion) -> bool:
    context = ssl.create_default_context()
    context.set_ciphers(_ANY_CIPHER)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of the old versions
        context.minimum_version = context.maximum_version = version
    try:
        fetch(subject, "/", context=context)
    except NO_ANSWER:
        return False
    return True
