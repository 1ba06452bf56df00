"""`/account/export`: download all data of the account."""

import json
from collections.abc import Iterator

from pyramid.response import Response

from authsite.accounts.export_account import export_account as export
from authsite.clock import utc_now
from authsite.resources import Account
from authsite.web.downloads import download
from authsite.web.request import Request
from authsite.web.site_views import site_view


@site_view(
    context=Account,
    name="export",
    request_method="GET",
    permission="authenticated",
    confirm_password=True,
)
def export_account(context: Account, request: Request) -> Response:
    return download(request, "account.json", "application/json", _export(context, request))


def _export(context: Account, request: Request) -> Iterator[str]:
    data = export(request.authsite.dbsession, context.record.id, now=utc_now())
    yield json.dumps(data, indent=2)
