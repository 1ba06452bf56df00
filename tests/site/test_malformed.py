"""Requests that nobody can read: always a 400 with a page, never an error of ours."""

import pytest

from authsite.resources.site_map import endpoints
from tests.site.raw import ask, heading_of

pytestmark = pytest.mark.one_database

FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=b"
BOUNDARY = b'--b\r\nContent-Disposition: form-data; name="email"\r\n\r\nx\r\n--b--\r\n'


def part_with(head):
    """Return a form of one part, which says something more of itself."""
    return BOUNDARY.replace(b'"email"', b'"email"' + head)


READ = [
    ("path", "{0}/%ff", {}),
    ("path of two bytes", "{0}%c3%28", {}),
    ("surrogate in the path", "{0}/%ed%a0%80", {}),
    ("query", "{0}?a=%ff", {}),
    ("name in the query", "{0}?%ff=a", {}),
    ("raw bytes in the query", "{0}?a=\xff", {}),
    ("thousands in the query", f"{{0}}?{'a&' * 1000}", {}),
    ("octal cookie", "{0}", {"HTTP_COOKIE": 'x="\\377"'}),
    ("octal session cookie", "{0}", {"HTTP_COOKIE": 'session="\\377"'}),
]
SENT = [
    ("thousands of fields", {"CONTENT_TYPE": FORM, "body": b"a&" * 1000}),
    ("thousands of fields without a type", {"CONTENT_TYPE": "", "body": b"a&" * 1000}),
    ("long type", {"CONTENT_TYPE": f"{FORM}; a={'b' * 500}", "body": b"a=b"}),
    ("long head of a part", {"CONTENT_TYPE": PARTS, "body": part_with(b";" * 1000)}),
    ("folded head of a part", {"CONTENT_TYPE": PARTS, "body": part_with(b";\r\n " * 400)}),
    ("part in capitals", {"CONTENT_TYPE": PARTS.upper(), "body": part_with(b";" * 1000).upper()}),
    ("utf-16", {"CONTENT_TYPE": f"{FORM}; charset=utf-16", "body": b"a=b"}),
    ("unknown charset", {"CONTENT_TYPE": f"{FORM}; charset=nothing", "body": b"a=b"}),
    ("no boundary", {"CONTENT_TYPE": "multipart/form-data", "body": BOUNDARY}),
    ("empty boundary", {"CONTENT_TYPE": "multipart/form-data; boundary=", "body": BOUNDARY}),
    ("bad boundary", {"CONTENT_TYPE": "multipart/form-data; boundary=\xff\x00", "body": BOUNDARY}),
]


def cases(table):
    """Give each case its name."""
    return [pytest.param(*case, id=name) for name, *case in table]


def is_explained(answer):
    """Whether this is the page for requests that cannot be read, with the headers of all pages."""
    return (
        answer.status_int == 400
        and heading_of(answer) == "We couldn't read that request"
        and answer.headers["Cache-Control"] == "no-store"
        and "Traceback" not in answer.text
    )


@pytest.fixture(params=["stranger", "signed in"])
def cookie(request, browser):
    """What the browser sends besides."""
    if request.param == "stranger":
        return ""
    browser.sign_up()
    return f"session={browser.cookie}"


@pytest.mark.asvs("16.5.4")
@pytest.mark.parametrize(("target", "environ"), cases(READ))
def test_what_cannot_be_read_is_a_bad_request_on_every_page(application, cookie, target, environ):
    sent = {"HTTP_COOKIE": cookie} | environ
    for path in {page.url for page in endpoints(application.registry)} | {"/nothing"}:
        for method in ("GET", "HEAD", "POST", "FOO"):
            answer = ask(application, target.format(path), method=method, **sent)
            assert answer.status_int == 400, (method, path)
            assert method == "HEAD" or is_explained(answer), (method, path)


@pytest.mark.asvs("16.5.4")
@pytest.mark.parametrize("environ", cases(SENT))
def test_a_form_that_cannot_be_read_is_a_bad_request(application, cookie, environ):
    here = {"HTTP_SEC_FETCH_SITE": "same-origin", "HTTP_COOKIE": cookie}
    for path in {page.url for page in endpoints(application.registry)} | {"/nothing"}:
        answer = ask(application, path, method="POST", **here, **environ)
        assert is_explained(answer), path


def test_a_body_shorter_than_announced_is_refused_before_any_page(application, services):
    """waitress never lets one through; another server may."""
    answer = ask(
        application, "/sign-in", method="POST", CONTENT_TYPE=FORM, CONTENT_LENGTH="999", body=b"a=b"
    )
    assert answer.status_int == 400
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("target", ["/authsite-static/%ff", "/authsite-static/site.css?%ff"])
def test_static_files_are_no_way_around(application, services, target):
    assert is_explained(ask(application, target))


@pytest.mark.asvs("1.5.1")
@pytest.mark.parametrize(
    "environ",
    [
        {"CONTENT_TYPE": "text/xml", "body": b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'},
        {"CONTENT_TYPE": "application/json", "body": b'{"csrf_token": {"$ne": ""}}'},
        {"CONTENT_TYPE": "text/plain", "body": b"csrf_token=x"},
        {"CONTENT_TYPE": "", "body": b"\x00\xff"},
        {"CONTENT_TYPE": FORM, "body": b"a=%ff&%ff&&==&;"},
        {"CONTENT_TYPE": FORM, "body": b""},
        {"CONTENT_TYPE": FORM, "body": b"&" * 999},
        {"CONTENT_TYPE": PARTS, "body": part_with(b";" * 900)},
        {"CONTENT_TYPE": f"{FORM}; charset=", "body": b"a=b"},
        {"CONTENT_TYPE": "multipart/form-data; boundary=b", "body": BOUNDARY[:-20]},
    ],
)
@pytest.mark.parametrize("path", ["/sign-in", "/sign-up"])
def test_what_is_no_form_of_ours_brings_nothing_with_it(application, services, path, environ):
    answer = ask(application, path, method="POST", HTTP_SEC_FETCH_SITE="same-origin", **environ)
    assert answer.status_int in {400, 403}
    assert "root:" not in answer.text


@pytest.mark.parametrize(
    "environ",
    [
        {"HTTP_COOKIE": ";;=;a;=b; ;"},
        {"HTTP_COOKIE": "x=\xff; \xff=x"},
        {"CONTENT_LENGTH": "abc"},
        {"HTTP_COOKIE": "x=" + "y" * 8000},
        {"HTTP_USER_AGENT": "\x00\xff\x1b[31m"},
        {"HTTP_ACCEPT_LANGUAGE": "\xff" * 100},
        {"HTTP_ACCEPT": "*/" * 1000},
        {"HTTP_REFERER": "\xff"},
        {"HTTP_AUTHORIZATION": "Basic \xff"},
        {"HTTP_IF_MODIFIED_SINCE": "never"},
        {"HTTP_RANGE": "bytes=9-1"},
        {"HTTP_X_FORWARDED_FOR": "\xff"},
        {"REMOTE_ADDR": "nowhere"},
        {"QUERY_STRING": "&&=&%&a=%zz&next=%00"},
        {"QUERY_STRING": "a" * 8000},
        {"QUERY_STRING": "a&" * 999},
    ],
)
def test_what_is_merely_odd_does_no_harm(application, services, environ):
    for path in ("/", "/sign-in", "/authsite-static/site.css"):
        assert ask(application, path, **environ).status_int == 200, path
