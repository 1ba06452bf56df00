"""Which hosts are this site; whatever else a request says would end up in redirects."""

import pytest

from tests.site.raw import ask, heading_of

pytestmark = pytest.mark.one_database

STRANGE = [
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


@pytest.mark.parametrize("host", STRANGE)
def test_what_is_not_for_us_is_not_answered(application, services, host):
    for path in ("/dashboard", "/nothing", "/authsite-static/site.css", "/"):
        answer = ask(application, path, HTTP_HOST=host)
        assert answer.status_int == 400, path
    assert heading_of(answer) == "We couldn't read that request"
    assert not host or host not in answer.text


def test_a_request_must_say_whom_it_is_for(application, services):
    def without_host(environ, start_response):
        del environ["HTTP_HOST"]
        return application(environ, start_response)

    assert ask(without_host, "/").status_int == 400


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "localhost:80"])
def test_the_host_of_the_site_is_answered(application, services, host):
    assert ask(application, "/", HTTP_HOST=host).status_int == 200


@pytest.mark.parametrize(
    ("url", "own", "strange"),
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
def test_ports_are_told_apart_but_for_the_one_that_goes_without_saying(
    new_application, url, own, strange
):
    sender = {"authsite.mail.sender": "accounts@example.com"}
    application = new_application(**{"authsite.site.url": url} | sender)
    assert [ask(application, "/", HTTP_HOST=host).status_int for host in own] == [200] * len(own)
    assert {ask(application, "/", HTTP_HOST=host).status_int for host in strange} == {400}


def test_in_development_this_machine_is_the_site_under_any_port(new_application):
    application = new_application(**{"authsite.dev": "true"})
    for host in ("localhost:8080", "127.0.0.1:6543", "[::1]:1", "LocalHost"):
        assert ask(application, "/", HTTP_HOST=host).status_int == 200
    for host in ("localhost:123456", "evil.test", "127.0.0.2", "localhost.evil.test:80"):
        assert ask(application, "/", HTTP_HOST=host).status_int == 400


def test_in_development_a_form_is_taken_from_where_it_was_shown(new_application, visit):
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
def test_no_other_header_says_where_the_site_is(application, services, header):
    answer = ask(application, "/dashboard", **{header: "host=evil.test"})
    assert answer.location == "http://localhost/sign-in?next=%2Fdashboard"
