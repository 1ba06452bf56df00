"""Only the hosts of the site are answered, since redirects and links would contain any other."""

import pytest

from tests.site.wsgi_requests import heading_of, send_request

pytestmark = pytest.mark.one_database

UNKNOWN_HOSTS = [
    "evil.test",
    "a@b",
    "localhost@evil.test",
    "localhost:81",
    "localhost:",
    "localhost:80:80",
    "localhost.",
    "localhost.evil.test",
    "localhost evil.test",
    "localhost, evil.test",
    "localhost/..",
    "xlocalhost",
    "127.0.0.1",
    "[::1]",
    "\xff",
    "",
]


@pytest.mark.parametrize("host", UNKNOWN_HOSTS)
def test_unknown_host_is_refused(application, services, host):
    for path in ("/dashboard", "/nothing", "/authsite-static/site.css", "/"):
        answer = send_request(application, path, HTTP_HOST=host)
        assert answer.status_int == 400, path
    assert heading_of(answer) == "We couldn't read that request"
    assert not host or host not in answer.text


def test_missing_host_is_refused(application, services):
    def without_host(environ, start_response):
        del environ["HTTP_HOST"]
        return application(environ, start_response)

    assert send_request(without_host, "/").status_int == 400


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "localhost:80"])
def test_site_host_is_accepted(application, services, host):
    assert send_request(application, "/", HTTP_HOST=host).status_int == 200


@pytest.mark.parametrize(
    ("url", "accepted", "refused"),
    [
        (
            "https://accounts.example.com",
            ["accounts.example.com", "accounts.example.com:443", "ACCOUNTS.example.com"],
            ["accounts.example.com:80", "example.com", "www.accounts.example.com"],
        ),
        ("https://example.com:443", ["example.com", "example.com:443"], ["example.com:80"]),
        ("http://example.com:8080", ["example.com:8080"], ["example.com", "example.com:80"]),
        ("http://[::1]", ["[::1]", "[::1]:80"], ["[::2]", "[::1]:81"]),
    ],
)
def test_host_port_must_match_the_site_url(new_application, url, accepted, refused):
    allowed = {"authsite.mail.sender": "accounts@example.com", "authsite.site.allow_http": "yes"}
    application = new_application(**{"authsite.site.url": url} | allowed)

    def statuses(hosts):
        return {send_request(application, "/", HTTP_HOST=host).status_int for host in hosts}

    assert statuses(accepted) == {200}
    assert statuses(refused) == {400}


def test_development_accepts_localhost_with_any_port(new_application):
    application = new_application(**{"authsite.dev": "true"})
    for host in ("localhost:8080", "127.0.0.1:6543", "[::1]:1", "LocalHost"):
        assert send_request(application, "/", HTTP_HOST=host).status_int == 200
    for host in ("localhost:123456", "evil.test", "127.0.0.2", "localhost.evil.test:80"):
        assert send_request(application, "/", HTTP_HOST=host).status_int == 400


def test_development_accepts_forms_of_the_same_origin(new_application, visit):
    host = {"HTTP_HOST": "127.0.0.1:8080"}
    for origin, status in (("http://127.0.0.1:8080", 422), ("http://localhost:8080", 403)):
        browser = visit(new_application(**{"authsite.dev": "true"}), **host)
        page = browser.get("/sign-in")
        token = page.html.find("input", attrs={"name": "csrf_token"})["value"]
        answer = browser.app.post(
            "/sign-in", {"csrf_token": token}, headers={"Origin": origin}, expect_errors=True
        )
        assert answer.status_int == status


@pytest.mark.asvs("4.1.3")
@pytest.mark.parametrize(
    "header", ["HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED", "HTTP_X_HOST", "HTTP_X_ORIGINAL_URL"]
)
def test_forwarding_headers_are_ignored(application, services, header):
    answer = send_request(application, "/dashboard", **{header: "host=evil.test"})
    assert answer.location == "http://localhost/sign-in?next=%2Fdashboard"
