"""Unreadable requests get a 400 with a page, never a server error."""

import pytest

from authsite.resources.site_map import endpoints
from tests.site.page_paths import UNKNOWN_TOKEN
from tests.site.wsgi_requests import heading_of, send_request

pytestmark = pytest.mark.one_database

FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=b"
PART = b'--b\r\nContent-Disposition: form-data; name="email"\r\n\r\nx\r\n--b--\r\n'


def part_with(head):
    """Return a form of one part with this text in its headers."""
    return PART.replace(b'"email"', b'"email"' + head)


UNREADABLE_REQUESTS = [
    ("path", "{0}/%ff", {}),
    ("path of two bytes", "{0}%c3%28", {}),
    ("surrogate in the path", "{0}/%ed%a0%80", {}),
    ("query", "{0}?a=%ff", {}),
    ("name in the query", "{0}?%ff=a", {}),
    ("raw bytes in the query", "{0}?a=\xff", {}),
    ("thousands in the query", f"{{0}}?{'a&' * 1000}", {}),
    ("thousands of percent signs", f"{{0}}?{'%' * 10_001}", {}),
    ("octal cookie", "{0}", {"HTTP_COOKIE": 'x="\\377"'}),
    ("octal session cookie", "{0}", {"HTTP_COOKIE": 'authsite_session="\\377"'}),
]
UNREADABLE_FORMS = [
    ("thousands of fields", {"CONTENT_TYPE": FORM, "body": b"a&" * 1000}),
    ("thousands of fields without a type", {"CONTENT_TYPE": "", "body": b"a&" * 1000}),
    ("long type", {"CONTENT_TYPE": f"{FORM}; a={'b' * 500}", "body": b"a=b"}),
    ("utf-16", {"CONTENT_TYPE": f"{FORM}; charset=utf-16", "body": b"a=b"}),
    ("unknown charset", {"CONTENT_TYPE": f"{FORM}; charset=nothing", "body": b"a=b"}),
    ("long type in capitals", {"CONTENT_TYPE": FORM + "; A=" + "B" * 500, "body": b"a=b"}),
]
NOT_FORMS = [
    ("multipart", {"CONTENT_TYPE": PARTS, "body": PART}),
    ("long head of a part", {"CONTENT_TYPE": PARTS, "body": part_with(b";" * 1000)}),
    ("capitals", {"CONTENT_TYPE": PARTS.upper(), "body": PART.upper()}),
    ("no boundary", {"CONTENT_TYPE": "multipart/form-data", "body": PART}),
    ("empty boundary", {"CONTENT_TYPE": "multipart/form-data; boundary=", "body": PART}),
    ("bad boundary", {"CONTENT_TYPE": "multipart/form-data; boundary=\xff\x00", "body": PART}),
    ("spaces", {"CONTENT_TYPE": "multipart/form-data; boundary = b", "body": PART}),
    ("two boundaries", {"CONTENT_TYPE": f"{PARTS}; xboundary=A", "body": PART}),
    ("mixed", {"CONTENT_TYPE": "multipart/mixed; boundary=b", "body": PART}),
    ("truncated", {"CONTENT_TYPE": PARTS, "body": PART[:-20]}),
    ("XML", {"CONTENT_TYPE": "text/xml", "body": b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'}),
    ("JSON", {"CONTENT_TYPE": "application/json", "body": b'{"csrf_token": {"$ne": ""}}'}),
    ("plain text", {"CONTENT_TYPE": "text/plain", "body": b"csrf_token=x"}),
    ("odd case", {"CONTENT_TYPE": FORM.title(), "body": b"a=b"}),
    ("space", {"CONTENT_TYPE": f"{FORM} ; a=b", "body": b"a=b"}),
]


def cases(table):
    """Return the cases as parameters with their names as ids."""
    return [pytest.param(*case, id=name) for name, *case in table]


def is_bad_request_page(answer):
    """Whether this is the page for unreadable requests, with the headers of all pages."""
    return (
        answer.status_int == 400
        and heading_of(answer) == "We couldn't read that request"
        and answer.headers["Cache-Control"] == "no-store"
        and "Traceback" not in answer.text
    )


@pytest.fixture(params=["anonymous", "signed in"])
def cookie(request, browser):
    """The cookie of the browser."""
    if request.param == "anonymous":
        return ""
    browser.sign_up()
    return f"authsite_session={browser.cookie}"


def paths_of_forms(application, cookie):
    """Return the paths of the forms that this visitor may send."""
    permissions = {"public", "authenticated" if cookie else "anonymous"}
    return {
        page.url.replace("{token}", UNKNOWN_TOKEN)
        for page in endpoints(application.registry)
        if page.method == "POST" and page.permission in permissions and "{id}" not in page.url
    }


@pytest.mark.asvs("16.5.4")
@pytest.mark.parametrize(("target", "environ"), cases(UNREADABLE_REQUESTS))
def test_unreadable_requests_get_400_on_every_page(application, cookie, target, environ):
    sent = {"HTTP_COOKIE": cookie} | environ
    for path in {page.url for page in endpoints(application.registry)} | {"/nothing"}:
        for method in ("GET", "HEAD", "POST", "FOO"):
            answer = send_request(application, target.format(path), method=method, **sent)
            assert answer.status_int == 400, (method, path)
            assert method == "HEAD" or is_bad_request_page(answer), (method, path)


@pytest.mark.asvs("16.5.4")
@pytest.mark.parametrize("environ", cases(UNREADABLE_FORMS))
def test_unreadable_forms_get_400_on_every_page(application, cookie, environ):
    here = {"HTTP_SEC_FETCH_SITE": "same-origin", "HTTP_COOKIE": cookie}
    for path in paths_of_forms(application, cookie):
        answer = send_request(application, path, method="POST", **here, **environ)
        assert is_bad_request_page(answer), path


@pytest.mark.asvs("1.5.1", "16.5.4")
@pytest.mark.parametrize("environ", cases(NOT_FORMS))
def test_bodies_of_other_types_get_415_on_every_page(application, cookie, environ):
    here = {"HTTP_SEC_FETCH_SITE": "same-origin", "HTTP_COOKIE": cookie}
    for path in paths_of_forms(application, cookie):
        answer = send_request(application, path, method="POST", **here, **environ)
        assert (answer.status_int, heading_of(answer)) == (415, "We couldn't read that form"), path
        assert answer.headers["Accept-Post"] == FORM
        assert "root:" not in answer.text


@pytest.mark.parametrize(
    ("status", "environ"),
    [
        (413, {"CONTENT_LENGTH": "65537"}),
        (413, {"CONTENT_LENGTH": "999999999999999999999"}),
        (411, {"CONTENT_LENGTH": None, "wsgi.input_terminated": True}),
        (403, {"CONTENT_LENGTH": ""}),
        (403, {"CONTENT_LENGTH": "abc"}),
        (403, {"CONTENT_LENGTH": "-1"}),
    ],
)
def test_body_without_a_usable_length_is_not_read(application, services, status, environ):
    """413 is too large, 411 has no length (chunked, at servers that pass it on), 403 is empty."""
    answer = send_request(
        application,
        "/sign-in",
        method="POST",
        CONTENT_TYPE=FORM,
        HTTP_SEC_FETCH_SITE="same-origin",
        body=b"a=b",
        **environ | {"webob.is_body_seekable": True},
    )
    assert answer.status_int == status


def test_truncated_body_is_refused(application, services):
    """waitress never passes one on; another server may."""
    answer = send_request(
        application, "/sign-in", method="POST", CONTENT_TYPE=FORM, CONTENT_LENGTH="999", body=b"a=b"
    )
    assert answer.status_int == 400
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("target", ["/authsite-static/%ff", "/authsite-static/site.css?%ff"])
def test_unreadable_static_requests_get_400(application, services, target):
    assert is_bad_request_page(send_request(application, target))


@pytest.mark.parametrize(
    "environ",
    [
        {"CONTENT_TYPE": "", "body": b"\x00\xff"},
        {"CONTENT_TYPE": FORM, "body": b"a=%ff&%ff&&==&;"},
        {"CONTENT_TYPE": FORM, "body": b""},
        {"CONTENT_TYPE": FORM, "body": b"&" * 999},
        {"CONTENT_TYPE": f"{FORM}; charset=", "body": b"a=b"},
    ],
)
@pytest.mark.parametrize("path", ["/sign-in", "/sign-up"])
def test_unexpected_bodies_are_refused(application, services, path, environ):
    answer = send_request(
        application, path, method="POST", HTTP_SEC_FETCH_SITE="same-origin", **environ
    )
    assert answer.status_int in {400, 403}


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
def test_unusual_requests_are_answered(application, services, environ):
    for path in ("/", "/sign-in", "/authsite-static/site.css"):
        assert send_request(application, path, **environ).status_int == 200, path
