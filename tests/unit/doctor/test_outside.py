"""The checks from outside, on a proxy without a fault, or with one."""

import contextlib
import ssl
import warnings
from datetime import timedelta
from ssl import TLSVersion

import pytest

from authsite.clock import utc_now
from authsite.doctor.checks import CHECKS
from authsite.doctor.examine import examine
from authsite.doctor.finding import Status
from tests.name_server import lead
from tests.smtp import Certificates
from tests.unit.doctor.findings import fails, findings_of, passes, warns
from tests.unit.doctor.public_proxy import HEADERS, SITE, a_public_proxy

HOST = SITE.removeprefix("https://")
NAMES = [check.name for check in CHECKS if check.outside]


@pytest.fixture
def trusted(certificates, monkeypatch):
    """An authority that this machine trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.file))
    return certificates


@pytest.fixture
def outside(a_subject):
    """The site, examined from outside."""
    return a_subject(outside=True)


@pytest.fixture
def resolve(monkeypatch):
    """Let the host name of the site stand for these ports of this machine."""
    with monkeypatch.context() as patch:

        def to(ports, **more):
            patch.undo()
            lead(patch, HOST, ports, **more)

        yield to


def allow(context, oldest, newest):
    """Let a server accept these versions of TLS, also old ones."""
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = oldest, newest


@pytest.fixture
def show(trusted, resolve, tmp_path):
    """Run a proxy with a certificate as described, by an authority that is trusted or not."""
    with contextlib.ExitStack() as ends:

        def start(host=HOST, *, is_trusted=True, sni=None, days=90, versions=None):
            authority = trusted if is_trusted else Certificates(tmp_path)
            context = authority.server_of(host, not_after=utc_now() + timedelta(days=days))
            context.sni_callback = sni
            if versions:
                allow(context, *versions)
            proxy = ends.enter_context(a_public_proxy(context))
            resolve(proxy.ports)
            return proxy

        yield start


@pytest.fixture
def proxy(show):
    """A proxy in front of the site."""
    return show()


@pytest.mark.usefixtures("proxy")
def test_site_without_a_fault_passes_from_outside(outside):
    found = list(examine(outside, checks=[each for each in CHECKS if each.outside]))
    assert {each.check for each in found} == set(NAMES)
    assert {each.status for each in found} == {Status.OK}, found


def test_checks_from_outside_run_on_demand(migrated):
    assert not {each.check for each in examine(migrated)} & set(NAMES)


@pytest.mark.parametrize(
    ("certificate", "reason", "fix"),
    [
        ({"days": -1}, "certificate has expired", "Renew the certificate"),
        ({"host": "other.example.com"}, "Hostname mismatch", "Get a certificate for this host"),
        ({"is_trusted": False}, "unable to get local issuer", "Set a certificate of a public"),
    ],
)
def test_rejected_certificate_has_a_fix_of_its_own(outside, show, certificate, reason, fix):
    show(**certificate)
    assert reason in fails(outside, "public certificate")
    [found] = findings_of(outside, "public certificate")
    assert found.fix.startswith(fix)


def test_certificate_that_expires_soon_is_a_warning(outside, show):
    show(days=10)
    assert "answers on https; its certificate expires on" in warns(outside, "public certificate")


def test_proxy_that_knows_no_such_host_rejects_tls(outside, show):
    show(sni=lambda *_handshake: ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME)
    assert "does not accept TLS: " in fails(outside, "public certificate")


def test_missing_proxy_fails(outside, resolve):
    resolve({443: 1})
    assert "does not answer on https: " in fails(outside, "public certificate")
    [found] = findings_of(outside, "public certificate")
    assert "open port 443" in found.fix


def test_unknown_host_name_fails(a_subject):
    subject = a_subject(app={"authsite.site.url": "https://accounts.invalid"}, outside=True)
    assert "accounts.invalid cannot be resolved: " in fails(subject, "public certificate")


@pytest.mark.asvs("12.1.1")
@pytest.mark.parametrize(
    ("oldest", "accepted"),
    [(TLSVersion.TLSv1, "TLS 1.0 and TLS 1.1"), (TLSVersion.TLSv1_1, "TLS 1.1")],
)
def test_old_versions_of_tls_fail(outside, show, oldest, accepted):
    show(versions=(oldest, TLSVersion.TLSv1_3))
    assert fails(outside, "public tls") == f"accounts.example.com accepts {accepted}."
    [found] = findings_of(outside, "public tls")
    assert "ssl_protocols TLSv1.2 TLSv1.3" in found.fix


def test_missing_tls_1_3_is_a_warning(outside, show):
    show(versions=(TLSVersion.TLSv1_2, TLSVersion.TLSv1_2))
    assert "does not offer TLS 1.3" in warns(outside, "public tls")


def test_proxy_with_old_versions_of_tls_only_has_a_fix_of_its_own(outside, show):
    show(versions=(TLSVersion.TLSv1, TLSVersion.TLSv1_1))
    assert "does not accept TLS: " in fails(outside, "public certificate")
    [found] = findings_of(outside, "public certificate")
    assert found.fix == "Set ssl_protocols TLSv1.2 TLSv1.3 in the proxy."


@pytest.mark.parametrize(
    ("status", "fix"),
    [(502, "Start the servers"), (400, "Let the proxy pass Host on"), (404, "Let the proxy pass")],
)
def test_page_that_cannot_be_opened_fails(outside, proxy, status, fix):
    proxy.answers["/sign-in"] = (status, ())
    assert f"/sign-in answers {status}." in fails(outside, "public page")
    [found] = findings_of(outside, "public page")
    assert found.fix.startswith(fix)


def test_answer_to_another_host_is_a_warning(outside, proxy):
    proxy.other_host = (200, HEADERS)
    assert "answered with 200" in warns(outside, "public host")


def test_closed_connection_for_another_host_passes(outside, proxy):
    """As `return 444` of nginx."""
    proxy.other_host = None
    assert "is not answered." in passes(outside, "public host")


def test_missing_header_fails(outside, proxy):
    proxy.answers["/sign-in"] = (200, HEADERS[1:])
    assert "removes X-Content-Type-Options." in fails(outside, "public headers")


def test_repeated_header_is_a_warning(outside, proxy):
    proxy.answers["/sign-in"] = (200, (*HEADERS, ("x-content-type-options", "nosniff")))
    assert "repeats X-Content-Type-Options." in warns(outside, "public headers")


def test_version_of_software_is_a_warning(outside, proxy):
    proxy.answers["/sign-in"] = (200, (*HEADERS[:-1], ("Server", "nginx/1.22.1")))
    assert "Server: nginx/1.22.1" in warns(outside, "public headers")


def test_name_of_a_proxy_is_no_version(outside, proxy):
    """The number in Via is that of HTTP."""
    proxy.answers["/sign-in"] = (200, (*HEADERS, ("Via", "1.1 proxy")))
    passes(outside, "public headers")


def test_closed_http_port_passes(outside, proxy, resolve):
    resolve({80: 1, 443: proxy.ports[443]})
    assert "Nothing answers on http." in passes(outside, "public redirects")


@pytest.mark.parametrize(
    "answer", [(200, HEADERS), (301, (("Location", "http://accounts.example.com/"),))]
)
def test_http_without_a_redirect_fails(outside, proxy, answer):
    proxy.plain = answer
    assert "http is not redirected" in fails(outside, "public redirects")


def test_redirects_of_the_site_to_http_fail(outside, proxy):
    """As if the proxy did not send X-Forwarded-Proto."""
    proxy.answers["/account"] = (303, (("Location", "http://accounts.example.com/sign-in"),))
    found = findings_of(outside, "public redirects")
    assert [each.status for each in found] == [Status.OK, Status.FAIL]
    assert "X-Forwarded-Proto" in found[1].fix


def test_public_probes_are_a_warning(outside, proxy, resolve):
    """A site that is not ready answers as well."""
    proxy.answers |= {"/healthz": (200, ()), "/readyz": (503, ())}
    assert "can open /healthz and /readyz." in warns(outside, "public probes")
    resolve(proxy.ports, ip="127.0.1.1")
    assert "run this elsewhere" in passes(outside, "public probes")
