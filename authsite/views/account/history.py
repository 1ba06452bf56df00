"""`/account/history`: the security history, in pages and as a file."""

import json
from collections.abc import Iterator

from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response

from authsite.audit.csv import BYTE_ORDER_MARK, csv_lines
from authsite.audit.labels import actor_label, detail_labels, event_label
from authsite.audit.queries import HistoryEntry, NoSuchEvent, history_page, iter_history, to_dict
from authsite.audit.store import KEPT_FOR
from authsite.clock import utc_now
from authsite.durations import humanize
from authsite.http.user_agents import browser_label
from authsite.resources import Account
from authsite.security.sessions import require_identity
from authsite.tokens import is_id
from authsite.web.downloads import download
from authsite.web.rendering import page
from authsite.web.request import Request
from authsite.web.site_views import site_view

_COLUMNS = (
    "occurred_at",
    "label",
    "details",
    "actor",
    "ip_address",
    "browser",
    "session",
    "type",
    "id",
)


@site_view(context=Account, name="history", request_method="GET", permission="authenticated")
def show_history(request: Request) -> Response:
    """Show a page of events: the newest, or those before the event with the id `before`."""
    before, identity = request.GET.get("before"), require_identity(request)
    if before is not None and not is_id(before):
        raise HTTPNotFound
    try:
        history = history_page(
            request.authsite.dbsession, identity.user_id, before=before, now=utc_now()
        )
    except NoSuchEvent:
        raise HTTPNotFound from None
    return page(
        request,
        "account/history",
        entries=history.entries,
        older=history.older,
        is_newest=before is None,
        kept_for=humanize(KEPT_FOR),
        browser_label=browser_label,
        event_label=event_label,
        actor_label=actor_label,
        detail_labels=detail_labels,
    )


@site_view(context=Account, name="history.json", request_method="GET", permission="authenticated")
def history_as_json(request: Request) -> Response:
    return download(request, "history.json", "application/json", _json_of(_entries_for(request)))


@site_view(context=Account, name="history.csv", request_method="GET", permission="authenticated")
def history_as_csv(request: Request) -> Response:
    return download(request, "history.csv", "text/csv", _csv_of(_entries_for(request)))


def _entries_for(request: Request) -> Iterator[HistoryEntry]:
    user_id = require_identity(request).user_id
    return iter_history(request.authsite.services.database.read_dbsession, user_id, now=utc_now())


def _json_of(entries: Iterator[HistoryEntry]) -> Iterator[str]:
    separator = "[\n"
    for entry in entries:
        yield separator + json.dumps(to_dict(entry))
        separator = ",\n"
    yield "\n]\n" if separator == ",\n" else "[]\n"


def _csv_of(entries: Iterator[HistoryEntry]) -> Iterator[str]:
    yield BYTE_ORDER_MARK
    yield from csv_lines([_COLUMNS])
    for entry in entries:
        values = to_dict(entry)
        values["details"] = "; ".join(
            f"{label}: {value}" for label, value in detail_labels(entry.details)
        )
        yield from csv_lines([[values[column] or "" for column in _COLUMNS]])
