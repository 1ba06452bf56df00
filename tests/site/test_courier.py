"""The site delivers its mail by itself, from its first request on."""

import threading

import pytest
from pyramid.response import Response

from authsite.clock import utc_now
from authsite.resources import Root
from authsite.services import services_of
from tests.processes.servers import until
from tests.smtp import a_mailserver


def couriers():
    """Return the threads that deliver."""
    return [thread for thread in threading.enumerate() if thread.name == "courier"]


def write(request):
    """Answer a form with a mail."""
    values = {"link": request.url_to("verify-email", "secret"), "lifetime": "24 hours"}
    address = {"to": "ada@example.com", "user_id": None}
    request.outbox.put(request.dbsession, "verify_email", now=utc_now(), **address, **values)
    return Response("Look into your mail.")


def add_page(config):
    """Add a page that writes a mail."""
    config.add_view(
        write,
        context=Root,
        name="write",
        permission="public",
        request_method="POST",
        require_csrf=False,
    )


@pytest.fixture
def mailserver():
    with a_mailserver() as server:
        yield server


@pytest.fixture
def delivering(new_application, mailserver):
    """Build the site as one that delivers on a thread, and stop that in the end."""
    port = {"authsite.mail.port": str(mailserver.port)}
    application = new_application(add_page, **{"authsite.mail.deliver_in_process": "yes"} | port)
    yield application
    services_of(application.registry).mail_worker.stop()
    for thread in couriers():
        thread.join()


def test_the_thread_comes_with_the_first_request_and_not_with_the_application(delivering, visit):
    assert couriers() == []
    for _ in range(3):
        visit(delivering).get("/")
    assert len(couriers()) == 1


def test_what_a_page_writes_arrives(delivering, visit, mailserver, mailbox):
    visit(delivering).app.post("/write", headers={"Host": "localhost"})
    until(lambda: mailserver.received, "the mail")
    assert mailserver.received[0].recipients == ["ada@example.com"]
    assert "/verify-email/secret" in mailserver.received[0].mail.get_body(["plain"]).get_content()
    until(lambda: not mailbox.all_for("ada@example.com"), "a word in the outbox")


def test_where_the_settings_say_so_there_is_no_thread(application, new_browser):
    new_browser().get("/")
    assert couriers() == []
