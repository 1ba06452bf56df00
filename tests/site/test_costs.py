"""No request of 64 KB costs more than a fraction of a second of CPU time."""

import json
from base64 import urlsafe_b64encode
from functools import partial
from http import HTTPStatus
from itertools import product
from urllib.parse import quote_plus

import pytest
from webtest import TestApp

from authsite.resources.site_map import endpoints
from tests.browsers import PASSWORD, Browser
from tests.functional.reading import form_of
from tests.site.costs import BODY, HEADER, INPUTS, MULTIPART, cpu_seconds, forms_of
from tests.site.page_paths import path_of
from tests.site.wsgi_requests import send_request
from tests.throttles import THROTTLES, UNTHROTTLED

pytestmark = pytest.mark.one_database

#: Seconds of CPU time for one request; most take a fiftieth of it.
LIMIT = 0.2
#: The same behind a throttle, where no password is measured or hashed.
THROTTLED_LIMIT = 0.1
FORM = "application/x-www-form-urlencoded"
#: Valid values of the other fields.
VALID = {
    "first_name": "Joan",
    "last_name": "Clarke",
    "email": "joan@example.com",
    "password": PASSWORD,
    "confirm_password": PASSWORD,
    "current_password": PASSWORD,
    "reason": "spam",
}
HEADERS = (
    "HTTP_ACCEPT",
    "HTTP_ACCEPT_LANGUAGE",
    "HTTP_AUTHORIZATION",
    "HTTP_COOKIE",
    "HTTP_HOST",
    "HTTP_IF_MODIFIED_SINCE",
    "HTTP_IF_NONE_MATCH",
    "HTTP_ORIGIN",
    "HTTP_RANGE",
    "HTTP_REFERER",
    "HTTP_SEC_FETCH_SITE",
    "HTTP_USER_AGENT",
    "HTTP_X_CSRF_TOKEN",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_VHM_ROOT",
    "CONTENT_TYPE",
)
#: The forms that an anonymous visitor may send, and whose attempts are counted or refused.
THROTTLED_FORMS = {"/sign-up", "/sign-in", "/forgot-password", "/reset-password/{token}"}
#: Everything that a URL may have in its query.
QUERIES = ("q", "after", "before", "next")
#: The inputs that a URL can hold enough of.
IN_URLS = ("marks", "semicolons", "percent signs", "equals signs", "malformed UTF-8", "deep path")


class Client:
    """Sends requests with the same cookies and token, whatever the responses set."""

    def __init__(self, application, *, user=None, is_closed=False):
        self._application = application
        browser = Browser(TestApp(application))
        if user:
            browser.sign_up(email=user)
        if is_closed:
            browser.submit(browser.get("/account/close"), {"password": PASSWORD})
            browser.sign_in(email=user)
        page = "/reactivate-account" if is_closed else "/account/email" if user else "/sign-in"
        self._token = form_of(browser.get(page))["csrf_token"].value.encode()
        self.cookies = "; ".join(f"{name}={value}" for name, value in browser.app.cookies.items())

    def post(self, path, fields, *, has_token=True):
        """Send a form of these raw values."""
        fields = {"csrf_token": self._token if has_token else b"x"} | fields
        body = b"&".join(name.encode() + b"=" + value for name, value in fields.items())
        return self.send(path, method="POST", body=body, CONTENT_TYPE=FORM)

    def send(self, path, **environ):
        """Send a request."""
        same_site = {"HTTP_COOKIE": self.cookies, "HTTP_SEC_FETCH_SITE": "same-origin"}
        in_memory = {"webob.is_body_seekable": True}
        return send_request(self._application, path, **same_site | in_memory | environ)


def valid(fields):
    """Return valid values of these fields."""
    return {name: quote_plus(VALID[name]).encode() for name in fields if name in VALID}


def values_with(fields, field, worst):
    """Return valid values, except of this field; a new password is entered twice if it fits."""
    values = valid(fields) | {field: worst}
    if field == "password" and len(worst) < BODY // 2 and "confirm_password" in fields:
        values["confirm_password"] = worst
    return values


def assert_cheap(send, *, limit=LIMIT, about):
    """Fail if the request costs more CPU time than the limit, or is an error of the site."""
    responses = []
    assert cpu_seconds(lambda: responses.append(send()), bound=limit) < limit, about
    assert responses[-1].status_int < HTTPStatus.INTERNAL_SERVER_ERROR, about
    return responses[-1]


@pytest.fixture
def unthrottled(new_application):
    """A site without throttles, where every request gets as far as it can."""
    return new_application(**UNTHROTTLED)


@pytest.fixture
def clients(unthrottled, grant_admin):
    """Clients by the permission that they have, besides those of others."""
    clients = {
        "anonymous": Client(unthrottled),
        "authenticated": Client(unthrottled, user="ada@example.com"),
        "administer": Client(unthrottled, user="grace@example.com"),
        "public": Client(unthrottled, user="rosa@example.com", is_closed=True),
    }
    grant_admin("grace@example.com")
    return clients


@pytest.mark.asvs("15.2.2")
def test_worst_input_is_cheap_in_every_field(unthrottled, services, clients):
    for url, permission, fields in forms_of(unthrottled.registry):
        path, client = path_of(services, url), clients[permission]
        for name, worst in INPUTS.items():
            # In fields that the form does not have, without a token since buttons would work.
            for field in (*fields, "csrf_token", "x"):
                values, is_known = values_with(fields, field, worst), field in fields
                send = partial(client.post, path, values, has_token=is_known)
                assert_cheap(send, about=(url, field, name))


@pytest.mark.asvs("15.2.2")
def test_multipart_bodies_are_refused_cheaply(unthrottled, services, clients):
    for url, permission, _ in forms_of(unthrottled.registry):
        path = path_of(services, url)
        for content_type, body in MULTIPART:
            sent = {"method": "POST", "CONTENT_TYPE": content_type, "body": body}
            response = assert_cheap(partial(clients[permission].send, path, **sent), about=url)
            assert response.status_int == 415, (url, content_type)
            assert response.headers["Accept-Post"] == FORM


@pytest.mark.asvs("15.2.2")
def test_anonymous_requests_are_refused_cheaply(unthrottled, services, clients):
    """Those to protected pages too, which traversal refuses before a view checks the body (403)."""
    visitor = clients["anonymous"]
    form = [(FORM, b"x=" + worst) for worst in INPUTS.values()] + [(FORM, b"a=b&" * 250_000)]
    origins = ({}, {"HTTP_SEC_FETCH_SITE": "cross-site"})
    for url, permission, _ in forms_of(unthrottled.registry):
        path = path_of(services, url)
        for (content_type, body), origin in product([*MULTIPART, *form], origins):
            sent = {"method": "POST", "CONTENT_TYPE": content_type, "body": body, **origin}
            about = (url, content_type, body[:80], origin)
            response = assert_cheap(partial(visitor.send, path, **sent), about=about)
            is_open = permission in {"public", "anonymous"}
            if content_type != FORM:
                assert response.status_int in ({415} if is_open else {403, 415}), about


@pytest.mark.asvs("15.2.2")
def test_worst_kept_form_is_cheap(clients):
    """The sign-in page reads it as base64 of JSON."""
    fields = json.dumps([["a", "b"]] * 2900).encode()
    texts = (b"[" * 29_000, b'[["' + b"x" * 28_000, b"9" * 29_000, b"[0," * 9000, fields)
    for kept in (*INPUTS.values(), *(urlsafe_b64encode(text)[:40_000] for text in texts)):
        values = {"next": b"%2Faccount", "kept_form": kept[: BODY - 100]}
        for client in (clients["anonymous"], clients["authenticated"]):
            for has_token in (True, False):
                send = partial(client.post, "/sign-in", values, has_token=has_token)
                assert_cheap(send, about=(kept[:80], has_token))


def raw(name):
    """Return a worst input as it stands in a header or a URL."""
    return INPUTS[name].decode("latin-1")[:HEADER]


@pytest.mark.asvs("15.2.2")
def test_worst_input_is_cheap_in_every_header_and_cookie(services, clients):
    cookies = (
        services.session_cookie,
        services.anonymous_cookie,
        services.pending_sign_in_cookie,
        services.device_cookies.cookie,
        services.flash.cookie,
    )
    user = clients["authenticated"]
    for worst in map(raw, INPUTS):
        for header in HEADERS:
            assert_cheap(partial(user.send, "/account", **{header: worst}), about=header)
        for cookie in cookies:
            sent = {"HTTP_COOKIE": f"{user.cookies}; {cookie.name}={worst}"}
            assert_cheap(partial(user.send, "/account", **sent), about=cookie.name)
    for pair in (*(f"{each.name}=a; " for each in cookies), "a=b;", ";", "=", '"\\377";', "a"):
        sent = {"HTTP_COOKIE": pair * (HEADER // len(pair)) + "\\"}
        assert_cheap(partial(user.send, "/account", **sent), about=pair)


@pytest.mark.asvs("15.2.2")
def test_worst_input_is_cheap_in_every_url(unthrottled, services, clients):
    """In the query, and in place of a token or an id."""
    administrator = clients["administer"]
    for url in {page.url for page in endpoints(unthrottled.registry) if page.method == "GET"}:
        path = path_of(services, url)
        for worst in map(raw, IN_URLS):
            targets = [f"{path}?{query}={worst}" for query in QUERIES]
            targets += [url.replace("{id}", worst).replace("{token}", worst), f"{path}/{worst}"]
            for target in targets:
                assert_cheap(partial(administrator.send, target), about=target[:80])


@pytest.fixture
def throttled(new_application):
    """A site whose throttles all allow one attempt an hour."""
    return new_application(**dict.fromkeys(THROTTLES, "1/1h"))


@pytest.mark.asvs("6.3.1", "15.2.2")
def test_worst_input_is_cheaper_behind_an_exhausted_throttle(throttled, services):
    """The shape is checked first, then the throttle; nothing costly comes before both."""
    client = Client(throttled)
    for url, _, fields in forms_of(throttled.registry):
        if url not in THROTTLED_FORMS:
            continue
        path = path_of(services, url)
        for number in range(3):  # the first two exhaust the throttle of the network
            address = b"eve%d%%40example.com" % number  # or the form would be a repeated one
            response = client.post(path, valid(fields) | {"email": address})
        refused = 410 if "{token}" in url else 429  # a made-up link is not worth counting
        assert response.status_int == refused, url
        for name, worst in INPUTS.items():
            for field in fields:
                values = values_with(fields, field, worst)
                response = assert_cheap(
                    partial(client.post, path, values),
                    limit=THROTTLED_LIMIT,
                    about=(url, field, name),
                )
                assert response.status_int in {400, 422, refused}, (url, field, name)
