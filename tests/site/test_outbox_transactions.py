"""A message is stored in the transaction of the change that it reports."""

import pytest
from pyramid.response import Response

from authsite.resources import Root
from tests.mailbox import Mailbox

HERE = {"Sec-Fetch-Site": "same-origin"}


def add_pages(config):
    """Add a page that writes a message, and one that fails after writing it."""

    def write(request):
        outbox = request.authsite.outbox
        link = outbox.link_to("forgot-password")
        outbox.put("no_account", to="ada@example.com", user_id=None, link=link)
        return Response("written")

    def fail(request):
        write(request)
        raise RuntimeError

    options = {"context": Root, "request_method": "POST", "permission": "public"}
    config.add_view(write, name="write", require_csrf=False, **options)
    config.add_view(fail, name="fail", require_csrf=False, **options)


@pytest.fixture
def pages(new_application, visit):
    """A browser at a site with these pages."""
    return visit(new_application(add_pages))


@pytest.mark.asvs("2.3.3")
@pytest.mark.parametrize(("path", "status", "count"), [("/write", 200, 1), ("/fail", 500, 0)])
def test_message_is_kept_only_if_the_transaction_commits(pages, services, path, status, count):
    pages.app.post(path, headers=HERE, status=status)
    assert len(Mailbox(services).all_for("ada@example.com")) == count
