"""Logs that machines read: one JSON object a line, with the id of the request."""

import json
import logging
from datetime import UTC, datetime

from authsite.headers import request_id


class JsonFormatter(logging.Formatter):
    """For the `[formatter_…]` section of an ini file: `class = authsite.logs.JsonFormatter`.

    JSON escapes control characters, so that nobody writes a line of their own into the log by
    what they send (ASVS 16.4.1); times are UTC with their offset (ASVS 16.2.2).
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": request_id.get(),
            "process": record.process,
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps({name: value for name, value in line.items() if value is not None})
