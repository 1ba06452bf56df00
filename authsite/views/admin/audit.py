"""`/admin/audit`: who did what across accounts, in pages and as a file."""

import itertools
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response
from wtforms import Field, StringField
from wtforms.validators import AnyOf, Optional, ValidationError

from authsite.accounts.find_users import find_actors, find_exact
from authsite.audit.event_types import Actor, EventType
from authsite.audit.formats import entries_as_csv
from authsite.audit.labels import detail_labels, event_label, full_actor_label
from authsite.audit.queries import NoSuchEvent
from authsite.audit.search import EventFilter, audit_page, iter_entries
from authsite.audit.store import KEPT_FOR
from authsite.clock import midnight_after, midnight_of, utc_now
from authsite.durations import humanize
from authsite.email_addresses import MAXIMUM_LENGTH
from authsite.http.client import parse_network
from authsite.http.user_agents import browser_label
from authsite.resources import Admin
from authsite.text import trimmed
from authsite.tokens import is_id
from authsite.web.account_views import record_account_view
from authsite.web.downloads import download
from authsite.web.forms import SiteForm
from authsite.web.pages import form_page
from authsite.web.request import Request
from authsite.web.site_views import site_view
from authsite.web.validators import NoControlChars, NoInvisibleChars

#: Events per page.
PAGE = 50
#: Events in a download: at most 30 MB. `authsite audit` has no limit.
MAX_DOWNLOADED = 50_000

_LABELS = {each.key: each.label for each in EventType}
_EVENTS = {"": "Any", **dict(sorted(_LABELS.items(), key=lambda each: each[1]))}
_ACTORS = {"": "Anyone", **{each.value: each.value.capitalize() for each in Actor}}


def _text(label: str, hint: str, *, type_: str = "text") -> Field:
    return StringField(
        label,
        description=hint,
        filters=[trimmed],
        validators=[Optional(), NoControlChars(maximum=MAXIMUM_LENGTH), NoInvisibleChars()],
        render_kw={"type": type_, "autocomplete": "off", "spellcheck": "false"},
    )


def _choice(label: str, choices: Mapping[str, str]) -> Field:
    known = AnyOf([*choices], message="Choose one from the list.")
    return StringField(label, filters=[trimmed], validators=[known])


def _check_date(_form: SiteForm, field: Field) -> None:
    try:
        midnight_after(field.data)
    except (ValueError, OverflowError):
        raise ValidationError("Enter a date like 2026-11-30.") from None


class AuditForm(SiteForm):
    """The filters, sent by GET."""

    account = _text("Account", "Email or ID.")
    type = _choice("Event", _EVENTS)
    actor = _choice("Caused by", _ACTORS)
    by = _text("Administrator or operator", "Email or ID of an administrator, name of an operator.")
    network = _text("Network", "An IP address. IPv6 addresses stand for their /64.")
    since = _text("From", "The first day, in UTC.", type_="date")
    until = _text("To", "The last day, in UTC.", type_="date")

    validate_since = validate_until = staticmethod(_check_date)

    def validate_network(self, field: Field) -> None:
        try:
            parse_network(field.data)
        except ValueError:
            raise ValidationError("Enter an IP address like 192.0.2.7.") from None


@site_view(
    context=Admin,
    name="audit",
    request_method="GET",
    permission="administer",
    confirm_password=True,
)
def show_audit_log(request: Request) -> Response:
    """Show the filters and a page of events: the newest, or those before the event `before`."""
    form, before, now = AuditForm.from_query(request), request.GET.get("before"), utc_now()
    if before is not None and not is_id(before):
        raise HTTPNotFound
    wanted = _filter_of(request, form)
    if wanted is None:
        return _page(request, form, status=422, entries=[], older=None)
    try:
        found = audit_page(request.authsite.dbsession, wanted, before=before, limit=PAGE, now=now)
    except NoSuchEvent:
        raise HTTPNotFound from None
    return _page(request, form, status=200, entries=found.entries, older=found.older)


@site_view(
    context=Admin,
    name="audit.csv",
    request_method="GET",
    permission="administer",
    confirm_password=True,
)
def audit_log_as_csv(request: Request) -> Response:
    """Return the newest events of these filters as a file."""
    wanted = _filter_of(request, AuditForm.from_query(request))
    if wanted is None:
        raise HTTPNotFound
    entries = iter_entries(request.authsite.services.database.read_dbsession, wanted, now=utc_now())
    lines = entries_as_csv(itertools.islice(entries, MAX_DOWNLOADED))
    return download(request, "audit.csv", "text/csv", lines)


def _filter_of(request: Request, form: AuditForm) -> EventFilter | None:
    """Return the filter of a valid form, or None; a look at one account is recorded."""
    if not form.validate():
        return None
    data = form.data
    user_id = None
    if data["account"]:
        account = find_exact(request.authsite.dbsession, data["account"])
        if account is None:
            form.add_error("account", "No account has this email or ID.")
            return None
        user_id = account.id
        record_account_view(request, user_id)
    return EventFilter(
        type=EventType[data["type"].upper()] if data["type"] else None,
        actor=Actor(data["actor"]) if data["actor"] else None,
        by=find_actors(request.authsite.dbsession, data["by"]) if data["by"] else [],
        user_id=user_id,
        network=parse_network(data["network"]) if data["network"] else None,
        since=midnight_of(data["since"]) if data["since"] else None,
        until=midnight_after(data["until"]) if data["until"] else None,
    )


def _page(request: Request, form: AuditForm, *, status: int, **values: Any) -> Response:
    filters = {name: value for name, value in form.data.items() if value}
    return form_page(
        request,
        "admin/audit",
        form=form,
        status=status,
        is_newest="before" not in request.GET,
        query=urlencode(filters),
        max_downloaded=MAX_DOWNLOADED,
        kept_for=humanize(KEPT_FOR),
        events=[*_EVENTS.items()],
        actors=[*_ACTORS.items()],
        browser_label=browser_label,
        event_label=event_label,
        full_actor_label=full_actor_label,
        detail_labels=detail_labels,
        **values,
    )
