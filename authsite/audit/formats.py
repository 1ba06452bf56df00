"""The audit log of all accounts as CSV, for spreadsheets, and as values for JSON."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from authsite.audit.csv import BYTE_ORDER_MARK, csv_lines
from authsite.audit.labels import detail_labels, event_label
from authsite.audit.search import AuditEntry

_COLUMNS = (
    "occurred_at",
    "label",
    "details",
    "actor",
    "actor_name",
    "account",
    "ip_address",
    "browser",
    "session",
    "type",
    "actor_id",
    "account_id",
    "id",
)


def entry_to_dict(entry: AuditEntry) -> dict[str, Any]:
    """Return the entry as JSON values; the time is in ISO 8601 and UTC."""
    return {
        "id": entry.id,
        "occurred_at": entry.occurred_at.isoformat(),
        "type": entry.type,
        "label": event_label(entry.type),
        "actor": entry.actor,
        "actor_id": entry.actor_id,
        "actor_name": entry.actor_name,
        "account_id": entry.user_id,
        "account": entry.email,
        "ip_address": entry.ip_address,
        "browser": entry.user_agent,
        "session": entry.session_id,
        "details": dict(entry.details),
    }


def entries_as_csv(entries: Iterable[AuditEntry]) -> Iterator[str]:
    """Yield a header and a line for each entry."""
    yield BYTE_ORDER_MARK
    yield from csv_lines([_COLUMNS])
    for entry in entries:
        values = entry_to_dict(entry)
        values["details"] = details_text(entry.details)
        yield from csv_lines([[values[column] or "" for column in _COLUMNS]])


def details_text(details: Mapping[str, str]) -> str:
    """Return the details of an event in one line."""
    return "; ".join(f"{label}: {value}" for label, value in detail_labels(details))
