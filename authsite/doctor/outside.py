"""The site from outside, by its public URL: certificate, pages, headers and redirects."""

import socket
import ssl
from http import HTTPStatus

from authsite.doctor.certificates import report_expiry
from authsite.doctor.finding import Finding, fail, ok, warn
from authsite.doctor.public_site import NO_ANSWER, fetch, leads_to_loopback
from authsite.doctor.subject import Subject
from authsite.http.headers import ALWAYS, HSTS

_PAGE = "/sign-in"
#: A page that redirects to the one above.
_PRIVATE_PAGE = "/account"
_PROBES = ("/healthz", "/readyz")
_HEADERS = [name for name, _ in (*ALWAYS, HSTS)] + ["Content-Security-Policy", "Cache-Control"]
#: What names software and its version.
_VERSIONS = ("Server", "X-Powered-By")
#: Codes of OpenSSL for errors of a certificate, with their fixes.
_CERTIFICATE_FIXES = {
    10: "Renew the certificate, then reload the proxy.",
    62: "Get a certificate for this host name, and set it in the proxy.",
}
_NO_SUCH_HOST = "Set server_name and ssl_certificate of the proxy for this host name."
#: OpenSSL's names for a server with older versions only, of its own and of this machine.
_TOO_OLD = ("TLSV1_ALERT_PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL")
_TLS_FIXES = dict.fromkeys(_TOO_OLD, "Set ssl_protocols TLSv1.2 TLSv1.3 in the proxy.")
_CHAIN = "Set a certificate of a public authority in the proxy, followed by its intermediate ones."
_NO_SERVERS = "Start the servers that the proxy passes requests on to, or correct its upstream."
_KEEP_HOST = "Let the proxy pass Host on, as deploy/nginx.conf does."
_PAGE_FIXES = {400: _KEEP_HOST, 421: _KEEP_HOST, 502: _NO_SERVERS, 503: _NO_SERVERS}
_PAGE_FIXES |= {504: _NO_SERVERS}


def certificate(subject: Subject) -> Finding:
    """The public URL answers with a trusted certificate, which does not expire soon."""
    host = subject.settings.host
    try:
        answer = fetch(subject, "/")
    except ssl.SSLCertVerificationError as error:
        fix = _CERTIFICATE_FIXES.get(error.verify_code, _CHAIN)
        return fail(f"Browsers reject the certificate of {host}: {error.verify_message}.", fix)
    except ssl.SSLError as error:
        fix = _TLS_FIXES.get(error.reason, _NO_SUCH_HOST)
        return fail(f"{host} does not accept TLS: {error.reason}.", fix)
    except socket.gaierror as error:
        fix = "Add an A or AAAA record for it at its name server."
        return fail(f"{host} cannot be resolved: {error.strerror}.", fix)
    except NO_ANSWER as error:
        return fail(f"{host} does not answer on https: {error}.")
    assert answer.expires is not None  # noqa: S101 - for the type checker
    return report_expiry(f"{host} answers on https", answer.expires)


def page(subject: Subject) -> Finding:
    """The public URL shows the sign-in page."""
    status = fetch(subject, _PAGE).status
    if status == HTTPStatus.OK:
        return ok(f"{subject.settings.site.url}{_PAGE} can be opened.")
    message = f"{subject.settings.site.url}{_PAGE} answers {status}."
    return fail(message, _PAGE_FIXES.get(status, ""))


def host(subject: Subject) -> Finding:
    """A request for another host is refused."""
    try:
        status = fetch(subject, _PAGE, host="another-host.invalid").status
    except NO_ANSWER:
        return ok("A request for another host is not answered.")
    if status < HTTPStatus.BAD_REQUEST:
        return warn(f"A request for another host is answered with {status}.")
    return ok(f"A request for another host is answered with {status}.")


def headers(subject: Subject) -> list[Finding]:
    """Pages arrive with each security header of the site once, and without versions."""
    found, received = [], fetch(subject, _PAGE).headers
    missing = [name for name in _HEADERS if name not in received]
    if missing:
        found.append(fail(f"The proxy removes {', '.join(missing)}."))
    repeated = [name for name in _HEADERS if len(received.get_all(name, [])) > 1]
    if repeated:
        fix = "Remove these from the proxy: the site sends them."
        found.append(warn(f"The proxy repeats {', '.join(repeated)}.", fix))
    for name in _VERSIONS:
        if any(letter.isdigit() for letter in received.get(name, "")):
            fix = "Hide it in the proxy: server_tokens off."
            found.append(warn(f"Visitors see a version: {name}: {received[name]}.", fix))
    return found or [ok("Pages arrive with each security header once.")]


def redirects(subject: Subject) -> list[Finding]:
    """http is redirected to https, and redirects of the site stay on https."""
    url, found = subject.settings.site.url, []
    try:
        answer = fetch(subject, _PAGE, tls=False)
    except NO_ANSWER:
        found.append(ok("Nothing answers on http."))
    else:
        if answer.location.startswith(f"{url}/"):
            found.append(ok("http is redirected to https."))
        else:
            fix = "Redirect every request on port 80, as deploy/nginx.conf does."
            found.append(fail(f"http is not redirected to {url}.", fix))
    location = fetch(subject, _PRIVATE_PAGE).location
    if location.startswith("http:"):
        fix = "Let the proxy send X-Forwarded-Proto, and set trusted_proxy (docs/production.md)."
        found.append(fail(f"Redirects of the site lead to {location}.", fix))
    return found


def probes(subject: Subject) -> Finding:
    """/healthz and /readyz are not public."""
    public = [path for path in _PROBES if _is_answered(subject, path)]
    if not public:
        return ok(f"{' and '.join(_PROBES)} are refused.")
    if leads_to_loopback(subject):
        return ok("The host name is this machine's here: to see its probes, run this elsewhere.")
    return warn(f"Everyone can open {' and '.join(public)}.")


def _is_answered(subject: Subject, path: str) -> bool:
    """Whether the site itself answers a probe; a proxy may close the connection instead."""
    try:
        return fetch(subject, path).status in (HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE)
    except NO_ANSWER:
        return False
