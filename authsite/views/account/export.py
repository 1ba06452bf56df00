"""`/account/export`: download all data of the account."""

import json

from pyramid.response import Response
from pyramid.view import view_config

from authsite.accounts.export_account import export_account as export
from authsite.clock import utc_now
from authsite.resources import Account
from authsite.web.request import Request


@view_config(
    context=Account,
    name="export",
    request_method="GET",
    permission="authenticated",
    confirm_password=True,
)
def export_account(context: Account, request: Request) -> Response:
    """Return a JSON file, which browsers save instead of showing it."""
    data = export(request.dbsession, context.record.id, now=utc_now())
    file = json.dumps(data, indent=2).encode("utf-8")
    response = Response(file, content_type="application/json", charset=None)
    response.content_disposition = 'attachment; filename="account.json"'
    return response
