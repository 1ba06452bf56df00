"""The log, as production.ini formats it, contains no secret."""

import io
import json
import logging
import re

import pytest
import sqlalchemy as sa
from pyramid.response import Response

from authsite.models import OutboxMessage
from authsite.resources import Root
from authsite.services import services_of
from authsite.telemetry.logs import JsonFormatter
from tests.browsers import PASSWORD
from tests.mailbox import content_of
from tests.site.test_no_secret_in_urls import FIELDS, WRONG, answers, secrets_of
from tests.site.wsgi_requests import send_request

PEPPER = "cayenne-and-black-pepper-from-Kampot"
TOKEN = re.compile(r"[\w-]{40,}")


@pytest.fixture
def log():
    """The log, formatted as in production.ini."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield written
    root.setLevel(before)
    root.removeHandler(handler)


def add_crash(config):
    """Add a page that fails while it reads a form."""

    def crash(request):
        form = dict(request.POST)
        return Response(form[f"no field {len(form)}"])

    config.add_view(
        crash, context=Root, name="crash", request_method="POST", permission="public",
        require_csrf=False,
    )  # fmt: skip


def cause_errors(application, browser, visitor):
    """Send requests whose responses are logged."""
    cookie = f"authsite_session={browser.cookie}"
    fields = f"password={PASSWORD}&email=ada@example.com&csrf_token=none".encode()
    sent = {"CONTENT_TYPE": "application/x-www-form-urlencoded", "HTTP_COOKIE": cookie}
    for path in ("/crash", "/sign-in"):
        send_request(application, path, method="POST", body=fields, **sent)
    send_request(application, f"/{PASSWORD}", HTTP_HOST=f"{PASSWORD}.test", HTTP_COOKIE=cookie)
    send_request(application, f"/?{PASSWORD}=%ff", HTTP_COOKIE=cookie)
    for _ in range(12):
        visitor.sign_in(password=WRONG)


def link_tokens(services):
    """Return the tokens of all emailed links."""
    with services.database.read_engine.connect() as connection:
        messages = connection.execute(sa.select(OutboxMessage.__table__)).all()
    return {token for each in messages for token in TOKEN.findall(content_of(each).text)}


@pytest.mark.asvs("16.2.5", "14.2.4")
def test_log_contains_no_secret(new_application, visit, log, database_outage):
    settings = {"authsite.passwords.pepper": f"a1:{PEPPER}"}
    application = new_application(add_crash, **settings)
    services = services_of(application.registry)
    seen = {PEPPER, services.settings.secret.decode(), PASSWORD, WRONG, FIELDS["email"]}
    browser = visit(application)
    for each, answer in answers(application, lambda: visit(application)):
        seen |= secrets_of(each, answer)
        seen |= {part for part in answer.request.path.split("/") if TOKEN.fullmatch(part)}
    browser.sign_in()
    seen |= link_tokens(services) | {browser.cookie.partition(".")[2]}
    cause_errors(application, browser, visit(application))
    with database_outage(services):
        for path in ("/account", "/readyz"):
            send_request(application, path, HTTP_COOKIE=f"authsite_session={browser.cookie}")
    lines = log.getvalue()
    events = {json.loads(line).get("event") for line in lines.splitlines()}
    assert events >= {
        "excess_rate_limit_exceeded",
        "input_validation_fail",
        "malicious_csrf",
        "malicious_host",
        "sys_crash",
        "sys_database_unavailable",
        "sys_not_ready",
    }
    assert len(seen) > 40
    assert [secret for secret in seen if secret in lines] == []
