"""JSON logs: one object a line, with the event and the id of the request."""

import json
import logging
import math
from datetime import UTC, datetime
from typing import Any

from authsite.http.headers import request_id

#: Attributes of every record; the others were added by `extra`.
_STANDARD_FIELDS = {*vars(logging.makeLogRecord({})), "asctime", "message", "taskName"}
_PLAIN = (str, int, float, bool)


class JsonFormatter(logging.Formatter):
    """For `[formatter_…]` in an ini file: `class = authsite.telemetry.logs.JsonFormatter`.

    JSON escapes control characters, so that input cannot forge a line of the log (ASVS 16.4.1).
    Times are in UTC with their offset (ASVS 16.2.2). Plain values of `extra` are added, but
    replace no other field.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        extra = {
            name: value
            for name, value in vars(record).items()
            if name not in _STANDARD_FIELDS and _is_plain(value)
        }
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "event": extra.pop("event", None) or _event_of(record.msg),
            "message": record.getMessage(),
            "request_id": request_id.get(),
            "process": record.process,
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        line = {name: value for name, value in line.items() if value is not None}
        return json.dumps(line | {name: extra[name] for name in extra.keys() - line.keys()})


def _is_plain(value: object) -> bool:
    """Whether JSON has the type; it has no infinite numbers."""
    return isinstance(value, _PLAIN) and (not isinstance(value, float) or math.isfinite(value))


def _event_of(message: Any) -> str | None:
    """Return the name before the first colon of an unformatted message, which contains no input.

    Names are words joined by underscores, from the OWASP Logging Vocabulary where it has one.
    """
    name = str(message).partition(":")[0]
    words = name.split("_")
    is_name = len(words) > 1 and all(word.isascii() and word.isalpha() for word in words)
    return name if is_name and name.islower() else None
