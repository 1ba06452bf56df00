"""Logs that machines read: one JSON object a line, with the event and the id of the request."""

import json
import logging
import math
from datetime import UTC, datetime
from typing import Any

from authsite.http.headers import request_id

#: What every record has, so that everything else came with it by `extra`.
_OF_EVERY_RECORD = {*vars(logging.makeLogRecord({})), "asctime", "message", "taskName"}
_PLAIN = (str, int, float, bool)


class JsonFormatter(logging.Formatter):
    """For `[formatter_…]` in an ini file: `class = authsite.telemetry.logs.JsonFormatter`.

    JSON escapes control characters, so that nobody writes a line of their own into the log by
    what they send (ASVS 16.4.1); times are UTC with their offset (ASVS 16.2.2). Fields that a
    record was given by `extra` are in the line, if they are plain; they replace nothing else.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        given = {
            name: value
            for name, value in vars(record).items()
            if name not in _OF_EVERY_RECORD and _is_plain(value)
        }
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "event": given.pop("event", None) or _event_of(record.msg),
            "message": record.getMessage(),
            "request_id": request_id.get(),
            "process": record.process,
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        line = {name: value for name, value in line.items() if value is not None}
        return json.dumps(line | {name: given[name] for name in given.keys() - line.keys()})


def _is_plain(value: object) -> bool:
    """Whether JSON has it; of numbers it knows the finite only."""
    return isinstance(value, _PLAIN) and (not isinstance(value, float) or math.isfinite(value))


def _event_of(message: Any) -> str | None:
    """Return the name before the colon, as it was written in the code: never of what was sent.

    Names are words with underscores between them, of the OWASP Logging Vocabulary where it has one.
    """
    name = str(message).partition(":")[0]
    words = name.split("_")
    is_name = len(words) > 1 and all(word.isascii() and word.isalpha() for word in words)
    return name if is_name and name.islower() else None
